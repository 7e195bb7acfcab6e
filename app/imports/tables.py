"""Reads a file of rows – text, spreadsheet, GeoJSON, GeoPackage – into one kind of table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path

from app.errors import Refusal
from app.imports.headers import LOOKED_AT, Header, find_header, header_at
from app.imports.layers import is_layer, open_features
from app.imports.sources import Document, Reading, Source
from app.imports.texts import open_text
from app.imports.workbooks import is_workbook, open_workbook
from app.registry.model import Hint

LARGEST_FILE = 200 * 1024 * 1024


@dataclass(frozen=True)
class Table:
    """Named fields and the rows below them, numbered as the person's own program shows them.

    ``rows`` may be walked again and again; of a large file they are read anew each time.
    """

    file_name: str
    sha256: str
    fields: Sequence[str]
    rows: Iterable[Sequence[str]]
    first_row: int = 2
    crs: str | None = None  # what the file itself says
    notes: Sequence[Hint] = ()  # what was done to read it

    def columns(self, names: Sequence[str]) -> list[int]:
        """Positions of the named fields; several fields may be asked for at once."""
        missing = [name for name in names if name not in self.fields]
        if missing:
            raise Refusal(
                "%(file)s has no field %(missing)s. Its fields are: %(fields)s.",
                file=self.file_name,
                missing=", ".join(missing)[:200],
                fields=", ".join(self.fields)[:600],
            )
        return [self.fields.index(name) for name in names]

    def numbered(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Each row with its number in the file; blank rows are numbered and passed over."""
        return (
            (self.first_row + position, row) for position, row in enumerate(self.rows) if any(row)
        )

    @cached_property
    def size(self) -> int:
        """Rows that are not blank."""
        return sum(1 for row in self.rows if any(row))


@dataclass(frozen=True)
class Below:
    """The lines below a header."""

    lines: Iterable[Sequence[str]]
    skipped: int

    def __iter__(self) -> Iterator[Sequence[str]]:
        return islice(iter(self.lines), self.skipped, None)


def read_table(path: Path, reading: Reading | None = None) -> Table:
    """The table of a file, read as somebody says or as it can be found out without doubt.

    Raises
    ------
    Refusal
        The file is missing, too large, cannot be read in this way or in several, or has no
        usable header.
    """
    return table_of(Document(file_name(path), file_content(path)), reading or Reading())


def table_of(document: Document, asked: Reading) -> Table:
    """The same of a file that is at hand already."""
    name = document.name
    digest = sha256(document.content).hexdigest()
    source = open_source(document, asked)
    if source.fields is not None:
        return Table(name, digest, source.fields, source.lines, 1, source.crs, source.notes)
    header = chosen_header(source, asked, name)
    return Table(
        name,
        digest,
        header.names,
        Below(source.lines, header.first_row_below - 1),
        header.first_row_below,
        source.crs,
        _notes(source, header, asked),
    )


def file_name(path: Path) -> str:
    """Names of files may be in any encoding; sentences and the database are UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def file_content(path: Path) -> bytes:
    """The bytes of a file, packed as they are."""
    try:
        with path.open("rb") as stream:  # a device or a pipe has no size to ask for
            content = stream.read(LARGEST_FILE + 1)
    except OSError as fault:
        raise Refusal(
            "%(file)s cannot be read: %(why)s.", file=file_name(path), why=fault.strerror
        ) from fault
    if len(content) > LARGEST_FILE:
        raise Refusal("%(file)s has more than 200 MB; split it.", file=file_name(path))
    return content


def open_source(document: Document, reading: Reading) -> Source:
    """The lines of the file, whatever kind it is."""
    if is_layer(document.name):
        return open_features(document, reading)
    if is_workbook(document.content):
        return open_workbook(document.content, document.name, reading)
    return open_text(document.content, document.name, reading)


def chosen_header(source: Source, reading: Reading, name: str) -> Header:
    """The header that was named, or the one that is found."""
    least = LOOKED_AT if reading.header_row is None else reading.header_row + reading.header_rows
    head = list(islice(source.lines, least))
    header = (
        find_header(head)
        if reading.header_row is None
        else header_at(head, reading.header_row, reading.header_rows)
    )
    if not any(header.names):
        raise Refusal(
            "Row %(row)s of %(file)s is empty; name the row that holds the names of the columns.",
            file=name,
            row=header.row,
        )
    doubled = {one for one in header.names if one and header.names.count(one) > 1}
    if doubled:
        raise Refusal(
            "%(file)s names the field %(field)s twice in row %(row)s; rename one.",
            file=name,
            field=sorted(doubled)[0],
            row=header.row,
        )
    return header


def _notes(source: Source, header: Header, reading: Reading) -> list[Hint]:
    notes = list(source.notes)
    if reading.header_row is None and header.rows == 2:
        notes.append(
            Hint(
                "Rows %(first)s and %(last)s together were taken as the names of the columns.",
                {"first": header.row, "last": header.row + 1},
            )
        )
    elif reading.header_row is None and header.row > 1:
        notes.append(
            Hint(
                "Row %(row)s was taken as the names of the columns; what stands above it is "
                "not read.",
                {"row": header.row},
            )
        )
    merged = sum(n for row, n in source.filled.items() if row >= header.first_row_below)
    if merged:
        notes.append(
            Hint(
                "%(count)s cells stand in merged cells; each row was given the merged value.",
                {"count": merged},
            )
        )
    return notes
