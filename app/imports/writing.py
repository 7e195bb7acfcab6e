"""What writing an uploaded file would do, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from app.errors import Refusal
from app.grids import actions as grids
from app.imports import actions, findings, findings_file, store
from app.imports.actions import Prepared
from app.imports.model import Choice
from app.imports.placing import picture
from app.imports.rules import InspectionColumns, parse_outcome_map
from app.imports.tables import Table
from app.imports.uploads import SealedFolder
from app.imports.work import Work, register_columns
from app.registry.model import Hint, ImportReport, RowError
from gis.sketch import sketch_of

SHOWN_ERRORS = 500
SHOWN_FINDINGS = 100
SHOWN_POINTS = 3_000
WIDE_SKETCH = 720.0


def try_out(work: Work) -> dict[str, Any]:
    """All that writing would do, and none of it done."""
    plan, tx = work.plan, work.tx
    if actions.register_of(plan.register) is None:
        table = work.table()
        report = actions.import_visits(tx, table, visit_columns(plan.columns), work.settings)
        found: dict[str, Any] = {}
    else:
        prepared = actions.prepare(
            work.table(), plan.register, register_columns(plan), work.settings.today()
        )
        table = prepared.table
        found = _found(work, prepared)
        report = actions.write_prepared(tx, prepared)
        report = replace(report, hints=actions.other_readings(tx, prepared, report.leftovers))
    tx.undo()
    work.progress(table.size, table.size + 1, "Noting what is wrong")
    _keep_failed(work.folder, table, report.errors)
    return found | shown(report, table.notes)


def _found(work: Work, prepared: Prepared) -> dict[str, Any]:
    """What a person should look at, asked before anything is written, even to be undone."""
    tx, drafts = work.tx, prepared.drafts
    edition = grids.active_edition(tx)
    locator = grids.locator(tx, edition.no)
    numbers = actions.located(locator, drafts)
    alike = findings.repeats(drafts)
    claims = actions.claims(tx, prepared, locator)
    return {
        "repeats": [asdict(one) for one in alike[:SHOWN_FINDINGS]],
        "repeat_count": len(alike),
        "claims": [asdict(one) for one in claims[:SHOWN_FINDINGS]],
        "claim_count": len(claims),
        "map": _map(work, prepared, numbers),
    }


def _map(work: Work, prepared: Prepared, numbers: Sequence[int]) -> dict[str, Any]:
    """Points by what would become of their rows."""
    outcomes = actions.outcomes(work.tx, prepared, numbers)
    shapes = grids.outlines(work.tx, grids.active_edition(work.tx).no)
    sketch = sketch_of(shapes, WIDE_SKETCH)
    placed: dict[str, list[list[float]]] = {}
    beyond = 0
    share = max(1, len(prepared.drafts) // SHOWN_POINTS)
    for outcome in ("unchanged", "updated", "created", "leftover"):
        chosen = [
            draft
            for draft, one in zip(prepared.drafts, outcomes, strict=True)
            if one == outcome and draft.lon is not None
        ]
        x, y, out = sketch.place(
            np.array([one.lon for one in chosen], dtype=float),
            np.array([one.lat for one in chosen], dtype=float),
        )
        beyond += out
        step = 1 if outcome == "leftover" and len(x) < SHOWN_POINTS else share
        placed[outcome] = [
            [round(float(a), 1), round(float(b), 1)]
            for a, b in zip(x[::step], y[::step], strict=True)
        ]
    return picture(sketch, shapes) | {"points": placed, "beyond": beyond, "share": share}


def write(work: Work) -> dict[str, Any]:
    """Write what the dry run showed; rows in error are left out and stay to be corrected."""
    plan, tx = work.plan, work.tx
    if actions.register_of(plan.register) is None:
        table = work.table()
        report = actions.import_visits(tx, table, visit_columns(plan.columns), work.settings)
    else:
        prepared = actions.prepare(
            work.table(), plan.register, register_columns(plan), work.settings.today()
        )
        table = prepared.table
        work.progress(table.size, table.size + 1, "Writing the rows")
        report = actions.write_prepared(tx, prepared)
        actions.keep_claims(tx, prepared)
    batch = store.find_batch_of_this_transaction(tx)
    _keep_failed(work.folder, table, report.errors)
    store.update_plan(tx, replace(plan, step="written", batch_no=batch))
    return shown(replace(report, committed=True), table.notes) | {"batch": batch}


def visit_columns(chosen: Choice) -> InspectionColumns:
    fields = chosen.fields
    missing = [key for key in ("target", "date") if not fields.get(key)]
    if missing:
        raise Refusal("Say which field of the file holds: %(fields)s.", fields=", ".join(missing))
    return InspectionColumns(
        tuple(chosen.id),
        fields["target"],
        fields["date"],
        fields.get("outcome"),
        parse_outcome_map(chosen.outcomes),
        fields.get("result"),
    )


def shown(report: ImportReport, notes: Sequence[Hint]) -> dict[str, Any]:
    """A page shows the first errors and says how many there are."""
    return report.as_dict() | {
        "errors": [error.as_page_dict() for error in report.errors[:SHOWN_ERRORS]],
        "error_count": len(report.errors),
        "error_rows": len({error.row for error in report.errors}),
        "hints": [hint.as_page_dict() for hint in (*notes, *report.hints)],
    }


def _keep_failed(folder: SealedFolder, table: Table, errors: Sequence[RowError]) -> None:
    by_row: dict[int, list[RowError]] = {}
    for error in errors:
        by_row.setdefault(error.row, []).append(error)
    if not by_row:
        findings_file.drop_failed(folder)
        return
    rows = (
        {
            "row": number,
            "cells": list(row),
            "errors": [error.as_page_dict() for error in by_row[number]],
        }
        for number, row in table.numbered()
        if number in by_row
    )
    findings_file.keep_failed(folder, table.fields, rows)
