"""Lists as files; each export is noted in the audit log."""

from __future__ import annotations

from typing import Any

from app.audit import actions as audit
from app.coverage import actions as coverage
from app.coverage.model import Counted, InspectedQuestion
from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.grids.model import Level
from app.registry import actions as registry
from app.registry.model import UnitFilter
from app.reports.files import TYPES, File, table_file
from app.units import actions as units

PAGE = 5_000
UNIT_FIELDS = ("id", "name", "class", "address", "lon", "lat", "last_done", "inspected")
OWN_FIELDS = (
    "credit_code",
    "responsible",
    "manager",
    "phone",
    "hours",
    "parent_id",
    "importance",
)


def export_units(tx: Transaction, wanted: UnitFilter, kind: str) -> File:
    """Every unit of the filter that the reader may see, with the grid of each level."""
    if kind not in TYPES:
        raise NotFound("Units are exported as %(kinds)s.", kinds=", ".join(TYPES))
    levels = grids.levels(tx)
    header, rows = _unit_rows(tx, wanted, levels)
    audit.record(
        tx,
        "units_exported",
        kind,
        rows=len(rows),
        on=wanted.on,
        state=wanted.state,
        within=wanted.within,
    )
    name = f"units-{wanted.on.isoformat()}.{kind}"
    return table_file(name, kind, "units", header, rows)


def _unit_rows(
    tx: Transaction, wanted: UnitFilter, levels: list[Level]
) -> tuple[list[str], list[list[Any]]]:
    header = [*UNIT_FIELDS, *(f"grid_{level.key}" for level in levels), *OWN_FIELDS]
    active = grids.find_active(tx)
    rows: list[list[Any]] = []
    after = ""
    while page := registry.list_units(tx, wanted, after, PAGE):
        after = page[-1].id
        numbers = sorted({row.grid_no for row in page if row.grid_no})
        chains = grids.chains(tx, active.no, numbers) if active else {}
        own = units.exported(tx, [row.no for row in page], wanted.on)
        for row in page:
            codes = {grid.level: grid.code for grid in chains.get(row.grid_no, ())}
            rows.append(
                [
                    row.id,
                    row.name,
                    row.class_key,
                    row.address,
                    row.lon,
                    row.lat,
                    row.last_done,
                    "yes" if row.inspected else "no",
                    *(codes.get(level.key) for level in levels),
                    *own[row.no][1:],
                ]
            )
    return header, rows


def export_coverage(tx: Transaction, asked: InspectedQuestion, level: Level, kind: str) -> File:
    """The coverage table; no units is an empty rate, never 0 or 100 %."""
    if kind not in ("csv", "xlsx"):
        raise NotFound("Coverage is exported as csv, xlsx.")
    header = ["level", "code", "name", "name_en", "units", "inspected", "rate", "from", "to"]
    first = asked.on.toordinal() - asked.days + 1
    rows = [
        [
            level.key,
            row.code,
            row.name,
            row.name_en,
            row.units,
            row.inspected,
            _rounded(Counted(row.units, row.inspected).rate),
            asked.on.fromordinal(first),
            asked.on,
        ]
        for row in coverage.inspected_by_grid(tx, asked, level)
    ]
    audit.record(tx, "coverage_exported", kind, rows=len(rows), on=asked.on, level=level.key)
    name = f"coverage-{level.key}-{asked.on.isoformat()}.{kind}"
    return table_file(name, kind, "coverage", header, rows)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
