"""Units: what lies on the map, and what an import brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as filled_by
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
    """What is wrong in one row of the person's own file.

    The sentence is English with ``%(name)s`` places; pages translate it before filling them in.
    """

    row: int
    field: str
    value: str
    sentence: str
    values: Mapping[str, str | int] = filled_by(default_factory=dict)

    @property
    def message(self) -> str:
        return self.sentence % self.values if self.values else self.sentence

    def as_dict(self) -> dict[str, Any]:
        return {"row": self.row, "field": self.field, "value": self.value, "message": self.message}

    def as_page_dict(self) -> dict[str, Any]:
        """With what a page needs to say it in the reader's language."""
        return self.as_dict() | {"sentence": self.sentence, "values": dict(self.values)}


@dataclass(frozen=True)
class Hint:
    """Something that may be wrong with a file as a whole; written like the sentence of an error."""

    sentence: str
    values: Mapping[str, str | int]

    @property
    def message(self) -> str:
        return self.sentence % self.values

    def as_page_dict(self) -> dict[str, Any]:
        return {"sentence": self.sentence, "values": dict(self.values)}


@dataclass(frozen=True)
class ImportReport:
    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    leftovers: int = 0
    unlocated: int = 0
    errors: Sequence[RowError] = filled_by(default_factory=tuple)
    hints: Sequence[Hint] = ()  # what a person should look at before writing
    committed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "leftovers": self.leftovers,
            "unlocated": self.unlocated,
            "errors": [error.as_dict() for error in self.errors],
            "hints": [hint.message for hint in self.hints],
            "committed": self.committed,
        }


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
    within: int | None = None  # grid number
    state: str = "all"  # all inspected not_inspected leftover unlocated
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
