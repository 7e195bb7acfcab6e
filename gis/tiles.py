"""Squares of the web map, and the key that puts points near each other in order.

The key of a point is the number of its zoom-16 tile with the bits of column and row
woven together, so that every coarser tile is one unbroken range of keys.  In formulas
(SQL computes the same):

    column = floor((lon + 180) / 360 * 65536)
    row    = floor((0.5 - asinh(tan(radians(lat))) / (2 * pi)) * 65536)

each kept within 0…65535; bit i of the column is bit 2i of the key, bit i of the row is
bit 2i + 1.
"""

from dataclasses import dataclass
from math import atan, degrees, pi, sinh
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import BadCoordinate

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Shapes: TypeAlias = npt.NDArray[np.object_]
Bounds: TypeAlias = tuple[float, float, float, float]

KEY_ZOOM = 16
KEY_SIDE = 1 << KEY_ZOOM
MAX_LATITUDE = 85.05112877980659
EARTH_RADIUS_M = 6_378_137.0
HALF_WORLD_M = pi * EARTH_RADIUS_M
TILE_PIXELS = 512
LABEL_PRECISION = 100  # a label may be off the best place by this part of its shape's size
# Spread the bits of a 16-bit number: after the last step bit i stands at bit 2i.
SPREADING = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))
GATHERING = ((1, 0x33333333), (2, 0x0F0F0F0F), (4, 0x00FF00FF), (8, 0x0000FFFF))


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of the web map: zoom, column from the west, row from the north.

    Raises
    ------
    ValueError
        No such tile (zooms 0 to `KEY_ZOOM` exist).

    Examples
    --------
    >>> Tile(1, 1, 0).key_range
    (1073741824, 2147483647)
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        side = 1 << self.z if 0 <= self.z <= KEY_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise ValueError(f"There is no tile z={self.z} x={self.x} y={self.y}.")

    @property
    def key_range(self) -> tuple[int, int]:
        """First and last key (inclusive) of the points inside this tile."""
        shift = 2 * (KEY_ZOOM - self.z)
        first = int(interleave(self.x, self.y)) << shift
        return first, first + (1 << shift) - 1

    @property
    def bounds_lonlat(self) -> Bounds:
        """(west, south, east, north) in EPSG:4326 degrees."""
        side = 1 << self.z
        return (
            self.x / side * 360 - 180,
            _latitude_of_row(self.y + 1, side),
            (self.x + 1) / side * 360 - 180,
            _latitude_of_row(self.y, side),
        )

    @property
    def bounds_mercator(self) -> Bounds:
        """(west, south, east, north) in EPSG:3857 metres."""
        size = 2 * HALF_WORLD_M / (1 << self.z)
        west, north = self.x * size - HALF_WORLD_M, HALF_WORLD_M - self.y * size
        return west, north - size, west + size, north


def _latitude_of_row(row: int, side: int) -> float:
    return degrees(atan(sinh(pi * (1 - 2 * row / side))))


def interleave(x: npt.ArrayLike, y: npt.ArrayLike) -> Integers:
    """Numbers whose even bits are those of `x` and odd bits those of `y`.

    Parameters
    ----------
    x, y : array_like of int, shape (n,)
        0 to 65535.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> interleave([0b11, 0], [0, 0b11]).tolist()
    [5, 10]
    """
    return _spread(np.asarray(x, dtype=np.int64)) | (_spread(np.asarray(y, dtype=np.int64)) << 1)


def _spread(bits: Integers) -> Integers:
    for shift, mask in SPREADING:
        bits = (bits | (bits << shift)) & mask
    return bits


def adjoining_keys(keys: npt.ArrayLike) -> Integers:
    """Pairs of the given keys whose tiles are the same or touch each other.

    Whatever lies closer together than the side of a zoom-16 tile (611 m at the equator, times
    the cosine of the latitude elsewhere) lies in such a pair.

    Parameters
    ----------
    keys : array_like of int, shape (n,)

    Returns
    -------
    ndarray of int64, shape (m, 2)
        Each pair once; a key with itself too.

    Examples
    --------
    >>> adjoining_keys([0, 1, 40]).tolist()
    [[0, 0], [1, 1], [40, 40], [0, 1]]
    """
    found = np.unique(np.asarray(keys, dtype=np.int64))
    x, y = _gather(found), _gather(found >> 1)
    pairs = []
    for east, south in ((0, 0), (1, 0), (-1, 1), (0, 1), (1, 1)):
        inside = (x + east >= 0) & (x + east < KEY_SIDE) & (y + south < KEY_SIDE)
        here = found[inside]
        there = interleave(x[inside] + east, y[inside] + south)
        held = np.isin(there, found)
        pairs.append(np.column_stack([here[held], there[held]]))
    return np.vstack(pairs)


def _gather(bits: Integers) -> Integers:
    """The inverse of spreading: bit 2i back to bit i."""
    bits = bits & 0x55555555
    for shift, mask in GATHERING:
        bits = (bits | (bits >> shift)) & mask
    return bits


