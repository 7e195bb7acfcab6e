"""What waits without a grid, and what is decided about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.grids.model import Grid

WAITING = ("leftover", "unlocated")
STATES = (*WAITING, "outside", "placed")
KINDS = {
    "units": "unit",
    "buildings": "building",
    "facilities": "facility",
    "hazards": "hazard",
    "places": "place",
    "roads": "road",
}
KEYS = {kind: key for key, kind in KINDS.items()}


@dataclass(frozen=True)
class QueueFilter:
    """Which rows of the queue; the same words as the page's address."""

    state: str | None = None  # None: what waits
    register: str | None = None
    batch: int | None = None

    @property
    def states(self) -> list[str]:
        return [self.state] if self.state else list(WAITING)

    @property
    def kind(self) -> str | None:
        return KINDS[self.register] if self.register else None


EVERYTHING = QueueFilter()


@dataclass(frozen=True)
class Counts:
    leftover: int = 0
    unlocated: int = 0
    outside: int = 0
    placed: int = 0

    def of(self, states: list[str]) -> int:
        counted = asdict(self)
        return sum(counted[state] for state in states)


@dataclass(frozen=True)
class Queued:
    """One row of the queue; the nearest grid is a suggestion."""

    row: Any
    nearest: list[Grid]  # its chain from the top, empty where there is none
    grid: list[Grid]  # where it was placed

    @property
    def key(self) -> str:
        return KEYS[self.row.kind]

    @property
    def distance_m(self) -> float | None:
        metres = self.row.distance_m
        return None if metres is None else round(float(metres), 1)


@dataclass(frozen=True)
class Decision:
    """nearest, outside or back; ``most_m`` bounds how far the nearest grid may be."""

    kind: str
    most_m: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Decided:
    """How many were decided, and how many were left as they were."""

    done: int
    left: int


@dataclass(frozen=True)
class Conflict:
    """A target whose file names another grid than the one it lies in."""

    row: Any
    chain: list[Grid]

    @property
    def key(self) -> str:
        return KEYS[self.row.kind]
