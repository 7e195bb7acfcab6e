"""Publish an edition: numbers, shapes, territories, drawing, and every point located anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids, rules as grid_rules
from app.grids.model import Edition
from app.grids.rules import Node, Span
from app.jobs.model import Progress
from app.publishing import rules, store
from app.registry import actions as registry
from gis.tiles import label_places, simplify_for_zoom

STEPS = 100


@dataclass(frozen=True)
class PublishRequest:
    edition: str
    valid_from: date
    accept_warnings: bool


def publish(
    tx: Transaction, request: PublishRequest, today: date, progress: Progress
) -> dict[str, Any]:
    """Make a draft the active edition, all inside the caller's transaction.

    Raises
    ------
    Refusal
        The draft has errors, unaccepted warnings, a hole in its levels or an impossible date.
    """
    store.lock_locating(tx)
    draft = grids.lock_edition(tx, request.edition)
    warnings = _check(tx, draft, request, today)
    progress(2, STEPS, "Numbering the grids")
    shapes = grids.draft_shapes(tx, draft.no)
    _give_numbers(tx, shapes)
    progress(10, STEPS, "Storing the shapes")
    count = _store_shapes(tx, draft.no, shapes)
    store.switch_editions(tx, draft.no, request.valid_from, _digest(shapes), warnings)
    progress(50, STEPS, "Drawing the shapes for each zoom")
    _draw(tx, draft.no, shapes, faulty=warnings > 0)
    progress(70, STEPS, "Working out the territories")
    set_territories(tx, draft.no)
    grids.clear_draft(tx, draft.no)
    progress(75, STEPS, "Locating every point")
    store.keep_grid_targets(tx)
    store.place_from(tx, request.valid_from)
    moved = registry.relocate(tx, grids.locator(tx, draft.no), _within(progress, 75, STEPS))
    store.place_from(tx, None)
    audit.record(
        tx,
        "edition_published",
        request.edition,
        valid_from=request.valid_from,
        grids=count,
        warnings=warnings,
        moved=moved,
    )
    progress(STEPS, STEPS, "Published")
    return {
        "edition": draft.name,
        "from": request.valid_from,
        "grids": count,
        "warnings": warnings,
        "moved": moved,
    }


def _within(progress: Progress, first: int, last: int) -> Progress:
    """Progress of a part, shown as its share of the whole."""

    def report(done: int, total: int, message: str) -> None:
        progress(first + (last - first - 1) * done // max(total, 1), STEPS, message)

    return report


def _check(tx: Transaction, draft: Edition, request: PublishRequest, today: date) -> int:
    """Refuse what cannot be published; answer the number of warnings that are accepted."""
    if draft.state != "draft":
        raise Refusal("Edition %(name)s is published already.", name=draft.name)
    active = grids.find_active(tx)
    grid_rules.check_publishing_day(
        request.valid_from, today, active.valid_from if active else None
    )
    _check_levels(tx, draft)
    broken = store.find_broken_parents(tx, draft.no)
    if broken:
        raise Refusal(
            "%(level)s %(code)s has the parent %(parent)s, which this draft does not "
            "hold; import the level %(level)s again so that its parents are found anew.",
            level=broken[0].level,
            code=broken[0].code,
            parent=broken[0].parent_code,
        )
    counts, _ = grids.faults_of(tx, draft.no)
    errors = sum(row.faults for row in counts if row.severity == "error")
    warnings = int(sum(row.faults for row in counts if row.severity == "warning"))
    if errors:
        raise Refusal(
            "Edition %(name)s has %(errors)s errors; mend them and import again.",
            name=draft.name,
            errors=errors,
        )
    if warnings and not request.accept_warnings:
        kinds = ", ".join(f"{row.kind} {row.faults}" for row in counts)
        raise Refusal(
            "Edition %(name)s has %(warnings)s warnings (%(kinds)s). Look at them, then "
            "publish with --accept-warnings.",
            name=draft.name,
            warnings=warnings,
            kinds=kinds,
        )
    return warnings


def _check_levels(tx: Transaction, draft: Edition) -> None:
    held = grids.draft_counts(tx, draft.no)
    levels = grids.levels(tx)
    for level in levels:
        deeper = [
            other.key for other in levels if other.depth > level.depth and held.get(other.depth)
        ]
        if not held.get(level.depth) and (deeper or level.depth == 1):
            raise Refusal(
                "Edition %(name)s has no grids on level %(level)s yet; import them "
                "before publishing.",
                name=draft.name,
                level=level.key,
            )


def _give_numbers(tx: Transaction, shapes: list[Any]) -> None:
    deepest = max(level.depth for level in grids.levels(tx))
    nodes = [
        Node(
            (shape.depth, shape.code),
            (shape.depth - 1, shape.parent_code) if shape.depth > 1 else None,
        )
        for shape in shapes
    ]
    known = store.list_known_numbers(tx)
    store.insert_grids(tx, grid_rules.number_grids(nodes, known, deepest))


def _store_shapes(tx: Transaction, edition: int, shapes: list[Any]) -> int:
    keys = [(shape.depth, shape.code) for shape in shapes]
    count = store.insert_grid_shapes(tx, edition, keys, label_places(_polygons(shapes)))
    # what follows reads all of it at once: planned by the former city it would read row by row
    registry.refresh_statistics(tx)
    return count


def _polygons(shapes: list[Any]) -> npt.NDArray[np.object_]:
    return np.asarray(
        shapely.from_wkb(np.array([bytes(shape.wkb) for shape in shapes], dtype=object))
    )


def _digest(shapes: list[Any]) -> str:
    return rules.digest_of(
        (shape.depth, shape.code, shape.parent_code, shape.name, shape.name_en, bytes(shape.wkb))
        for shape in shapes
    )


def _draw(tx: Transaction, edition: int, shapes: list[Any], faulty: bool) -> None:
    """First zooms and simplified shapes of every level."""
    numbers = store.list_known_numbers(tx)
    depths = sorted({shape.depth for shape in shapes})
    by_depth = {depth: [shape for shape in shapes if shape.depth == depth] for depth in depths}
    polygons = {depth: _polygons(held) for depth, held in by_depth.items()}
    latitude = float(np.median(shapely.get_y(shapely.centroid(polygons[depths[0]]))))
    first = rules.first_zooms([_areas(polygons[depth], latitude) for depth in depths], latitude)
    for position, depth in enumerate(depths):
        store.insert_edition_level(tx, edition, depth, len(by_depth[depth]), first[position])
        following = first[position + 1] if position + 1 < len(first) else None
        grid_numbers = [numbers[depth, shape.code].no for shape in by_depth[depth]]
        for zoom in rules.simplified_zooms(first[position], following):
            store.insert_tile_shapes(
                tx,
                edition,
                depth,
                zoom,
                grid_numbers,
                simplify_for_zoom(polygons[depth], zoom, faulty),
            )


def _areas(polygons: npt.NDArray[np.object_], latitude: float) -> npt.NDArray[np.float64]:
    """Areas in m², good to a percent: only the choice of a zoom depends on them."""
    square_degree = 111_320.0**2 * float(np.cos(np.radians(latitude)))
    return np.asarray(shapely.area(polygons) * square_degree)


def set_territories(tx: Transaction, edition: int) -> None:
    """Work out anew which numbers belong to each grid of the edition."""
    parents = store.list_parents(tx, edition)
    spans = [
        Span(span.no, span.end)
        for span in store.list_known_numbers(tx).values()
        if span.no in parents
    ]
    store.replace_territories(tx, grid_rules.territories(spans, parents))
