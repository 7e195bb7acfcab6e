"""Which grid of the level above each grid belongs to: by a field, or by overlap."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gis.crs import require_lonlat
from gis.faults import Fault, Said, counted, said
from gis.shapes import areas_m2, place_in, repaired, shapes_of

Positions: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Shapes: TypeAlias = npt.NDArray[np.object_]

SUGGESTIONS = 20  # comparing each of many values with each of many codes would be quadratic
ROUNDING = 1e-9  # relative: the same shape overlaid twice may differ in the last digits


def match_parents(
    values: Sequence[str | None], parent_codes: Sequence[str]
) -> tuple[list[str | None], list[Fault]]:
    """Parents by the code that a field of the file holds.

    Parameters
    ----------
    values : sequence of str or None, length n
        What the file says, one per child.
    parent_codes : sequence of str
        The codes of the level above.

    Returns
    -------
    codes : list of str or None, length n
        The value itself where it is a code, else None.
    faults : list of Fault
        One error of kind 'parent_unmatched' per distinct value that is no code.

    Examples
    --------
    >>> codes, faults = match_parents(["01", "01", "12"], ["1", "12"])
    >>> codes
    [None, None, '12']
    >>> print(faults[0].detail.split(";")[0])
    The parent '01' of 2 grids does not exist. The code '1' differs only in leading zeros
    """
    known = set(parent_codes)
    codes = [value if value in known else None for value in values]
    unmatched = Counter(value or "" for value in values if value not in known)
    bare = {code.lstrip("0"): code for code in sorted(known, reverse=True)}
    only_zeros = all(value and value.lstrip("0") in bare for value in unmatched)
    faults: list[Fault] = []
    for value, count in sorted(unmatched.items(), key=lambda item: item[0].encode()):
        if only_zeros:
            words = _differs_in_zeros(value, count, bare[value.lstrip("0")])
        elif value:
            words = _unmatched(value, count, known if len(faults) < SUGGESTIONS else set())
        else:
            words = _empty(count)
        faults.append(Fault("parent_unmatched", "error", value or None, None, None, words))
    return codes, faults


def _differs_in_zeros(value: str, count: int, code: str) -> Said:
    return counted(
        "The parent '%(parent)s' of %(count)s grid does not exist. The code '%(code)s' differs only"
        " in leading zeros; so do all that do not match: leave out --parent-field to use the"
        " largest overlap, or correct the field.",
        "The parent '%(parent)s' of %(count)s grids does not exist. The code '%(code)s' differs"
        " only in leading zeros; so do all that do not match: leave out --parent-field to use the"
        " largest overlap, or correct the field.",
        parent=value,
        count=count,
        code=code,
    )


def _unmatched(value: str, count: int, known: set[str]) -> Said:
    close = get_close_matches(value[:100], sorted(known), n=1, cutoff=0.5)
    if close:
        return counted(
            "The parent '%(parent)s' of %(count)s grid does not exist. The closest code is"
            " '%(code)s'.",
            "The parent '%(parent)s' of %(count)s grids does not exist. The closest code is"
            " '%(code)s'.",
            parent=value,
            count=count,
            code=close[0],
        )
    return counted(
        "The parent '%(parent)s' of %(count)s grid does not exist.",
        "The parent '%(parent)s' of %(count)s grids does not exist.",
        parent=value,
        count=count,
    )


def _empty(count: int) -> Said:
    return counted(
        "The parent field is empty for %(count)s grid; fill it in, or leave out --parent-field to"
        " use the largest overlap.",
        "The parent field is empty for %(count)s grids; fill it in, or leave out --parent-field to"
        " use the largest overlap.",
        count=count,
    )


def parents_by_overlap(
    frame: gpd.GeoDataFrame, parents_frame: gpd.GeoDataFrame, *, metric: pyproj.CRS
) -> tuple[list[str | None], list[Fault]]:
    """Parents by the largest common area.

    Parameters
    ----------
    frame, parents_frame : GeoDataFrame, n and m rows
        EPSG:4326, with a column ``code``.  Invalid shapes are compared as repaired.
    metric : pyproj.CRS
        In metres, for the place.

    Returns
    -------
    codes : list of str or None, length n
        The parent with the largest common area; of equal ones the code that is lowest in
        byte order; None without any.
    faults : list of Fault
        One error of kind 'no_overlap' per child without a parent.

    Raises
    ------
    CrsMismatch
        A frame is not in EPSG:4326.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(
    ...     {"code": ["S", "T"]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(116, 40, 117, 41), shapely.box(117, 40, 118, 41)])
    >>> blocks = gpd.GeoDataFrame(
    ...     {"code": ["1", "2"]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(116.8, 40, 117.1, 41), shapely.box(50, 0, 51, 1)])
    >>> codes, faults = parents_by_overlap(blocks, towns, metric=pyproj.CRS(32650))
    >>> codes, [fault.kind for fault in faults]
    (['S', None], ['no_overlap'])
    """
    require_lonlat(frame)
    require_lonlat(parents_frame)
    names = [str(code) for code in parents_frame["code"]]
    by_code = sorted(range(len(names)), key=lambda index: names[index].encode())
    children, parents = repaired(shapes_of(frame)), repaired(shapes_of(parents_frame))[by_code]
    child, parent, area = _overlaps(children, parents, metric)
    counts = area > areas_m2(children, metric)[child] * ROUNDING
    chosen = _largest(child[counts], parent[counts], area[counts], len(children))
    codes = [None if rank < 0 else names[by_code[rank]] for rank in chosen]
    faults = []
    own_codes = frame["code"].tolist()
    for orphan in np.flatnonzero(chosen < 0).tolist():
        code, where = str(own_codes[orphan]), place_in(children[orphan])
        alone = said(
            "'%(code)s' overlaps no grid of the level above; check both files' systems.", code=code
        )
        faults.append(Fault("no_overlap", "error", code, None, where, alone))
    return codes, faults


def _overlaps(
    children: Shapes, parents: Shapes, metric: pyproj.CRS
) -> tuple[Positions, Positions, Floats]:
    """Child, parent and common area in m² of each pair that meets."""
    child, parent = shapely.STRtree(parents).query(children, predicate="intersects")
    shapely.prepare(parents)
    whole = shapely.covers(parents[parent], children[child])
    # A child that lies wholly in a parent can only tie with another that covers it too,
    # so the slow overlays are left to the children that cross a border.
    settled = np.zeros(len(children), dtype=bool)
    settled[child[whole]] = True
    rivals = whole | ~settled[child]
    child, parent, whole = child[rivals], parent[rivals], whole[rivals]
    common = children[child]
    common[~whole] = shapely.intersection(common[~whole], parents[parent[~whole]])
    return child, parent, areas_m2(common, metric)


def _largest(child: Positions, parent: Positions, area: Floats, count: int) -> Positions:
    """(count,) the lowest parent among those of the largest area, -1 where there is none."""
    largest = np.zeros(count)
    np.maximum.at(largest, child, area)
    wins = area >= largest[child] * (1 - ROUNDING)
    chosen = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(chosen, child[wins], parent[wins])
    chosen[largest <= 0] = -1
    return chosen
