"""A unit with its classes, its life and its relatives; what a change to it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

State = Mapping[str, Any]  # everything of a unit that a change may touch, as JSON
Difference = tuple[str, Any, Any]  # field, before, after


@dataclass(frozen=True)
class ClassPeriod:
    """A class that a unit has from a day on, until another day (exclusive) or still."""

    scheme: str  # importance kind
    class_key: str
    valid_from: date
    valid_until: date | None
    basis: str | None


@dataclass(frozen=True)
class Change:
    """What every change to a unit says: of which state, since when, why."""

    unit: int
    version: int  # of the unit as the person saw it
    on: date
    reason: str | None


@dataclass(frozen=True)
class Facts:
    """What an administrator writes about a unit, checked."""

    name: str
    address: str | None
    credit_code: str | None
    responsible: str | None
    manager: str | None
    phone: str | None
    hours_text: str | None


@dataclass(frozen=True)
class Relative:
    """A unit above or below another."""

    no: int
    id: str
    name: str
    class_key: str
    depth: int  # steps away


@dataclass(frozen=True)
class UnitEvent:
    """One entry of a unit's history."""

    unit: int
    kind: str
    on: date
    reason: str | None
    changes: Sequence[Difference]
    former: State
    version: int  # of the unit after it
    other: int | None = None  # of a merger: the other one
    takes_back: int | None = None  # the event that it makes undone


@dataclass(frozen=True)
class UnitPair:
    """Two units that may be one; the lower number first."""

    first: int
    second: int
    score: float  # 0 to 1
    reasons: Sequence[str]  # code same_name like_name same_address like_address near
    distance_m: float | None
