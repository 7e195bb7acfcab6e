"""Households and the persons in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Household:
    """A household as the register holds it, in clear; never stored like this.

    ``values`` are the fields of the register by key, as an import checked them.
    """

    target_no: int
    id: str
    class_key: str
    content: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class HouseholdFilter:
    """Which households a list shows; the same words as the page's address."""

    within: int | None = None  # grid number
    class_key: str | None = None
    building: str | None = None
    expired_on: date | None = None  # only those whose time is over on this day


@dataclass(frozen=True)
class Person:
    """Somebody in a household, or somebody to call."""

    role: str
    name: str | None
    phone: str | None


@dataclass(frozen=True)
class Opened:
    """What was sealed of a household."""

    door: str | None
    persons: Sequence[Person]


@dataclass(frozen=True)
class Node:
    """A place with the persons counted there by class; ``own`` are those in none of its parts."""

    key: Any
    own: Mapping[str, int]
    parts: Sequence[Node] = ()
    by_class: bool = True  # buildings are told without classes

    @property
    def counts(self) -> dict[str, int]:
        found = dict(self.own)
        for part in self.parts:
            for key, persons in part.counts.items():
                found[key] = found.get(key, 0) + persons
        return found


@dataclass(frozen=True)
class Told:
    """What is said of a place to readers who see no person there.

    ``few`` means one to four; a total that is None and not few is kept back, because with the
    others it would betray a few.  A class that is missing is not told.
    """

    total: int | None
    few: bool
    classes: Mapping[str, int]


@dataclass(frozen=True)
class BuildingCount:
    """A building on the map: where it stands and what is told of the persons in it."""

    grid_no: int
    building: str
    lon: float
    lat: float
    told: Told
    households: int | None = None  # for those who see them


@dataclass(frozen=True)
class Notice:
    """What the residents are told of the register, and how it forgets."""

    purpose: str
    legal_basis: str
    notice: str
    automatic: bool  # what is due goes without anybody's decision


@dataclass(frozen=True)
class RetentionCheck:
    """How many households the worker found kept past their day, and what was decided."""

    no: int
    checked_on: date
    due: int
    decided_at: datetime | None
    decided_by: str | None
    by_itself: bool
    removed: int | None
