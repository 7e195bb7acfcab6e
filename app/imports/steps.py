"""What the worker finds out about an uploaded file, step by step, until it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.db.connection import Database
from app.errors import Refusal
from app.imports import findings_file, looking, placing, store, wizard, writing
from app.imports.sources import Document
from app.imports.uploads import sealed_folder
from app.imports.work import Work
from app.jobs.model import Job, Progress
from app.settings import Settings
from gis.errors import GisError

WORK: Mapping[str, Callable[[Work], dict[str, Any]]] = {
    "reading": looking.look,
    "columns": looking.name_columns,
    "place": placing.compare_systems,
    "check": writing.try_out,
    "written": writing.write,
}


def run_step(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    """Work out one step of a plan; what it finds is kept beside the file."""
    progress(0, 1, "Reading the file")
    step = job.arguments["step"]
    try:
        with database.transaction_as(job.asked_by) as tx:
            plan = wizard.find(tx, job.arguments["plan"])
            folder = sealed_folder(settings, plan.path)
            document = Document(plan.file_name, folder.upload())
            found = WORK[step](Work(settings, tx, plan, folder, document, progress))
            # the last word before the commit, asked without fail: a cancel leaves no trace
            progress(1, 1, "Writing")
            findings_file.keep(folder, step, found)
    except GisError as fault:
        raise Refusal(fault.sentence, **fault.values) from fault
    if step == "written":
        findings_file.drop_written(folder)
    else:
        with database.transaction_as(job.asked_by) as tx:
            store.update_plan(tx, replace(wizard.find(tx, plan.no), step=step))
    return {"plan": plan.no, "step": step}
