"""One visit as a phone or a page records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.inspections.exclusions.model import Wish
from app.inspections.model import OUTCOMES

KINDS = ("unit", "facility", "building", "place", "road", "household", "grid")
VOIDED = "voided"  # the outcome that takes the superseded event back
RECORDED = (*OUTCOMES, VOIDED)
Answer = bool | float | str


@dataclass(frozen=True, order=True)
class ChecklistVersion:
    programme: str
    key: str
    version: int

    def item(self, key: str) -> str:
        """What an answer to one of its items is called."""
        return f"{self.programme}/{self.key}/{key}"


@dataclass(frozen=True)
class Position:
    """Where the device was; WGS 84."""

    lon: float
    lat: float
    accuracy_m: float | None


@dataclass(frozen=True)
class Visit:
    """What somebody says of a visit; the rest of the event is found by the server."""

    id: UUID
    target: int
    outcome: str
    happened_at: datetime | None  # the device's clock; None: now
    note: str | None = None
    programmes: Sequence[str] = ()  # that it counts for; none: all
    checklists: Sequence[ChecklistVersion] = ()
    answers: Mapping[str, Answer | None] = field(default_factory=dict)
    position: Position | None = None
    supersedes: UUID | None = None
    exclusion: Wish | None = None
    photos: Sequence[UUID] = ()  # sent before, in the order in which they are shown


@dataclass(frozen=True)
class Deviation:
    """An answer that is not as it should be."""

    item: str  # programme/list/item
    zh: str
    en: str
    answer: Answer

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Place:
    """The grid and the edition of an event's moment, and who answered for the grid then."""

    grid_no: int
    edition_no: int | None
    early: bool  # before the first edition
    chief_no: int | None


@dataclass(frozen=True)
class Recorded:
    """An event as it is stored, and what of its answers is not as it should be."""

    row: Any
    deviations: Sequence[Deviation]
    photos: Sequence[Any] = ()  # id, width, height, taken_at of each
