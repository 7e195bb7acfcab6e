"""Turns rows of text into clean drafts, and says for each other row what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from app.errors import Refusal
from app.imports.cells import (
    SHOWN,
    RowFault,
    coordinates,
    identity_of,
    moment,
    pair_of,
    read_rows,
    short_text,
    value_of,
    values_of_all,
)
from app.imports.outlines import place_shapes, read_shape
from app.imports.tables import Table
from app.inspections.model import OUTCOMES, InspectionDraft
from app.registry.model import Field, Register, RowError, TargetDraft
from app.registry.rules import OTHER, content_digest, row_digest
from gis.crs import SourceCrs, parse_crs, to_lonlat
from gis.errors import BadCoordinate
from gis.tiles import MAX_LATITUDE

Event = TypeVar("Event", TargetDraft, InspectionDraft)
Floats: TypeAlias = npt.NDArray[np.float64]
LONGEST_DETAIL = 500
MOST_DETAILS = 40
INSPECTIONS = uuid5(NAMESPACE_URL, "gridward:inspection")


@dataclass(frozen=True)
class RegisterColumns:
    """Which field of the file holds what; ids may be joined from several fields."""

    id: Sequence[str]
    lon: str | None = None
    lat: str | None = None
    crs: str | None = None  # declared, never guessed
    fields: Mapping[str, str] = field(default_factory=dict)  # Field.key → field of the file
    keep: Sequence[str] = ()  # further fields to keep as they are
    pair: str | None = None  # lat_lon or lon_lat: the field `lon` holds both numbers
    grid: str | None = None  # what the file says of the row's grid; compared, never used
    same: Mapping[str, str] = field(default_factory=dict)  # Field.key → the value of every row
    shape: str | None = None  # the field with the whole shape, instead of `lon` and `lat`


@dataclass(frozen=True)
class InspectionColumns:
    id: Sequence[str]
    target: str
    date: str
    outcome: str | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    result: str | None = None
    kind: str = "unit"  # of all targets of the file
    programme: str | None = None  # the only one that the visits count for; None: every one


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


# -- registers ----------------------------------------------------------------------------


def read_register(
    table: Table, columns: RegisterColumns, register: Register, today: date
) -> tuple[list[TargetDraft], list[RowError]]:
    """Clean rows in the file's order, and what is wrong with the other rows."""
    _refuse_missing(columns, register)
    crs = parse_crs(columns.crs) if columns.crs else None
    id_places = table.columns(columns.id)
    same = values_of_all(register.fields, columns.same, today)
    named = {key: (name, table.columns([name])[0]) for key, name in columns.fields.items() if name}
    fields = [one for one in register.fields if one.key in same or one.key in named]
    kept = dict(zip(columns.keep, table.columns(columns.keep), strict=True))
    place = place_columns(table, columns)

    def cell_value(one: Field, row: Sequence[str]) -> Any:
        name, column = named[one.key]
        return value_of(one, row[column], name, today)

    def read(number: int, row: Sequence[str]) -> TargetDraft:
        identity = identity_of(row, id_places, columns.id)
        shape = None
        if columns.shape:
            (x, y), shape = read_shape(row[place[0]], columns.shape, register.shapes)
        else:
            x, y = place_of(row, place, columns) if place else (None, None)
        values = {
            one.key: same[one.key] if one.key in same else cell_value(one, row) for one in fields
        }
        details = {
            label: text
            for label, column in kept.items()
            if (text := short_text(row[column], label, LONGEST_DETAIL))
        }
        return _draft(number, identity, (x, y, crs.name if crs else ""), shape, (values, details))

    drafts, errors = read_rows(table, read)
    placed, outside = _placed(drafts, columns, crs) if crs else (drafts, [])
    rows, conflicts = without_conflicts(placed, "+".join(columns.id))
    return rows, sorted([*errors, *outside, *conflicts], key=lambda error: error.row)


def place_columns(table: Table, columns: RegisterColumns) -> list[int]:
    """Where the place of a row stands: one column, two, or none."""
    names = [columns.shape] if columns.shape else [columns.lon, columns.lat]
    return table.columns([name for name in names if name])


def _placed(
    drafts: Sequence[TargetDraft], columns: RegisterColumns, crs: SourceCrs
) -> tuple[list[TargetDraft], list[RowError]]:
    """Points and shapes in WGS 84, in the order of the file."""
    points, beyond = place_targets([one for one in drafts if not one.source_shape], columns, crs)
    if columns.shape is None:
        return points, beyond
    shapes, off = place_shapes([one for one in drafts if one.source_shape], columns.shape, crs)
    return sorted([*points, *shapes], key=lambda one: one.row), [*beyond, *off]


