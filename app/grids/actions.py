"""Set the level scheme, bring in boundaries, look grids up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import rules, store
from app.grids.model import BoundaryReport, BoundaryRequest, DraftShape, Edition, Grid, Level
from app.grids.places import checked_place
from gis.boundaries import read_boundaries
from gis.crs import metric_crs
from gis.errors import GisError
from gis.locate import Locator
from gis.parents import match_parents, parents_by_overlap
from gis.topology import Fault, check_against_parents, check_siblings, holes_in_level

LONGEST_NAME = 200
LONGEST_CODE = 64


# -- levels -------------------------------------------------------------------------------


def set_levels(tx: Transaction, levels: Sequence[Level]) -> None:
    """The scheme of the city; once there are grids only the names may change."""
    present = store.list_levels(tx)
    if present and [level.key for level in present] == [level.key for level in levels]:
        store.rename_levels(tx, levels)
    elif store.count_grids(tx):
        raise Refusal(
            "This city already has grids on the levels %(present)s. Only their names "
            "can change; a second hierarchy is a second database.",
            present=", ".join(level.key for level in present),
        )
    else:
        store.replace_levels(tx, levels)
    audit.record(tx, "levels_set", levels=[level.key for level in levels])


def name_city(tx: Transaction, names: Mapping[str, str]) -> None:
    """How pages call the city, by language."""
    for language, name in names.items():
        store.set_city_name(tx, language, name)


def city_name(tx: Transaction, language: str) -> str | None:
    return store.find_city_name(tx, language)


def levels(tx: Transaction) -> list[Level]:
    return store.list_levels(tx)


def level_named(tx: Transaction, key: str) -> Level:
    found = store.list_levels(tx)
    for level in found:
        if level.key == key:
            return level
    if not found:
        raise Refusal(
            "This city has no levels yet. Set them first, like: "
            "levels set town=街道/Town block=小区/Block --commit"
        )
    raise NotFound(
        "There is no level %(key)s; this city has: %(levels)s.",
        key=key[:40],
        levels=", ".join(level.key for level in found),
    )


# -- boundaries ---------------------------------------------------------------------------


def check_boundaries(tx: Transaction, request: BoundaryRequest) -> BoundaryReport:
    """What an import would find; nothing is written."""
    level = level_named(tx, request.level)
    _, report = _read(tx, request, level)
    return report


def import_boundaries(tx: Transaction, request: BoundaryRequest) -> BoundaryReport:
    """Put one level into a draft edition, replacing what it held there.

    A new draft begins as a copy of the active edition.  Errors refuse; warnings stay with the
    edition until it is published with them accepted.
    """
    level = level_named(tx, request.level)
    draft = _draft(tx, request.edition)
    shapes, report = _read(tx, request, level)
    if report.refused:
        return report
    store.replace_draft_level(tx, draft.no, level.depth, shapes)
    store.replace_faults(tx, draft.no, level.depth, report.faults)
    below = _check_below(tx, draft, level)
    audit.record(
        tx,
        "boundaries_imported",
        request.edition,
        level=level.key,
        file=request.path.name,
        grids=report.created,
    )
    return BoundaryReport(report.features, report.created, [*report.faults, *below], committed=True)


def _draft(tx: Transaction, name: str) -> Edition:
    rules.check_edition_name(name)
    found = store.lock_edition(tx, name)
    if found is None:
        found = store.insert_draft(tx, name)
        if found is None:
            raise Conflict(
                "Somebody else has just begun edition %(name)s; please try again.", name=name
            )
        store.copy_active_into_draft(tx, found.no)
    if found.state != "draft":
        raise Refusal(
            "Edition %(name)s is published and never changes; import into a new one.", name=name
        )
    return found


def _check_below(tx: Transaction, draft: Edition, level: Level) -> list[Fault]:
    """Hold the level below against its new parents: it may stick out now, or leave gaps.

    A child whose parent is gone altogether stops the publication.
    """
    parents = _frame(store.list_draft_shapes(tx, draft.no, level.depth))
    known = set(parents["code"])
    rows = [
        row
        for row in store.list_draft_shapes(tx, draft.no, level.depth + 1)
        if row.parent_code in known
    ]
    if not rows:
        return []
    children = _frame(rows)
    faults = check_against_parents(
        children,
        parents,
        [row.parent_code for row in rows],
        metric=metric_crs(tuple(children.total_bounds)),
    )
    store.replace_faults(tx, draft.no, level.depth + 1, faults, kinds=("sticks_out", "gap"))
    return faults


def _frame(rows: Sequence[Any]) -> gpd.GeoDataFrame:
    geometry = shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    return gpd.GeoDataFrame(
        {"code": [row.code for row in rows]}, geometry=geometry, crs="EPSG:4326"
    )


def _read(
    tx: Transaction, request: BoundaryRequest, level: Level
) -> tuple[list[DraftShape], BoundaryReport]:
    try:
        read = read_boundaries(request.path, request.options)
        parents, faults = _parents(tx, request, level, read.frame)
    except GisError as fault:
        raise Refusal(fault.sentence, **fault.values) from fault
    _check_lengths(read.frame)
    all_faults = [*read.faults, *faults]
    shapes = [
        DraftShape(row.code, parent, row.name or row.code, row.name_en, wkb)
        for row, parent, wkb in zip(
            read.frame.itertuples(),
            parents,
            shapely.to_wkb(read.frame.geometry.to_numpy()),
            strict=True,
        )
    ]
    return shapes, BoundaryReport(read.features, len(shapes), all_faults)


def _check_lengths(frame: gpd.GeoDataFrame) -> None:
    for column, most in (("code", LONGEST_CODE), ("name", LONGEST_NAME), ("name_en", LONGEST_NAME)):
        for row in frame.itertuples():
            text = getattr(row, column)
            if text is not None and len(text) > most:
                raise Refusal(
                    "Feature %(row)s: its %(column)s has %(length)s characters; at most "
                    "%(most)s are kept.",
                    row=row.rows[0],
                    column=column,
                    length=len(text),
                    most=most,
                )


def _parents(
    tx: Transaction, request: BoundaryRequest, level: Level, frame: gpd.GeoDataFrame
) -> tuple[list[str | None], list[Fault]]:
    """The parent code of each shape, and what is wrong among siblings and against parents."""
    if frame.empty:
        return [], []
    metric = metric_crs(tuple(frame.total_bounds))
    faults = check_siblings(frame, metric=metric)
    if level.depth == 1:
        return [None] * len(frame), faults + holes_in_level(frame, metric=metric)
    above = _level_above(tx, request.edition, level)
    if request.options.parent_fields:
        codes, found = match_parents(list(frame["parent"]), list(above["code"]))
    else:
        codes, found = parents_by_overlap(frame, above, metric=metric)
    faults += found
    if not any(fault.severity == "error" for fault in found):
        faults += check_against_parents(frame, above, codes, metric=metric)
    return list(codes), faults


def _level_above(tx: Transaction, edition_name: str, level: Level) -> gpd.GeoDataFrame:
    """The parents' shapes: of the draft where it exists, else of the active edition."""
    edition = store.find_edition(tx, edition_name)
    if edition is not None and edition.state == "draft":
        rows = store.list_draft_shapes(tx, edition.no, level.depth - 1)
    else:
        active = find_active(tx)
        rows = store.list_shapes(tx, active.no, level.depth - 1) if active else []
    if not rows:
        raise Refusal(
            "The level above %(level)s has no grids yet in edition %(edition)s; import it first.",
            level=level.key,
            edition=edition_name,
        )
    return _frame(rows)


