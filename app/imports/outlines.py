"""Lines and areas of a file: read from a cell, checked, and brought to WGS 84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from app.imports.cells import SHOWN, RowFault
from app.registry.model import RowError, TargetDraft
from gis.crs import SourceCrs
from gis.errors import BadValue
from gis.footprints import check_shape, shape_of_text, shapes_on_earth
from gis.tables import representative_points

Place = tuple[float | None, float | None]


def read_shape(text: str, column: str, wanted: Sequence[str]) -> tuple[Place, bytes | None]:
    """A point on the shape in the numbers of the file, and the shape; a point has none besides.

    ``wanted`` are the kinds that the register takes; without any, whatever can be drawn.
    """
    word = text.strip()
    if not word:
        return (None, None), None
    try:
        shape = shape_of_text(word)
        check_shape(shape, wanted or ("point", "line", "area"))
    except BadValue as fault:
        raise RowFault(column, word[:SHOWN], fault.sentence, **fault.values) from fault
    x, y, others = representative_points(np.array([shape], dtype=object))
    return (float(x[0]), float(y[0])), shapely.to_wkb(shape) if others else None


def place_shapes(
    drafts: Sequence[TargetDraft], column: str, crs: SourceCrs
) -> tuple[list[TargetDraft], list[RowError]]:
    """WGS 84 for all shapes at once, and on each the point that decides its grid."""
    shapes = np.array(shapely.from_wkb([one.source_shape for one in drafts]), dtype=object)
    moved, good = shapes_on_earth(shapes, crs)
    lon, lat, _ = representative_points(moved)
    placed, errors = [], []
    for place, draft in enumerate(drafts):
        if good[place]:
            point = float(lon[place]), float(lat[place])
            placed.append(
                replace(draft, lon=point[0], lat=point[1], shape=shapely.to_wkb(moved[place]))
            )
        else:
            errors.append(_beyond(draft, column, crs))
    return placed, errors


def _beyond(draft: TargetDraft, column: str, crs: SourceCrs) -> RowError:
    return RowError(
        draft.row,
        column,
        f"{draft.x}, {draft.y}",
        "A corner of this shape is not on the map when read as %(crs)s; check the coordinates and "
        "their declared system.",
        {"crs": crs.name},
    )
