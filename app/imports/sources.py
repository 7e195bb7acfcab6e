"""What a file holds before anybody says which of its rows names the columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.registry.model import Hint

MOST_ROWS = 1_500_000
MOST_COLUMNS = 500


@dataclass(frozen=True)
class Reading:
    """How a person says that a file is to be read; what is left out is found or refused."""

    encoding: str | None = None
    sheet: str | None = None  # of a workbook, or the layer of a GeoPackage
    header_row: int | None = None  # as the file counts it, 1 is the first
    header_rows: int = 1
    shapes: bool = False  # the register keeps lines and areas, not only a point on them


@dataclass(frozen=True)
class Document:
    """A file by its name and its bytes, packed as they are."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Source:
    """The lines of a file as texts.

    ``lines`` may be walked again and again and is never held as a whole: a register of a
    million rows is read in little memory.
    """

    lines: Iterable[Sequence[str]]
    fields: Sequence[str] | None = None  # known beforehand: then the lines hold no header
    crs: str | None = None  # what the file itself says
    filled: Mapping[int, int] = field(default_factory=dict)  # row → cells filled from merged ones
    notes: Sequence[Hint] = ()
