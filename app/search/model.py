"""What is asked, what might answer it, and what does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from app.grids.model import Grid


@dataclass(frozen=True)
class Query:
    """What a person typed, and from where on the map."""

    text: str
    near: tuple[float, float] | None = None  # longitude, latitude


@dataclass(frozen=True)
class Piece:
    """One gram to look for; pieces of one slot stand for each other (see 25_search.sql)."""

    gram: str
    part: str  # text whole sound initials
    slot: int


class Candidate(NamedTuple):
    """Something that shares pieces with the question; ranking decides whether it answers it."""

    kind: str  # grid, person, or the kind of a target
    no: int
    id: str
    name: str
    name_en: str | None = None
    address: str | None = None
    class_key: str | None = None
    class_words: str = ""
    role: str | None = None
    grid_no: int = 0
    lon: float | None = None
    lat: float | None = None
    closed: bool = False
    shared: Mapping[str, int] = MappingProxyType({})  # slots matched, by part


@dataclass(frozen=True)
class Place:
    """An address that the registers know, with the middle of what lies there."""

    address: str
    lon: float
    lat: float
    things: int
    exact: bool  # False: the nearest number that is known
    grid_no: int


@dataclass(frozen=True)
class Group:
    """What was found of one kind, the best first; ``total`` counts all of it that was looked at."""

    kind: str
    found: Sequence[Candidate | Place]
    total: int
    more: bool = False  # there is more than was looked at


@dataclass(frozen=True)
class Answer:
    text: str
    groups: Sequence[Group] = ()
    grids: Mapping[int, Grid] = field(default_factory=dict)  # where the things lie
    too_short: bool = False

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def more(self) -> bool:
        return any(group.more for group in self.groups)
