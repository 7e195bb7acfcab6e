"""What a row of coverage may tell of households, and what becomes of one duty."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.coverage.model import Counts, GridCoverage, Obligation
from app.coverage.rules import is_masked, state_of, with_total

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
