"""Duties of a month against the time of the people who have to do them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.programmes.model import DutyRule
from app.programmes.workload.model import HOURS_A_DAY, Workload


@dataclass(frozen=True)
class CapacityQuestion:
    """The own duties of the grids of a level that are due in [first, last]."""

    programme: str | None  # None: of all
    depth: int
    first: date
    last: date
    hours_a_day: int = HOURS_A_DAY
    within: int | None = None


@dataclass(frozen=True)
class Part:
    """What one rule asks of a grid."""

    rule: DutyRule
    due: int


@dataclass(frozen=True)
class GridWork:
    work: Workload
    parts: Sequence[Part]

    @property
    def due(self) -> int:
        return sum(part.due for part in self.parts)


@dataclass(frozen=True)
class Capacity:
    working_days: int
    hours: float  # that each person has in the month
    rows: Sequence[GridWork]  # with somebody there, the worst first
    nobody: Sequence[GridWork]
    untold: bool  # visits to households, which the reader may not count, are left out
    undrawn: bool  # a quota is drawn when its period begins: until then nothing of it is due
