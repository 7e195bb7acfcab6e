"""What the worker asks by itself."""

from __future__ import annotations

from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.inspections.questions import actions
from app.settings import Settings


def look(settings: Settings, database: Database) -> None:
    """Called each hour; the first time of a day counts. Visits of households are not looked at:
    nobody but those who answer for the people may read them.
    """
    with database.transaction_as(SERVICE_PERSON) as tx:
        actions.look_daily(tx, settings.today())
