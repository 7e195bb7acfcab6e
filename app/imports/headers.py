"""Which row of a table names its columns: titles above it, and names over two rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Line = Sequence[str]
LOOKED_AT = 40  # lines from the top
WIDE_ENOUGH = 0.6  # of the usual number of cells
FIGURE = re.compile(r"[+-]?[\d.,/:% -]*\d[\d.,/:% -]*")


@dataclass(frozen=True)
class Header:
    """Rows counted from 1, as the file counts them."""

    row: int
    rows: int
    names: tuple[str, ...]

    @property
    def first_row_below(self) -> int:
        return self.row + self.rows


def find_header(head: Sequence[Line]) -> Header:
    """The first line as wide as most that holds words alone; with the line below it where
    that one completes it.

    Examples
    --------
    >>> find_header([["Shops of 2026"], ["id", "place", ""], ["", "lon", "lat"], ["1", "2", "3"]])
    Header(row=2, rows=2, names=('id', 'place / lon', 'place / lat'))
    """
    counts = [sum(map(bool, map(str.strip, line))) for line in head]
    filled = sorted(count for count in counts if count)
    usual = filled[len(filled) // 2] if filled else 0
    wide = [
        place
        for place, count in enumerate(counts)
        if count and count >= WIDE_ENOUGH * usual and _is_words(head[place])
    ]
    first = next((place for place, count in enumerate(counts) if count), 0)
    place = wide[0] if wide else first
    below = head[place + 1] if place + 1 < len(head) else ()
    rows = 2 if below and _completes(head[place], below) else 1
    return header_at(head, place + 1, rows)


def header_at(head: Sequence[Line], row: int, rows: int) -> Header:
    """The names that stand in these rows."""
    lines = [[cell.strip() for cell in line] for line in head[row - 1 : row - 1 + rows]]
    if rows == 1 or len(lines) < 2:
        return Header(row, 1, tuple(lines[0]) if lines else ())
    return Header(row, 2, tuple(_joined(*lines)))


def _is_words(line: Line) -> bool:
    cells = [cell.strip() for cell in line if cell.strip()]
    return sum(bool(FIGURE.fullmatch(cell)) for cell in cells) * 5 <= len(cells)


def _joined(top: Sequence[str], below: Sequence[str]) -> list[str]:
    """Names of groups stand once, over the first of their columns."""
    names, group = [], ""
    for place in range(max(len(top), len(below))):
        over = top[place] if place < len(top) else ""
        under = below[place] if place < len(below) else ""
        group = over or (group if under else "")
        names.append(group if under in ("", group) else f"{group} / {under}" if group else under)
    return names


def _completes(top: Line, below: Line) -> bool:
    """Whether two lines are one header: groups above, their parts below, nothing told twice."""
    width = max(len(top), len(below))
    above = [cell.strip() for cell in [*top, *[""] * (width - len(top))]]
    under = [cell.strip() for cell in [*below, *[""] * (width - len(below))]]
    if not _is_words(under):
        return False
    grouped = [
        above[place] == ""
        or (place + 1 < width and above[place + 1] in ("", above[place]) and under[place + 1] != "")
        or (place > 0 and above[place] == above[place - 1])
        for place in range(width)
    ]
    names = [name for name in _joined(above, under) if name]
    parted = any(above[place] != under[place] and under[place] for place in range(width))
    return (
        any(grouped)
        and parted
        and len(set(names)) == len(names)
        and all(
            bool(under[place]) if grouped[place] else under[place] in ("", above[place])
            for place in range(width)
        )
    )
