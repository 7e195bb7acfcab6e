"""What the interface for programs takes and answers about visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.inspections.model import OUTCOMES
from app.web.api_types import Day, Doc, NextPage, OneOf, Text, Whole

Outcome = Annotated[str, OneOf(OUTCOMES)]


@dataclass(frozen=True, kw_only=True)
class InspectionsQuery:
    within: Annotated[
        Text | None, Doc("Only of units that lie in this grid today, as level:code.")
    ] = None
    unit: Annotated[Text | None, Doc("Only of the unit with this id.")] = None
    since: Annotated[Day | None, Doc("Only from this day on.")] = None
    until: Annotated[Day | None, Doc("Only up to and on this day.")] = None
    outcome: Annotated[Outcome | None, Doc("Only with this outcome.")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Rows on a page."), Whole] = 100
    after: Annotated[UUID | None, Doc("The id of the last inspection of the page before.")] = None


class ListedInspection(TypedDict):
    id: str
    happened_at: datetime
    happened_on: Day
    outcome: Outcome
    result: str | None
    unit: str
    name: Annotated[str, Doc("The unit's name at that moment.")]
    external_id: str | None


@dataclass(frozen=True)
class Inspections:
    inspections: Sequence[ListedInspection]
    next: NextPage


def listed_inspection(row: Any) -> ListedInspection:
    return {
        "id": row.id,
        "happened_at": row.happened_at,
        "happened_on": row.happened_on,
        "outcome": row.outcome,
        "result": row.result,
        "unit": row.unit,
        "name": row.name,
        "external_id": row.external_id,
    }
