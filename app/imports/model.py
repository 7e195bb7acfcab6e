"""An import on its way: a file, how it is read, and how far somebody has come with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.imports.sources import Reading

STEPS = ("reading", "columns", "place", "check", "written")


@dataclass(frozen=True)
class Choice:
    """Which column of a file holds what; the words of `reading`, `columns` … are the file's own."""

    id: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict)  # Field.key → column
    lon: str | None = None
    lat: str | None = None
    # lat_lon or lon_lat: both numbers stand in the column `lon`; shape: it holds a whole shape
    pair: str | None = None
    grid: str | None = None  # the grid that the file claims for the row
    keep: Sequence[str] = ()  # further columns, kept as they are
    outcomes: str = ""  # of visits: 'Pass=done,…'
    same: Mapping[str, str] = field(default_factory=dict)  # Field.key → the value of every row

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": list(self.id),
            "fields": dict(self.fields),
            "lon": self.lon,
            "lat": self.lat,
            "pair": self.pair,
            "grid": self.grid,
            "keep": list(self.keep),
            "outcomes": self.outcomes,
            "same": dict(self.same),
        }


@dataclass(frozen=True)
class Plan:
    no: int
    register: str
    path: str  # the name of its folder among the uploads; empty once nothing of it is left
    file_name: str
    file_sha256: str
    reading: Reading
    columns: Choice
    crs: str | None
    step: str  # how far a person has come
    job_no: int | None
    job_step: str | None
    batch_no: int | None
    corrects: int | None
    created_by: int
    created_at: datetime

    @classmethod
    def draft(cls, register: str, path: str, file_name: str, sha256: str) -> Plan:
        """A plan that is not stored yet: number, author and moment come with storing it."""
        return cls(
            0, register, path, file_name, sha256, Reading(), Choice(), None, "reading",
            None, None, None, None, 0, datetime.min,
        )  # fmt: skip

    def reached(self, step: str) -> bool:
        """Whether a person may look at this step."""
        return self.step in STEPS and STEPS.index(step) <= STEPS.index(self.step)
