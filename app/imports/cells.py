"""Cells of a table: text to values, and what is wrong where it cannot be."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.errors import Refusal
from app.imports.dates import read_day
from app.imports.tables import Table
from app.registry.model import Field, RowError

Draft = TypeVar("Draft")
FIRST_YEAR, LAST_YEAR = 1900, 2100  # a day outside is a slip of the pen
SHOWN = 80  # characters of a wrong value that are repeated to the person
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
PAIR = re.compile(r"([^,，、;；\s]+)\s*[,，、;；\s]\s*([^,，、;；\s]+)")


class RowFault(Exception):
    """One row cannot be used; carries the field, its value and a sentence."""

    def __init__(self, field_name: str, value: str, sentence: str, **values: str | int) -> None:
        super().__init__(sentence % values if values else sentence)
        self.field_name, self.value = field_name, value
        self.sentence, self.values = sentence, values


def read_rows(
    table: Table, read: Callable[[int, Sequence[str]], Draft]
) -> tuple[list[Draft], list[RowError]]:
    """Every row through ``read``; blank rows are passed over, faults become row errors."""
    drafts: list[Draft] = []
    errors: list[RowError] = []
    for number, row in table.numbered():
        try:
            if len(row) != len(table.fields):
                raise RowFault(
                    "",
                    "",
                    "This row has %(cells)s cells, the header has %(fields)s; "
                    "look for a missing quote or comma.",
                    cells=len(row),
                    fields=len(table.fields),
                )
            drafts.append(read(number, row))
        except RowFault as fault:
            errors.append(
                RowError(number, fault.field_name, fault.value, fault.sentence, fault.values)
            )
    return drafts, errors


def identity_of(row: Sequence[str], places: Sequence[int], names: Sequence[str]) -> str:
    text = "".join(row[place].strip() for place in places)
    if not text:
        raise RowFault("+".join(names), "", "The id is empty.")
    return short_text(text, "+".join(names), 100) or ""


def short_text(text: str, field_name: str, most: int) -> str | None:
    """The text without outer blanks; None for nothing; too long is refused, never cut."""
    word = text.strip()
    control = CONTROL.search(word)
    if control:
        raise RowFault(
            field_name,
            CONTROL.sub("�", word)[:SHOWN],
            "This holds a control character (%(code)s), which no person typed; take it out.",
            code=f"U+{ord(control[0]):04X}",
        )
    if len(word) > most:
        raise RowFault(
            field_name,
            word[:SHOWN],
            "This has %(length)s characters; at most %(most)s are kept.",
            length=len(word),
            most=most,
        )
    return word or None


def coordinates(
    x_text: str, y_text: str, x_field: str, y_field: str
) -> tuple[float | None, float | None]:
    """Both numbers, or neither: a row without a place waits in the list of the unlocated."""
    x, y = x_text.strip(), y_text.strip()
    if not x and not y:
        return None, None
    if not x or not y:
        raise RowFault(
            y_field if x else x_field,
            "",
            "One of the two coordinates is missing; give both or neither.",
        )
    return number_of(x, x_field), number_of(y, y_field)


def pair_of(text: str, field_name: str, order: str) -> tuple[str, str]:
    """Both numbers of one cell, the longitude first: `31.02, 118.5`, also with `，`."""
    word = text.strip()
    if not word:
        return "", ""
    found = PAIR.fullmatch(word.strip("()（）[]"))
    if not found:
        raise RowFault(
            field_name, word[:SHOWN], "Write both numbers in this cell, like 31.02, 118.51."
        )
    return (found[2], found[1]) if order == "lat_lon" else (found[1], found[2])


def number_of(text: str, field_name: str) -> float:
    try:
        value = math.nan if "_" in text else float(text)  # Python reads 1_8 as 18
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        if "," in text:
            raise RowFault(
                field_name,
                text[:SHOWN],
                "This is not a number. Split the two numbers into two fields.",
            )
        raise RowFault(field_name, text[:SHOWN], "This is not a number.")
    return value


def moment(text: str, field_name: str, zone: ZoneInfo) -> datetime:
    """A day as people and spreadsheets write it, or a moment in ISO form; without an offset it
    is the deployment's local time."""
    word = text.strip()
    day = None if ":" in word else read_day(word)
    try:
        found = datetime.combine(day, time()) if day else datetime.fromisoformat(word)
        found = found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
    except (ValueError, OverflowError):
        raise RowFault(
            field_name, word[:SHOWN], "Write the day like 2026-11-21 or 2026-11-21 09:30."
        ) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RowFault(
            field_name,
            word[:SHOWN],
            "The year %(year)s lies outside %(first)s to %(last)s.",
            year=found.year,
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    return found


# -- fields of a register -----------------------------------------------------------------


def value_of(field: Field, text: str, column: str, today: date) -> Any:
    """The clean value of a cell, None for an empty one.

    Raises
    ------
    RowFault
        What the cell holds is no such value; of a person's cell nothing is repeated.
    """
    word = text.strip()
    if not word:
        if field.required:
            raise RowFault(column, "", "This must be filled in.")
        return None
    try:
        return _READERS[field.kind](field, word, column, today)
    except RowFault as fault:
        if not field.person:
            raise
        raise RowFault(column, "", fault.sentence, **fault.values) from None


def values_of_all(fields: Sequence[Field], same: Mapping[str, str], today: date) -> dict[str, Any]:
    """The clean values that hold for every row of a file, from the words given once."""
    known = {one.key: one for one in fields if one.common}
    strange = sorted(same.keys() - known.keys())
    if strange:
        raise Refusal("%(field)s differs from row to row; name its column.", field=strange[0])
    try:
        return {
            key: value_of(known[key], word, key, today)
            for key, word in same.items()
            if word.strip()
        }
    except RowFault as fault:
        raise Refusal(fault.sentence, **fault.values) from fault


def _text(field: Field, word: str, column: str, _: date) -> str | None:
    text = short_text(word, column, field.most)
    if text is None or field.check is None:
        return text
    try:
        return field.check(text)
    except Refusal as fault:
        raise RowFault(column, text[:SHOWN], fault.sentence, **fault.values) from fault


def _number(field: Field, word: str, column: str, _: date) -> int | float:
    value = number_of(word, column)
    if not 0 <= value <= field.most:
        raise RowFault(
            column, word[:SHOWN], "This must lie between 0 and %(most)s.", most=field.most
        )
    return int(value) if value.is_integer() else value


def _day(field: Field, word: str, column: str, today: date) -> date:
    day = read_day(word)
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise RowFault(column, word[:SHOWN], "Write the day like 2026-11-21.")
    if field.past and day > today:
        raise RowFault(column, word[:SHOWN], "This day lies in the future.")
    return day


def _choice(field: Field, word: str, column: str, _: date) -> str:
    """Its key, from the key itself or a word for it in either language."""
    lowered = word.casefold()
    for key, names in field.choices.items():
        if lowered in (key, *(name.casefold() for name in (*names, *field.synonyms.get(key, ())))):
            return key
    if field.others:
        return short_text(word, column, field.most) or ""
    raise RowFault(
        column,
        word[:SHOWN],
        "This is none of: %(words)s.",
        words=", ".join(f"{names[1]} ({key})" for key, names in field.choices.items()),
    )


_READERS: dict[str, Callable[[Field, str, str, date], Any]] = {
    "text": _text,
    "number": _number,
    "date": _day,
    "choice": _choice,
}
