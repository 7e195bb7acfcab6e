"""Calendars of holidays and make-up working days, as files write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from app.errors import Refusal
from app.programmes.model import CalendarYear, NamedDay
from app.programmes.rules import FIRST_YEAR, LAST_YEAR
from app.programmes.tables import Table

LONGEST_NAME, LONGEST_SOURCE, LONGEST_HOLIDAY = 40, 300, 60
WORKING: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "yes", "是", "班", "上班", "working"), True),
    **dict.fromkeys(("0", "false", "no", "否", "休", "放假", "off"), False),
}
ENCODINGS = ("utf-8-sig", "gb18030")


def read_years(root: Table) -> list[CalendarYear]:
    """The calendar of a TOML file: [calendar.2026] with source and days."""
    return [_year(key, table) for key, table in root.named("calendar").items()]


def _year(key: str, table: Table) -> CalendarYear:
    if not key.isdecimal() or not FIRST_YEAR <= int(key) <= LAST_YEAR:
        raise table.unknown("year", key, (f"{FIRST_YEAR}…{LAST_YEAR}",))
    source = table.text("source", LONGEST_SOURCE)
    days = [day for one in table.tables("days") for day in _span(one)]
    table.close()
    return checked_year(table.place, CalendarYear(int(key), source, days))


def _span(table: Table) -> Iterator[NamedDay]:
    first, last = table.day("first", needed=True), table.day("last", needed=True)
    names = table.text("zh", LONGEST_NAME), table.text("en", LONGEST_NAME)
    working = table.flag("working")
    table.close()
    if first is None or last is None or not 0 <= (last - first).days < LONGEST_HOLIDAY:
        raise Refusal(
            "%(place)s: last is the same day as first or one of the %(most)s days after it.",
            place=table.place,
            most=LONGEST_HOLIDAY,
        )
    for number in range((last - first).days + 1):
        yield NamedDay(first + timedelta(days=number), working, *names)


def checked_year(place: str, year: CalendarYear) -> CalendarYear:
    seen: set[date] = set()
    for one in year.days:
        if one.day.year != year.year:
            raise Refusal(
                "%(place)s: %(day)s lies outside %(year)s.",
                place=place,
                day=one.day,
                year=year.year,
            )
        if one.day in seen:
            raise Refusal("%(place)s: %(day)s stands there twice.", place=place, day=one.day)
        seen.add(one.day)
    return year


def read_csv(path: Path, source: str) -> list[CalendarYear]:
    """Columns day, working, name and, if there, name_en; each year is complete in the file."""
    rows = csv.DictReader(io.StringIO(_decoded(path)))
    missing = [one for one in ("day", "working", "name") if one not in (rows.fieldnames or ())]
    if missing:
        raise Refusal(
            "%(file)s has no column %(missing)s; a calendar has day, working, name and name_en.",
            file=path.name,
            missing=", ".join(missing),
        )
    years: dict[int, list[NamedDay]] = {}
    for row in rows:
        day = _row(path.name, rows.line_num, row)
        years.setdefault(day.day.year, []).append(day)
    if not years:
        raise Refusal("%(file)s holds no day.", file=path.name)
    return [
        checked_year(path.name, CalendarYear(year, source[:LONGEST_SOURCE], days))
        for year, days in sorted(years.items())
    ]


def _row(file: str, line: int, row: Mapping[str, str | None]) -> NamedDay:
    place = f"{file}, {line}"
    written = (row["day"] or "").strip()
    try:
        day = date.fromisoformat(written)
    except ValueError as fault:
        raise Refusal(
            "%(place)s: %(value)s is no day; write it like 2026-10-01.",
            place=place,
            value=written[:40] or "–",
        ) from fault
    working = WORKING.get((row["working"] or "").strip().lower())
    name = (row["name"] or "").strip()
    if working is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refusal(
            "%(place)s: working is 1 (a make-up working day) or 0 (a day off), in a year from "
            "%(least)s to %(most)s.",
            place=place,
            least=FIRST_YEAR,
            most=LAST_YEAR,
        )
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refusal(
            "%(place)s: name must be a text of 1 to %(most)s characters.",
            place=place,
            most=LONGEST_NAME,
        )
    return NamedDay(day, working, name, ((row.get("name_en") or "").strip() or name)[:LONGEST_NAME])


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("%(file)s is neither UTF-8 nor GB 18030 text.", file=path.name)
