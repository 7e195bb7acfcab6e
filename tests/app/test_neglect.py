"""Days since the last visit: by the raw rows, and never apart from long ago."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median_low

import pytest
from hypothesis import given, strategies as st

from app.coverage.neglect import actions
from app.coverage.neglect.model import Neglect, NeglectQuestion
from app.coverage.neglect.rules import CLASSES, class_of, colour, together
from app.db.connection import Transaction
from app.errors import Refusal
from tests.builders import SOUTH, TODAY, WEST, add_inspections, add_units, publish_city


@given(st.integers(0, 5000))
def test_each_number_of_days_has_one_class(days: int) -> None:
    least, most = CLASSES[class_of(days)]
    assert least <= days <= most
    assert sum(first <= days <= last for first, last in CLASSES.values()) == 1


def test_never_is_neither_long_ago_nor_without_targets() -> None:
    assert colour(Neglect(), "median") == "none"
    assert colour(Neglect(targets=3, never=2, older=1, longest=400), "median") == "never"
    some = Neglect(targets=3, never=1, older=2, median=400, longest=700)
    assert (colour(some, "median"), colour(some, "longest")) == ("older", "never")
    assert together([some, some]) == Neglect(targets=6, never=2, older=4)


def test_a_grid_counts_its_targets_by_their_last_completed_visit(tx: Transaction) -> None:
    publish_city(tx)
    ago = [3, 30, 31, 200, 366, None, None]
    add_units(tx, [(WEST + 0.001, SOUTH + 0.001) for _ in ago])
    visits: list[tuple[str, date, str]] = [
        (f"u{no}", TODAY - timedelta(days=days), "done")
        for no, days in enumerate(ago)
        if days is not None
    ]
    visits += [("u4", TODAY - timedelta(days=900), "done"), ("u5", TODAY, "locked")]
    visits += [("u6", TODAY + timedelta(days=1), "done")]
    add_inspections(tx, visits)
    asked = NeglectQuestion("unit", None, None, 3, TODAY)
    rows = actions.by_grid(tx, asked)
    found = next(row.found for row in rows if row.found.targets)
    assert found == Neglect(7, 2, 1, 0, 1, 1, 2, median_low([3, 30, 31, 200, 366, 9**9, 9**9]), 366)
    assert sum(row.found.targets for row in rows) == 7 and len(rows) > 1
    for state, ids in (("older", ["u4"]), ("never", ["u5", "u6"]), ("days_90", ["u2"])):
        assert [row.id for row in actions.targets(tx, asked, state, 10, 0)] == ids
    with pytest.raises(Refusal):
        actions.by_grid(tx, NeglectQuestion("household", None, None, 3, TODAY))
