"""How the worker runs an upload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.db.connection import Database
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import BoundaryRequest
from app.imports import actions, rules
from app.imports.actions import FileRequest
from app.imports.rules import InspectionColumns, RegisterColumns
from app.imports.uploads import drop_upload, stored_upload
from app.jobs.model import Job, Progress
from app.registry.model import ImportReport, Register
from app.settings import Settings
from gis.boundaries import BoundaryOptions
from gis.crs import parse_crs
from gis.errors import GisError

SHOWN_ERRORS = 500


def run_import(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    """Dry or for good, as the job says; its result is what the page shows."""
    progress(0, 3, "Reading the file")
    path = stored_upload(settings.uploads, job.arguments["file"])
    options = job.arguments["options"]
    try:
        with database.transaction_as(job.asked_by) as tx:
            if job.arguments["kind"] == "boundaries":
                report = _boundaries(path, options)
                run = grids.import_boundaries if job.arguments["commit"] else grids.check_boundaries
                found = run(tx, report)
                if found.refused:
                    tx.undo()  # also the draft that was begun for it
                result = found.as_dict()
            else:
                request = FileRequest(
                    path,
                    options.get("encoding"),
                    job.arguments["commit"],
                    bool(options.get("skip_errors")),
                )
                result = _shown(_table(tx, settings, job, request))
            # the last word before the commit, asked without fail: a cancel leaves no trace, and
            # after the commit nobody can be told that there is none
            progress(3, 3, "Writing")
    except GisError as fault:
        raise Refusal(fault.message) from fault
    if result["committed"]:
        drop_upload(path)
    return {"kind": job.arguments["kind"]} | result


def _table(tx: Any, settings: Settings, job: Job, request: FileRequest) -> ImportReport:
    options = job.arguments["options"]
    key = job.arguments["kind"]
    if key in actions.REGISTERS:
        columns = _register_columns(actions.writer_of(key).register, options)
        return actions.import_register(tx, request, key, columns, settings.today())
    visits = InspectionColumns(
        rules.split_fields(_wanted(options, "id_field")),
        _wanted(options, "target_field"),
        _wanted(options, "date_field"),
        options.get("outcome_field"),
        rules.parse_outcome_map(options.get("outcome_map")),
        options.get("result_field"),
    )
    return actions.import_inspections(tx, request, visits, settings)


def _register_columns(register: Register, options: dict[str, str]) -> RegisterColumns:
    named = {field.key: options.get(f"{field.key}_field") for field in register.fields}
    return RegisterColumns(
        rules.split_fields(_wanted(options, "id_field")),
        _wanted(options, "lon_field"),
        _wanted(options, "lat_field"),
        _wanted(options, "crs"),
        {key: name for key, name in named.items() if name},
    )


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


def _shown(report: ImportReport) -> dict[str, Any]:
    """A page shows the first errors and says how many there are."""
    return report.as_dict() | {
        "errors": [error.as_page_dict() for error in report.errors[:SHOWN_ERRORS]],
        "error_count": len(report.errors),
        "hints": [hint.as_page_dict() for hint in report.hints],
    }
