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
from app.grids import actions as grids
from app.imports import rules
from app.imports.rules import InspectionColumns, RegisterColumns
from app.imports.sources import Reading
from app.imports.tables import read_table
from app.inspections import actions as inspections
from app.registry import actions as registry
from app.registry.actions import DetailWriter
from app.registry.model import Batch, Hint, ImportReport, TargetDraft, UndoReport
from app.settings import Settings
from gis.coordinates import bd09_to_wgs84, gcj02_to_wgs84
from gis.crs import parse_crs

Floats = npt.NDArray[np.float64]
REGISTERS: Mapping[str, DetailWriter] = {
    writer.register.key: writer for writer in (registry.UNITS,)
}


@dataclass(frozen=True)
class FileRequest:
    path: Path
    encoding: str | None = None
    commit: bool = False
    skip_errors: bool = False


def import_register(
    tx: Transaction, request: FileRequest, key: str, columns: RegisterColumns, today: date
) -> ImportReport:
    """The report of a dry run, which leaves nothing, or of the import."""
    writer = writer_of(key)
    table = read_table(request.path, Reading(request.encoding))
    drafts, errors = rules.read_register(table, columns, writer.register, today)
    crs = parse_crs(columns.crs) if columns.crs else None
    batch = Batch(key, table.file_name, table.sha256, crs.name if crs else None)
    report = registry.import_targets(tx, writer, drafts, errors, table.size, batch)
    geographic = crs is not None and crs.is_geographic
    hints = _other_readings(tx, drafts, report.leftovers) if geographic else []
    return _settle(tx, request, _with_repeats(replace(report, hints=hints)))


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
    return registry.undo_batch(tx, batch_no, writer_of(kind))


def _other_readings(tx: Transaction, units: Sequence[TargetDraft], leftovers: int) -> list[Hint]:
    """Whether the points that touch no grid would, had the file been read in another way.

    Never applied by itself: the coordinate system is declared by a person.

    Raises
    ------
    Refusal
        Most points lie in the city only with longitude and latitude exchanged.
    """
    active = grids.find_active(tx)
    placed = [unit for unit in units if unit.lon is not None]
    if not leftovers or active is None:
        return []
    x, y = (np.array([getattr(unit, axis) for unit in placed], dtype=float) for axis in "xy")
    locator = grids.locator(tx, active.no)

    def lost(lon: Floats, lat: Floats) -> int:
        possible = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        found = locator.locate(np.where(possible, lon, np.nan), np.where(possible, lat, np.nan))
        return int((found == 0).sum())

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
    table = read_table(request.path, Reading(request.encoding))
    drafts, errors = rules.read_inspections(table, columns, settings.zone, settings.today())
    batch = Batch("inspections", table.file_name, table.sha256, None)
    report = inspections.import_inspections(tx, drafts, errors, table.size, batch)
    fields = {"id": "+".join(columns.id), "target": columns.target}
    named = [replace(error, field=fields.get(error.field, error.field)) for error in report.errors]
    return _settle(tx, request, _with_repeats(replace(report, errors=named)))


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
