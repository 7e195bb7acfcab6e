"""CSV and TSV files, also gzipped: checked once from end to end, then read line by line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, cast

from app.errors import Refusal
from app.imports.encodings import SAMPLED_BYTES, UTF_8, marked_encoding, offers
from app.imports.sources import MOST_COLUMNS, MOST_ROWS, Reading, Source

LARGEST_UNPACKED = 1024 * 1024 * 1024
CHUNK = 1 << 20
DELIMITERS = ",;\t"
LOOKED_AT = 30  # lines from which the delimiter is taken
SHORT_SAMPLE = 24


def open_text(content: bytes, name: str, reading: Reading) -> Source:
    """The lines of a text table.

    Raises
    ------
    Refusal
        Not text in this encoding, in several possible ones while none is named, too large
        unpacked, empty, or with quotes that do not close.
    """
    packed = PackedText(content, name.lower().endswith(".gz"), name)
    beginning = packed.beginning()
    encoding = reading.encoding or marked_encoding(beginning) or UTF_8
    named = bool(reading.encoding or marked_encoding(beginning))
    _check_decodes(packed, encoding, named)
    lines = TextLines(packed, encoding, _delimiter(packed, encoding))
    _check_lines(lines)
    return Source(lines)


@dataclass(frozen=True)
class PackedText:
    """The bytes as they came, and the way to those within."""

    content: bytes
    gzipped: bool
    name: str

    def open(self) -> IO[bytes]:
        raw = io.BytesIO(self.content)
        return cast(IO[bytes], gzip.open(raw)) if self.gzipped else raw

    def beginning(self) -> bytes:
        return next(self.chunks(SAMPLED_BYTES), b"")

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The unpacked content piece by piece; a bomb is refused before it is unpacked."""
        unpacked = 0
        try:
            with self.open() as stream:
                while chunk := stream.read(size):
                    unpacked += len(chunk)
                    if unpacked > LARGEST_UNPACKED:
                        raise Refusal(
                            "%(file)s unpacks to more than 1 GB; split it.", file=self.name
                        )
                    yield chunk
        except (OSError, EOFError, zlib.error) as fault:
            raise Refusal(
                "%(file)s cannot be read: %(why)s.",
                file=self.name,
                why="it is not a whole gzip file",
            ) from fault


@dataclass(frozen=True)
class TextLines:
    """The records of the file; each walk reads it anew."""

    packed: PackedText
    encoding: str
    delimiter: str

    def __iter__(self) -> Iterator[list[str]]:
        with self.packed.open() as raw:
            yield from csv.reader(
                _text(raw, self.encoding, self.packed.name), delimiter=self.delimiter, strict=True
            )


def _text(raw: IO[bytes], encoding: str, name: str) -> Iterator[str]:
    for place, line in enumerate(io.TextIOWrapper(raw, encoding, newline="")):
        if "\x00" in line:
            raise Refusal(
                "%(file)s holds NUL characters: it is not a text table. Save it as CSV in UTF-8.",
                file=name,
            )
        yield line if place else line.removeprefix("\ufeff")


def _check_decodes(packed: PackedText, encoding: str, named: bool) -> None:
    """Refuse text that is not in this encoding, with the line and what it would be in others."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        "".encode(encoding)  # refuses hex, zlib and the like
    except (LookupError, ValueError):
        decoder = None
    if decoder is None:
        raise Refusal("There is no encoding %(encoding)s.", encoding=encoding[:40])
    lines = 1
    told = False
    for chunk in packed.chunks():
        try:
            told = bool(decoder.decode(chunk).strip()) or told
        except UnicodeError as fault:
            before = fault.object[: fault.start] if isinstance(fault, UnicodeDecodeError) else b""
            raise _undecodable(packed, encoding, named, lines + before.count(b"\n")) from None
        lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise _undecodable(packed, encoding, named, lines) from None
    if not told:
        raise Refusal("%(file)s is empty.", file=packed.name)


def _undecodable(packed: PackedText, encoding: str, named: bool, line: int) -> Refusal:
    readings = ", ".join(
        f"{offer.encoding} “{offer.lines[0][:SHORT_SAMPLE]}”"
        for offer in offers(packed.beginning())
        if offer.lines and offer.encoding not in (encoding, UTF_8)
    )
    if named or not readings:
        return Refusal(
            "%(file)s is not written in %(encoding)s: line %(line)s cannot be read. Name the "
            "right encoding; for Chinese files try gb18030, big5 or utf-16.",
            file=packed.name,
            encoding=encoding,
            line=line,
        )
    return Refusal(
        "%(file)s is not written in %(encoding)s (line %(line)s) and does not say in what. "
        "It would read as %(readings)s. Name the right one (--encoding).",
        file=packed.name,
        encoding=encoding,
        line=line,
        readings=readings,
    )


def _delimiter(packed: PackedText, encoding: str) -> str:
    """The sign that parts the header; where the first line is a title, that of the lines below."""
    with packed.open() as raw:
        lines = list(islice(_text(raw, encoding, packed.name), LOOKED_AT))
    bare = [re.sub('"[^"]*"', "", line) for line in lines]  # commas in quotes part nothing
    for text in (bare[0] if bare else "", "".join(bare)):
        best = max(DELIMITERS, key=text.count)
        if best in text:
            return best
    return ","


def _check_lines(lines: TextLines) -> None:
    """One walk over all: what would stop a later one is refused here, with its row."""
    csv.field_size_limit(LARGEST_UNPACKED)
    rows = 0
    try:
        for line in lines:
            rows += 1
            if rows > MOST_ROWS:
                raise Refusal(
                    "%(file)s has more than %(most)s rows; split it.",
                    file=lines.packed.name,
                    most=MOST_ROWS,
                )
            if len(line) > MOST_COLUMNS:
                raise Refusal(
                    "%(file)s has %(columns)s columns in row %(row)s; at most %(most)s are read.",
                    file=lines.packed.name,
                    columns=len(line),
                    row=rows,
                    most=MOST_COLUMNS,
                )
    except csv.Error as fault:
        raise Refusal(
            "%(file)s cannot be read from row %(row)s on: %(why)s. Look there for a "
            "quote that is not closed, or one inside a text that is not doubled.",
            file=lines.packed.name,
            row=rows + 1,
            why=fault,
        ) from fault
