"""What becomes of a duty, and how duties are counted: the arithmetic that the statements repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.coverage.model import (
    Counts,
    Coverage,
    Drawing,
    GridCoverage,
    Obligation,
    Shape,
    Turn,
)
from app.programmes.model import Calendar, DutyRule
from app.programmes.rules import duty_periods, period_around

STATES = ("on_time", "late", "overdue", "open", "excluded")
LISTED = ("all", "due", "done", *STATES, "never")
FEW = 5  # fewer households than this are told to nobody who does not answer for them


def turns(rules: Iterable[DutyRule], first: date, last: date, calendar: Calendar) -> list[Turn]:
    return [
        Turn(rule, period) for rule in rules for period in duty_periods(rule, first, last, calendar)
    ]


def begun_turns(rules: Iterable[DutyRule], today: date, calendar: Calendar) -> list[Turn]:
    """Every turn that has begun: its due date may still be to come."""
    return [
        turn
        for rule in rules
        for turn in turns([rule], rule.valid_from, period_around(rule.period, today)[1], calendar)
        if turn.period.since <= today
    ]


def last_turns(found: Sequence[Turn]) -> list[Turn]:
    """Of each rule the turn that is due last."""
    latest = {turn.rule.no: turn for turn in sorted(found, key=lambda turn: turn.period.due_on)}
    return list(latest.values())


def state_of(one: Obligation, as_of: date) -> str:
    """Excluded is nobody's duty; what is done too late is done; overdue begins after grace."""
    if one.excluded:
        return "excluded"
    if one.done_on is not None and one.done_on <= min(one.grace_until, as_of):
        return "on_time" if one.done_on <= one.due_on else "late"
    return "overdue" if as_of > one.grace_until else "open"


def count(obligations: Iterable[Obligation], as_of: date) -> Counts:
    """Of one rule, grid and period; ``never`` is asked of the targets, not of their duties."""
    found = dict.fromkeys(STATES, 0)
    for one in obligations:
        found[state_of(one, as_of)] += 1
    return Counts(due=sum(found.values()) - found["excluded"], **found)


def is_masked(counts: Counts, depth: int, of_persons: bool) -> bool:
    """Whether a row of a household programme would say too much: only large parts of the city are
    told to those who do not answer for the persons in it.
    """
    return of_persons and (depth > 1 or 0 < counts.due + counts.excluded < FEW)


def with_total(rows: Sequence[GridCoverage]) -> Coverage:
    """The sum of all rows; untold where one of them is, since it could be subtracted."""
    total = sum((row.counts for row in rows), Counts())
    masked = any(row.masked for row in rows)
    told = [
        GridCoverage(row.no, row.code, row.name, row.name_en, row.scope, Counts(), True)
        if row.masked
        else row
        for row in rows
    ]
    return Coverage(told, Counts() if masked else total, masked)


def drawing(outlines: Sequence[Any], rows: Sequence[GridCoverage]) -> Drawing:
    """With a margin of one part in fifty around all shapes."""
    west, north = min(one.west for one in outlines), min(one.north for one in outlines)
    east, south = max(one.east for one in outlines), max(one.south for one in outlines)
    margin = max(east - west, south - north) / 50
    paths = {one.grid_no: one.path for one in outlines}
    together: dict[int, Counts] = {}
    for row in rows:
        together[row.no] = together.get(row.no, Counts()) + row.counts
    first = {row.no: row for row in reversed(rows)}
    return Drawing(
        (west - margin, north - margin, east - west + 2 * margin, south - north + 2 * margin),
        [Shape(first[no], path, together[no]) for no, path in sorted(paths.items())],
    )
