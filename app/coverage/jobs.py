"""What the worker does for coverage."""

from __future__ import annotations

from app.coverage import actions
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings


def fold(settings: Settings, database: Database) -> None:
    """Some periods at a time: work that people wait for goes between."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        actions.fold(tx, settings.today())
