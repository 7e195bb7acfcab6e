"""Registers: what lies on the map, and what an import of it brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field as filled_by
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Field:
    """One thing that a register wants to know of a row."""

    key: str
    kind: str = "text"  # text number date choice
    required: bool = False
    most: int = 300  # characters of a text, or the largest number
    choices: Mapping[str, tuple[str, str]] = filled_by(default_factory=dict)  # English, Chinese
    synonyms: Mapping[str, Sequence[str]] = filled_by(default_factory=dict)  # further words of keys
    others: bool = False  # a choice that also takes words that are none of its own, as written
    past: bool = False  # a date that cannot lie ahead
    aliases: Sequence[str] = ()  # words of a header that mean it, for a guess
    person: bool = False  # a person's: sealed, never repeated in a sentence, never in details
    check: Callable[[str], str] | None = None  # a text as it is kept, or a refusal in words
    option: str | None = None  # its word on the command line where it is not the key
    common: bool = False  # one value may hold for all rows of a file that has no such column


@dataclass(frozen=True)
class Register:
    """A list of things of one kind; `name`, `class` and `address` are fields like the others."""

    key: str  # as commands and addresses write it: units facilities …
    kind: str  # of its targets
    fields: Sequence[Field]
    shapes: Sequence[str] = ()  # point line area: what its rows may be drawn as; none: points alone

    def field(self, key: str) -> Field | None:
        return next((one for one in self.fields if one.key == key), None)


@dataclass(frozen=True)
class TargetDraft:
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
    content: str  # digest: the same row again is unchanged
    values: Mapping[str, Any] = filled_by(default_factory=dict)  # of the register's own fields
    details: Mapping[str, str] = filled_by(default_factory=dict)  # further columns, as they are
    shape: bytes | None = None  # a line or area as WKB in WGS 84; lon and lat are a point on it
    source_shape: bytes | None = None  # the same as in the file


@dataclass(frozen=True)
class Placed:
    """A draft and where it belongs; ``no`` is 0 until it is stored."""

    no: int
    grid_no: int
    tile_key: int | None
    draft: TargetDraft


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

    def counts(self) -> dict[str, int]:
        """What is kept of it beside the batch and in the log: both stand only if it was written."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "leftovers": self.leftovers,
            "unlocated": self.unlocated,
            "errors": len(self.errors),
        }


@dataclass(frozen=True)
class Batch:
    """Where an import came from."""

    kind: str
    file_name: str
    file_sha256: str
    source_crs: str | None


@dataclass(frozen=True)
class UndoReport:
    """What became of a batch that was taken back."""

    batch: int
    kind: str
    file_name: str
    removed: int = 0
    restored: int = 0
    voided: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


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
