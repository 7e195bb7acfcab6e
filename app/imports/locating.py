"""Adds to a table the grids of each row's point."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import Grid, Level
from app.imports.cells import coordinates, read_rows
from app.imports.rules import RegisterColumns, place_targets
from app.imports.sources import Reading
from app.imports.tables import Table, read_table
from app.registry.model import RowError, TargetDraft
from gis.crs import parse_crs


@dataclass(frozen=True)
class LocateRequest:
    path: Path
    out: Path
    lon_field: str
    lat_field: str
    crs: str
    on: date
    encoding: str | None = None
    skip_errors: bool = False


def locate_table(tx: Transaction, request: LocateRequest) -> dict[str, Any]:
    """Write the table with a column per level; nothing is written while rows are in error.

    A leftover has empty grid columns, the nearest grid and its distance; a row without
    coordinates has all of them empty.
    """
    table = read_table(request.path, Reading(request.encoding))
    points, errors = _points(table, request)
    edition = grids.edition_on(tx, request.on)
    levels = grids.levels(tx)
    added = _added_fields(table, levels)
    locator = grids.locator(tx, edition.no)
    lon = np.array([np.nan if one.lon is None else one.lon for one in points], dtype=float)
    lat = np.array([np.nan if one.lat is None else one.lat for one in points], dtype=float)
    numbers = locator.locate(lon, lat)
    lost = (numbers == 0) & ~np.isnan(lon)
    near, metres = locator.nearest(lon[lost], lat[lost])
    chains = grids.chains(tx, edition.no, sorted({int(one) for one in [*numbers, *near]} - {0}))
    nearest = dict(zip(np.flatnonzero(lost), zip(near, metres, strict=True), strict=True))
    written = not errors or request.skip_errors
    if written:
        cells = {
            point.row: _cells(chains, levels, int(number), nearest.get(position))
            for position, (point, number) in enumerate(zip(points, numbers, strict=True))
        }
        _write(request.out, table, added, cells)
    return {
        "rows": table.size,
        "edition": edition.name,
        "on": request.on,
        "located": int((numbers > 0).sum()),
        "leftovers": int(lost.sum()),
        "unlocated": int(np.isnan(lon).sum()),
        "errors": [error.as_dict() for error in errors],
        "out": str(request.out) if written else None,
    }


def _points(table: Table, request: LocateRequest) -> tuple[list[TargetDraft], list[RowError]]:
    columns = RegisterColumns((), request.lon_field, request.lat_field, request.crs)
    x_place, y_place = table.columns([request.lon_field, request.lat_field])

    def read(number: int, row: Sequence[str]) -> TargetDraft:
        x, y = coordinates(row[x_place], row[y_place], request.lon_field, request.lat_field)
        return TargetDraft(number, "", "", "", None, x, y, None, None, "")

    drafts, errors = read_rows(table, read)
    points, outside = place_targets(drafts, columns, parse_crs(request.crs))
    return points, sorted([*errors, *outside], key=lambda error: error.row)


def _cells(
    chains: dict[int, list[Grid]],
    levels: Sequence[Level],
    number: int,
    nearest: tuple[Any, Any] | None,
) -> list[str]:
    codes = {grid.level: grid.code for grid in chains.get(number, ())}
    near = (
        ["", ""]
        if nearest is None
        else [chains[int(nearest[0])][-1].code, f"{float(nearest[1]):.1f}"]
    )
    return [*(codes.get(level.key, "") for level in levels), *near]


def _added_fields(table: Table, levels: Sequence[Level]) -> list[str]:
    added = [*(f"grid_{level.key}" for level in levels), "grid_nearest", "grid_distance_m"]
    taken = [name for name in added if name in table.fields]
    if taken:
        raise Refusal(
            "%(file)s has the field %(taken)s already; rename it or take it out first.",
            file=table.file_name,
            taken=taken[0],
        )
    return added


def _write(out: Path, table: Table, added: list[str], cells: dict[int, list[str]]) -> None:
    """The rows that are not in error, whole or not at all: beside its place, then one rename."""
    ordinary = out.is_file() or not out.exists()  # a rename would replace a device
    fresh = out.with_name(f"{out.name}.part") if ordinary else out
    try:
        with fresh.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([*table.fields, *added])
            writer.writerows(
                [*row, *cells[number]] for number, row in table.numbered() if number in cells
            )
        if ordinary:
            fresh.replace(out)
    finally:
        if ordinary:
            fresh.unlink(missing_ok=True)
