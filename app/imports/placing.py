"""Where the points of an uploaded file lie: as each coordinate system would place them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.grids import actions as grids
from app.imports import places, store
from app.imports.cells import RowFault
from app.imports.guessing import header_digest
from app.imports.rules import RegisterColumns, place_columns, place_of
from app.imports.tables import Table
from app.imports.work import LONGEST_SAMPLE, Work, register_columns
from gis.sketch import Sketch, sketch_of

SKETCH_WIDTH = 320.0


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
        "picture": picture(sketch, shapes),
    }


def picture(sketch: Sketch, shapes: Sequence[Any]) -> dict[str, Any]:
    return {
        "width": sketch.width,
        "height": round(sketch.height, 1),
        "paths": sketch.paths(shapes),
    }


def _points(table: Table, columns: RegisterColumns) -> places.Points:
    """Every row's numbers; what is no number has its own sentence in the next step."""
    places_of = place_columns(table, columns)
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
