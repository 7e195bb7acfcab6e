"""Rows of a file that share a code: one grid in several pieces, or a mistake."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.errors import quoted
from gis.faults import Fault, Said, said
from gis.shapes import place_in, polygon_parts, repaired, shapes_of, union_of

Shapes: TypeAlias = npt.NDArray[np.object_]

ROWS_NAMED = 10  # in one sentence


def duplicates(frame: gpd.GeoDataFrame) -> list[Fault]:
    """Codes that stand on more than one row.

    Parameters
    ----------
    frame : GeoDataFrame
        With columns code and rows.

    Returns
    -------
    list of Fault
        One error of kind 'duplicate_code' per code.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"code": ["A", "A"], "rows": [(1,), (2,)]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> print(duplicates(frame)[0].detail)
    The code 'A' stands on rows 1, 2; use --dissolve to join them, or correct the codes.
    """
    rows = frame["rows"].tolist()
    faults = []
    for code, members in _members(frame).items():
        if len(members) > 1:
            where = place_in(frame.geometry.iloc[members[1]])
            words = _repeated(code, [row for each in members for row in rows[each]])
            faults.append(Fault("duplicate_code", "error", code, None, where, words))
    return faults


def dissolved(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Rows of one code joined into one grid.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns code, name, name_en, parent, rows, geometry (MultiPolygon).

    Returns
    -------
    frame : GeoDataFrame
        The same columns, one row per code in the order of its first row.  Names are the
        first that are filled in.
    faults : list of Fault
        One error of kind 'parent_conflict' per code whose rows name several parents.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"code": ["A", "A"], "name": [None, "Old Town"], "name_en": None,
    ...      "parent": ["1", "2"], "rows": [(1,), (2,)]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> joined, faults = dissolved(frame)
    >>> joined["rows"].tolist(), joined["name"].tolist(), faults[0].kind
    ([(1, 2)], ['Old Town'], 'parent_conflict')
    """
    groups = _members(frame)
    rows = frame["rows"].tolist()
    shapes = shapes_of(frame)
    joined = [_union(shapes[members]) for members in groups.values()]
    texts = {
        name: [_filled(column, members) for members in groups.values()]
        for name in ("name", "name_en", "parent")
        for column in [frame[name].tolist()]
    }
    whole = gpd.GeoDataFrame(
        {
            "code": pd.Series(list(groups), dtype=object),
            **{name: _first_of_each(filled) for name, filled in texts.items()},
            "rows": pd.Series(
                [sum((rows[each] for each in members), ()) for members in groups.values()],
                dtype=object,
            ),
        },
        geometry=list(polygon_parts(np.array(joined, dtype=object))),
        crs=frame.crs,
    )
    faults = [
        Fault(
            "parent_conflict",
            "error",
            code,
            None,
            place_in(joined[index]),
            _conflict(code, parents, [row for each in members for row in rows[each]]),
        )
        for index, ((code, members), parents) in enumerate(
            zip(groups.items(), texts["parent"], strict=True)
        )
        if len(parents) > 1
    ]
    return whole, faults


def _members(frame: gpd.GeoDataFrame) -> dict[str, list[int]]:
    """Positions of the rows of each code, codes in the order of the file."""
    members: dict[str, list[int]] = defaultdict(list)
    for position, code in enumerate(frame["code"].tolist()):
        members[code].append(position)
    return members


def _union(shapes: Shapes) -> shapely.Geometry:
    return shapes[0] if len(shapes) == 1 else union_of(repaired(shapes))


def _filled(texts: list[str | None], members: Sequence[int]) -> list[str]:
    """The distinct texts of some rows, in the order of the file."""
    return list(dict.fromkeys(text for each in members if isinstance(text := texts[each], str)))


def _first_of_each(filled: list[list[str]]) -> pd.Series:
    return pd.Series([texts[0] if texts else None for texts in filled], dtype=object)


def _repeated(code: str, rows: list[int]) -> Said:
    if len(rows) > ROWS_NAMED:
        return said(
            "The code '%(code)s' stands on rows %(rows)s and %(more)s more; use --dissolve to join"
            " them, or correct the codes.",
            code=code,
            rows=rows[:ROWS_NAMED],
            more=len(rows) - ROWS_NAMED,
        )
    return said(
        "The code '%(code)s' stands on rows %(rows)s; use --dissolve to join them, or correct the"
        " codes.",
        code=code,
        rows=rows,
    )


def _conflict(code: str, parents: list[str], rows: list[int]) -> Said:
    named = [quoted(parent) for parent in parents[:ROWS_NAMED]]
    if len(rows) > ROWS_NAMED:
        return said(
            "The rows %(rows)s and %(more)s more of '%(code)s' name different parents"
            " (%(parents)s); correct the field, or leave out --parent-field to use the largest"
            " overlap.",
            code=code,
            parents=named,
            rows=rows[:ROWS_NAMED],
            more=len(rows) - ROWS_NAMED,
        )
    return said(
        "The rows %(rows)s of '%(code)s' name different parents (%(parents)s); correct the field,"
        " or leave out --parent-field to use the largest overlap.",
        code=code,
        parents=named,
        rows=rows,
    )
