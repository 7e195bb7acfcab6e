"""Turns rows of text into clean drafts, and says for each other row what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import TypeAlias, TypeVar
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from app.errors import Refusal
from app.imports.tables import Table
from app.inspections.model import OUTCOMES, InspectionDraft
from app.registry.model import RowError, UnitDraft
from app.registry.rules import content_digest
from gis.crs import SourceCrs, to_lonlat
from gis.errors import BadCoordinate
from gis.tiles import MAX_LATITUDE

Draft = TypeVar("Draft")
Event = TypeVar("Event", UnitDraft, InspectionDraft)
Floats: TypeAlias = npt.NDArray[np.float64]
FIRST_YEAR, LAST_YEAR = 1900, 2100  # a day outside is a slip of the pen
SHOWN = 80  # characters of a wrong value that are repeated to the person
INSPECTIONS = uuid5(NAMESPACE_URL, "gridward:inspection")


@dataclass(frozen=True)
class UnitColumns:
    """Which field holds what; ids may be joined from several fields."""

    id: Sequence[str]
    lon: str
    lat: str
    name: str | None = None
    class_key: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class InspectionColumns:
    id: Sequence[str]
    target: str
    date: str
    outcome: str | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    result: str | None = None


class RowFault(Exception):
    """One row cannot be used; carries the field, its value and a sentence."""

    def __init__(self, field_name: str, value: str, sentence: str, **values: str | int) -> None:
        super().__init__(sentence % values if values else sentence)
        self.field_name, self.value = field_name, value
        self.sentence, self.values = sentence, values


def split_fields(text: str) -> tuple[str, ...]:
    """`A+B`: the names of fields whose values are joined."""
    return tuple(part.strip() for part in text.split("+") if part.strip())


def parse_outcome_map(text: str | None) -> dict[str, str]:
    """`Pass=done,Fail=done`: words of the file to outcomes of the product."""
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    outcomes = {word.strip(): outcome.strip() for word, _, outcome in pairs}
    wrong = sorted(set(outcomes.values()) - set(OUTCOMES))
    if wrong:
        raise Refusal(
            "%(outcome)s is not an outcome; use one of: %(outcomes)s.",
            outcome=wrong[0][:SHOWN] or "(empty)",
            outcomes=", ".join(OUTCOMES),
        )
    return outcomes


# -- units --------------------------------------------------------------------------------


def read_units(
    table: Table, columns: UnitColumns, crs: SourceCrs
) -> tuple[list[UnitDraft], list[RowError]]:
    """Clean units in the file's order, and what is wrong with the other rows."""
    places = {
        name: table.columns([name])[0]
        for name in (columns.lon, columns.lat, columns.name, columns.class_key, columns.address)
        if name
    }
    id_places = table.columns(columns.id)

    def cell(row: Sequence[str], name: str | None, most: int) -> str | None:
        return short_text(row[places[name]], name, most) if name else None

    def read(number: int, row: Sequence[str]) -> UnitDraft:
        identity = identity_of(row, id_places, columns.id)
        x, y = coordinates(row[places[columns.lon]], row[places[columns.lat]], columns)
        name = cell(row, columns.name, 300) or identity
        class_key = cell(row, columns.class_key, 100) or "other"
        address = cell(row, columns.address, 500)
        digest = content_digest(name, class_key, address, x, y, crs.name)
        return UnitDraft(number, identity, name, class_key, address, x, y, None, None, digest)

    drafts, errors = read_rows(table, read)
    placed, outside = place_units(drafts, columns, crs)
    units, conflicts = without_conflicts(placed, "+".join(columns.id))
    return units, sorted([*errors, *outside, *conflicts], key=lambda error: error.row)


def place_units(
    drafts: Sequence[UnitDraft], columns: UnitColumns, crs: SourceCrs
) -> tuple[list[UnitDraft], list[RowError]]:
    """WGS 84 for every draft at once; what lies beyond the world is an error of its row."""
    x = np.array([np.nan if one.x is None else one.x for one in drafts], dtype=float)
    y = np.array([np.nan if one.y is None else one.y for one in drafts], dtype=float)
    if crs.is_geographic:  # a shift or a projection of nonsense is nonsense
        beyond = (np.abs(x) > 180) | (np.abs(y) > 90)
        x, y = np.where(beyond, np.nan, x), np.where(beyond, np.nan, y)
    else:
        beyond = np.zeros(len(drafts), dtype=bool)
    lon, lat = _lonlat_or_nan(x, y, crs)
    given = np.array([one.x is not None for one in drafts], dtype=bool)
    with np.errstate(invalid="ignore"):
        good = (
            np.isfinite(lon)
            & np.isfinite(lat)
            & (np.abs(lon) <= 180)
            & (np.abs(lat) <= MAX_LATITUDE)
        )
    placed: list[UnitDraft] = []
    errors: list[RowError] = []
    for position, draft in enumerate(drafts):
        if not given[position]:
            placed.append(draft)
        elif good[position]:
            placed.append(replace(draft, lon=float(lon[position]), lat=float(lat[position])))
        else:
            errors.append(_beyond(draft, columns, crs, bool(beyond[position])))
    return placed, errors


