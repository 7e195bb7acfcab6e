"""What the worker does with samples by itself."""

from __future__ import annotations

import secrets

from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.inspections.checks import actions
from app.programmes import actions as programmes
from app.settings import Settings

LARGEST_SEED = 2**31


def draw_month(settings: Settings, database: Database) -> None:
    """Asked each hour; each month counts once for each programme. Nobody knows the seed before."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        keys = [one.key for one in programmes.programmes(tx)]
    for key in keys:
        with database.transaction_as(SERVICE_PERSON) as tx:
            actions.draw_by_itself(tx, key, secrets.randbelow(LARGEST_SEED), settings.today())
