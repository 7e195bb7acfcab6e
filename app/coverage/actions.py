"""The first coverage layer: units inspected in the days up to a date ÷ units, per grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.coverage import store
from app.coverage.model import Counted, InspectedQuestion
from app.db.connection import Transaction
from app.grids.model import Level


def inspected_by_grid(tx: Transaction, asked: InspectedQuestion, level: Level) -> list[Any]:
    """no, code, name, name_en, units, inspected for each grid of the level, by code."""
    return store.list_inspected_by_grid(tx, asked, level.depth)


def inspected_within(tx: Transaction, asked: InspectedQuestion) -> Counted:
    return Counted(*store.count_inspected_within(tx, asked))


def units_directly_in(tx: Transaction, grid: int, on: date) -> int:
    """Units that lie in the grid but in none of the grids below it."""
    return store.count_units_directly_in(tx, grid, on)


def grids_in_territory(tx: Transaction, grids: Sequence[int]) -> set[int]:
    """Which of these grids the reader may know figures of."""
    return store.list_grids_in_territory(tx, grids)
