"""Bring a file of a register or of inspections in: dry first, then for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.db.connection import Transaction
from app.errors import Refusal
from app.facilities import actions as facilities
from app.grids import actions as grids
from app.hazards import actions as hazards
from app.imports import findings, rules, store
from app.imports.layers import SHAPE_FIELD
from app.imports.places import lost_points
from app.imports.rules import InspectionColumns, RegisterColumns
from app.imports.sources import Reading
from app.imports.tables import Table, read_table
from app.inspections import actions as inspections
from app.inspections.actions import VisitBatch
from app.places import actions as places
from app.programmes import actions as programmes
from app.publishing.establishments import actions as establishments
from app.registry import actions as registry
from app.registry.actions import DetailWriter
from app.registry.model import (
    Batch,
    Hint,
    ImportReport,
    Register,
    RowError,
    TargetDraft,
    UndoReport,
)
from app.residents import actions as residents
from app.settings import Settings
from app.units import actions as units
from gis.coordinates import bd09_to_wgs84, gcj02_to_wgs84
from gis.crs import parse_crs
from gis.locate import Locator

Floats = npt.NDArray[np.float64]
REGISTERS: Mapping[str, DetailWriter] = {
    writer.register.key: writer
    for writer in (
        units.UNITS,
        facilities.BUILDINGS,
        facilities.FACILITIES,
        places.PLACES,
        places.ROADS,
        hazards.HAZARDS,
        residents.RESIDENTS,
    )
}


KINDS = (*REGISTERS, "inspections")  # what a file may hold besides boundaries
SHOWN_IN_HINT = 3


@dataclass(frozen=True)
class FileRequest:
    path: Path
    reading: Reading = Reading()
    commit: bool = False
    skip_errors: bool = False
    as_grids: str | None = None  # the level whose grids the units of the file become


@dataclass(frozen=True)
class Prepared:
    """A file that was read for a register: its clean rows, and what is wrong with the others."""

    writer: DetailWriter
    columns: RegisterColumns
    table: Table
    drafts: Sequence[TargetDraft]
    errors: Sequence[RowError]


def import_register(
    tx: Transaction, request: FileRequest, key: str, columns: RegisterColumns, today: date
) -> ImportReport:
    """The report of a dry run, which leaves nothing, or of the import."""
    shapes = bool(writer_of(key).register.shapes)
    table = read_table(request.path, replace(request.reading, shapes=shapes))
    prepared = prepare(table, key, _drawn(columns, table), today)
    level = establishments.level_of(tx, request.as_grids) if request.as_grids else None
    if level:
        good, errors = establishments.check(tx, level, prepared.drafts)
        errors = sorted([*prepared.errors, *errors], key=lambda error: error.row)
        prepared = replace(prepared, drafts=good, errors=errors)
    report = write_prepared(tx, prepared)
    if level:
        establishments.make(tx, level, [draft.id for draft in prepared.drafts])
    claimed = keep_claims(tx, prepared)
    hints = [*prepared.table.notes, *other_readings(tx, prepared, report.leftovers)]
    hints += _claim_hints(claimed) + _repeat_hints(prepared)
    return _settle(tx, request, replace(report, hints=hints))


def _drawn(columns: RegisterColumns, table: Table) -> RegisterColumns:
    """A layer brings its shapes and says their system; nobody needs to name a field for them."""
    if columns.lon or columns.shape or SHAPE_FIELD not in table.fields:
        return columns
    crs = columns.crs or table.crs
    if crs is None:
        raise Refusal(
            "%(file)s does not say its coordinate system; declare it.", file=table.file_name
        )
    return replace(columns, shape=SHAPE_FIELD, crs=crs)


def prepare(table: Table, key: str, columns: RegisterColumns, today: date) -> Prepared:
    writer = writer_of(key)
    drafts, errors = rules.read_register(table, columns, writer.register, today)
    return Prepared(writer, columns, table, drafts, errors)


def write_prepared(tx: Transaction, prepared: Prepared) -> ImportReport:
    """Write the clean rows; the caller commits, or takes it all back."""
    table, columns = prepared.table, prepared.columns
    crs = parse_crs(columns.crs).name if columns.crs else None
    batch = Batch(prepared.writer.register.key, table.file_name, table.sha256, crs)
    report = registry.import_targets(
        tx, prepared.writer, prepared.drafts, prepared.errors, table.size, batch
    )
    return _with_repeats(report)


def located(locator: Locator, drafts: Sequence[TargetDraft]) -> list[int]:
    return registry.locate_points(locator, drafts)


def outcomes(tx: Transaction, prepared: Prepared, numbers: Sequence[int]) -> list[str]:
    """What would become of each row: created, updated, unchanged; or leftover."""
    known = prepared.writer.known(tx, [draft.id for draft in prepared.drafts])
    return [
        "unchanged"
        if draft.id in known and known[draft.id][1] == draft.content
        else "leftover"
        if number == 0
        else "updated"
        if draft.id in known
        else "created"
        for draft, number in zip(prepared.drafts, numbers, strict=True)
    ]


def claims(tx: Transaction, prepared: Prepared, locator: Locator) -> list[findings.Claim]:
    """Rows that name another grid than the one their point lies in."""
    if not prepared.columns.grid:
        return []
    place = prepared.table.columns([prepared.columns.grid])[0]
    claimed = {number: row[place] for number, row in prepared.table.numbered() if place < len(row)}
    numbers = located(locator, prepared.drafts)
    edition = grids.active_edition(tx)
    chains = grids.chains(tx, edition.no, sorted({*numbers} - {0}))
    return findings.claims(prepared.drafts, numbers, claimed, chains)


def keep_claims(tx: Transaction, prepared: Prepared) -> list[findings.Claim]:
    """Note beside the written rows which of them name another grid, to be settled by a person.

    A person's household is never among them: the list of conflicts names what it lists.
    """
    register = prepared.writer.register
    if not prepared.columns.grid:
        return []
    found = claims(tx, prepared, grids.locator(tx, grids.active_edition(tx).no))
    if not any(field.person for field in register.fields):
        id_of = {draft.row: draft.id for draft in prepared.drafts}
        claimed = {id_of[claim.row]: claim.claimed for claim in found}
        note_claims(tx, prepared.writer, list(id_of.values()), claimed)
    return found


def note_claims(
    tx: Transaction, writer: DetailWriter, ids: Sequence[str], claimed: Mapping[str, str]
) -> None:
    """Of these rows, just written, the claims that stand: id → the grid that the file names."""
    number_of = {id_: no for id_, (no, _) in writer.known(tx, list(ids)).items()}
    store.replace_claims(
        tx, list(number_of.values()), {number_of[id_]: text for id_, text in claimed.items()}
    )


def _claim_hints(found: Sequence[findings.Claim]) -> list[Hint]:
    return [
        Hint(
            "%(count)s rows name another grid than the one they lie in: %(examples)s.",
            {
                "count": len(found),
                "examples": "; ".join(
                    f"{one.row}: {one.claimed} ≠ {one.located}" for one in found[:SHOWN_IN_HINT]
                ),
            },
        )
    ] * bool(found)


def _repeat_hints(prepared: Prepared) -> list[Hint]:
    found = findings.repeats(prepared.drafts)
    return [
        Hint(
            "%(count)s rows have the name and nearly the place of an earlier row under another "
            "number: %(examples)s.",
            {
                "count": len(found),
                "examples": ", ".join(
                    f"{one.earlier} = {one.row}" for one in found[:SHOWN_IN_HINT]
                ),
            },
        )
    ] * bool(found)


def register_of(key: str) -> Register | None:
    """The register that a kind of file fills; None for visits, which are events."""
    return None if key == "inspections" else writer_of(key).register


def of_persons(key: str) -> bool:
    """Whether a file of this kind tells of persons."""
    register = register_of(key)
    return register is not None and any(field.person for field in register.fields)


def writer_of(key: str) -> DetailWriter:
    """The register's writer; each room of registers gives its own."""
    if key not in REGISTERS:
        raise Refusal(
            "There is no register %(key)s; use one of: %(keys)s.",
            key=key[:40],
            keys=", ".join(REGISTERS),
        )
    return REGISTERS[key]


