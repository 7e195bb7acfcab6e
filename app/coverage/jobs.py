"""What the worker does for coverage."""

from __future__ import annotations

from app.coverage import actions
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings

PIECES = 10  # of one turn; work that people wait for goes between


def fold(settings: Settings, database: Database) -> None:
    """Each piece of the work in a transaction of its own, so that none holds others up for long."""
    for _ in range(PIECES):
        with database.transaction_as(SERVICE_PERSON) as tx:
            if not actions.fold(tx, settings.today()):
                return
