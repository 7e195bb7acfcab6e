"""The rows of a boundary file, cleaned into one level of grids.

Every row that is left out, and every shape that is changed, has its fault: nothing is
dropped or mended in silence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from gis.crs import STORAGE_CRS, SourceCrs, metric_crs, to_lonlat
from gis.dissolve import dissolved, duplicates
from gis.errors import BadCoordinate
from gis.faults import Fault, Said, counted, said
from gis.shapes import POLYGONAL, areas_m2, bounds_of, place_in, polygon_parts, repaired

Positions: TypeAlias = npt.NDArray[np.int64]
Shapes: TypeAlias = npt.NDArray[np.object_]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = Sequence[str | None]

PLACE_IN_REASON = re.compile(r"\[(\S+) (\S+?)\]")
FAR_FROM_AREA_OF_USE = 10.0  # degrees; generous, since cities do cross the edges of zones


@dataclass(frozen=True, slots=True)
class Features:
    """The rows of a file, n of each: texts stripped, None where empty; shapes as written."""

    codes: Texts
    names: Texts
    names_en: Texts
    parents: Texts
    shapes: Shapes


def clean_level(
    features: Features, crs: SourceCrs, *, dissolve: bool, repair: bool
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """One row per grid in EPSG:4326, and all that was wrong with the file's rows.

    Parameters
    ----------
    features : Features
        Shapes in `crs`.
    crs : SourceCrs
    dissolve : bool
        Whether rows with one code are one grid.
    repair : bool
        Whether invalid shapes are made valid.

    Returns
    -------
    frame : GeoDataFrame
        Columns code, name, name_en, parent (None where empty), rows (tuple of the file's
        1-based row numbers), geometry (MultiPolygon).  Rows without code or polygon are
        left out, each with an error.
    faults : list of Fault

    Raises
    ------
    BadCoordinate
        A coordinate that is no place in the system; names the row.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)
    >>> features = Features(["A", "A"], ["East", None], [None] * 2, [None] * 2, halves)
    >>> frame, faults = clean_level(features, SourceCrs("EPSG:4326"), dissolve=True, repair=False)
    >>> frame.loc[0, ["code", "name", "rows"]].tolist(), faults
    (['A', 'East', (1, 2)], [])
    """
    shapes = _placed(features.shapes, crs)
    faults = _row_faults(features.codes, shapes)
    has_code = np.array([bool(code) for code in features.codes], dtype=bool)
    kept = np.flatnonzero(has_code & _has_polygon(shapes))
    faults += _three_d(shapes, kept[shapely.has_z(features.shapes[kept])])
    flat = polygon_parts(shapes[kept])
    invalid, mended = _invalid(
        flat, [str(features.codes[row]) for row in kept.tolist()], kept, repair
    )
    frame = gpd.GeoDataFrame(
        {
            "code": _texts(features.codes, kept),
            "name": _texts(features.names, kept),
            "name_en": _texts(features.names_en, kept),
            "parent": _texts(features.parents, kept),
            "rows": pd.Series([(int(row) + 1,) for row in kept], dtype=object),
        },
        geometry=list(mended),
        crs=STORAGE_CRS,
    )
    joined, repeated = dissolved(frame) if dissolve else (frame, duplicates(frame))
    return joined, faults + invalid + repeated


def _texts(texts: Texts, rows: Positions) -> pd.Series:
    # dtype object: pandas' own text type would turn None into NaN.
    return pd.Series([texts[row] for row in rows.tolist()], dtype=object)


def _has_polygon(shapes: Shapes) -> Flags:
    polygonal = np.isin(shapely.get_type_id(shapes), POLYGONAL)
    return np.asarray(polygonal & ~shapely.is_empty(shapes), dtype=bool)


def _placed(shapes: Shapes, crs: SourceCrs) -> Shapes:
    """The shapes in EPSG:4326, refused where a coordinate is no place in their system."""
    numbers, row = shapely.get_coordinates(shapes, return_index=True)
    if crs.is_geographic:
        _require_degrees(numbers, row)
    try:
        lon, lat = to_lonlat(numbers[:, 0], numbers[:, 1], crs)
        lost = np.flatnonzero(~(np.isfinite(lon) & np.isfinite(lat)))
    except BadCoordinate as error:
        lost = np.array([error.details["index"]], dtype=np.int64)
    if lost.size:
        raise BadCoordinate(
            "Row %(row)s: the coordinates x %(x)s, y %(y)s are no place in %(crs)s; check the"
            " system, and that x (east) comes before y.",
            crs=crs.name,
            **_place(numbers[lost[0]], row[lost[0]]),
        )
    if lon.size:
        _require_area_of_use(lon, lat, numbers[0], crs)
    return np.asarray(
        shapely.transform(shapes, lambda _x, _y: (lon, lat), interleaved=False), dtype=object
    )


def _require_degrees(numbers: Floats, row: Positions) -> None:
    x, y = np.abs(numbers[:, 0]), np.abs(numbers[:, 1])
    # Written as "not inside" so that NaN, which compares false with everything, is refused.
    outside = np.flatnonzero(~((x <= 180) & (y <= 90)))
    if not outside.size:
        return
    swapped = bool(np.all(x <= 90) and np.all(y <= 180))
    first = outside[0]
    place = _place(numbers[first], row[first])
    if swapped:
        raise BadCoordinate(
            "Row %(row)s: the coordinates x %(x)s, y %(y)s look like latitude before longitude;"
            " swap the axes: longitude (x) comes first.",
            swapped=True,
            **place,
        )
    raise BadCoordinate(
        "Row %(row)s: the coordinates x %(x)s, y %(y)s are no longitude and latitude; declare the"
        " right system with --crs.",
        swapped=False,
        **place,
    )


def _require_area_of_use(lon: Floats, lat: Floats, first: Floats, crs: SourceCrs) -> None:
    """Swapped northings and eastings still give a place, but one far from the zone."""
    area = pyproj.CRS.from_user_input(crs.definition).area_of_use
    if crs.is_geographic or area is None or area.west > area.east:
        return
    east, north = float(np.median(lon)), float(np.median(lat))
    margin = FAR_FROM_AREA_OF_USE
    if (
        area.west - margin <= east <= area.east + margin
        and area.south - margin <= north <= area.north + margin
    ):
        return
    raise BadCoordinate(
        "Row %(row)s: the coordinates x %(x)s, y %(y)s lead to longitude %(lon)s, latitude %(lat)s,"
        " far from where %(crs)s is used; check the system (and zone), and that x (east) comes"
        " before y (north).",
        lon=f"{east:.2f}",
        lat=f"{north:.2f}",
        crs=crs.name,
        **_place(first, 0),
    )


def _place(numbers: Floats, row: int) -> dict[str, Any]:
    return {"row": int(row) + 1, "x": float(numbers[0]), "y": float(numbers[1])}


def _row_faults(codes: Texts, shapes: Shapes) -> list[Fault]:
    """Errors of the rows that cannot become a grid."""
    faults = []
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in np.flatnonzero(absent).tolist():
        words = said("Row %(row)s has no shape, or one that cannot be read.", row=row + 1)
        faults.append(Fault("empty_geometry", "error", codes[row], None, None, words))
    for row in np.flatnonzero(~absent & ~_has_polygon(shapes)).tolist():
        words = said(
            "Row %(row)s is a %(shape)s, but a grid must be a polygon.",
            row=row + 1,
            shape=shapes[row].geom_type,
        )
        where = place_in(shapes[row])
        faults.append(Fault("not_polygon", "error", codes[row], None, where, words))
    for row in [row for row, code in enumerate(codes) if not code]:
        words = said("Row %(row)s has no code; fill in every code field.", row=row + 1)
        faults.append(Fault("missing_code", "error", None, None, place_in(shapes[row]), words))
    return faults


def _three_d(shapes: Shapes, high: Positions) -> list[Fault]:
    """One warning for all heights that were dropped."""
    if not high.size:
        return []
    words = counted(
        "%(count)s row has heights (first: row %(row)s); grids are flat, they were dropped.",
        "%(count)s rows have heights (first: row %(row)s); grids are flat, they were dropped.",
        count=int(high.size),
        row=int(high[0]) + 1,
    )
    return [Fault("three_d", "warning", None, None, place_in(shapes[high[0]]), words)]


def _invalid(
    shapes: Shapes, codes: Sequence[str], kept: Positions, repair: bool
) -> tuple[list[Fault], Shapes]:
    """Faults of self-crossing shapes, and the shapes to go on with."""
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    if not broken.size:
        return [], shapes
    metric = metric_crs(bounds_of(shapes))
    whole = repaired(shapes[broken])
    before, after = areas_m2(shapes[broken], metric), areas_m2(whole, metric)
    faults = []
    for index, position in enumerate(broken.tolist()):
        reason = str(shapely.is_valid_reason(shapes[position]))
        place = PLACE_IN_REASON.search(reason)
        mends = repair and after[index] > 0
        faults.append(
            Fault(
                kind="invalid_geometry",
                severity="warning" if mends else "error",
                code=codes[position],
                area_m2=abs(float(after[index] - before[index])),
                where=(float(place[1]), float(place[2])) if place else None,
                said=(_repaired if mends else _to_repair)(
                    row=int(kept[position]) + 1,
                    code=codes[position],
                    reason=reason.partition("[")[0],
                    before=f"{before[index]:,.1f}",
                    after=f"{after[index]:,.1f}",
                ),
            )
        )
    return faults, _with_repairs(shapes, broken[after > 0], whole[after > 0]) if repair else shapes


def _repaired(**values: object) -> Said:
    return said(
        "Row %(row)s ('%(code)s'): %(reason)s. It was repaired, which changed its area from"
        " %(before)s to %(after)s m².",
        **values,
    )


def _to_repair(**values: object) -> Said:
    return said(
        "Row %(row)s ('%(code)s'): %(reason)s. Repairing it would change its area from %(before)s"
        " to %(after)s m².",
        **values,
    )


def _with_repairs(shapes: Shapes, where: Positions, whole: Shapes) -> Shapes:
    mended = shapes.copy()
    mended[where] = whole
    return mended
