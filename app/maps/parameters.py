"""What the interface for programs takes and answers about figures on the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.coverage.model import Counted
from app.registry.rules import INSPECTED_DAYS
from app.web.api_types import Day, Doc, Required, Whole

LONGEST_SPAN = 3660
On = Annotated[Day | None, Doc("As of this day; today without it.")]
Days = Annotated[
    int,
    Field(ge=1, le=LONGEST_SPAN, description="Inspected within so many days up to that day."),
    Whole,
]


@dataclass(frozen=True, kw_only=True)
class GridQuery:
    on: On = None
    days: Days = INSPECTED_DAYS


@dataclass(frozen=True, kw_only=True)
class InspectedQuery(GridQuery):
    level: Annotated[Required, Doc("Key of the level.")]


@dataclass(frozen=True)
class InspectedGrids:
    """Columns of the same length, by grid."""

    no: Sequence[int]
    units: Sequence[int]
    inspected: Sequence[int]


@dataclass(frozen=True)
class Inspected:
    level: str
    on: Day
    days: int
    grids: InspectedGrids
    total: Counted


@dataclass(frozen=True)
class GridAbove:
    reference: str
    name: str
    name_en: str | None
    level: str


@dataclass(frozen=True)
class AnswerableFor:
    name: str
    role: str
    role_name: str
    grid: str


@dataclass(frozen=True)
class GridPanelProperties:
    """Figures are null outside the reader's territory."""

    no: int
    reference: str
    level: str
    level_name: str
    code: str
    name: str
    name_en: str | None
    area_m2: float | None
    bounds: Sequence[float] | None
    chain: Sequence[GridAbove]
    answerable: Sequence[AnswerableFor]
    own: bool
    units: int | None
    inspected: int | None
    last_inspection: Day | None
    children: int
    without_grid_below: int | None