def place_of(
    row: Sequence[str], place: Sequence[int], columns: RegisterColumns
) -> tuple[float | None, float | None]:
    """The two numbers of a row, from two cells or out of one; of a shape a point on it."""
    if columns.shape:
        return read_shape(row[place[0]], columns.shape, ())[0]
    x, y = columns.lon or "", columns.lat or ""
    if columns.pair:
        return coordinates(*pair_of(row[place[0]], x, columns.pair), x, x)
    return coordinates(row[place[0]], row[place[1]], x, y)


def _refuse_missing(columns: RegisterColumns, register: Register) -> None:
    missing = [
        field.key
        for field in register.fields
        if field.required and not (columns.fields.get(field.key) or columns.same.get(field.key))
    ]
    if missing:
        raise Refusal("Say which field of the file holds: %(fields)s.", fields=", ".join(missing))
    both = sorted(key for key in columns.same if columns.fields.get(key))
    if both:
        raise Refusal(
            "For %(field)s give a column or one value for all rows, not both.", field=both[0]
        )
    _refuse_shape(columns, register)
    placed = bool(columns.lon or columns.shape)
    if bool(columns.lon) != bool(columns.lat) or placed != bool(columns.crs):
        raise Refusal(
            "A place needs three things: the field of the longitude, the field of the latitude, "
            "and the coordinate system."
        )
    if len(columns.keep) > MOST_DETAILS:
        raise Refusal("At most %(most)s further fields are kept.", most=MOST_DETAILS)
    persons = {columns.fields.get(field.key, "") for field in register.fields if field.person}
    twice = sorted(persons & set(columns.keep))
    if twice:
        raise Refusal(
            "%(field)s holds data about persons; it cannot be kept as a further field.",
            field=twice[0],
        )


def _refuse_shape(columns: RegisterColumns, register: Register) -> None:
    if columns.shape and not register.shapes:
        raise Refusal("The rows of this register are points; name the fields of the coordinates.")
    if columns.shape and (columns.lon or columns.lat):
        raise Refusal("Name the place in one way: the field of the shape, or the coordinates.")
    if columns.lon and register.shapes and "point" not in register.shapes:
        raise Refusal("The rows of this register are lines; name the field of the shape.")


def _draft(
    row: int,
    identity: str,
    place: tuple[float | None, float | None, str],
    shape: bytes | None,
    told: tuple[dict[str, Any], dict[str, str]],
) -> TargetDraft:
    values, details = told
    name = values.pop("name", None) or identity
    class_key = values.pop("class", None) or OTHER
    address = values.pop("address", None)
    x, y, _ = place
    drawn = (sha256(shape).hexdigest(),) if shape else ()  # else as it was before there were shapes
    digest = row_digest((name, class_key, address, *place, *drawn), values, details)
    return TargetDraft(
        row, identity, name, class_key, address, x, y, None, None, digest, values, details,
        source_shape=shape,
    )  # fmt: skip


def place_targets(
    drafts: Sequence[TargetDraft], columns: RegisterColumns, crs: SourceCrs
) -> tuple[list[TargetDraft], list[RowError]]:
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
    placed: list[TargetDraft] = []
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


def _beyond(draft: TargetDraft, columns: RegisterColumns, crs: SourceCrs, off: bool) -> RowError:
    swapped = (
        off
        and draft.x is not None
        and draft.y is not None
        and abs(draft.x) <= 90 < abs(draft.y) <= 180
    )
    fields = columns.shape or f"{columns.lon}, {columns.lat}"
    value = f"{draft.x}, {draft.y}"
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
        identity = draft.id if isinstance(draft, TargetDraft) else draft.external_id
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
    # what units were visited has had these ids and digests since before there were other kinds
    prefix = "" if columns.kind == "unit" else f"{columns.kind}:"
    more = [columns.programme] if columns.programme else []

    def read(number: int, row: Sequence[str]) -> InspectionDraft:
        identity = identity_of(row, id_places, columns.id)
        target = short_text(row[target_place], columns.target, 100)
        if target is None:
            raise RowFault(columns.target, "", "What was inspected is missing.")
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
        digest = content_digest(target, happened.isoformat(), outcome, result, *more)
        return InspectionDraft(
            number,
            uuid5(INSPECTIONS, prefix + identity),
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
