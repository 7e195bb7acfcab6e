"""What the worker does with photos by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from app.attachments import actions
from app.db.connection import Database
from app.settings import Settings


def forget_photos(settings: Settings, person: int, database: Database) -> None:
    """As the service person, who sees no household and is told only how many."""
    actions.forget_loose(settings, database, person, datetime.now(UTC))