# -- editions and look-ups ----------------------------------------------------------------


def editions(tx: Transaction) -> list[Edition]:
    return store.list_editions(tx)


def find_active(tx: Transaction) -> Edition | None:
    return next((one for one in store.list_editions(tx) if one.state == "active"), None)


def active_edition(tx: Transaction) -> Edition:
    """The edition of today; refused where none is published yet."""
    found = find_active(tx)
    if found is None:
        raise NotFound("No boundaries are published yet.")
    return found


def edition_on(tx: Transaction, on: date) -> Edition:
    """The edition that held on a day; a day before the first takes the first."""
    found = store.find_edition_on(tx, on)
    if found is None:
        raise NotFound("No boundaries are published yet.")
    return found


def lock_edition(tx: Transaction, name: str) -> Edition:
    """The edition, held against imports into it until the transaction ends."""
    found = store.lock_edition(tx, name)
    if found is None:
        raise NotFound("There is no edition %(name)s.", name=name[:80])
    return found


def edition_named(tx: Transaction, name: str) -> Edition:
    found = store.find_edition(tx, name)
    if found is None:
        raise NotFound("There is no edition %(name)s.", name=name[:80])
    return found


def faults_of(tx: Transaction, edition: int, limit: int = 200) -> tuple[list[Any], list[Any]]:
    """(counts by kind, the worst ``limit`` of them)."""
    return store.count_faults(tx, edition), store.list_faults(tx, edition, limit)


def grid_named(tx: Transaction, edition: int, reference: str) -> Grid:
    """The grid of `level:code`, or of a bare code that only one level has."""
    level, code = rules.split_reference(reference)
    found = store.find_grids_by_code(tx, edition, code, level)
    if not found:
        raise NotFound("There is no grid %(reference)s in this edition.", reference=reference[:80])
    if len(found) > 1:
        raise Refusal(
            "Code %(code)s exists on the levels %(levels)s; write level:code.",
            code=code[:80],
            levels=" and ".join(grid.level for grid in found),
        )
    return found[0]


def locator(tx: Transaction, edition: int, depth: int | None = None) -> Locator:
    """All shapes of an edition, or of one level, ready to locate many points."""
    rows = store.list_shapes(tx, edition, depth)
    return Locator(
        shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object)),
        np.array([row.depth for row in rows], dtype=np.int16),
        [row.code for row in rows],
        np.array([row.no for row in rows], dtype=np.int32),
    )


def outlines(tx: Transaction, edition: int) -> list[shapely.Geometry]:
    """The shapes of the top level: what a small picture of the city is drawn from."""
    return [shapely.from_wkb(bytes(row.wkb)) for row in store.list_shapes(tx, edition, 1)]


