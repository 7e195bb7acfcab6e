"""How the worker looks for units that may be one."""

from __future__ import annotations

from typing import Any

from app.db.connection import Database
from app.jobs.model import Job, Progress
from app.settings import Settings
from app.units import actions


def run_duplicates(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    with database.transaction_as(job.asked_by) as tx:
        return {"pairs": actions.find_duplicates(tx, settings.today(), progress)}
