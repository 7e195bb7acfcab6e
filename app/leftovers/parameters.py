"""What the interface for programs takes and answers about what lies in no grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.leftovers.model import KINDS, STATES, Queued
from app.web.api_types import Doc, NextPage, OneOf, Whole

LAST = 2**53 - 1  # of numbers that JSON carries unharmed
State = Annotated[str, OneOf(STATES)]
RegisterKey = Annotated[str, OneOf(tuple(KINDS))]


@dataclass(frozen=True, kw_only=True)
class LeftoversQuery:
    state: Annotated[
        State | None, Doc("Only in this state; without it what waits: leftover and unlocated.")
    ] = None
    register: Annotated[RegisterKey | None, Doc("Only of this register.")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Rows on a page."), Whole] = 100
    after: Annotated[
        int,
        Field(ge=0, le=LAST, description="The `no` of the last row of the page before."),
        Whole,
    ] = 0


class ListedLeftover(TypedDict):
    no: int
    register: RegisterKey
    id: str
    name: str
    state: State
    lon: float | None
    lat: float | None
    nearest: Annotated[str | None, Doc("The nearest grid as level:code, a suggestion.")]
    distance_m: float | None
    grid: Annotated[str | None, Doc("The grid that it was placed in by decision.")]


@dataclass(frozen=True)
class Leftovers:
    leftovers: Sequence[ListedLeftover]
    next: NextPage


def listed_leftover(one: Queued) -> ListedLeftover:
    return {
        "no": one.row.no,
        "register": one.key,
        "id": one.row.id,
        "name": one.row.name,
        "state": one.row.state,
        "lon": one.row.lon,
        "lat": one.row.lat,
        "nearest": one.nearest[-1].reference if one.nearest else None,
        "distance_m": one.distance_m,
        "grid": one.grid[-1].reference if one.grid else None,
    }
