"""How long ago the targets of a grid were last visited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KINDS = ("unit", "facility", "building", "place", "road", "grid", "household")


@dataclass(frozen=True)
class NeglectQuestion:
    """Targets of a kind as of a day; a visit that is one programme's counts for that one alone."""

    kind: str
    class_key: str | None
    programme: str | None  # None: a visit of any
    depth: int
    on: date
    within: int | None = None


@dataclass(frozen=True)
class Neglect:
    """Targets by the days since their last completed visit.

    ``median``: half of the targets were visited within so many days, where never is longer than
    any; None: most of them never were. ``longest`` is among those that were visited.
    """

    targets: int = 0
    days_30: int = 0
    days_90: int = 0  # 31 to 90, and so on
    days_180: int = 0
    days_365: int = 0
    older: int = 0
    never: int = 0
    median: int | None = None
    longest: int | None = None


@dataclass(frozen=True)
class GridNeglect:
    no: int
    code: str
    name: str
    name_en: str | None
    found: Neglect

    def title(self, language: str) -> str:
        return self.name_en if language == "en" and self.name_en else self.name
