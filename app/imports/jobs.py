"""How the worker reads boundaries, and what it forgets by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.db.connection import Database
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import BoundaryRequest
from app.identity.model import SERVICE_PERSON
from app.imports import rules, wizard
from app.imports.uploads import drop_upload, stored_upload
from app.jobs.model import Job, Progress
from app.settings import Settings
from gis.boundaries import BoundaryOptions
from gis.crs import parse_crs
from gis.errors import GisError


def run_import(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    """Boundaries, dry or for good as the job says; the result is what its page shows."""
    progress(0, 3, "Reading the file")
    path = stored_upload(settings.uploads, job.arguments["file"])
    run = grids.import_boundaries if job.arguments["commit"] else grids.check_boundaries
    try:
        request = _boundaries(path, job.arguments["options"])
        with database.transaction_as(job.asked_by) as tx:
            found = run(tx, request)
            if found.refused:
                tx.undo()  # also the draft that was begun for it
            # the last word before the commit, asked without fail: a cancel leaves no trace, and
            # after the commit nobody can be told that there is none
            progress(3, 3, "Writing")
    except GisError as fault:
        raise Refusal(fault.sentence, **fault.values) from fault
    if found.committed:
        drop_upload(path)
    faults = [fault.as_dict() | {"said": fault.said.as_dict()} for fault in found.faults]
    return {"kind": "boundaries"} | found.as_dict() | {"faults": faults}


def forget_uploads(settings: Settings, database: Database) -> None:
    """Discard the files of imports that nobody went on with."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        wizard.forget_old_files(tx, settings, datetime.now(UTC))


def _boundaries(path: Path, options: dict[str, str]) -> BoundaryRequest:
    crs = options.get("crs")
    return BoundaryRequest(
        path,
        _wanted(options, "level"),
        _wanted(options, "edition"),
        BoundaryOptions(
            layer=options.get("layer"),
            code_fields=rules.split_fields(_wanted(options, "code_field")),
            name_field=options.get("name_field"),
            name_en_field=options.get("name_en_field"),
            parent_fields=rules.split_fields(options.get("parent_field", "")),
            crs=parse_crs(crs) if crs else None,
            encoding=options.get("encoding"),
            dissolve=bool(options.get("dissolve")),
            repair=bool(options.get("repair")),
        ),
    )


def _wanted(options: dict[str, str], name: str) -> str:
    value = options.get(name)
    if not value:
        raise Refusal("Fill in %(field)s.", field=name.replace("_", " "))
    return value