def undo_batch(tx: Transaction, batch_no: int) -> UndoReport:
    """Take a whole batch back, whatever it brought."""
    kind = registry.kind_of_batch(tx, batch_no)
    if kind == "inspections":
        return inspections.undo_batch(tx, batch_no)
    store.delete_claims_of_batch(tx, batch_no)
    report = registry.undo_batch(tx, batch_no, writer_of(kind))
    if kind == "units":
        establishments.settle(tx)
    return report


def other_readings(tx: Transaction, prepared: Prepared, leftovers: int) -> list[Hint]:
    """Whether the points that touch no grid would, had the file been read in another way.

    Never applied by itself: the coordinate system is declared by a person.

    Raises
    ------
    Refusal
        Most points lie in the city only with longitude and latitude exchanged.
    """
    active = grids.find_active(tx)
    placed = [draft for draft in prepared.drafts if draft.lon is not None]
    crs = prepared.columns.crs
    if not leftovers or active is None or not crs or not parse_crs(crs).is_geographic:
        return []
    x, y = (np.array([getattr(draft, axis) for draft in placed], dtype=float) for axis in "xy")
    locator = grids.locator(tx, active.no)

    def lost(lon: Floats, lat: Floats) -> int:
        possible = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        return lost_points(
            locator, np.where(possible, lon, np.nan), np.where(possible, lat, np.nan)
        )

    if leftovers > len(placed) / 2 and lost(y, x) < len(placed) / 2:
        raise Refusal(
            "%(leftovers)s of %(placed)s points touch no grid; with longitude and "
            "latitude exchanged most would: the two fields look swapped.",
            leftovers=leftovers,
            placed=len(placed),
        )
    readings = {"gcj02": lost(*gcj02_to_wgs84(x, y)), "bd09": lost(*bd09_to_wgs84(x, y))}
    return [
        Hint(
            "%(leftovers)s of %(placed)s points touch no grid; read as %(crs)s only "
            "%(lost)s would. Check the declared coordinate system.",
            {"leftovers": leftovers, "placed": len(placed), "crs": crs, "lost": lost_then},
        )
        for crs, lost_then in readings.items()
        if lost_then * 2 < leftovers
    ]


