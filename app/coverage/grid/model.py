"""All that is told of one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.coverage.model import Counts, Coverage, CoverageQuestion
from app.grids.model import Grid
from app.identity.model import Answerable
from app.programmes.model import DutyRule


@dataclass(frozen=True)
class RuleCoverage:
    """What one rule asked of the grid, or of the grids below it."""

    rule: DutyRule
    own: bool
    counts: Counts
    masked: bool  # too few households to be told; its counts are empty


@dataclass(frozen=True)
class Visit:
    target_no: int
    kind: str
    id: str
    name: str
    name_en: str | None
    happened_on: date
    outcome: str
    recorded_by: str | None


@dataclass(frozen=True)
class GridPage:
    grid: Grid
    chain: Sequence[Grid]  # from the top level down, itself last
    answerable: Sequence[Answerable]
    missing: Sequence[str]  # roles that must be here and are not
    asked: CoverageQuestion
    found: Coverage
    rules: Sequence[RuleCoverage]
    trend: Sequence[tuple[str, Counts | None]]
    overdue: Sequence[Any]
    exclusions: Sequence[Any]
    visits: Sequence[Visit]
