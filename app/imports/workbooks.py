"""Spreadsheets (xlsx, xls, ods): the values of one sheet as texts, as a person sees them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from zipfile import is_zipfile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)

from app.errors import Refusal
from app.imports.headers import LOOKED_AT
from app.imports.sources import MOST_COLUMNS, MOST_ROWS, Reading, Source
from gis.archives import refuse_bomb

Value: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
OLE_START = b"\xd0\xcf\x11\xe0"  # of .xls, and of workbooks with a password
ZIP_START = b"PK\x03\x04"
TITLE_SHARE = 0.6  # of the width: a wider merged cell is a title, not the name of a group


def sheet_names(content: bytes, name: str) -> list[str]:
    """The sheets that hold cells, in the workbook's order."""
    book = _open(content, name)
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and book.get_sheet_by_name(sheet.name).start
    ]


def open_workbook(content: bytes, name: str, reading: Reading) -> Source:
    """The rows of the named sheet, or of the only one that holds anything.

    Raises
    ------
    Refusal
        Broken, with a password, a bomb, too large, or of several sheets while none is named.
    """
    filled = sheet_names(content, name)
    if not filled:
        raise Refusal("%(file)s is empty.", file=name)
    if reading.sheet is None and len(filled) > 1:
        raise Refusal(
            "%(file)s has several sheets: %(sheets)s. Name the one to read (--sheet).",
            file=name,
            sheets=", ".join(filled)[:600],
        )
    wanted = reading.sheet or filled[0]
    if wanted not in filled:
        raise Refusal(
            "%(file)s has no sheet %(sheet)s with rows in it. Its sheets are: %(sheets)s.",
            file=name,
            sheet=wanted[:100],
            sheets=", ".join(filled)[:600],
        )
    lines = SheetLines(_open(content, name).get_sheet_by_name(wanted))
    _check_size(lines.sheet, name)
    return Source(lines, filled=lines.filled_cells())


def _open(content: bytes, name: str) -> CalamineWorkbook:
    try:
        if is_zipfile(io.BytesIO(content)):
            refuse_bomb(content)
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError as fault:
        raise Refusal("%(file)s has a password; save it without one.", file=name) from fault
    except CalamineError as fault:
        raise Refusal(
            "%(file)s is no spreadsheet that can be read (broken, or another kind of file). "
            "Save it again as .xlsx or as CSV in UTF-8.",
            file=name,
        ) from fault


def _check_size(sheet: CalamineSheet, name: str) -> None:
    if sheet.total_height > MOST_ROWS:
        raise Refusal("%(file)s has more than %(most)s rows; split it.", file=name, most=MOST_ROWS)
    if sheet.width > MOST_COLUMNS:
        raise Refusal(
            "%(file)s has %(columns)s columns in row %(row)s; at most %(most)s are read.",
            file=name,
            columns=sheet.width,
            row=1,
            most=MOST_COLUMNS,
        )


@dataclass(frozen=True)
class SheetLines:
    """The rows of a sheet from its first on, so that the n-th is the row n that Excel shows."""

    sheet: CalamineSheet

    def __iter__(self) -> Iterator[list[str]]:
        return (line for line, _ in self._filled())

    def filled_cells(self) -> dict[int, int]:
        """Row → how many of its empty cells were given the value they are merged with."""
        if not self._ranges():
            return {}
        return {row: count for row, (_, count) in enumerate(self._filled(), start=1) if count}

    def _filled(self) -> Iterator[tuple[list[str], int]]:
        """Each row, and how many of its cells were filled."""
        downward, sideways = self._downward(), self._sideways()
        running: dict[int, tuple[int, str]] = {}  # column → last row, value
        for place, values in enumerate(self.sheet.iter_rows()):
            line = [as_text(value) for value in values]
            for first, last in sideways.get(place, ()):
                line[first : last + 1] = [line[first]] * (last + 1 - first)
            filled = 0
            for column, (last, value) in list(running.items()):
                if place > last:
                    del running[column]
                elif not line[column]:
                    line[column] = value
                    filled += 1
            for column, last in downward.get(place, ()):
                running[column] = (last, line[column])
            yield line, filled

    def _ranges(self) -> list[Range]:
        """Merged cells, with columns counted from the first that holds anything."""
        start = self.sheet.start or (0, 0)
        return [
            ((top, left - start[1]), (bottom, right - start[1]))
            for (top, left), (bottom, right) in self.sheet.merged_cell_ranges or ()
            if left >= start[1] and right - start[1] < self.sheet.width
        ]

    def _downward(self) -> dict[int, list[tuple[int, int]]]:
        """First row → (column, last row); of a range over several columns the first alone."""
        found: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, _) in self._ranges():
            if bottom > top:
                found.setdefault(top, []).append((left, bottom))
        return found

    def _sideways(self) -> dict[int, list[tuple[int, int]]]:
        """Row → (first, last column) of names of groups, which stand in the head alone."""
        found: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (_, right) in self._ranges():
            if (
                right > left
                and top < LOOKED_AT
                and right - left + 1 < TITLE_SHARE * self.sheet.width
            ):
                found.setdefault(top, []).append((left, right))
        return found


def as_text(value: Value) -> str:
    """A cell's value as a person would type it: whole numbers whole, days as 2026-11-21."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def is_workbook(content: bytes) -> bool:
    return content.startswith((ZIP_START, OLE_START))


def first_lines(content: bytes, name: str, sheet: str, most: int) -> Sequence[Sequence[str]]:
    """The beginning of a sheet, to look at."""
    lines = SheetLines(_open(content, name).get_sheet_by_name(sheet))
    return [line for line, _ in zip(lines, range(most), strict=False)]
