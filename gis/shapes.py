"""Polygons as arrays: validity, areas on the ground, pieces, and where a fault lies."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely import GeometryType

from gis.crs import STORAGE_CRS, Bounds

Floats: TypeAlias = npt.NDArray[np.float64]
Positions: TypeAlias = npt.NDArray[np.int64]
Shapes: TypeAlias = npt.NDArray[np.object_]

POLYGONAL = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)


def shapes_of(frame: gpd.GeoDataFrame) -> Shapes:
    """The geometry column as a plain array.

    Parameters
    ----------
    frame : GeoDataFrame, n rows

    Returns
    -------
    ndarray of geometries or None, shape (n,)

    Examples
    --------
    >>> shapes_of(gpd.GeoDataFrame(geometry=[shapely.Point(1, 2)])).tolist()
    [<POINT (1 2)>]
    """
    return np.array(frame.geometry.to_numpy(), dtype=object)


def repaired(shapes: Shapes) -> Shapes:
    """The same shapes, the invalid ones made valid; only polygon parts are kept.

    Parameters
    ----------
    shapes : ndarray of polygons or None, shape (n,)

    Returns
    -------
    ndarray of polygons or None, shape (n,)
        Empty where nothing with an area was left.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> repaired(np.array([bow_tie], dtype=object))[0].area
    0.5
    """
    sound = shapes.copy()
    broken = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    if broken.size:
        sound[broken] = polygon_parts(
            shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        )
    return sound


def polygon_parts(shapes: Shapes) -> Shapes:
    """The parts of each shape that have an area, as one shape.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Of any kind; lines and points (the crumbs of an overlay) are dropped.

    Returns
    -------
    ndarray of MultiPolygon, shape (n,)

    Examples
    --------
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POINT (9 9), POLYGON ((0 0, 1 0, 1 1, 0 0)))")
    >>> polygon_parts(np.array([mixed], dtype=object)).tolist()
    [<MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))>]
    """
    parts, owner = pieces(shapes)
    whole = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    if parts.size:
        shapely.multipolygons(parts, indices=owner, out=whole)
    return whole


def bounds_of(shapes: Shapes) -> Bounds:
    """The box around all shapes.

    Parameters
    ----------
    shapes : ndarray of geometries or None, shape (n,)

    Returns
    -------
    tuple of float
        (min x, min y, max x, max y); NaN where there is no shape.

    Examples
    --------
    >>> bounds_of(np.array([shapely.box(0, 0, 1, 1), None], dtype=object))
    (0.0, 0.0, 1.0, 1.0)
    """
    numbers = shapely.get_coordinates(shapes)
    if not len(numbers):
        return math.nan, math.nan, math.nan, math.nan
    (west, south), (east, north) = numbers.min(axis=0), numbers.max(axis=0)
    return float(west), float(south), float(east), float(north)


def pieces(shapes: Shapes) -> tuple[Shapes, Positions]:
    """The connected pieces with an area, and whose they are.

    Parameters
    ----------
    shapes : ndarray of geometries or None, shape (n,)

    Returns
    -------
    pieces : ndarray of Polygon, shape (m,)
    owner : ndarray of int64, shape (m,)
        Position of each piece's shape, ascending.

    Examples
    --------
    >>> two = shapely.union(shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1))
    >>> pieces(np.array([two], dtype=object))[1].tolist()
    [0, 0]
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    # A collection may hold multipolygons, so parts are opened a second time.
    inner, outer = shapely.get_parts(parts, return_index=True)
    with_area = shapely.get_type_id(inner) == GeometryType.POLYGON
    return inner[with_area], owner[outer][with_area].astype(np.int64)


def areas_m2(shapes: Shapes, metric: pyproj.CRS) -> Floats:
    """Areas on the ground.

    Parameters
    ----------
    shapes : ndarray of geometries or None, shape (n,)
        EPSG:4326.
    metric : pyproj.CRS
        A system in metres for the place, as of `gis.crs.metric_crs`.

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres; 0 where there is no shape.

    Examples
    --------
    >>> square = shapely.box(116.0, 40.0, 116.01, 40.01)
    >>> areas_m2(np.array([square], dtype=object), pyproj.CRS.from_epsg(32650)).round(-2).tolist()
    [947500.0]
    """
    if not len(shapes):
        return np.zeros(0)
    project = _projection(metric.to_wkt())
    on_the_ground = shapely.transform(shapes, project.transform, interleaved=False)
    return np.asarray(np.nan_to_num(shapely.area(on_the_ground)), dtype=np.float64)


@lru_cache(maxsize=8)
def _projection(metric_wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(STORAGE_CRS, metric_wkt, always_xy=True)


def place_in(shape: shapely.Geometry | None) -> tuple[float, float] | None:
    """A point inside the largest piece of a shape, to fly to on the map.

    Parameters
    ----------
    shape : Geometry or None

    Returns
    -------
    tuple of float or None
        (lon, lat); the first vertex where nothing has an area, None where there is none.

    Examples
    --------
    >>> place_in(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 9, 9)]))
    (7.0, 7.0)
    """
    parts, _ = pieces(np.array([shape], dtype=object))
    if parts.size:
        largest = parts[int(np.argmax(shapely.area(parts)))]
        inside = shapely.point_on_surface(largest)
        return float(inside.x), float(inside.y)
    vertices = shapely.get_coordinates(shape)
    return (float(vertices[0, 0]), float(vertices[0, 1])) if len(vertices) else None


def union_of(shapes: Iterable[shapely.Geometry] | Shapes) -> shapely.Geometry:
    """The union; the quick way where the shapes fit together without overlap.

    Parameters
    ----------
    shapes : sequence of valid polygons

    Returns
    -------
    Geometry

    Examples
    --------
    >>> union_of([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]).area
    2.0
    """
    members = np.array(list(shapes), dtype=object)
    if shapely.coverage_is_valid(members):
        return shapely.coverage_union_all(members)
    return shapely.union_all(members)
