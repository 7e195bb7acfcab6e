"""Pure decisions about the list of a day: which turns are open, and in which order to go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.errors import Refusal
from app.programmes.model import Calendar, DutyPeriod, DutyRule
from app.programmes.rules import duty_periods, period_around
from app.today.model import Duty, Stop, Turn

LONGEST_PERIOD = timedelta(days=400)
EARTH_M = 6_371_000
FIELD_ROLES = ("grid_chief", "grid_worker", "area_manager")


def held_places(
    rules: Iterable[DutyRule], held: Sequence[tuple[int, int, str]]
) -> list[tuple[DutyRule, int]]:
    """Each rule with the grids of its level that the reader holds in its role.

    ``held``: grid, its depth, role.
    """
    return [
        (rule, grid)
        for rule in rules
        for grid, depth, role in held
        if (rule.depth, rule.role) == (depth, role)
    ]


def open_turns(
    places: Sequence[tuple[DutyRule, int]], today: date, calendar: Calendar
) -> tuple[list[Turn], list[Refusal]]:
    """What a visit today would close, and why some rules cannot be placed in time."""
    turns: list[Turn] = []
    troubles: dict[str, Refusal] = {}
    for rule, grid in places:
        try:
            periods = _periods_around(rule, today, calendar)
        except Refusal as refusal:  # a working-day rule in a year without a calendar
            troubles[str(refusal)] = refusal
            continue
        turns += [
            Turn(rule, grid, period, periods[position - 1] if position else None)
            for position, period in enumerate(periods)
            if period.since <= today <= period.grace_until
        ]
    return turns, list(troubles.values())


def _periods_around(rule: DutyRule, today: date, calendar: Calendar) -> list[DutyPeriod]:
    first = today - timedelta(days=rule.grace_days) - LONGEST_PERIOD
    return duty_periods(rule, first, period_around(rule.period, today)[1], calendar)


def next_begin(
    places: Sequence[tuple[DutyRule, int]], today: date, calendar: Calendar
) -> date | None:
    """The first day after today on which a turn begins."""
    begins = []
    for rule, _ in places:
        following = period_around(rule.period, today)[1] + timedelta(days=1)
        last = period_around(rule.period, following)[1]
        try:
            begins += [one.since for one in duty_periods(rule, following, last, calendar)]
        except Refusal:  # said where the open turns are looked for
            continue
    return min(begins, default=None)


def stops_of(
    open_duties: Mapping[int, Sequence[Duty]], rows: Mapping[int, object], names: Mapping[int, str]
) -> list[Stop]:
    """One stop for each target; of a rule that is open twice the earlier turn is said."""
    return [
        Stop(rows[target], sorted(duties, key=_pressing), names[target])
        for target, duties in open_duties.items()
        if target in rows
    ]


def _pressing(duty: Duty) -> tuple[date, bool, int]:
    return duty.period.due_on, duty.missed_on is None, duty.rule.no


def in_order(
    stops: Sequence[Stop], order: str, place: tuple[float, float] | None, today: date
) -> list[Stop]:
    """Nearest to the place first, or late first; what was tried today in vain comes last."""

    def distance(stop: Stop) -> float:
        if place is None or stop.row.lon is None:
            return math.inf
        return metres(place, (stop.row.lon, stop.row.lat))

    def key(stop: Stop) -> tuple[bool, bool, date, float, str]:
        tried = stop.row.tried is not None
        if order == "late":
            late, due = not stop.is_late(today), stop.duties[0].period.due_on
            return tried, late, due, distance(stop), stop.name
        return tried, False, date.min, distance(stop), stop.name

    return sorted(stops, key=key)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two places (lon, lat), as the crow flies; for a few kilometres."""
    across = math.radians(other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    return EARTH_M * math.hypot(across, math.radians(other[1] - one[1]))
