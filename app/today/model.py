"""What a grid chief does today: stops, and the duties that one visit to each closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.grids.model import Grid
from app.programmes.model import DutyPeriod, DutyRule

ORDERS = ("near", "late", "route")


@dataclass(frozen=True)
class Turn:
    """The turn of a rule that a visit today would close, in a grid that the reader answers for."""

    rule: DutyRule
    grid_no: int
    period: DutyPeriod
    before: DutyPeriod | None  # the turn before it


@dataclass(frozen=True)
class Duty:
    """What is due at one stop."""

    rule: DutyRule
    period: DutyPeriod
    missed_on: date | None  # the due day of the turn before, where nobody came

    def days_late(self, today: date) -> int:
        """0 up to and on the due day; then it still counts, as late, until grace is over."""
        return max((today - self.period.due_on).days, 0)

    def is_late(self, today: date) -> bool:
        return self.missed_on is not None or self.days_late(today) > 0


@dataclass(frozen=True)
class Stop:
    """One target with all that a visit would close; the most pressing duty first."""

    row: Any
    duties: Sequence[Duty]
    name: str

    def is_late(self, today: date) -> bool:
        return any(duty.is_late(today) for duty in self.duties)


@dataclass(frozen=True)
class Day:
    """A reader's list of one day."""

    on: date
    grids: Sequence[Grid]  # that the reader answers for
    middle: tuple[float, float] | None  # of those grids
    asked: bool  # whether any rule asks anything of the reader's roles there
    stops: Sequence[Stop]
    done: Sequence[Any]  # what the reader recorded on that day, the latest first
    next_on: date | None  # the first day on which something new is due
    troubles: Sequence[Any] = ()  # refusals that keep a rule from being placed in time

    @property
    def late(self) -> int:
        return sum(stop.is_late(self.on) for stop in self.stops)
