"""Units: what lies on the map, and what an import brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class UnitDraft:
    """One clean row of a register; ``x`` and ``y`` as in the file, ``lon`` and ``lat`` WGS 84."""

    row: int
    id: str
    name: str
    class_key: str
    address: str | None
    x: float | None
    y: float | None
    lon: float | None
    lat: float | None
    content: str


@dataclass(frozen=True)
class RowError:
    """What is wrong in one row of the person's own file."""

    row: int
    field: str
    value: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {"row": self.row, "field": self.field, "value": self.value,
                "message": self.message}


@dataclass(frozen=True)
class ImportReport:
    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    leftovers: int = 0
    unlocated: int = 0
    errors: Sequence[RowError] = field(default_factory=tuple)
    committed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "created": self.created, "updated": self.updated,
                "unchanged": self.unchanged, "leftovers": self.leftovers,
                "unlocated": self.unlocated,
                "errors": [error.as_dict() for error in self.errors],
                "committed": self.committed}


@dataclass(frozen=True)
class Batch:
    """Where an import came from."""

    kind: str
    file_name: str
    file_sha256: str
    source_crs: str | None


@dataclass(frozen=True)
class UnitFilter:
    """Which units a list shows, on a day; the same words as the page's address."""

    on: date
    days: int
    within: int | None = None           # grid number
    state: str = "all"                  # all inspected not_inspected leftover unlocated
    text: str | None = None


@dataclass(frozen=True)
class Target:
    """What an event needs to know of what it is about."""

    no: int
    grid_no: int
    name: str
    class_key: str
    lon: float | None
    lat: float | None