def import_inspections(
    tx: Transaction, request: FileRequest, columns: InspectionColumns, settings: Settings
) -> ImportReport:
    """The report of a dry run, which leaves nothing, or of the import."""
    table = read_table(request.path, request.reading)
    report = import_visits(tx, table, columns, settings)
    return _settle(tx, request, replace(report, hints=table.notes))


def import_visits(
    tx: Transaction, table: Table, columns: InspectionColumns, settings: Settings
) -> ImportReport:
    """Write the visits of a table; the caller commits, or takes it all back."""
    drafts, errors = rules.read_inspections(table, columns, settings.zone, settings.today())
    if columns.programme:
        programmes.programme(tx, columns.programme)  # refused where there is none
    batch = VisitBatch(
        Batch("inspections", table.file_name, table.sha256, None), columns.kind, columns.programme
    )
    report = inspections.import_inspections(tx, drafts, errors, table.size, batch)
    fields = {"id": "+".join(columns.id), "target": columns.target}
    named = [replace(error, field=fields.get(error.field, error.field)) for error in report.errors]
    return _with_repeats(replace(report, errors=named))


def _with_repeats(report: ImportReport) -> ImportReport:
    """Rows that repeat an earlier row of the file are unchanged: every row is counted once."""
    counted = report.created + report.updated + len(report.errors)
    return replace(report, unchanged=report.rows - counted)


def _settle(tx: Transaction, request: FileRequest, report: ImportReport) -> ImportReport:
    """Rows in error stop the whole import unless they are to be skipped."""
    if not request.commit or (report.errors and not request.skip_errors):
        tx.undo()
        return report
    return replace(report, committed=True)
