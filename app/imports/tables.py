"""Reads a table file into rows that remember their own number in the file."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.errors import Refusal

LARGEST_FILE = 200 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
LONGEST_CELL = 10_000
OTHER_ENCODINGS = ("gb18030", "big5", "latin-1")


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
            raise Refusal("%(file)s has no field %(missing)s. Its fields are: %(fields)s.",
                          file=self.file_name, missing=", ".join(missing)[:200],
                          fields=", ".join(self.fields)[:600])
        return [self.fields.index(name) for name in names]

    def numbered(self) -> Iterator[tuple[int, Sequence[str]]]:
        return ((self.first_row + position, row) for position, row in enumerate(self.rows))


def read_table(path: Path, encoding: str | None = None) -> Table:
    """A CSV file, also gzipped; comma, semicolon or tab.

    Raises
    ------
    Refusal
        The file is missing, too large, not text in this encoding, or has no usable header.
    """
    content = _unpacked(path)
    text = _decoded(content, path.name, encoding)
    lines = _parsed(text, path.name)
    header = [name.strip() for name in lines[0]]
    if not any(header):
        raise Refusal("%(file)s has an empty first row; row 1 must name the fields.",
                      file=path.name)
    doubled = {name for name in header if name and header.count(name) > 1}
    if doubled:
        raise Refusal("%(file)s names the field %(field)s twice in row 1; rename one.",
                      file=path.name, field=sorted(doubled)[0])
    return Table(path.name, sha256(content).hexdigest(), header, lines[1:])


def _unpacked(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise Refusal("%(file)s has %(size)s MB; at most 200 MB are taken.", file=path.name,
                          size=size // 1024 // 1024)
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as stream:
            content = stream.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise Refusal("%(file)s cannot be read: %(why)s.", file=path.name,
                      why=getattr(fault, "strerror", None) or "it is not a whole gzip file"
                      ) from fault
    if len(content) > LARGEST_UNPACKED:
        raise Refusal("%(file)s unpacks to more than 1 GB; split it.", file=path.name)
    return content


def _decoded(content: bytes, name: str, encoding: str | None) -> str:
    try:
        return content.decode(encoding or "utf-8-sig")
    except LookupError:
        raise Refusal("There is no encoding %(encoding)s.", encoding=str(encoding)[:40]) from None
    except UnicodeDecodeError as fault:
        row = content.count(b"\n", 0, fault.start) + 1
        raise Refusal("%(file)s is not written in %(encoding)s: row %(row)s cannot be read. Name "
                      "the right one with --encoding; for Chinese files try %(others)s.",
                      file=name, encoding=encoding or "utf-8", row=row,
                      others=", ".join(OTHER_ENCODINGS)) from None


def _parsed(text: str, name: str) -> list[list[str]]:
    if "\x00" in text:
        raise Refusal("%(file)s holds NUL characters: it is not a text table. Save it as CSV in "
                      "UTF-8.", file=name)
    first = text[:4096].splitlines()[0] if text.strip() else ""
    if not first:
        raise Refusal("%(file)s is empty.", file=name)
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_FILE)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as fault:
        raise Refusal("%(file)s is not a table that can be read: %(why)s.", file=name,
                      why=str(fault)) from fault
