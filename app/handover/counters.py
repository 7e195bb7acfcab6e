"""What is open in a grid, as counters by name; a feature whose work changes hands adds its own.

A counter is asked for the grid of an assignment, or with None for the whole city, and answers
numbers by the key of their words (`open_work_names` in the pages' words).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.db.connection import Transaction
from app.grids import actions as grids
from app.handover import store
from app.registry.rules import INSPECTED_DAYS

Counter = Callable[[Transaction, int | None, date], Mapping[str, int]]


def registered(tx: Transaction, grid: int | None, on: date) -> Mapping[str, int]:
    """Units, buildings, facilities, households … that lie there; persons as a number only."""
    found = store.count_targets(tx, grid, on)
    return {kind: number for kind, number in found.items() if kind != "hazard"}


def open_hazards(tx: Transaction, grid: int | None, on: date) -> Mapping[str, int]:
    return {"open_hazard": store.count_open_hazards(tx, grid)}


def tests_overdue(tx: Transaction, grid: int | None, on: date) -> Mapping[str, int]:
    return {"test_overdue": store.count_tests_overdue(tx, grid, on)}


def late_visits(tx: Transaction, grid: int | None, on: date) -> Mapping[str, int]:
    counted = coverage.inspected_within(tx, InspectedQuestion(on, INSPECTED_DAYS, grid))
    return {"late": counted.units - counted.inspected}


def without_block(tx: Transaction, grid: int | None, on: date) -> Mapping[str, int]:
    """Units that lie in the grid but in none below it."""
    if grid is None or not grids.children(tx, grids.active_edition(tx).no, grid):
        return {}
    return {"direct": coverage.units_directly_in(tx, grid, on)}


COUNTERS: tuple[Counter, ...] = (
    registered,
    late_visits,
    without_block,
    open_hazards,
    tests_overdue,
)


def open_work(tx: Transaction, grid: int | None, on: date) -> dict[str, int]:
    """All that is open in a grid, by key; nothing that is zero."""
    return {
        key: number
        for counter in COUNTERS
        for key, number in counter(tx, grid, on).items()
        if number
    }
