"""What a row of coverage may tell of households, and what becomes of one duty."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.coverage.model import Counts, GridCoverage, Obligation, Turn
from app.coverage.rules import (
    change,
    change_class,
    changes,
    changes_together,
    counted_with,
    is_masked,
    state_of,
    with_total,
)
from app.programmes.model import DutyPeriod
from tests.app.test_periods import RULE

DUE = date(2026, 6, 30)


def row(no: int, due: int, masked: bool) -> GridCoverage:
    return GridCoverage(no, str(no), "格", None, "own", Counts(due=due, on_time=due), masked)


@pytest.mark.parametrize(
    ("due", "depth", "of_persons", "masked"),
    [
        (4, 1, True, True),
        (5, 1, True, False),
        (500, 2, True, True),
        (0, 1, True, False),
        (4, 3, False, False),
    ],
)
def test_few_households_are_not_told(due: int, depth: int, of_persons: bool, masked: bool) -> None:
    assert is_masked(Counts(due=due), depth, of_persons) is masked


def test_a_hidden_row_cannot_be_subtracted_from_the_total() -> None:
    told = with_total([row(1, 70, False), row(2, 3, True)])
    assert [one.counts.due for one in told.rows] == [70, 0]
    assert (told.masked, told.total) == (True, Counts())
    assert with_total([row(1, 70, False), row(2, 9, False)]).total.due == 79


@pytest.mark.parametrize(
    ("done_after", "as_of_after", "state"),
    [
        (0, 9, "on_time"),
        (2, 9, "late"),
        (3, 9, "overdue"),
        (None, 2, "open"),
        (None, 3, "overdue"),
        (2, 1, "open"),
    ],
)
def test_what_becomes_of_a_duty_with_two_days_of_grace(
    done_after: int | None, as_of_after: int, state: str
) -> None:
    done = None if done_after is None else DUE + timedelta(days=done_after)
    duty = Obligation(DUE, DUE + timedelta(days=2), done, excluded=False)
    assert state_of(duty, DUE + timedelta(days=as_of_after)) == state


@pytest.mark.parametrize(
    ("now", "before", "points", "class_name"),
    [
        (Counts(due=4, on_time=3), Counts(due=4, on_time=1, late=1), 25.0, "better-much"),
        (Counts(due=20, on_time=9), Counts(due=10, on_time=5), -5.0, "worse"),
        (Counts(due=50, on_time=1), Counts(due=50, on_time=1), 0.0, "same"),
        (Counts(due=5), Counts(due=5, late=5), -100.0, "worse-much"),
        (Counts(due=5), Counts(), None, "none"),
        (Counts(excluded=3), Counts(due=5), None, "none"),
    ],
)
def test_a_change_is_in_points_and_needs_a_duty_in_both_periods(
    now: Counts, before: Counts, points: float | None, class_name: str
) -> None:
    found = change(now, before)
    assert found == (None if points is None else pytest.approx(points))
    assert change_class(found) == class_name


def test_a_grid_that_was_not_there_before_has_no_change() -> None:
    def rows(*counts: tuple[int, str, int]) -> list[GridCoverage]:
        return [
            GridCoverage(no, str(no), "格", None, scope, Counts(due=10, on_time=done))
            for no, scope, done in counts
        ]

    now = with_total(rows((1, "own", 5), (1, "below", 9), (2, "own", 1)))
    before = with_total(rows((1, "own", 6), (1, "below", 6)))
    assert changes(now, before)[2, "own"] is None
    assert changes(now, before)[1, "own"] == pytest.approx(-10)
    assert changes_together(now, before) == {1: pytest.approx(10), 2: None}


@pytest.mark.parametrize(
    ("period", "grace", "days", "month"),
    [
        ("day", 0, 13, None),
        ("day", 0, 14, date(2026, 6, 1)),
        ("day", 20, 20, None),
        ("day", 20, 21, date(2026, 6, 1)),
        ("week", 0, 91, None),
        ("week", 0, 92, date(2026, 6, 1)),
        ("month", 0, 5000, None),  # one of a month needs no company
    ],
)
def test_days_and_weeks_are_counted_with_their_month_when_they_are_long_over(
    period: str, grace: int, days: int, month: date | None
) -> None:
    turn = Turn(replace(RULE, period=period), DutyPeriod(DUE, DUE, DUE + timedelta(days=grace)))
    assert counted_with(turn, DUE + timedelta(days=days)) == month
