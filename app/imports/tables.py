"""Reads a table file into rows that remember their own number in the file."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.errors import Refusal

LARGEST_FILE = 200 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
LONGEST_CELL = 10_000
OTHER_ENCODINGS = ("gb18030", "big5", "utf-16", "latin-1")
PACKED_START = b"PK\x03\x04"  # of .xlsx, .ods and .zip


@dataclass(frozen=True)
class Table:
    """A header and its rows; row 1 of the file is the header."""

    file_name: str
    sha256: str
    fields: Sequence[str]
    rows: Sequence[Sequence[str]]
    first_row: int = 2

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

    @property
    def size(self) -> int:
        """Rows that are not blank."""
        return sum(1 for row in self.rows if any(row))


def read_table(path: Path, encoding: str | None = None) -> Table:
    """A CSV file, also gzipped; comma, semicolon or tab.

    Raises
    ------
    Refusal
        The file is missing, too large, not text in this encoding, or has no usable header.
    """
    # names of files may be in any encoding; sentences and the database are UTF-8
    file_name = os.fsencode(path.name).decode("utf-8", "replace")
    content = _unpacked(path, file_name)
    text = _decoded(content, file_name, encoding)
    lines = _parsed(text, file_name)
    header = [name.strip() for name in lines[0]]
    if not any(header):
        raise Refusal(
            "%(file)s has an empty first row; row 1 must name the fields.", file=file_name
        )
    doubled = {name for name in header if name and header.count(name) > 1}
    if doubled:
        raise Refusal(
            "%(file)s names the field %(field)s twice in row 1; rename one.",
            file=file_name,
            field=sorted(doubled)[0],
        )
    return Table(file_name, sha256(content).hexdigest(), header, lines[1:])


def _unpacked(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as stream:  # a device or a pipe has no size to ask for
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise Refusal("%(file)s has more than 200 MB; split it.", file=name)
        if path.suffix.lower() == ".gz":
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise Refusal(
            "%(file)s cannot be read: %(why)s.",
            file=name,
            why=getattr(fault, "strerror", None) or "it is not a whole gzip file",
        ) from fault
    if len(content) > LARGEST_UNPACKED:
        raise Refusal("%(file)s unpacks to more than 1 GB; split it.", file=name)
    if content.startswith(PACKED_START):
        raise Refusal(
            "%(file)s is a spreadsheet or an archive, not a text table. Save it as CSV in UTF-8.",
            file=name,
        )
    return content


def _decoded(content: bytes, name: str, encoding: str | None) -> str:
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except LookupError:
        raise Refusal("There is no encoding %(encoding)s.", encoding=str(encoding)[:40]) from None
    except UnicodeError as fault:
        start = fault.start if isinstance(fault, UnicodeDecodeError) else 0
        raise Refusal(
            "%(file)s is not written in %(encoding)s: line %(line)s cannot be read. "
            "Name the right one with --encoding; for Chinese files try %(others)s.",
            file=name,
            encoding=encoding or "utf-8",
            line=content.count(b"\n", 0, start) + 1,
            others=", ".join(OTHER_ENCODINGS),
        ) from None


def _parsed(text: str, name: str) -> list[list[str]]:
    if "\x00" in text:
        raise Refusal(
            "%(file)s holds NUL characters: it is not a text table. Save it as CSV in UTF-8.",
            file=name,
        )
    if not text.strip():
        raise Refusal("%(file)s is empty.", file=name)
    first = re.sub('"[^"]*"', "", text.splitlines()[0])  # commas in quotes part nothing
    csv.field_size_limit(LARGEST_FILE)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    lines: list[list[str]] = []
    try:
        lines.extend(reader)
    except csv.Error as fault:
        raise Refusal(
            "%(file)s cannot be read from row %(row)s on: %(why)s. Look there for a "
            "quote that is not closed, or one inside a text that is not doubled.",
            file=name,
            row=len(lines) + 1,
            why=fault,
        ) from fault
    return lines
