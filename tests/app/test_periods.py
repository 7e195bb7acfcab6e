"""Duty periods tile the time of the calendar, whatever the rule; written periods can be walked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from app.errors import Refusal
from app.programmes.model import Calendar, DutyRule
from app.programmes.rules import (
    PERIODS,
    duty_periods,
    is_working_day,
    kind_of_period,
    next_period,
    period_around,
    period_text,
    previous_period,
    reporting_period,
)

REPEATABLE = settings(derandomize=True, deadline=None, database=None, max_examples=80)
DAYS = strategies.dates(date(1999, 1, 1), date(2060, 12, 31))
KINDS = strategies.sampled_from(PERIODS)
ONE_DAY = timedelta(days=1)
UNKNOWN = Calendar({}, frozenset())
# the week of the National Day 2025: 28 September is a working Sunday
AUTUMN = Calendar(
    {date(2025, 9, 28): True}
    | {date(2025, 10, 1) + timedelta(days=n): False for n in range(8)}
    | {date(2025, 10, 11): True},
    frozenset({2025}),
)
RULE = DutyRule(
    no=1,
    programme_key="fire",
    key="blocks",
    name_zh="小区防火检查",
    name_en="Fire check of blocks",
    depth=3,
    role="grid_chief",
    target_kind="grid",
    classes=(),
    importances=(),
    period="week",
    working_days=False,
    season_from=None,
    season_until=None,
    grace_days=3,
    percent=None,
    seed=None,
    checklist_key=None,
    minutes=20,
    source="R141",
    valid_from=date(1990, 1, 1),
    valid_until=None,
)


def rule(**values: Any) -> DutyRule:
    return replace(RULE, **values)


@REPEATABLE
@given(period=KINDS, first=DAYS, length=strategies.integers(0, 1200))
def test_periods_tile_the_time_without_gap_or_overlap(
    period: str, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    found = duty_periods(rule(period=period), first, last, UNKNOWN)
    for before, after in zip(found, found[1:], strict=False):
        assert after.since == before.due_on + ONE_DAY
    for one in found:
        assert first <= one.due_on <= last
        assert (one.since, one.due_on) == period_around(period, one.due_on)
        assert one.grace_until - one.due_on == timedelta(days=3)
    days_due = [day for day in _days(first, last) if day == period_around(period, day)[1]]
    assert [one.due_on for one in found] == days_due


@REPEATABLE
@given(period=KINDS, first=DAYS, cut=strategies.integers(0, 400))
def test_due_dates_do_not_drift_with_the_days_that_are_asked_for(
    period: str, first: date, cut: int
) -> None:
    """Asked in two parts, the same duties come as asked in one."""
    last, middle = first + timedelta(days=800), first + timedelta(days=cut)
    asked = rule(period=period)
    parts = duty_periods(asked, first, middle, UNKNOWN)
    parts += duty_periods(asked, middle + ONE_DAY, last, UNKNOWN)
    assert parts == duty_periods(asked, first, last, UNKNOWN)


@REPEATABLE
@given(period=KINDS, begins=DAYS, length=strategies.integers(0, 900))
def test_a_change_of_rule_leaves_no_day_without_duty_and_none_with_two(
    period: str, begins: date, length: int
) -> None:
    changed = begins + timedelta(days=length)
    first, last = begins - timedelta(days=400), changed + timedelta(days=800)
    old = duty_periods(
        rule(period=period, valid_from=begins, valid_until=changed), first, last, UNKNOWN
    )
    new = duty_periods(rule(period=period, valid_from=changed), first, last, UNKNOWN)
    assert [one.due_on for one in old + new] == [
        one.due_on
        for one in duty_periods(rule(period=period, valid_from=begins), first, last, UNKNOWN)
    ]
    assert all(begins <= one.since and one.due_on < changed for one in old)
    assert all(changed <= one.since <= one.due_on for one in new)


def test_a_rule_that_begins_in_mid_period_is_due_at_its_end() -> None:
    found = duty_periods(
        rule(period="quarter", valid_from=date(2026, 11, 20)),
        date(2026, 10, 1),
        date(2026, 12, 31),
        UNKNOWN,
    )
    assert [(one.since, one.due_on) for one in found] == [(date(2026, 11, 20), date(2026, 12, 31))]


def test_week_53_and_the_leap_day_are_due() -> None:
    weeks = duty_periods(rule(), date(2026, 12, 28), date(2027, 1, 10), UNKNOWN)
    assert [(one.since, one.due_on) for one in weeks] == [
        (date(2026, 12, 28), date(2027, 1, 3)),  # 2026-W53
        (date(2027, 1, 4), date(2027, 1, 10)),
    ]
    february = duty_periods(rule(period="month"), date(2028, 2, 1), date(2028, 3, 1), UNKNOWN)
    assert [one.due_on for one in february] == [date(2028, 2, 29)]


def test_a_season_may_span_the_new_year() -> None:
    winter = rule(period="month", season_from="11-15", season_until="02-29")
    found = duty_periods(winter, date(2027, 1, 1), date(2028, 12, 31), UNKNOWN)
    assert [f"{one.due_on:%Y-%m-%d}" for one in found] == [
        "2027-01-31",
        "2027-02-28",
        "2027-11-30",
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-11-30",
        "2028-12-31",
    ]
    summer = rule(period="month", season_from="06-01", season_until="08-31")
    assert len(duty_periods(summer, date(2027, 1, 1), date(2028, 12, 31), UNKNOWN)) == 6


def test_daily_duties_of_working_days_follow_the_holidays() -> None:
    found = duty_periods(
        rule(period="day", working_days=True), date(2025, 9, 26), date(2025, 10, 13), AUTUMN
    )
    assert [f"{one.due_on:%m-%d}" for one in found] == [
        "09-26", "09-28", "09-29", "09-30", "10-09", "10-10", "10-11", "10-13",
    ]  # fmt: skip


def test_a_week_is_due_on_its_last_working_day_and_a_week_of_holidays_not_at_all() -> None:
    whole = Calendar(
        AUTUMN.days | {date(2025, 10, 9): False, date(2025, 10, 10): False}
        | {date(2025, 10, 11): False},
        AUTUMN.years,
    )  # fmt: skip
    found = duty_periods(rule(working_days=True), date(2025, 9, 22), date(2025, 10, 19), whole)
    assert [(f"{one.since:%m-%d}", f"{one.due_on:%m-%d}") for one in found] == [
        ("09-22", "09-28"),
        ("09-29", "09-30"),
        ("10-13", "10-17"),
    ]


def test_a_year_without_a_calendar_is_refused_only_where_working_days_are_asked_for() -> None:
    asked = (date(2024, 12, 30), date(2025, 1, 5))
    assert duty_periods(rule(period="day"), *asked, AUTUMN)
    with pytest.raises(Refusal, match="no holidays of 2024"):
        duty_periods(rule(period="day", working_days=True), *asked, AUTUMN)
    with pytest.raises(Refusal, match="no holidays of 2026"):
        is_working_day(date(2026, 1, 1), AUTUMN)


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2026-11-21", "day", "2026-11-21", "2026-11-21"),
        ("2026-W47", "week", "2026-11-16", "2026-11-22"),
        ("2026-W53", "week", "2026-12-28", "2027-01-03"),
        ("2026-11", "month", "2026-11-01", "2026-11-30"),
        ("2028-02", "month", "2028-02-01", "2028-02-29"),
        ("2026-Q4", "quarter", "2026-10-01", "2026-12-31"),
        ("2026-H2", "half", "2026-07-01", "2026-12-31"),
        ("2026-H1", "half", "2026-01-01", "2026-06-30"),
        ("2026", "year", "2026-01-01", "2026-12-31"),
    ],
)
def test_written_periods(text: str, kind: str, first: str, last: str) -> None:
    assert kind_of_period(text) == kind
    assert reporting_period(text) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-30", "2026-13", "2026-00", "2025-W53", "2026-W00", "2026-Q5", "2026-H3"]
    + ["2026-w47", "26-11", "2026-11-21 ", "0000", "1899", "2101"]
    + ["２０２６", "last month", "x" * 99],
)  # fmt: skip
def test_what_is_no_period_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refusal, match="write it like 2026-11-21"):
        reporting_period(text)


@REPEATABLE
@given(kind=KINDS, day=DAYS)
def test_the_next_period_begins_where_the_last_one_ends(kind: str, day: date) -> None:
    text = period_text(kind, day)
    first, last = reporting_period(text)
    assert first <= day <= last
    assert reporting_period(next_period(text))[0] == last + ONE_DAY
    assert reporting_period(previous_period(text))[1] == first - ONE_DAY
    assert previous_period(next_period(text)) == text


def test_a_quota_is_due_like_every_other_rule() -> None:
    values: Mapping[str, Any] = {"percent": Decimal(30), "seed": 7, "period": "month"}
    asked = (date(2026, 1, 1), date(2026, 12, 31), UNKNOWN)
    assert duty_periods(rule(**values), *asked) == duty_periods(rule(period="month"), *asked)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
