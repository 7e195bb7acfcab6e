"""Work against time: the arithmetic, and what a city's rules and people make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from app.coverage.capacity import actions
from app.coverage.capacity.model import CapacityQuestion
from app.db.connection import Transaction
from app.programmes import actions as programmes
from app.programmes.model import Calendar
from app.programmes.workload import actions as workload
from app.programmes.workload.model import Workload
from app.programmes.workload.rules import outlook, without_anybody, working_days, worst_first
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_person,
    add_programme,
    add_rule,
    add_units,
    publish_city,
)

JUNE = (date(2026, 6, 1), date(2026, 6, 30))


def work(minutes: float, people: int, hours: float = 160.0, code: str = "1") -> Workload:
    return Workload(1, code, "格", None, "grid_chief", minutes, people, hours)


@given(st.integers(1, 10**6), st.integers(1, 50), st.integers(1, 400))
def test_share_times_people_times_hours_is_the_work(minutes: int, people: int, hours: int) -> None:
    one = work(minutes, people, hours)
    assert one.share is not None and one.hours_each is not None
    assert one.share * people * hours * 60 == pytest.approx(minutes)
    assert one.hours_each * people == pytest.approx(minutes / 60)
    assert one.impossible == (minutes > people * hours * 60)
    more = work(minutes, people + 1, hours)
    assert more.share is not None and more.share < one.share


@given(st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 3)), max_size=30))
def test_the_worst_stand_first_and_grids_without_anybody_apart(
    given_: list[tuple[int, int]],
) -> None:
    found = [work(minutes, people) for minutes, people in given_]
    shares = [one.share or 0 for one in worst_first(found)]
    assert shares == sorted(shares, reverse=True)
    told = outlook(found, households=False)
    assert told.nobody == len(without_anybody(found)) <= told.grids
    assert all(one.impossible for one in told.impossible)


def test_a_month_without_time_is_impossible_and_nobody_is_no_share() -> None:
    assert work(1, 1, hours=0).impossible and not work(0, 1, hours=0).impossible
    assert work(60, 0).share is None and not work(60, 0).impossible


def test_working_days_follow_the_calendar() -> None:
    calendar = Calendar({date(2026, 6, 19): False, date(2026, 6, 28): True}, frozenset({2026}))
    assert working_days(*JUNE, calendar) == 22
    assert working_days(*JUNE, Calendar({}, frozenset({2026}))) == 22
    assert working_days(date(2026, 6, 19), date(2026, 6, 19), calendar) == 0


def test_duties_are_shared_by_those_who_hold_the_role(tx: Transaction) -> None:
    publish_city(tx)
    programmes.set_calendar(tx, [programmes.shipped_years()[2026]])
    add_units(tx, [(WEST + 0.001, SOUTH + 0.001)] * 3)  # in block 111
    add_programme(tx, "fire", {})
    no = add_rule(tx, "fire", "weekly", period="week", valid_from=JUNE[0])
    asked = CapacityQuestion("fire", 3, *JUNE, hours_a_day=8)
    (alone,) = actions.capacity(tx, asked, TODAY).nobody
    assert (alone.work.code, alone.due, alone.work.minutes) == ("111", 3 * 4, 3 * 4 * 10)
    rule = programmes.rule_numbered(tx, no)
    assert workload.proposed(tx, rule, TODAY).nobody == 1
    for name in ("one", "two"):
        add_person(tx, name, "grid_chief", "block:111")
    add_person(tx, "elsewhere", "grid_chief", "block:112")
    found = actions.capacity(tx, asked, TODAY)
    (row,) = found.rows
    assert (row.work.people, row.work.hours, list(found.nobody)) == (2, found.working_days * 8, [])
    assert row.work.share == pytest.approx(120 / 60 / 2 / row.work.hours)
    told = workload.proposed(tx, rule, TODAY)
    assert (told.grids, told.nobody, list(told.impossible)) == (1, 0, [])
    heavy = workload.proposed(tx, replace(rule, period="day", minutes=480), TODAY)
    assert [one.code for one in heavy.impossible] == ["111"]
