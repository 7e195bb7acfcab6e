"""What is asked of the list of people, and what is wanted of an assignment or a cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PeopleFilter:
    on: date
    state: str = "active"
    role: str | None = None
    within: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class Assignment:
    """A role for a grid, or with None for the whole city; ``until`` is the first day without."""

    role: str
    grid_no: int | None
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class CoverRequest:
    """Who is away, who stands in, and for which of the assignments."""

    person: int
    deputy: str  # the sign-in name
    valid_from: date
    valid_until: date  # the first day back
    assignments: Sequence[int]
    keeps_scope: bool = True
    note: str | None = None


@dataclass(frozen=True)
class GapQuestion:
    """Grids where a role that must be there has nobody on the day, or soon after it."""

    on: date
    ahead: int = 90  # days
    level: str | None = None
    within: int | None = None
    grid: int | None = None


RequiredRoles = Mapping[str, Sequence[str]]  # by `top`, `leaf` or the key of a level
