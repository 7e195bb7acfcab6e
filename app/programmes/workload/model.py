"""How much work rules give to the people of a grid, and how much time these have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

HOURS_A_DAY = 8  # that somebody has for visits, unless told otherwise


@dataclass(frozen=True)
class Workload:
    """What a role has to do in one grid in a month: ``minutes`` of visits, shared by ``people``,
    each of whom has so many ``hours``.
    """

    no: int
    code: str
    name: str
    name_en: str | None
    role: str
    minutes: float
    people: int
    hours: float

    def title(self, language: str) -> str:
        return self.name_en if language == "en" and self.name_en else self.name

    @property
    def hours_each(self) -> float | None:
        return self.minutes / 60 / self.people if self.people else None

    @property
    def share(self) -> float | None:
        """Of the time that each has; above 1 it cannot be done. None: nobody is there."""
        if self.hours_each is None:
            return None
        if not self.hours:
            return inf if self.minutes else 0.0
        return self.hours_each / self.hours

    @property
    def impossible(self) -> bool:
        return self.share is not None and self.share > 1


@dataclass(frozen=True)
class Outlook:
    """What a rule would mean beside all the others of the same people."""

    grids: int  # with any of this work
    impossible: Sequence[Workload]  # the worst first
    nobody: int
    tightest: Workload | None
    households: bool  # visits to them are not told, so that they are not in it