def _lonlat_or_nan(x: Floats, y: Floats, crs: SourceCrs) -> tuple[Floats, Floats]:
    """NaN where the system has no place for a coordinate: each is an error of its own row."""
    try:
        return to_lonlat(x, y, crs)
    except BadCoordinate:
        if len(x) == 1:
            return np.array([np.nan]), np.array([np.nan])
    cut = len(x) // 2
    left, right = _lonlat_or_nan(x[:cut], y[:cut], crs), _lonlat_or_nan(x[cut:], y[cut:], crs)
    return np.concatenate([left[0], right[0]]), np.concatenate([left[1], right[1]])


def _beyond(draft: UnitDraft, columns: UnitColumns, crs: SourceCrs, off: bool) -> RowError:
    swapped = (
        off
        and draft.x is not None
        and draft.y is not None
        and abs(draft.x) <= 90 < abs(draft.y) <= 180
    )
    fields, value = f"{columns.lon}, {columns.lat}", f"{draft.x}, {draft.y}"
    if swapped:
        return RowError(
            draft.row,
            fields,
            value,
            "Longitude and latitude look swapped; exchange the two fields.",
        )
    return RowError(
        draft.row,
        fields,
        value,
        "This place is not on the map when read as %(crs)s; check the coordinates and "
        "their declared system.",
        {"crs": crs.name},
    )


def without_conflicts(drafts: Sequence[Event], id_field: str) -> tuple[list[Event], list[RowError]]:
    """An id that comes twice with equal content is kept once; with other content an error."""
    first: dict[str, Event] = {}
    errors = []
    for draft in drafts:
        identity = draft.id if isinstance(draft, UnitDraft) else draft.external_id
        known = first.setdefault(identity, draft)
        if known.content != draft.content:
            errors.append(
                RowError(
                    draft.row,
                    id_field,
                    identity[:SHOWN],
                    "Row %(row)s has the same id with other content; keep one of them.",
                    {"row": known.row},
                )
            )
    return list(first.values()), errors


# -- inspections --------------------------------------------------------------------------


def read_inspections(
    table: Table, columns: InspectionColumns, zone: ZoneInfo, today: date = date.max
) -> tuple[list[InspectionDraft], list[RowError]]:
    """Clean visit events in the file's order, and what is wrong with the other rows."""
    id_places = table.columns(columns.id)
    target_place, date_place = table.columns([columns.target, columns.date])
    outcome_place = table.columns([columns.outcome])[0] if columns.outcome else None
    result_place = table.columns([columns.result])[0] if columns.result else None

    def read(number: int, row: Sequence[str]) -> InspectionDraft:
        identity = identity_of(row, id_places, columns.id)
        target = short_text(row[target_place], columns.target, 100)
        if target is None:
            raise RowFault(columns.target, "", "Which unit was inspected is missing.")
        happened = moment(row[date_place], columns.date, zone)
        if happened.date() > today:
            raise RowFault(
                columns.date,
                row[date_place][:SHOWN],
                "This day lies in the future; an inspection has already happened.",
            )
        outcome = "done" if outcome_place is None else outcome_of(row[outcome_place], columns)
        result = (
            None
            if result_place is None
            else short_text(row[result_place], columns.result or "", 200)
        )
        digest = content_digest(target, happened.isoformat(), outcome, result)
        return InspectionDraft(
            number,
            uuid5(INSPECTIONS, identity),
            identity,
            target,
            happened,
            happened.date(),
            outcome,
            result,
            digest,
        )

    drafts, errors = read_rows(table, read)
    events, conflicts = without_conflicts(drafts, "+".join(columns.id))
    return events, sorted([*errors, *conflicts], key=lambda error: error.row)


def outcome_of(text: str, columns: InspectionColumns) -> str:
    word = text.strip()
    outcome = columns.outcomes.get(word, word)
    if outcome not in OUTCOMES:
        raise RowFault(
            columns.outcome or "",
            word[:SHOWN],
            "Say what this outcome means in the outcome map, like '%(word)s=done'.",
            word=word[:20] or "Pass",
        )
    return outcome


def moment(text: str, field_name: str, zone: ZoneInfo) -> datetime:
    """A day or a moment in ISO form; without an offset it is the deployment's local time."""
    word = text.strip()
    try:
        found = (
            datetime.combine(date.fromisoformat(word), time())
            if len(word) == 10
            else datetime.fromisoformat(word)
        )
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


# -- cells --------------------------------------------------------------------------------


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
    x_text: str, y_text: str, columns: UnitColumns
) -> tuple[float | None, float | None]:
    """Both numbers, or neither: a row without a place waits in the list of the unlocated."""
    x, y = x_text.strip(), y_text.strip()
    if not x and not y:
        return None, None
    if not x or not y:
        raise RowFault(
            columns.lat if x else columns.lon,
            "",
            "One of the two coordinates is missing; give both or neither.",
        )
    return number_of(x, columns.lon), number_of(y, columns.lat)


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
