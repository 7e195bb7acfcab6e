"""What the interface for programs takes and answers about grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.web.api_types import (
    Body,
    Day,
    Decimal,
    Doc,
    FeatureCollection,
    Text,
    Whole,
)

MOST_POINTS = 2_000
MOST_GRIDS = 5_000
LARGEST_NUMBER = 2**31 - 1
Crs = Annotated[
    Text, Doc("Coordinate system: EPSG:…, `gcj02` or `bd09`. It is declared, never guessed.")
]
On = Annotated[Day | None, Doc("On the grids of this day; today without it.")]


@dataclass(frozen=True, kw_only=True)
class LocateQuery:
    lon: Annotated[Decimal, Doc("Longitude, or the easting of a projected system.")]
    lat: Annotated[Decimal, Doc("Latitude, or the northing of a projected system.")]
    crs: Crs = "EPSG:4326"
    on: On = None


@dataclass(frozen=True, kw_only=True)
class LocateBody(Body):
    points: Annotated[
        list[tuple[Decimal, Decimal]],
        Field(
            min_length=1,
            max_length=MOST_POINTS,
            description="Longitude and latitude of each point.",
        ),
    ]
    crs: Crs = "EPSG:4326"
    on: On = None


@dataclass(frozen=True)
class LocatedGrid:
    depth: int
    level: str
    code: str
    name: str


@dataclass(frozen=True)
class NearestGrid:
    level: str
    code: str
    distance_m: float


@dataclass(frozen=True)
class Located:
    on: Day
    edition: str
    grids: Sequence[LocatedGrid]
    nearest: NearestGrid | None


@dataclass(frozen=True)
class LocatedMany:
    points: Sequence[Located]


@dataclass(frozen=True, kw_only=True)
class GridsQuery:
    level: Annotated[Text | None, Doc("Key of a level; all levels without it.")] = None
    within: Annotated[
        Text | None, Doc("Only this grid, as level:code, and what lies below it.")
    ] = None
    on: On = None
    limit: Annotated[int, Field(ge=1, le=MOST_GRIDS, description="Grids on a page."), Whole] = 500
    after: Annotated[
        int,
        Field(ge=0, le=LARGEST_NUMBER, description="The number of the last grid before."),
        Whole,
    ] = 0


@dataclass(frozen=True)
class GridProperties:
    depth: int
    level: str
    code: str
    name: str
    name_en: str | None
    area_m2: float | None


@dataclass(frozen=True, kw_only=True)
class Grids(FeatureCollection[GridProperties]):
    edition: str
