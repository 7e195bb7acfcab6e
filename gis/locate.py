"""Which grid a point belongs to.

The locating rule: a point belongs to the deepest grid that touches it; among several at
that depth to the one whose code is lowest in byte order.  A border belongs to both sides,
so "touches" includes it, and the code decides.  Ancestors follow by parent links only,
never by geometry.  A point in a community but in none of its blocks belongs to the
community.  A point that touches no grid at all is a leftover and has number 0.

The database states the same rule in SQL; tests compare the two.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gis.errors import BadCoordinate
from gis.shapes import bounds_of
from gis.tiles import KEY_SIDE, interleave

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int32]
Positions: TypeAlias = npt.NDArray[np.int64]
Shapes: TypeAlias = npt.NDArray[np.object_]

CHUNK = 1 << 18  # points at a time: bounds the memory of the candidate pairs
ELLIPSOID = pyproj.Geod(ellps="WGS84")


class _Level:
    """The grids of one depth, in byte order of their codes."""

    def __init__(self, shapes: Shapes, numbers: Numbers) -> None:
        self.shapes = shapes
        self.numbers = numbers
        shapely.prepare(shapes)
        self._tree = shapely.STRtree(shapes)

    def locate(self, lon: Floats, lat: Floats) -> Numbers:
        """(n,) grid numbers of points, 0 where none touches."""
        point, grid = self._tree.query(shapely.points(lon, lat))
        touches = shapely.intersects_xy(self.shapes[grid], lon[point], lat[point])
        # Grids stand in code order: the smallest position is the lowest code.
        lowest = np.full(lon.size, self.shapes.size, dtype=np.int64)
        np.minimum.at(lowest, point[touches], grid[touches])
        return np.append(self.numbers, np.int32(0))[lowest]


class Locator:
    """Finds the grid of points by the locating rule.

    Parameters
    ----------
    shapes : sequence of polygons or None, length n
        EPSG:4326.  None or empty for grids without a shape; they own no point here.
    depths : array_like of int, shape (n,)
        1 for the top level; larger is deeper.
    codes : sequence of str, length n
    numbers : array_like of int, shape (n,)
        Grid numbers, above 0.

    Raises
    ------
    ValueError
        The four do not have the same length.

    Examples
    --------
    >>> town, block = shapely.box(0, 0, 2, 2), shapely.box(0, 0, 1, 1)
    >>> locator = Locator([town, block], depths=[1, 2], codes=["T", "T1"], numbers=[7, 8])
    >>> locator.locate([0.5, 1.0, 1.5, 9.0], [0.5, 1.0, 1.5, 9.0]).tolist()
    [8, 8, 7, 0]
    """

    def __init__(
        self,
        shapes: Sequence[shapely.Geometry | None] | Shapes,
        depths: npt.ArrayLike,
        codes: Sequence[str],
        numbers: npt.ArrayLike,
    ) -> None:
        all_shapes = np.asarray(shapes, dtype=object).copy()
        all_depths = np.asarray(depths, dtype=np.int64)
        all_numbers = np.asarray(numbers, dtype=np.int32)
        if not len(all_shapes) == len(all_depths) == len(codes) == len(all_numbers):
            raise ValueError("Shapes, depths, codes and numbers must have the same length.")
        usable = ~(shapely.is_missing(all_shapes) | shapely.is_empty(all_shapes))
        by_code = np.array(
            sorted(range(len(codes)), key=lambda grid: codes[grid].encode()), dtype=np.int64
        )
        by_code = by_code[usable[by_code]]
        self._levels = [
            _Level(all_shapes[members], all_numbers[members])
            for depth in sorted(set(all_depths[usable].tolist()), reverse=True)
            for members in [by_code[all_depths[by_code] == depth]]
        ]
        self._bounds = bounds_of(all_shapes[usable])

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Numbers:
        """The grid numbers of points.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,)
            EPSG:4326 degrees; NaN for a point without coordinates.

        Returns
        -------
        ndarray of int32, shape (n,)
            0 where the point touches no grid or has no coordinates.

        Raises
        ------
        BadCoordinate
            A point beyond ±180 or ±90 degrees; names the first index.
        """
        lon, lat = _points(lon, lat)
        found = np.zeros(lon.size, dtype=np.int32)
        inside = self._in_reach(lon, lat)
        for start in range(0, inside.size, CHUNK):
            waiting = inside[start : start + CHUNK]
            for level in self._levels:
                numbers = level.locate(lon[waiting], lat[waiting])
                found[waiting] = numbers
                waiting = waiting[numbers == 0]
                if not waiting.size:
                    break
        return found

    def _in_reach(self, lon: Floats, lat: Floats) -> Positions:
        """Positions of the points within the bounds of all grids, neighbours in a row.

        Points visited in the order of space find the same few shapes in the processor's
        cache, which more than pays for the sorting.
        """
        west, south, east, north = self._bounds
        inside = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        if not inside.size:
            return inside
        last = KEY_SIDE - 1
        column = (lon[inside] - west) / max(east - west, 1e-12) * last
        row = (lat[inside] - south) / max(north - south, 1e-12) * last
        order = np.argsort(interleave(column.astype(np.int64), row.astype(np.int64)))
        return inside[order]

    def nearest(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Numbers, Floats]:
        """The nearest grid of the top level, as a suggestion for leftovers.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,)
            EPSG:4326 degrees; NaN for a point without coordinates.

        Returns
        -------
        numbers : ndarray of int32, shape (n,)
            0 without coordinates or where there is no grid at all.
        distance_m : ndarray of float64, shape (n,)
            Geodesic metres to the nearest point of that grid; 0 inside it, NaN where
            the number is 0.

        Raises
        ------
        BadCoordinate
            A point beyond ±180 or ±90 degrees; names the first index.

        Notes
        -----
        "Nearest" is judged on a plane that is true at the middle latitude of the grids;
        a thousand kilometres away a neighbouring grid may be named instead.

        Examples
        --------
        >>> town = shapely.box(116.0, 39.0, 116.2, 39.2)
        >>> numbers, metres = Locator([town], [1], ["T"], [7]).nearest([116.3], [39.1])
        >>> numbers.tolist(), metres.round().tolist()
        ([7], [8650.0])
        """
        lon, lat = _points(lon, lat)
        numbers = np.zeros(lon.size, dtype=np.int32)
        distance_m = np.full(lon.size, np.nan)
        asked = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if not self._levels or not asked.size:
            return numbers, distance_m
        top = self._levels[-1]
        # A degree of longitude is shorter than one of latitude: without the scale a grid
        # to the north would look nearer than one as far to the east.
        scale = max(np.cos(np.radians((self._bounds[1] + self._bounds[3]) / 2)), 1e-6)
        plane = shapely.transform(top.shapes, lambda x, y: (x * scale, y), interleaved=False)
        points = shapely.points(lon[asked] * scale, lat[asked])
        point, grid = shapely.STRtree(plane).query_nearest(points)
        first = np.unique(point, return_index=True)[1]
        grid = np.minimum.reduceat(grid, first)
        ends = shapely.get_coordinates(shapely.shortest_line(points, plane[grid])[:, None])[1::2]
        _, _, metres = ELLIPSOID.inv(lon[asked], lat[asked], ends[:, 0] / scale, ends[:, 1])
        numbers[asked] = top.numbers[grid]
        distance_m[asked] = metres
        return numbers, distance_m


def _points(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Two flat arrays of one length, refused where they hold what is no place on earth."""
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if lon.shape != lat.shape or lon.ndim != 1:
        raise ValueError("Longitudes and latitudes must be two flat arrays of one length.")
    beyond = np.flatnonzero((np.abs(lon) > 180) | (np.abs(lat) > 90))
    if beyond.size:
        first = int(beyond[0])
        raise BadCoordinate(
            "Point %(number)s (longitude %(lon)s, latitude %(lat)s) is no place on"
            " earth; longitude comes first and ends at ±180, latitude at ±90 degrees.",
            index=first,
            number=first + 1,
            lon=float(lon[first]),
            lat=float(lat[first]),
        )
    return lon, lat
