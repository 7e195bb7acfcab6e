"""What the worker finds out about an uploaded file, step by step, until it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.imports import actions, findings, findings_file, places, store, wizard
from app.imports.actions import Prepared
from app.imports.cells import RowFault
from app.imports.encodings import Offer, offers
from app.imports.guessing import guess, header_digest
from app.imports.layers import is_layer
from app.imports.model import Choice, Plan
from app.imports.rules import InspectionColumns, RegisterColumns, parse_outcome_map, place_of
from app.imports.sources import Reading
from app.imports.tables import Table, chosen_header, file_content, open_source, read_table
from app.imports.texts import PackedText
from app.imports.uploads import stored_upload
from app.imports.workbooks import is_workbook, sheet_names
from app.jobs.model import Job, Progress
from app.registry.model import Hint, ImportReport, RowError
from app.settings import Settings
from app.spreadsheets import bare_cell
from gis.boundaries import list_layers
from gis.errors import GisError
from gis.sketch import Sketch, sketch_of

SHOWN_LINES = 12
SAMPLES = 5
LONGEST_SAMPLE = 60
SHOWN_ERRORS = 500
SHOWN_FINDINGS = 100
SHOWN_POINTS = 3_000
WATCHED_EVERY = 5_000
SKETCH_WIDTH = 320.0
WIDE_SKETCH = 720.0


@dataclass(frozen=True)
class Work:
    """What every step needs."""

    settings: Settings
    tx: Transaction
    plan: Plan
    progress: Progress

    def table(self) -> Table:
        """The file's table; walking it tells how far it is, and stops where somebody asks."""
        table = read_table(self.plan.file, self.plan.reading)
        rows = BareRows(table.rows) if self.plan.corrects else table.rows
        return replace(table, rows=Watched(rows, table.size, self.progress))


@dataclass(frozen=True)
class BareRows:
    """Rows of a file of ours that comes back, without what kept them from being formulas."""

    rows: Iterable[Sequence[str]]

    def __iter__(self) -> Iterator[Sequence[str]]:
        return ([bare_cell(cell) for cell in row] for row in self.rows)


@dataclass(frozen=True)
class Watched:
    rows: Iterable[Sequence[str]]
    total: int
    progress: Progress

    def __iter__(self) -> Iterator[Sequence[str]]:
        for place, row in enumerate(self.rows):
            if place % WATCHED_EVERY == 0:
                self.progress(min(place, self.total), self.total + 1, "Reading the rows")
            yield row


def run_step(
    settings: Settings, database: Database, job: Job, progress: Progress
) -> dict[str, Any]:
    """Work out one step of a plan; what it finds is kept beside the file."""
    progress(0, 1, "Reading the file")
    step = job.arguments["step"]
    try:
        with database.transaction_as(job.asked_by) as tx:
            plan = wizard.find(tx, job.arguments["plan"])
            stored_upload(settings.uploads, plan.path)
            found = WORK[step](Work(settings, tx, plan, progress))
            # the last word before the commit, asked without fail: a cancel leaves no trace
            progress(1, 1, "Writing")
            findings_file.keep(plan.folder, step, found)
    except GisError as fault:
        raise Refusal(fault.message) from fault
    if step == "written":
        plan.file.unlink()
        findings_file.drop_samples(plan.folder)
    else:
        with database.transaction_as(job.asked_by) as tx:
            store.update_plan(tx, replace(wizard.find(tx, plan.no), step=step))
    return {"plan": plan.no, "step": step}


# -- how the file is read -------------------------------------------------------------------


def look(work: Work) -> dict[str, Any]:
    """What kind of file it is, what there is to choose, and its first lines."""
    plan = work.plan
    content = file_content(plan.file)
    reading, choices = _choices(plan, content)
    source = open_source(plan.file, content, reading)
    lines = list(islice(source.lines, SHOWN_LINES))
    header = None if source.fields else chosen_header(source, reading, plan.file_name)
    return choices | {
        "reading": asdict(reading),
        "fields": source.fields,
        "header_row": header.row if header else None,
        "header_rows": header.rows if header else 0,
        "lines": [[cell[:LONGEST_SAMPLE] for cell in line] for line in lines],
        "notes": [note.as_page_dict() for note in source.notes],
        "same_file": [
            {"no": row.no, "at": row.imported_at, "by": row.imported_by}
            for row in store.list_batches_of_file(work.tx, plan.register, plan.file_sha256)
        ],
    }


def _choices(plan: Plan, content: bytes) -> tuple[Reading, dict[str, Any]]:
    """The reading with what is still open set to the first choice, and all the choices."""
    if is_layer(plan.file_name):
        layers = list_layers(plan.file)
        chosen = plan.reading.sheet or (layers[0] if layers else None)
        return replace(plan.reading, sheet=chosen), {"kind": "layer", "sheets": layers}
    if is_workbook(content):
        sheets = sheet_names(content, plan.file_name)
        chosen = plan.reading.sheet or (sheets[0] if sheets else None)
        return replace(plan.reading, sheet=chosen), {"kind": "workbook", "sheets": sheets}
    packed = PackedText(content, plan.file_name.endswith(".gz"), plan.file_name)
    offered: list[Offer] = offers(packed.beginning())
    return replace(plan.reading, encoding=plan.reading.encoding or offered[0].encoding), {
        "kind": "text",
        "encodings": [asdict(offer) for offer in offered],
    }


