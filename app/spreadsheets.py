"""Tables as files that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

# a cell that begins so is a formula to a spreadsheet; the apostrophe makes it text
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


# a coordinate west or south of zero begins like one too, and is none
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet will not run."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(value):
        return "'" + value
    return value


def bare_cell(text: str) -> str:
    """What `safe_cell` was given: for a file of ours that comes back with corrections."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def csv_bytes(
    header: Sequence[str], rows: Iterable[Sequence[Any]], about: Sequence[Sequence[str]] = ()
) -> bytes:
    """UTF-8 with a byte order mark: without it Excel garbles Chinese.

    ``about`` follows after an empty line.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(_csv_cells(row) for row in rows)
    if about:
        writer.writerow([])
        writer.writerows(_csv_cells(row) for row in about)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _csv_cells(row: Sequence[Any]) -> list[Any]:
    return [safe_cell("" if value is None else value) for value in row]


def xlsx_bytes(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    about: Sequence[Sequence[str]] = (),
) -> bytes:
    """One sheet with a bold, fixed header row; ``about`` on a second one."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title[:31]
    sheet.append(list(header))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_xlsx_cell(value) for value in row])
    if about:
        second = book.create_sheet("about")
        for row in about:
            second.append([_xlsx_cell(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _xlsx_cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_cell(ILLEGAL_CHARACTERS_RE.sub("", value))
    if value is None or isinstance(value, (int, float, date)):
        return value
    return str(value)
