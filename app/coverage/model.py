"""What is asked of coverage, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from app.inspections.checks.model import Tally
from app.programmes.model import DutyPeriod, DutyRule

GRIDS = ("then", "today")
OWN, BELOW = "own", "below"
HATCHED = 0.2


@dataclass(frozen=True)
class InspectedQuestion:
    """Units with a completed inspection in the ``days`` up to ``on``, inside a grid or anywhere."""

    on: date
    days: int
    within: int | None = None


@dataclass(frozen=True)
class Counted:
    units: int
    inspected: int

    @property
    def rate(self) -> float | None:
        """Inspected ÷ units; no units is no rate, never 0 or 100 %."""
        return self.inspected / self.units if self.units else None


@dataclass(frozen=True)
class Obligation:
    """One target's duty by one due date."""

    due_on: date
    grace_until: date
    done_on: date | None
    excluded: bool


@dataclass(frozen=True)
class Counts:
    """Obligations by what became of them. ``open``: neither done nor overdue yet."""

    due: int = 0
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    open: int = 0
    never: int = 0
    excluded: int = 0

    @property
    def done(self) -> int:
        return self.on_time + self.late

    @property
    def rate(self) -> float | None:
        """Done ÷ due; nothing due is no duty, never 100 %."""
        return self.done / self.due if self.due else None

    @property
    def excluded_share(self) -> float:
        """Of all that would be due."""
        return self.excluded / (self.due + self.excluded) if self.excluded else 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True)
class Turn:
    """One due date of one rule, whose duty is that of the level ``depth``."""

    rule: DutyRule
    period: DutyPeriod


@dataclass(frozen=True)
class CoverageQuestion:
    """Duties of a programme that are due in [first, last], as known at the end of ``as_of``."""

    programme: str
    depth: int
    first: date
    last: date
    as_of: date
    live: bool  # an instant in the past: the counts kept know only the present
    within: int | None = None
    on_grids: str = "then"
    rule: str | None = None  # key of the only rule that is asked about


@dataclass(frozen=True)
class GridCoverage:
    """A grid's row: its own duties, or those of the levels below it."""

    no: int
    code: str
    name: str
    name_en: str | None
    scope: str
    counts: Counts
    masked: bool = False  # too few households to be told; its counts are empty
    verified: Tally = Tally()  # of visits that a second person looked at again

    def title(self, language: str) -> str:
        return self.name_en if language == "en" and self.name_en else self.name


@dataclass(frozen=True)
class Coverage:
    rows: Sequence[GridCoverage]
    total: Counts
    masked: bool = False  # the total as well, since a part of it is
    verified: Tally = Tally()  # each visit once, also where it closes duties of two rows


@dataclass(frozen=True)
class Sketch:
    """Left, top, width, height in metres of the map's projection, and the paths of grids."""

    box: tuple[float, float, float, float]
    paths: Mapping[int, str]


@dataclass(frozen=True)
class Shape:
    """One grid of the map: its path, its counts (own duties and those below together)."""

    row: GridCoverage
    path: str
    counts: Counts

    @property
    def hatched(self) -> bool:
        """More than a fifth is excluded: the rate says little."""
        return self.counts.excluded_share > HATCHED


@dataclass(frozen=True)
class Drawing:
    """A map to draw: left, top, width, height in metres, and its shapes."""

    box: tuple[float, float, float, float]
    shapes: Sequence[Shape]
