"""A target that is not counted for a while, because two persons say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

REASONS = ("locked", "refused", "moved", "closed", "not_found", "duplicate")
STATES = ("open", "accepted", "declined", "over")
DECISIONS = ("accepted", "declined")


@dataclass(frozen=True)
class Wish:
    """What a visit asks for: not to count its target up to and on a day."""

    until: date
    programme: str | None = None  # None: of every programme


@dataclass(frozen=True)
class Request:
    """A wish with all that the second person has to know."""

    target: int
    reason: str
    note: str | None
    inspection: UUID
    since: date
    wish: Wish


@dataclass(frozen=True)
class Decided:
    """How many were decided, and how many were left because they could not be."""

    done: int
    left: int
