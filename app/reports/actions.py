"""Lists as files; each export is noted in the audit log."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from app.audit import actions as audit
from app.coverage import actions as coverage
from app.coverage.model import Counted, InspectedQuestion
from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.grids.model import Level
from app.registry import actions as registry
from app.registry.model import UnitFilter
from app.spreadsheets import csv_bytes, xlsx_bytes

PAGE = 5_000
UNIT_FIELDS = ("id", "name", "class", "address", "lon", "lat", "last_done", "inspected")
DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON"}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
}


@dataclass(frozen=True)
class File:
    name: str
    type: str
    content: bytes


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
    if kind == "csv":
        return File(name, TYPES[kind], csv_bytes(header, rows))
    if kind == "xlsx":
        return File(name, TYPES[kind], xlsx_bytes("units", header, rows))
    return File(name, TYPES[kind], _map_file(header, rows, kind))


def _unit_rows(
    tx: Transaction, wanted: UnitFilter, levels: list[Level]
) -> tuple[list[str], list[list[Any]]]:
    header = [*UNIT_FIELDS, *(f"grid_{level.key}" for level in levels)]
    active = grids.find_active(tx)
    rows: list[list[Any]] = []
    after = ""
    while page := registry.list_units(tx, wanted, after, PAGE):
        after = page[-1].id
        numbers = sorted({row.grid_no for row in page if row.grid_no})
        chains = grids.chains(tx, active.no, numbers) if active else {}
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
                ]
            )
    return header, rows


def _map_file(header: list[str], rows: list[list[Any]], kind: str) -> bytes:
    columns: dict[str, list[Any]] = {
        name: [row[place] for row in rows] for place, name in enumerate(header)
    }
    columns["last_done"] = [
        None if day is None else day.isoformat() for day in columns["last_done"]
    ]
    frame = gpd.GeoDataFrame(
        columns,
        crs="EPSG:4326",
        geometry=gpd.points_from_xy(
            [float("nan") if lon is None else lon for lon in columns["lon"]],
            [float("nan") if lat is None else lat for lat in columns["lat"]],
        ),
    )
    frame.geometry = frame.geometry.where(~frame["lon"].isna(), None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"units.{kind}"
        frame.to_file(path, driver=DRIVERS[kind], layer="units")
        return path.read_bytes()


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
    content = csv_bytes(header, rows) if kind == "csv" else xlsx_bytes("coverage", header, rows)
    return File(f"coverage-{level.key}-{asked.on.isoformat()}.{kind}", TYPES[kind], content)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
