"""How the worker fills the demo city."""

from __future__ import annotations

from typing import Any

from app.db.connection import Database
from app.demo import actions
from app.jobs.model import Job, Progress
from app.settings import Settings


def fill_demo(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    return actions.fill(database, settings, progress)
