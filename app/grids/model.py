"""Levels, editions, grids and what is asked of a boundary import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gis.boundaries import BoundaryOptions
from gis.topology import Fault


@dataclass(frozen=True)
class Level:
    depth: int
    key: str
    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class Edition:
    no: int
    name: str
    state: str
    valid_from: date | None
    valid_until: date | None
    digest: str | None
    accepted_warnings: int


@dataclass(frozen=True)
class Grid:
    """A grid as it is in one edition."""

    no: int
    depth: int
    level: str
    code: str
    name: str
    name_en: str | None
    parent_no: int | None

    @property
    def reference(self) -> str:
        return f"{self.level}:{self.code}"

    def title(self, language: str) -> str:
        return self.name_en if language == "en" and self.name_en else self.name

    def as_dict(self) -> dict[str, Any]:
        return {"depth": self.depth, "level": self.level, "code": self.code, "name": self.name}


@dataclass(frozen=True)
class DraftShape:
    code: str
    parent_code: str | None
    name: str
    name_en: str | None
    wkb: bytes


@dataclass(frozen=True)
class BoundaryRequest:
    path: Path
    level: str
    edition: str
    options: BoundaryOptions


@dataclass(frozen=True)
class BoundaryReport:
    features: int
    created: int
    faults: Sequence[Fault] = field(default_factory=tuple)
    committed: bool = False

    @property
    def refused(self) -> bool:
        return any(fault.severity == "error" for fault in self.faults)

    def as_dict(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "created": self.created,
            "faults": [fault.as_dict() for fault in self.faults],
            "committed": self.committed,
        }
