"""Cities of squares whose second edition differs, and what tests ask of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import shapely

from app.db.connection import Database, Transaction
from app.grids import actions as grids
from app.grids.model import DraftShape
from app.jobs.model import no_progress
from app.monitoring.actions import examine
from app.publishing.actions import PublishRequest, publish
from tests.builders import (
    KEYS,
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_units,
    grid_number,
    publish_city,
    square_city,
)

FIRST, SECOND = date(2025, 1, 1), date(2026, 1, 1)
QUARTER = SIDE / 4  # the side of a block in a city of three levels
PLACES = {
    "in111": (WEST + 0.5 * QUARTER, SOUTH + 0.01),
    "between": (WEST + 1.25 * QUARTER, SOUTH + 0.01),  # in 112, later in 111
    "in112": (WEST + 1.75 * QUARTER, SOUTH + 0.01),
    "in144": (WEST + 3.5 * QUARTER, SOUTH + 3.5 * QUARTER),
    "in244": (WEST + SIDE + 3.5 * QUARTER, SOUTH + 3.5 * QUARTER),
    "outside": (WEST - 0.5 * QUARTER, SOUTH + 0.01),
}
Changes = Mapping[str, DraftShape | None]


def city(changes: Changes | None = None) -> dict[str, list[DraftShape]]:
    """Three levels of squares, some grids changed, left out (None) or added."""
    levels = square_city(3)
    for code, shape in (changes or {}).items():
        key = KEYS[len(code) - 1]
        levels[key] = [one for one in levels[key] if one.code != code]
        if shape is not None:
            levels[key].append(shape)
    return levels


def shape_of(code: str) -> DraftShape:
    return next(one for shapes in square_city(3).values() for one in shapes if one.code == code)


def square(
    code: str,
    parent: str | None,
    west: float,
    east: float,
    south: float = SOUTH,
    north: float = SOUTH + QUARTER,
) -> DraftShape:
    box = shapely.MultiPolygon([shapely.box(west, south, east, north)])
    return DraftShape(code, parent, f"格{code}", None, shapely.to_wkb(box))


MOVED_BORDER: Changes = {
    "111": square("111", "11", WEST, WEST + 1.5 * QUARTER),
    "112": square("112", "11", WEST + 1.5 * QUARTER, WEST + 2 * QUARTER),
}


def publish_second(
    tx: Transaction, changes: Changes, name: str = "second", day: date = SECOND
) -> int:
    return publish_city(tx, name=name, shapes=city(changes), valid_from=day)


def assert_sound(tx: Transaction) -> None:
    found = examine(tx)
    assert found["sound"], [check for check in found["checks"] if check["faults"]]


def add_places(tx: Transaction) -> None:
    """Units `u0` …, in the order of PLACES."""
    add_units(tx, list(PLACES.values()))


def unit_id(place: str) -> str:
    return f"u{list(PLACES).index(place)}"


def codes_of_units(tx: Transaction) -> dict[str, str | None]:
    """Place → code of the grid that its unit has now."""
    rows = tx.rows(
        "SELECT u.id, g.code FROM unit u JOIN target t ON t.no = u.target_no "
        "LEFT JOIN grid g ON g.no = t.grid_no"
    )
    by_id = {row.id: row.code for row in rows}
    return {place: by_id[unit_id(place)] for place in PLACES}


def numbers(tx: Transaction) -> dict[tuple[int, str], int]:
    return {(row.depth, row.code): row.no for row in tx.rows("SELECT depth, code, no FROM grid")}


def territory(tx: Transaction, reference: str) -> str:
    return str(
        tx.value(
            "SELECT numbers::text FROM territory WHERE grid_no = %(no)s",
            no=grid_number(tx, reference),
        )
    )


def visible_units(database: Database, person: int) -> set[str]:
    with database.transaction_as(person) as tx:
        found = {row.id for row in tx.rows("SELECT id FROM unit")}
    return {place for place in PLACES if unit_id(place) in found}


def publish_draft(
    tx: Transaction, changes: Changes, progress: Callable[[int, int, str], None] = no_progress
) -> dict[str, object]:
    for key, shapes in city(changes).items():
        grids.fill_draft(tx, "second", key, shapes)
    return publish(tx, PublishRequest("second", SECOND, accept_warnings=False), TODAY, progress)
