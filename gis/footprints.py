"""Shapes of single things (a road, a square): from and to text, checked, and on the globe."""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from shapely import GeometryType
from shapely.errors import ShapelyError

from gis.crs import SourceCrs, to_lonlat
from gis.errors import BadCoordinate, BadValue
from gis.tiles import MAX_LATITUDE

Shapes: TypeAlias = npt.NDArray[np.object_]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Kind: TypeAlias = Literal["point", "line", "area"]

KINDS: dict[int, Kind] = {
    GeometryType.POINT: "point",
    GeometryType.LINESTRING: "line",
    GeometryType.MULTILINESTRING: "line",
    GeometryType.POLYGON: "area",
    GeometryType.MULTIPOLYGON: "area",
}
PLACE_IN_REASON = re.compile(r"\[(\S+) (\S+?)\]")
# enough for every digit; asked for all of them, the writer drops the last of some numbers
DECIMALS = 24
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def shape_of_text(text: str) -> shapely.Geometry:
    """A shape as files write it: WKT, or WKB in hexadecimal digits as PostGIS shows it.

    Parameters
    ----------
    text : str

    Returns
    -------
    Geometry

    Raises
    ------
    BadValue
        Neither.

    Examples
    --------
    >>> shape_of_text("LINESTRING (118 31, 118.1 31)").length
    0.09999999999999432
    """
    word = text.strip()
    try:
        found = shapely.from_wkb(word) if HEX.fullmatch(word) else shapely.from_wkt(word)
    except (ShapelyError, ValueError) as error:
        raise BadValue(
            "This is no shape; write WKT like LINESTRING (118.5 31.2, 118.6 31.3), the longitude"
            " first."
        ) from error
    return found


def text_of_shape(shape: shapely.Geometry | None) -> str:
    """The shape as WKT with every digit, or nothing.

    Examples
    --------
    >>> text_of_shape(shapely.Point(0.1, 1 / 3))
    'POINT (0.1 0.3333333333333333)'
    """
    return "" if shape is None else str(shapely.to_wkt(shape, rounding_precision=DECIMALS))


def check_shape(shape: shapely.Geometry, wanted: Sequence[str]) -> None:
    """Refuse what cannot stand for a thing on the ground.

    Parameters
    ----------
    shape : Geometry
    wanted : sequence of {'point', 'line', 'area'}
        What the register takes.

    Raises
    ------
    BadValue
        Heights, no corners, another kind than wanted, an outline that crosses itself, a line
        without length.

    Examples
    --------
    >>> check_shape(shapely.Point(1, 2, 3), ["point"])
    Traceback (most recent call last):
    ...
    gis.errors.BadValue: This shape has heights (3-D); export it again in two dimensions.
    """
    if shapely.has_z(shape) or shapely.has_m(shape):
        raise BadValue("This shape has heights (3-D); export it again in two dimensions.")
    if shapely.is_empty(shape):
        raise BadValue(
            "This shape is empty; draw it, or leave the cell blank where the place is not known."
        )
    _require_kind(shape, wanted)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise BadValue("A corner of this shape is no number; export it again.")
    if shapely.is_valid(shape):
        return
    if KINDS[shapely.get_type_id(shape)] == "line":
        raise BadValue("This line has no length: all its corners are at one place.")
    reason = str(shapely.is_valid_reason(shape))
    place = PLACE_IN_REASON.search(reason)
    if place is None:
        raise BadValue(
            "The outline of this area is broken (%(why)s); correct it in the file.", why=reason
        )
    raise BadValue(
        "The outline of this area crosses or touches itself at %(x)s, %(y)s; correct it in the"
        " file.",
        x=place[1],
        y=place[2],
    )


def _require_kind(shape: shapely.Geometry, wanted: Sequence[str]) -> None:
    found = KINDS.get(shapely.get_type_id(shape))
    if found in wanted:
        return
    if shapely.get_type_id(shape) == GeometryType.MULTIPOINT:
        raise BadValue("These are several points; give each of them a row of its own.")
    if found is None:
        raise BadValue(
            "This mixes points, lines or areas in one shape; give each of them a row of its own."
        )
    if found == "area":
        raise BadValue(
            "This is an area, and a line is wanted: draw the middle line, or import it as a place."
        )
    raise BadValue("This is a point, and a line is wanted: draw the line from end to end.")


def shapes_on_earth(shapes: Shapes, crs: SourceCrs) -> tuple[Shapes, Flags]:
    """The shapes in longitude and latitude, and which of them lie on the web map.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        In `crs`, without heights.
    crs : SourceCrs

    Returns
    -------
    moved : ndarray of geometries, shape (n,)
        EPSG:4326; what lies beyond the world is as it was.
    good : ndarray of bool, shape (n,)

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (118 31, 119 31)", "LINESTRING (118 31, 118 131)"])
    >>> shapes_on_earth(np.array(lines, dtype=object), SourceCrs("EPSG:4326"))[1].tolist()
    [True, False]
    """
    numbers, owner = shapely.get_coordinates(shapes, return_index=True)
    lon, lat = _lonlat_or_nan(numbers[:, 0], numbers[:, 1], crs)
    with np.errstate(invalid="ignore"):
        off = ~((np.abs(lon) <= 180) & (np.abs(lat) <= MAX_LATITUDE))
    good = np.ones(len(shapes), dtype=bool)
    good[owner[off]] = False
    kept = np.where(good[owner][:, None], np.column_stack([lon, lat]), numbers)
    moved: Shapes = shapely.set_coordinates(shapes.copy(), kept)
    return moved, good


def _lonlat_or_nan(x: Floats, y: Floats, crs: SourceCrs) -> tuple[Floats, Floats]:
    """NaN where the system has no place for a corner: it is a fault of its own shape alone."""
    if crs.is_geographic:  # a shift of nonsense is nonsense
        possible = (np.abs(x) <= 180) & (np.abs(y) <= 90)
        x, y = np.where(possible, x, np.nan), np.where(possible, y, np.nan)
    try:
        return to_lonlat(x, y, crs)
    except BadCoordinate:
        if len(x) == 1:
            return np.array([np.nan]), np.array([np.nan])
    cut = len(x) // 2
    left, right = _lonlat_or_nan(x[:cut], y[:cut], crs), _lonlat_or_nan(x[cut:], y[cut:], crs)
    return np.concatenate([left[0], right[0]]), np.concatenate([left[1], right[1]])
