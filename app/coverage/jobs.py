"""What the worker does for coverage."""

from __future__ import annotations

from app.coverage import actions
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings


def fold(settings: Settings, database: Database) -> None:
    """Bring the counts up to date, some periods at a time: each part is there as soon as it is."""
    remaining = 1
    while remaining:
        with database.transaction_as(SERVICE_PERSON) as tx:
            remaining = actions.fold(tx, settings.today())
