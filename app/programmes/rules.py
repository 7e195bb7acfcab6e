"""Periods: when a duty begins and is due, and what a written period means. All are calendar periods
(weeks from Monday, as ISO 8601 numbers them), so that no due date depends on the last visit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.errors import Refusal
from app.programmes.model import Calendar, Checklist, DutyPeriod, DutyRule, RuleChange

MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PERIODS = ("day", "week", *MONTHS)
FIRST_YEAR, LAST_YEAR = 1900, 2100
ONE_DAY = timedelta(days=1)
MOST_DAILY_ITEMS = 10
LOOKED_AHEAD = 800  # days: the next due date of a yearly rule with a season lies within
# turns of a period in a month, on average
A_MONTH: Mapping[str, float] = {
    "day": 365.25 / 12,
    "week": 365.25 / 12 / 7,
    **{period: 1 / length for period, length in MONTHS.items()},
}
WORKING_DAYS_A_MONTH = 248 / 12  # of a year with the statutory holidays of 2025
NO_CALENDAR = Calendar({}, frozenset())
_UNDATED: Mapping[str, Any] = {"no": 0, "valid_from": date.min, "valid_until": None}
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


def in_force(rule: DutyRule, day: date) -> bool:
    return rule.valid_from <= day and (rule.valid_until is None or day < rule.valid_until)


def order(rule: DutyRule) -> tuple[int, int, str, date]:
    """How people read rules: from the top level down, the frequent ones first."""
    return rule.depth, PERIODS.index(rule.period), rule.key, rule.valid_from


def next_beginning(rule: DutyRule, today: date) -> date:
    """The first day of the rule's next period: a change then cuts no period in two."""
    return max(period_around(rule.period, today)[1] + ONE_DAY, rule.valid_from)


def visits_a_month(rule: DutyRule, targets: int) -> float:
    """On average, in season; of a quota only the drawn ones."""
    turns = WORKING_DAYS_A_MONTH if rule.working_days else A_MONTH["day"]
    drawn = targets if rule.percent is None else targets * float(rule.percent) / 100
    return drawn * (turns if rule.period == "day" else A_MONTH[rule.period])


def first_due_days(rule: DutyRule, begins: date, calendar: Calendar, count: int) -> list[date]:
    """From the day on, as far as the calendar is known where it is needed."""
    last = begins + timedelta(days=LOOKED_AHEAD)
    if rule.working_days:
        known = max((year for year in calendar.years), default=begins.year - 1)
        last = min(last, date(known, 12, 31))
    return [one.due_on for one in duty_periods(rule, begins, last, calendar)[:count]]


# -- what may be a rule -------------------------------------------------------------------


def check_occurs(place: str, rule: DutyRule) -> None:
    """Refuse a season in which no period is ever due; eight years hold each leap day."""
    if rule.season_from is None:
        return
    always = replace(rule, working_days=False, valid_from=date(2000, 1, 1), valid_until=None)
    if not duty_periods(always, date(2000, 1, 1), date(2008, 12, 31), NO_CALENDAR):
        raise Refusal(
            "%(place)s: between %(first)s and %(last)s no such period ends, so that it would "
            "never be due. Take a shorter period or a longer season.",
            place=place,
            first=rule.season_from,
            last=rule.season_until,
        )


def check_short(place: str, rule: DutyRule, checklist: Checklist | None) -> None:
    """A daily patrol asks little, or it is ticked off unread."""
    if rule.period == "day" and checklist and len(checklist.items) > MOST_DAILY_ITEMS:
        raise Refusal(
            "%(place)s: a daily patrol shows at most %(most)s items; the checklist %(checklist)s "
            "has %(count)s.",
            place=place,
            most=MOST_DAILY_ITEMS,
            checklist=checklist.key,
            count=len(checklist.items),
        )


def checked_percent(place: str, percent: float) -> Decimal:
    """As the database keeps it: two decimals."""
    rounded = Decimal(str(percent)).quantize(Decimal("0.01")) if abs(percent) <= 100 else None
    if rounded is None or rounded <= 0:
        raise Refusal(
            "%(place)s: a quota is more than 0 and at most 100 percent, not %(percent)s.",
            place=place,
            percent=percent,
        )
    return rounded


def same_duty(one: DutyRule, other: DutyRule) -> bool:
    """Whether both ask the same people for the same visits at the same time of the year."""
    return _asked(one) == _asked(other) and _seasons_meet(one, other)


def _asked(rule: DutyRule) -> tuple[object, ...]:
    targets = (rule.target_kind, frozenset(rule.classes), frozenset(rule.importances))
    return rule.depth, rule.role, rule.period, targets


def _seasons_meet(one: DutyRule, other: DutyRule) -> bool:
    year = (date(2000, 1, 1) + timedelta(days=n) for n in range(366))
    return any(in_season(one, day) and in_season(other, day) for day in year)


def same_content(one: DutyRule, other: DutyRule) -> bool:
    """Whether nothing but number and dates tells them apart."""
    return replace(one, **_UNDATED) == replace(other, **_UNDATED)


def change_of_rule(
    rows: Sequence[DutyRule], wanted: DutyRule | None, begins: date, today: date
) -> RuleChange:
    """What the rows of one key become; without ``wanted`` the rule ends. The past stays: a row
    that has begun ends on a day that is not before today, one that has not begun is taken out.
    """
    key = wanted.key if wanted else rows[0].key
    open_rows = [one for one in rows if one.valid_until is None or one.valid_until > today]
    ahead = [one for one in open_rows if one.valid_from > today]
    running = next((one for one in open_rows if one.valid_from <= today), None)
    leaves = [one.no for one in ahead]
    latest = ahead[-1] if ahead else running
    if wanted and latest and latest.valid_until is None and same_content(wanted, latest):
        return RuleChange(key)
    if wanted and running and same_content(wanted, running):
        return RuleChange(key, leaves, {running.no: None})
    if wanted is None and latest is None:
        return RuleChange(key)
    held = [one.valid_until for one in rows if one.valid_until and one not in open_rows]
    earliest = today if running else max(held, default=date.min)
    if begins < earliest:
        raise Refusal(
            "The rule %(key)s cannot change on %(day)s: what was due before %(earliest)s stays as "
            "it was. Take %(earliest)s or a later day.",
            key=key,
            day=begins,
            earliest=earliest,
        )
    ends = {running.no: begins} if running else {}
    new = replace(wanted, valid_from=begins, valid_until=None) if wanted else None
    return RuleChange(key, leaves, ends, new)


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
