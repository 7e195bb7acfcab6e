"""Periods: when a duty begins and is due, and what a written period means. All are calendar periods
(weeks from Monday, as ISO 8601 numbers them), so that no due date depends on the last visit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from app.errors import Refusal
from app.programmes.model import Calendar, DutyPeriod, DutyRule

MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PERIODS = ("day", "week", *MONTHS)
FIRST_YEAR, LAST_YEAR = 1900, 2100
ONE_DAY = timedelta(days=1)
WEEKEND = 5  # from this weekday on, Monday being 0

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_WEEK = re.compile(r"(\d{4})-W(\d\d)")
_PART = re.compile(r"(\d{4})(?:-(\d\d)|-Q([1-4])|-H([12]))?")


def period_around(period: str, day: date) -> tuple[date, date]:
    """First and last day of the calendar period that holds the day."""
    if period == "day":
        return day, day
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    length = MONTHS[period]
    before = (day.month - 1) // length * length  # months of the year before the period
    after = before + length
    following = date(day.year + after // 12, after % 12 + 1, 1)
    return date(day.year, before + 1, 1), following - ONE_DAY


# -- duties -------------------------------------------------------------------------------


def duty_periods(rule: DutyRule, first: date, last: date, calendar: Calendar) -> list[DutyPeriod]:
    """All turns of the rule whose due date lies in [first, last].

    A period is due on its last day, with ``working_days`` on its last working day; a period
    without any (a holiday week) is not due at all. A rule that begins in mid-period is due at
    that period's end, and visits count from the day on which it began.
    """
    ends = rule.valid_until - ONE_DAY if rule.valid_until else last
    first, last = max(first, rule.valid_from), min(last, ends)
    found = []
    for begins, closes in _calendar_periods(rule.period, first, last):
        since = max(begins, rule.valid_from)
        due_on = last_working_day(since, closes, calendar) if rule.working_days else closes
        if due_on is not None and first <= due_on <= last and in_season(rule, due_on):
            late = due_on + timedelta(days=rule.grace_days)
            found.append(DutyPeriod(since, due_on, late))
    return found


def _calendar_periods(period: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Those that hold a day of [first, last], in order."""
    day = first
    while day <= last:
        begins, closes = period_around(period, day)
        yield begins, closes
        day = closes + ONE_DAY


def in_season(rule: DutyRule, day: date) -> bool:
    if rule.season_from is None or rule.season_until is None:
        return True
    written = f"{day:%m-%d}"
    if rule.season_from <= rule.season_until:
        return rule.season_from <= written <= rule.season_until
    return written >= rule.season_from or written <= rule.season_until


def is_working_day(day: date, calendar: Calendar) -> bool:
    """By the calendar; a year that it does not know is refused, never taken by its weekdays."""
    if day.year not in calendar.years:
        raise Refusal(
            "The calendar has no holidays of %(year)s yet; import them with "
            "“calendar import FILE.csv --commit”.",
            year=day.year,
        )
    return calendar.days.get(day, day.weekday() < WEEKEND)


def last_working_day(first: date, last: date, calendar: Calendar) -> date | None:
    day = last
    while day >= first:
        if is_working_day(day, calendar):
            return day
        day -= ONE_DAY
    return None


# -- reporting periods --------------------------------------------------------------------


def reporting_period(text: str) -> tuple[date, date]:
    """First and last day of 2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026-H2 or 2026."""
    return period_around(*_read(text))


def next_period(text: str) -> str:
    """The period after it, of the same kind and as it is written."""
    period, day = _read(text)
    return period_text(period, period_around(period, day)[1] + ONE_DAY)


def previous_period(text: str) -> str:
    period, day = _read(text)
    return period_text(period, period_around(period, day)[0] - ONE_DAY)


def period_text(period: str, day: date) -> str:
    """How the period that holds the day is written."""
    return _WRITERS[period](day)


def kind_of_period(text: str) -> str:
    """One of PERIODS."""
    return _read(text)[0]


def _written_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


_WRITERS: Mapping[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": _written_week,
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda day: f"{day:%Y}-Q{(day.month + 2) // 3}",
    "half": lambda day: f"{day:%Y}-H{(day.month + 5) // 6}",
    "year": lambda day: f"{day:%Y}",
}


def _read(text: str) -> tuple[str, date]:
    """The kind of the written period and one of its days."""
    try:
        found = _days_of(text)
    except ValueError:  # 2026-02-30, 2026-13, 2025-W53
        found = None
    if found is None or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise Refusal(
            "There is no period %(text)s; write it like 2026-11-21, 2026-W47, 2026-11, 2026-Q4, "
            "2026-H2 or 2026, between %(least)s and %(most)s.",
            text=text[:40],
            least=FIRST_YEAR,
            most=LAST_YEAR,
        )
    return found


def _days_of(text: str) -> tuple[str, date] | None:
    if not text.isascii():  # \d takes the digits of other scripts too
        return None
    if day := _DAY.fullmatch(text):
        return "day", date(*(int(part) for part in day.groups()))
    if week := _WEEK.fullmatch(text):
        return "week", date.fromisocalendar(int(week[1]), int(week[2]), 1)
    if not (part := _PART.fullmatch(text)):
        return None
    year, month, quarter, half = (int(one) if one else 0 for one in part.groups())
    if quarter or half:
        kind = "quarter" if quarter else "half"
        return kind, date(year, quarter * 3 if quarter else half * 6, 1)
    return ("month", date(year, month, 1)) if part[2] else ("year", date(year, 1, 1))