def locate_many(
    tx: Transaction, lon: Sequence[float], lat: Sequence[float], on: date
) -> list[dict[str, Any]]:
    """The chain of each point, in order; for a leftover the nearest grid instead."""
    edition = edition_on(tx, on)
    shapes = locator(tx, edition.no)
    numbers = [int(number) for number in shapes.locate(lon, lat)]
    near, metres = shapes.nearest(lon, lat) if 0 in numbers else (numbers, [0.0] * len(numbers))
    found = store.list_chains(tx, edition.no, sorted({*numbers, *map(int, near)} - {0}))
    return [
        {
            "on": on,
            "edition": edition.name,
            "grids": [grid.as_dict() for grid in found.get(number, [])],
            "nearest": None if number else nearest_dict(found[int(other)][-1], float(distance)),
        }
        for number, other, distance in zip(numbers, near, metres, strict=True)
    ]


def nearest_dict(grid: Grid, distance_m: float) -> dict[str, Any]:
    return {
        "code": grid.code,
        "level": grid.level,
        "name": grid.name,
        "distance_m": round(distance_m, 1),
    }


def locate(tx: Transaction, lon: float, lat: float, on: date) -> dict[str, Any]:
    """The chain of grids of a point on a day; for a leftover the nearest one instead."""
    edition = edition_on(tx, on)
    number = store.locate(tx, edition.no, lon, lat)
    if number == 0 and abs(lon) <= 90 and store.locate(tx, edition.no, lat, lon):
        raise Refusal(
            "Longitude %(lon)s and latitude %(lat)s look swapped: exchanged, the place "
            "lies in this city.",
            lon=lon,
            lat=lat,
        )
    chain = store.list_chains(tx, edition.no, [number]).get(number, []) if number else []
    near = None if number else store.nearest_grid(tx, edition.no, lon, lat)
    return {
        "on": on,
        "edition": edition.name,
        "grids": [grid.as_dict() for grid in chain],
        "nearest": near
        and {
            "code": near.code,
            "level": near.level,
            "name": near.name,
            "distance_m": round(near.distance_m, 1),
        },
    }


def place_on_earth(lon: float, lat: float, crs_name: str) -> tuple[float, float]:
    """A place that somebody typed in WGS 84, or a sentence that says why it is none."""
    return checked_place(lon, lat, crs_name)


def grid_at(tx: Transaction, lon: float, lat: float) -> int:
    """The number of the grid that the point touches today, 0 where it touches none."""
    return store.locate(tx, active_edition(tx).no, lon, lat)


def chains(tx: Transaction, edition: int, grids: Sequence[int]) -> dict[int, list[Grid]]:
    return store.list_chains(tx, edition, grids)


def list_grids(
    tx: Transaction, edition: int, level: str | None, within: int | None, after: int, limit: int
) -> list[Any]:
    return store.list_grids(tx, edition, level, within, after, limit)


def children(tx: Transaction, edition: int, parent: int | None) -> list[Grid]:
    return store.list_children(tx, edition, parent)


def shape_of(tx: Transaction, edition: int, grid: int) -> Any:
    """area_m2, geometry (GeoJSON text), bounds, children."""
    return store.find_grid_shape(tx, edition, grid)


def bounds(
    tx: Transaction, edition: int, grids: Sequence[int] | None
) -> tuple[float, float, float, float] | None:
    return store.bounds_of_grids(tx, edition, grids)


def small_map(tx: Transaction, within: Sequence[int] | None = None) -> dict[str, Any] | None:
    """What a small map of the active edition needs; it opens on these grids, or on the city."""
    edition = find_active(tx)
    if edition is None:
        return None
    return {
        "edition": edition.name,
        "digest": edition.digest,
        "levels": [level.key for level in edition_levels(tx, edition.no)],
        "bounds": bounds(tx, edition.no, within),
    }


def edition_levels(tx: Transaction, edition: int) -> list[Any]:
    return store.list_edition_levels(tx, edition)


def grids_without_anybody(tx: Transaction) -> list[Any]:
    return store.count_grids_without_anybody(tx)


def draft_shapes(tx: Transaction, edition: int) -> list[Any]:
    """depth, code, parent_code, name, name_en, wkb of everything in a draft."""
    return store.list_draft_shapes(tx, edition)


def draft_counts(tx: Transaction, edition: int) -> dict[int, int]:
    """Shapes in a draft by depth."""
    return store.count_draft_shapes(tx, edition)


def clear_draft(tx: Transaction, edition: int) -> None:
    """Forget the draft's working shapes once they are the edition's own."""
    store.delete_draft_shapes(tx, edition)


def fill_draft(
    tx: Transaction, edition_name: str, level_key: str, shapes: Sequence[DraftShape]
) -> None:
    """Put shapes that are known to be sound into a draft, without a file."""
    level = level_named(tx, level_key)
    draft = _draft(tx, edition_name)
    store.replace_draft_level(tx, draft.no, level.depth, shapes)
    store.replace_faults(tx, draft.no, level.depth, [])