def tile_key(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Integers:
    """The keys of the zoom-16 tiles that hold the points.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        EPSG:4326 degrees.  A point on a tile's edge belongs to the tile in the east
        and south, so that it is drawn once; longitude 180 belongs to the last column.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    BadCoordinate
        Not a number, beyond ±180, or beyond the web map's ±`MAX_LATITUDE`.

    Examples
    --------
    >>> tile_key([116.391], [39.905]).tolist()
    [2030456850]
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _require_on_the_web_map(lon, lat)
    column = np.floor((lon + 180) / 360 * KEY_SIDE)
    row = np.floor((0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * pi)) * KEY_SIDE)
    last = KEY_SIDE - 1
    return interleave(
        np.clip(column, 0, last).astype(np.int64), np.clip(row, 0, last).astype(np.int64)
    )


def _require_on_the_web_map(lon: Floats, lat: Floats) -> None:
    # Written as "not inside" so that NaN, which compares false with everything, is refused.
    outside = np.flatnonzero(~((np.abs(lon) <= 180) & (np.abs(lat) <= MAX_LATITUDE)))
    if outside.size:
        first = int(outside[0])
        east, north = float(np.ravel(lon)[first]), float(np.ravel(lat)[first])
        raise BadCoordinate(
            "Point %(number)s (longitude %(lon)s, latitude %(lat)s) lies beyond the web map,"
            " which ends at ±180 and ±%(most)s degrees.",
            index=first,
            number=first + 1,
            most=f"{MAX_LATITUDE:.4f}",
            lon=east,
            lat=north,
        )


def simplify_for_zoom(geometries: Shapes, zoom: int, faulty: bool) -> Shapes:
    """Shapes as light as half a pixel of a 512-pixel tile allows at a zoom.

    Parameters
    ----------
    geometries : ndarray of polygons, shape (n,)
        EPSG:4326; None and empty ones stay as they are.
    zoom : int
    faulty : bool
        True where the level has accepted faults.  Then, and wherever the shapes do not
        fit together, each is simplified alone; otherwise shared borders stay shared.

    Returns
    -------
    ndarray of polygons, shape (n,)
        EPSG:3857.  A shape too small for the zoom keeps its corners instead of vanishing.

    Raises
    ------
    BadCoordinate
        A vertex beyond the web map.

    Examples
    --------
    >>> square = shapely.segmentize(shapely.box(116.3, 39.9, 116.4, 40.0), 0.01)
    >>> light = simplify_for_zoom(np.array([square], dtype=object), zoom=12, faulty=False)
    >>> len(square.exterior.coords), len(light[0].exterior.coords)
    (45, 5)
    """
    projected: Shapes = shapely.transform(
        np.asarray(geometries, dtype=object), _mercator, interleaved=False
    )
    half_pixel = HALF_WORLD_M / (1 << zoom) / TILE_PIXELS
    present = np.flatnonzero(~(shapely.is_missing(projected) | shapely.is_empty(projected)))
    whole = projected[present]
    if not faulty and shapely.coverage_is_valid(whole):
        light = shapely.coverage_simplify(whole, half_pixel)
    else:
        light = shapely.simplify(whole, half_pixel, preserve_topology=True)
    spoilt = shapely.is_empty(light) | ~shapely.is_valid(light)
    projected[present] = np.where(spoilt, whole, light)
    return projected


def label_places(geometries: Shapes) -> tuple[Floats, Floats]:
    """Where the name of each shape has most room: the middle of its largest inscribed circle.

    The circle is the largest on the web map, where the name is read.

    Parameters
    ----------
    geometries : ndarray of polygons, shape (n,)
        EPSG:4326; None and empty ones have no place.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        Inside the shape; NaN without one.

    Raises
    ------
    BadCoordinate
        A vertex beyond the web map.

    Examples
    --------
    >>> lon, lat = label_places(np.array([shapely.box(116.3, 39.9, 116.4, 39.95)], dtype=object))
    >>> bool(116.3 < lon[0] < 116.4), bool(39.92 < lat[0] < 39.93)
    (True, True)
    """
    lon, lat = np.full(len(geometries), np.nan), np.full(len(geometries), np.nan)
    projected: Shapes = shapely.transform(
        np.asarray(geometries, dtype=object), _mercator, interleaved=False
    )
    present = np.flatnonzero(shapely.area(projected) > 0)
    if present.size:
        west, south, east, north = shapely.bounds(projected[present]).T
        size = np.maximum(east - west, north - south)
        # a line from the middle of the circle to its rim
        radius = shapely.maximum_inscribed_circle(projected[present], size / LABEL_PRECISION)
        middle = shapely.get_point(radius, 0)
        lon[present] = np.degrees(shapely.get_x(middle) / EARTH_RADIUS_M)
        lat[present] = np.degrees(np.arctan(np.sinh(shapely.get_y(middle) / EARTH_RADIUS_M)))
    return lon, lat


def _mercator(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    _require_on_the_web_map(lon, lat)
    return np.radians(lon) * EARTH_RADIUS_M, np.arcsinh(np.tan(np.radians(lat))) * EARTH_RADIUS_M
