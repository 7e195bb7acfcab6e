"""Bring a file of units or inspections in: dry first, then for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from app.db.connection import Transaction
from app.imports import rules
from app.imports.rules import InspectionColumns, UnitColumns
from app.imports.tables import read_table
from app.inspections import actions as inspections
from app.registry import actions as registry
from app.registry.model import Batch, ImportReport
from gis.crs import parse_crs


@dataclass(frozen=True)
class FileRequest:
    path: Path
    encoding: str | None = None
    commit: bool = False
    skip_errors: bool = False


def import_units(tx: Transaction, request: FileRequest, columns: UnitColumns,
                 crs_name: str) -> ImportReport:
    """The report of a dry run, which leaves nothing, or of the import."""
    crs = parse_crs(crs_name)
    table = read_table(request.path, request.encoding)
    units, errors = rules.read_units(table, columns, crs)
    batch = Batch("units", table.file_name, table.sha256, crs.name)
    report = registry.import_units(tx, units, errors, table.size, batch)
    return _settle(tx, request, _with_repeats(report))


def import_inspections(tx: Transaction, request: FileRequest, columns: InspectionColumns,
                       zone: ZoneInfo) -> ImportReport:
    """The report of a dry run, which leaves nothing, or of the import."""
    table = read_table(request.path, request.encoding)
    drafts, errors = rules.read_inspections(table, columns, zone)
    batch = Batch("inspections", table.file_name, table.sha256, None)
    report = inspections.import_inspections(tx, drafts, errors, table.size, batch)
    fields = {"id": "+".join(columns.id), "target": columns.target}
    named = [replace(error, field=fields.get(error.field, error.field))
             for error in report.errors]
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