# -- what its columns hold ------------------------------------------------------------------


def name_columns(work: Work) -> dict[str, Any]:
    """The columns with samples, and which of them probably hold what."""
    table = work.table()
    fields = list(table.fields)
    samples = _samples(table)
    remembered = store.find_mapping(work.tx, work.plan.register, header_digest(fields))
    register = actions.register_of(work.plan.register)
    chosen = remembered[0] if remembered else guess(register, fields, samples)
    return {
        "fields": fields,
        "samples": samples,
        "rows": table.size,
        "chosen": chosen.as_dict(),
        "remembered": remembered is not None,
        "crs": remembered[1] if remembered else None,
        "notes": [note.as_page_dict() for note in table.notes],
    }


def _samples(table: Table) -> dict[str, list[str]]:
    """The first different values of each column."""
    found: dict[str, dict[str, None]] = {name: {} for name in table.fields if name}
    for row in islice(table.rows, 2_000):
        for name, cell in zip(table.fields, row, strict=False):
            if name and cell.strip() and len(found[name]) < SAMPLES:
                found[name][cell.strip()[:LONGEST_SAMPLE]] = None
    return {name: list(values) for name, values in found.items()}


# -- where its points lie -------------------------------------------------------------------


def compare_systems(work: Work) -> dict[str, Any]:
    """The points as each coordinate system would place them."""
    plan, tx = work.plan, work.tx
    table = work.table()
    points = _points(table, register_columns(plan))
    edition = grids.active_edition(tx)
    shapes = grids.outlines(tx, edition.no)
    sketch = sketch_of(shapes, SKETCH_WIDTH)
    middle = ((sketch.west + sketch.east) / 2, (sketch.south + sketch.north) / 2)
    remembered = store.find_mapping(tx, plan.register, header_digest(list(table.fields)))
    also = [name for name in (plan.crs, table.crs, remembered[1] if remembered else None) if name]
    names = places.candidates(points, middle, also) if points.given else also
    compared = places.readings(points, names, grids.locator(tx, edition.no), sketch)
    return {
        "given": points.given,
        "missing": len(points.rows) - points.given,
        "systems": compared,
        "swapped": all(one["lost"] * 2 > points.given for one in compared)
        and any(one["lost_swapped"] * 2 < points.given for one in compared),
        "remembered": also[0] if also else None,
        "said_by_file": table.crs,
        "shift_m": places.shift_metres(*middle),
        "picture": _picture(sketch, shapes),
    }


def _picture(sketch: Sketch, shapes: Sequence[Any]) -> dict[str, Any]:
    return {
        "width": sketch.width,
        "height": round(sketch.height, 1),
        "paths": sketch.paths(shapes),
    }


def _points(table: Table, columns: RegisterColumns) -> places.Points:
    """Every row's numbers; what is no number has its own sentence in the next step."""
    places_of = table.columns([columns.lon or "", columns.lat or ""])
    name_place = table.columns([columns.fields["name"]])[0] if "name" in columns.fields else None
    rows, names, xs, ys = [], [], [], []
    for number, row in table.numbered():
        if len(row) != len(table.fields):
            continue
        try:
            x, y = place_of(row, places_of, columns)
        except RowFault:
            x, y = None, None
        rows.append(number)
        names.append("" if name_place is None else row[name_place][:LONGEST_SAMPLE])
        xs.append(np.nan if x is None else x)
        ys.append(np.nan if y is None else y)
    return places.Points(rows, names, np.array(xs, dtype=float), np.array(ys, dtype=float))


# -- what would be written ------------------------------------------------------------------


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
    _keep_failed(plan, table, report.errors)
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
    return _picture(sketch, shapes) | {"points": placed, "beyond": beyond, "share": share}


# -- for good -------------------------------------------------------------------------------


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
    _keep_failed(plan, table, report.errors)
    store.update_plan(tx, replace(plan, step="written", batch_no=batch))
    return shown(replace(report, committed=True), table.notes) | {"batch": batch}


def register_columns(plan: Plan) -> RegisterColumns:
    chosen = plan.columns
    return RegisterColumns(
        id=tuple(chosen.id),
        lon=chosen.lon,
        lat=chosen.lat or chosen.lon,
        crs=plan.crs if chosen.lon else None,
        fields=chosen.fields,
        keep=tuple(chosen.keep),
        pair=chosen.pair,
        grid=chosen.grid,
    )


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


def _keep_failed(plan: Plan, table: Table, errors: Sequence[RowError]) -> None:
    by_row: dict[int, list[RowError]] = {}
    for error in errors:
        by_row.setdefault(error.row, []).append(error)
    if not by_row:
        findings_file.drop_failed(plan.folder)
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
    findings_file.keep_failed(plan.folder, table.fields, rows)


WORK: Mapping[str, Any] = {
    "reading": look,
    "columns": name_columns,
    "place": compare_systems,
    "check": try_out,
    "written": write,
}
