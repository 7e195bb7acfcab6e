"""Records that look unlikely, as questions: never a score, never a rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

SPEED, BURST, SAME_PHOTO, ALL_NORMAL = "speed", "burst", "same_photo", "all_normal"
ANSWER, CLOSE = "answer", "close"


@dataclass(frozen=True)
class Stop:
    """One record of one person. Without a place: a grid, or what has no coordinates."""

    id: UUID
    person: int
    target: int
    grid: int
    at: datetime
    place: tuple[float, float] | None  # lon, lat of the target


@dataclass(frozen=True)
class Kept:
    """A person's records of one class in one parent grid."""

    records: int
    deviating: int

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.records + other.records, self.deviating + other.deviating)


@dataclass(frozen=True)
class Raised:
    """What is asked of a person, and by which key it is known to have been asked."""

    rule: str
    key: str
    person: int
    grid: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """An answer, or the words with which a question is closed."""

    id: UUID
    kind: str
    words: str
