"""How the worker publishes an edition."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.db.connection import Database
from app.jobs.model import Job, Progress
from app.publishing import actions
from app.publishing.actions import PublishRequest
from app.settings import Settings


def run_publication(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    request = PublishRequest(
        job.arguments["edition"],
        date.fromisoformat(job.arguments["valid_from"]),
        bool(job.arguments["accept_warnings"]),
    )
    with database.transaction_as(job.asked_by) as tx:
        return actions.publish(tx, request, settings.today(), progress)
