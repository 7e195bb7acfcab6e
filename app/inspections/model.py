"""One visit as it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

OUTCOMES = ("done", "locked", "refused", "moved", "closed", "not_found", "duplicate")


@dataclass(frozen=True)
class InspectionDraft:
    row: int
    id: UUID
    external_id: str
    target: str  # its id in its register; of a grid its code, or level:code
    happened_at: datetime
    happened_on: date
    outcome: str
    result: str | None
    content: str


@dataclass(frozen=True)
class InspectionFilter:
    """Which visits are asked for; None: all."""

    within: int | None
    unit: str | None
    since: date | None
    until: date | None
    outcome: str | None
