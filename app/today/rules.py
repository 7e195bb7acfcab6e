"""Pure decisions about the list of a day: which turns are open, and in which order to go."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from app.errors import Refusal
from app.inspections.model import OUTCOMES
from app.inspections.visits.model import Deviation, Visit
from app.programmes.model import Calendar, DutyPeriod, DutyRule
from app.programmes.rules import duty_periods, period_around
from app.today.model import Duty, Stop, Turn
from gis.walks import walking_order

LONGEST_PERIOD = timedelta(days=400)
EARTH_M = 6_371_000
LONGEST_WALK = 200  # stops; nobody walks more in a day
SEED = 1  # the same stops are walked in the same order
GRID_OUTCOMES = ("done", "locked", "refused")
Place: TypeAlias = tuple[float, float]  # lon, lat
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


def in_order(stops: Sequence[Stop], order: str, place: Place | None, today: date) -> list[Stop]:
    """Nearest to the place first, late first, or as a walk from there; what was tried today in
    vain comes last."""

    def key(stop: Stop) -> tuple[bool, bool, date, float, str]:
        tried = stop.row.tried is not None
        if order == "late":
            late, due = not stop.is_late(today), stop.duties[0].period.due_on
            return tried, late, due, _far(stop, place), stop.name
        return tried, False, date.min, _far(stop, place), stop.name

    found = sorted(stops, key=key)
    return _as_walk(found, place) if order == "route" and place is not None else found


def _far(stop: Stop, place: Place | None) -> float:
    """Metres; a stop without a place is farther than any other."""
    if place is None or stop.row.lon is None:
        return math.inf
    return metres(place, (stop.row.lon, stop.row.lat))


def _as_walk(nearest: Sequence[Stop], place: Place) -> list[Stop]:
    """The nearest ones in the order of a walk from the place, then the others as they were."""
    walked = [stop for stop in nearest if _is_open(stop) and stop.row.lon is not None][
        :LONGEST_WALK
    ]
    order = walking_order(
        [stop.row.lon for stop in walked],
        [stop.row.lat for stop in walked],
        place,
        np.random.default_rng(SEED),
    )
    numbers = {stop.row.no for stop in walked}
    return [walked[at] for at in order] + [one for one in nearest if one.row.no not in numbers]


def next_best(stops: Sequence[Stop], place: Place | None, today: date) -> Stop | None:
    """The nearest stop that nobody has tried today; where no place is known, the most late."""
    left = [stop for stop in stops if _is_open(stop)]
    if place is not None and any(stop.row.lon is not None for stop in left):
        return min(left, key=lambda stop: _far(stop, place))
    return next(iter(in_order(left, "late", place, today)), None)


def _is_open(stop: Stop) -> bool:
    return stop.row.tried is None


def outcomes_of(kind: str) -> tuple[str, ...]:
    """What can be found of such a target: a grid neither moves nor closes down."""
    return GRID_OUTCOMES if kind == "grid" else OUTCOMES


def check_reason(visit: Visit, found: Sequence[Deviation]) -> None:
    """What is not as it should be is said in words."""
    if (visit.outcome != "done" or found) and not visit.note:
        raise Refusal(
            "Write in the note what was not as it should be, or tap one of the words above it."
        )


def check_asked_photos(
    photo_items: Mapping[str, str],
    visit: Visit,
    found: Sequence[Deviation],
    excused: Container[str],
) -> None:
    """A checklist's photos are asked for where an answer of that list is not as it should be.

    ``photo_items``: name → words; ``excused``: where no photo is possible.
    """
    wanted = {_list_of(one.item) for one in found}
    for name, words in photo_items.items():
        if _list_of(name) in wanted and not visit.answers.get(name) and name not in excused:
            raise Refusal(
                "The checklist asks for a photo where something is not as it should be: "
                "%(item)s. Take one, or tick that none is possible.",
                item=words,
            )


def _list_of(item: str) -> str:
    return item.rpartition("/")[0]


def metres(one: Place, other: Place) -> float:
    """Between two places (lon, lat), as the crow flies; for a few kilometres."""
    across = math.radians(other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    return EARTH_M * math.hypot(across, math.radians(other[1] - one[1]))
