"""Do the grids of one level fit together, and inside their parents?

Overlays are done in degrees, where the stored edges are straight, and only what comes
out is measured in metres.  Projecting first would bend long edges: a border drawn with
more vertices on one side than on the other would grow slivers that are not in the file.
"""

from collections.abc import Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gis.crs import require_lonlat
from gis.faults import Fault, said
from gis.parents import match_parents, parents_by_overlap
from gis.shapes import areas_m2, pieces, place_in, repaired, shapes_of, union_of

__all__ = [
    "Fault",
    "check_against_parents",
    "check_siblings",
    "holes_in_level",
    "match_parents",
    "parents_by_overlap",
]

Positions: TypeAlias = npt.NDArray[np.int64]
Shapes: TypeAlias = npt.NDArray[np.object_]


def check_siblings(
    frame: gpd.GeoDataFrame, *, metric: pyproj.CRS, tolerance_m2: float = 1.0
) -> list[Fault]:
    """Overlaps between the grids of one level.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        EPSG:4326, with a column ``code``.  Invalid shapes are compared as repaired.
    metric : pyproj.CRS
        In metres, for the place.
    tolerance_m2 : float
        Overlaps up to this many square metres are not faults.

    Returns
    -------
    list of Fault
        Warnings of kind 'overlap', one per pair, under the code that is lower in byte
        order; ``where`` lies in the largest piece.

    Raises
    ------
    CrsMismatch
        The frame is not in EPSG:4326.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"code": ["B", "A"]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(116, 40, 116.01, 40.01), shapely.box(116.009, 40, 116.02, 40.01)],
    ... )
    >>> [(f.code, round(f.area_m2, -3)) for f in check_siblings(frame, metric=pyproj.CRS(32650))]
    [('A', 95000.0)]
    """
    require_lonlat(frame)
    shapes = repaired(shapes_of(frame))
    if shapely.coverage_is_valid(shapes):
        return []
    left, right = _pairs_that_may_overlap(shapes)
    common = shapely.intersection(shapes[left], shapes[right])
    areas = areas_m2(common, metric)
    codes = _codes(frame)
    faults = []
    for pair in np.flatnonzero(areas > tolerance_m2):
        names = sorted((codes[left[pair]], codes[right[pair]]), key=str.encode)
        faults.append(
            Fault(
                kind="overlap",
                severity="warning",
                code=names[0],
                area_m2=float(areas[pair]),
                where=place_in(common[pair]),
                said=said(
                    "'%(lower)s' and '%(higher)s' overlap by %(area)s m².",
                    lower=names[0],
                    higher=names[1],
                    area=f"{areas[pair]:,.1f}",
                ),
            )
        )
    return faults


