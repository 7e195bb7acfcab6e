"""What the worker does with the register of residents by itself."""

from __future__ import annotations

from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.residents.retention import actions as retention
from app.settings import Settings


def check_retention(settings: Settings, database: Database) -> None:
    """Asked each hour; the first time of a day counts."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        retention.check(tx, settings.today())