def _pairs_that_may_overlap(shapes: Shapes) -> tuple[Positions, Positions]:
    """Positions of pairs (left < right) that meet, at least one of them with a fault.

    The coverage check marks each shape whose edges disagree with a neighbour's, and is
    far quicker than overlaying all neighbours; two sound shapes cannot overlap.
    """
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    tree = shapely.STRtree(shapes)
    asked, met = tree.query(shapes[suspects], predicate="intersects")
    first, second = suspects[asked], met
    apart = first != second
    low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    pairs = np.unique(np.stack([low, high], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def check_against_parents(
    frame: gpd.GeoDataFrame,
    parents_frame: gpd.GeoDataFrame,
    parent_codes: Sequence[str | None],
    *,
    metric: pyproj.CRS,
    tolerance_m2: float = 1.0,
) -> list[Fault]:
    """Where children leave their parent, and where a parent has no child.

    Parameters
    ----------
    frame, parents_frame : GeoDataFrame, n and m rows
        EPSG:4326, with a column ``code``; parent codes are unique.
    parent_codes : sequence of str or None, length n
        The parent of each child; None where it has none.
    metric : pyproj.CRS
        In metres, for the place.
    tolerance_m2 : float
        Pieces up to this many square metres are not faults.

    Returns
    -------
    list of Fault
        Warnings: 'sticks_out', one per child, under its code, with all the area outside
        its parent; then 'gap', one per connected piece of a parent that none of its own
        children covers, under the parent's code.

    Raises
    ------
    CrsMismatch
        A frame is not in EPSG:4326.

    Examples
    --------
    >>> town = gpd.GeoDataFrame(
    ...     {"code": ["T"]}, geometry=[shapely.box(116, 40, 116.01, 40.01)], crs="EPSG:4326")
    >>> block = gpd.GeoDataFrame(
    ...     {"code": ["T1"]}, geometry=[shapely.box(116.005, 40, 116.015, 40.01)], crs="EPSG:4326")
    >>> faults = check_against_parents(block, town, ["T"], metric=pyproj.CRS(32650))
    >>> [(fault.kind, fault.code) for fault in faults]
    [('sticks_out', 'T1'), ('gap', 'T')]
    """
    require_lonlat(frame)
    require_lonlat(parents_frame)
    names = _codes(parents_frame)
    position = {code: index for index, code in enumerate(names)}
    parent = np.array([position.get(code or "", -1) for code in parent_codes], dtype=np.int64)
    children, parents = repaired(shapes_of(frame)), repaired(shapes_of(parents_frame))
    faults = []
    outside, codes = _outside_parents(children, parents, parent), _codes(frame)
    for child, area in _above(areas_m2(outside, metric), tolerance_m2):
        leaving = said(
            "'%(code)s' leaves its parent '%(parent)s' with %(area)s m².",
            code=codes[child],
            parent=names[parent[child]],
            area=f"{area:,.1f}",
        )
        where = place_in(outside[child])
        faults.append(Fault("sticks_out", "warning", codes[child], area, where, leaving))
    holes, owner = pieces(_uncovered_by_children(children, parents, parent))
    for hole, area in _above(areas_m2(holes, metric), tolerance_m2):
        name = names[owner[hole]]
        uncovered = said(
            "%(area)s m² of '%(code)s' are covered by none of its grids below.",
            code=name,
            area=f"{area:,.1f}",
        )
        faults.append(Fault("gap", "warning", name, area, place_in(holes[hole]), uncovered))
    return faults


def _outside_parents(children: Shapes, parents: Shapes, parent: Positions) -> Shapes:
    """What of each child is not in its parent; None where all is, or there is no parent."""
    outside = np.full(len(children), None, dtype=object)
    known = np.flatnonzero(parent >= 0)
    shapely.prepare(parents)
    leaving = known[~shapely.covers(parents[parent[known]], children[known])]
    outside[leaving] = shapely.difference(children[leaving], parents[parent[leaving]])
    return outside


def _uncovered_by_children(children: Shapes, parents: Shapes, parent: Positions) -> Shapes:
    """What of each parent is in none of its own children."""
    order = np.argsort(parent, kind="stable")
    starts = np.searchsorted(parent[order], np.arange(len(parents) + 1))
    covered = np.full(len(parents), shapely.MultiPolygon(), dtype=object)
    for index in np.flatnonzero(np.diff(starts)):
        covered[index] = union_of(children[order[starts[index] : starts[index + 1]]])
    open_parents = ~shapely.equals(parents, covered)  # far quicker than an empty difference
    uncovered = np.full(len(parents), None, dtype=object)
    uncovered[open_parents] = shapely.difference(parents[open_parents], covered[open_parents])
    return uncovered


def holes_in_level(
    frame: gpd.GeoDataFrame, *, metric: pyproj.CRS, tolerance_m2: float = 1.0
) -> list[Fault]:
    """Holes between the grids of a level that has no parents.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        EPSG:4326.  Invalid shapes are taken as repaired.
    metric : pyproj.CRS
        In metres, for the place.
    tolerance_m2 : float
        Holes up to this many square metres are not faults.

    Returns
    -------
    list of Fault
        Warnings of kind 'gap' without a code, one per hole enclosed by the level.

    Raises
    ------
    CrsMismatch
        The frame is not in EPSG:4326.

    Examples
    --------
    >>> ring = shapely.box(116, 40, 116.03, 40.03) - shapely.box(116.01, 40.01, 116.02, 40.02)
    >>> frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[ring], crs="EPSG:4326")
    >>> holes_in_level(frame, metric=pyproj.CRS(32650))[0].where
    (116.015, 40.015)
    """
    require_lonlat(frame)
    parts, _ = pieces(np.array([union_of(repaired(shapes_of(frame)))], dtype=object))
    rings = [ring for part in parts for ring in part.interiors]
    holes = _without_islands(
        np.array([shapely.Polygon(ring) for ring in rings], dtype=object), parts
    )
    faults = []
    for hole, area in _above(areas_m2(holes, metric), tolerance_m2):
        nobodys = said(
            "A hole of %(area)s m² between the grids belongs to none of them.", area=f"{area:,.1f}"
        )
        faults.append(Fault("gap", "warning", None, area, place_in(holes[hole]), nobodys))
    return faults


def _without_islands(holes: Shapes, parts: Shapes) -> Shapes:
    """Holes less the parts of the level that stand inside them like islands in a lake."""
    if not holes.size:
        return holes
    hole, part = shapely.STRtree(parts).query(holes, predicate="contains")
    for index in np.unique(hole):
        holes[index] = shapely.difference(
            holes[index], shapely.union_all(parts[part[hole == index]])
        )
    return holes


def _above(areas: npt.NDArray[np.float64], tolerance_m2: float) -> list[tuple[int, float]]:
    """Positions and areas of what is larger than the tolerance."""
    return [(int(index), float(areas[index])) for index in np.flatnonzero(areas > tolerance_m2)]


def _codes(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(code) for code in frame["code"]]
