"""Rows of text to clean drafts; for every other row its number, field, value and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from app.errors import Refusal
from app.imports.cells import RowFault, moment
from app.imports.rules import (
    InspectionColumns,
    RegisterColumns,
    parse_outcome_map,
    read_inspections,
    read_register,
)
from app.imports.tables import Table
from app.inspections.model import InspectionDraft
from app.registry.model import RowError, TargetDraft
from app.registry.rules import UNITS

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 6, 30)
FIELDS = {"name": "name", "class": "kind", "address": "street"}
VISITS = InspectionColumns(
    ("id",), "unit", "day", "outcome", {"Pass": "done", "Shut": "closed"}, "result"
)


def units_of(
    rows: Sequence[Sequence[str]],
    crs: str = "EPSG:4326",
    fields: Mapping[str, str] = FIELDS,
    id_fields: Sequence[str] = ("id",),
) -> tuple[list[TargetDraft], list[RowError]]:
    table = Table("t.csv", "0" * 64, ["id", "lon", "lat", "name", "kind", "street"], rows)
    columns = RegisterColumns(id_fields, "lon", "lat", crs, fields)
    return read_register(table, columns, UNITS, TODAY)


def unit(
    identity: str = "1",
    lon: str = "118.01",
    lat: str = "31.01",
    name: str = "a",
    kind: str = "shop",
    street: str = "",
) -> list[str]:
    return [identity, lon, lat, name, kind, street]


def visits_of(*rows: Sequence[str]) -> tuple[list[InspectionDraft], list[RowError]]:
    table = Table("t.csv", "0" * 64, ["id", "unit", "day", "outcome", "result"], rows)
    return read_inspections(table, VISITS, ZONE)


def only_error(errors: Sequence[RowError]) -> RowError:
    assert len(errors) == 1, errors
    return errors[0]


# -- units --------------------------------------------------------------------------------


def test_a_unit_is_read_as_it_is_written() -> None:
    (draft,), errors = units_of([unit(" A 1 ", " 118.01 ", "31.01", " 店 🏠 ", "", "=1+1")])
    assert not errors
    assert (
        draft.row,
        draft.id,
        draft.name,
        draft.class_key,
        draft.address,
        draft.lon,
        draft.lat,
    ) == (2, "A 1", "店 🏠", "other", "=1+1", 118.01, 31.01)


def test_a_unit_without_name_is_called_by_its_id() -> None:
    assert units_of([unit("A1", name=" ")])[0][0].name == "A1"


def test_joined_ids_are_joined_as_written() -> None:
    joined = units_of([unit("01", kind="2")], fields={}, id_fields=("id", "kind"))
    assert joined[0][0].id == "012"


def test_a_row_without_coordinates_is_no_error() -> None:
    (draft,), errors = units_of([unit(lon=" ", lat="")])
    assert not errors and draft.lon is None and draft.lat is None


@pytest.mark.parametrize(
    ("row", "field", "value", "message"),
    [
        (unit(""), "id", "", "The id is empty."),
        (unit("  "), "id", "", "The id is empty."),
        (unit(lon="NaN"), "lon", "NaN", "This is not a number."),
        (unit(lat="inf"), "lat", "inf", "This is not a number."),
        (unit(lon="1e400"), "lon", "1e400", "This is not a number."),
        (unit(lon="1_18.0"), "lon", "1_18.0", "This is not a number."),
        (
            unit(lon="118,01"),
            "lon",
            "118,01",
            "This is not a number. Split the two numbers into two fields.",
        ),
        (unit(lat=""), "lat", "", "One of the two coordinates is missing; give both or neither."),
        (unit(lon=""), "lon", "", "One of the two coordinates is missing; give both or neither."),
        (
            unit(lon="31.01", lat="118.01"),
            "lon, lat",
            "31.01, 118.01",
            "Longitude and latitude look swapped; exchange the two fields.",
        ),
        (
            unit(lon="500"),
            "lon, lat",
            "500.0, 31.01",
            "This place is not on the map when read as EPSG:4326; check the coordinates and "
            "their declared system.",
        ),
        (
            unit(lat="88"),
            "lon, lat",
            "118.01, 88.0",
            "This place is not on the map when read as EPSG:4326; check the coordinates and "
            "their declared system.",
        ),
        (unit("i" * 101), "id", "i" * 80, "This has 101 characters; at most 100 are kept."),
        (
            unit(name="n" * 10_000),
            "name",
            "n" * 80,
            "This has 10000 characters; at most 300 are kept.",
        ),
        (
            unit(street="n" * 300_000),
            "street",
            "n" * 80,
            "This has 300000 characters; at most 500 are kept.",
        ),
        (
            unit()[:3],
            "",
            "",
            "This row has 3 cells, the header has 6; look for a missing quote or comma.",
        ),
        (
            [*unit(), "x"],
            "",
            "",
            "This row has 7 cells, the header has 6; look for a missing quote or comma.",
        ),
    ],
)
def test_a_wrong_row_says_where_and_what_to_do(
    row: list[str], field: str, value: str, message: str
) -> None:
    drafts, errors = units_of([unit("good"), [""] * 6, row])
    assert [draft.id for draft in drafts] == ["good"]
    error = only_error(errors)
    assert (error.row, error.field, error.value, error.message) == (4, field, value, message)


def test_a_repeated_id_is_kept_once_or_refused() -> None:
    drafts, errors = units_of([unit("A"), unit("A"), unit("A", name="other")])
    assert [draft.row for draft in drafts] == [2]
    assert only_error(errors) == RowError(
        4,
        "id",
        "A",
        "Row %(row)s has the same id with other content; keep one of them.",
        {"row": 2},
    )


def test_a_projected_place_that_is_none_is_an_error_of_its_own_row() -> None:
    rows = [unit(str(position), "500000", "3430000") for position in range(50)]
    rows[7][1], rows[31][1] = "1e30", "5e8"
    drafts, errors = units_of(rows, "EPSG:4547")
    assert [error.row for error in errors] == [9, 33]
    assert all("read as EPSG:4547" in error.message for error in errors)
    assert len(drafts) == 48 and all(draft.lon is not None for draft in drafts)


def test_the_declared_system_moves_the_place_and_the_content() -> None:
    (plain,), _ = units_of([unit()])
    (shifted,), _ = units_of([unit()], "gcj02")
    assert plain.lon is not None and shifted.lon is not None
    assert 0.003 < abs(plain.lon - shifted.lon) < 0.01
    assert (shifted.x, shifted.y) == (118.01, 31.01)
    assert plain.content != shifted.content


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), min_size=6, max_size=6), max_size=8))
def test_every_row_ends_as_a_draft_a_repeat_or_an_error(rows: list[list[str]]) -> None:
    drafts, errors = units_of(rows)
    filled = {number + 2 for number, row in enumerate(rows) if any(row)}
    seen = {draft.row for draft in drafts} | {error.row for error in errors}
    assert seen <= filled
    kept = {draft.id for draft in drafts}
    for number in filled - seen:  # only an equal repeat is neither
        assert rows[number - 2][0].strip() in kept
    assert len({draft.row for draft in drafts} & {error.row for error in errors}) == 0


# -- inspections --------------------------------------------------------------------------


def test_a_visit_is_read_as_it_is_written() -> None:
    (draft,), errors = visits_of(["7", "u 1", "2026-01-05 09:30", "Pass", " ok "])
    assert not errors
    assert (draft.external_id, draft.target, draft.outcome, draft.result) == (
        "7",
        "u 1",
        "done",
        "ok",
    )
    assert draft.happened_at == datetime(2026, 1, 5, 9, 30, tzinfo=ZONE)


def test_the_same_id_gives_the_same_event() -> None:
    row = ["7", "u1", "2026-01-05", "done", ""]
    assert visits_of(row)[0][0].id == visits_of(row)[0][0].id != visits_of(["8", *row[1:]])[0][0].id


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-05", "2026-01-05T00:00:00+08:00"),
        ("20260105", "2026-01-05T00:00:00+08:00"),
        ("2026/1/5", "2026-01-05T00:00:00+08:00"),
        ("2026-01-05T09:30", "2026-01-05T09:30:00+08:00"),
        ("2026-01-05T23:30:00Z", "2026-01-06T07:30:00+08:00"),
    ],
)
def test_days_and_moments_are_of_the_deployments_zone(text: str, day: str) -> None:
    assert moment(text, "day", ZONE).isoformat() == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13-01",
        "2026-02-30",
        "1/5/2026",
        "05.01.2026",
        "yesterday",
        "2026-01-05T25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01",
        "1899-12-31",
        "2101-01-01",
        "9" * 10_000,
    ],
)
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RowFault) as fault:
        moment(text, "day", ZONE)
    assert fault.value.field_name == "day" and len(fault.value.value) <= 80
    assert "Write the day like 2026-11-21" in str(
        fault.value
    ) or "lies outside 1900 to 2100" in str(fault.value)


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        (["1", "", "2026-01-05", "done", ""], "unit", "What was inspected is missing."),
        (
            ["1", "u", "2026-01-05", "Fail", ""],
            "outcome",
            "Say what this outcome means in the outcome map, like 'Fail=done'.",
        ),
        (
            ["1", "u", "2026-01-05", "", ""],
            "outcome",
            "Say what this outcome means in the outcome map, like 'Pass=done'.",
        ),
        (
            ["1", "u", "2026-01-05", "Pass", "r" * 201],
            "result",
            "This has 201 characters; at most 200 are kept.",
        ),
    ],
)
def test_a_wrong_visit_says_where_and_what_to_do(row: list[str], field: str, message: str) -> None:
    error = only_error(visits_of(row)[1])
    assert (error.row, error.field, error.message) == (2, field, message)


def test_a_repeated_visit_is_kept_once_or_refused() -> None:
    row = ["1", "u", "2026-01-05", "Pass", ""]
    drafts, errors = visits_of(row, row, [*row[:3], "Shut", ""])
    assert len(drafts) == 1
    assert (only_error(errors).row, only_error(errors).field) == (4, "id")


def test_the_outcome_map() -> None:
    assert parse_outcome_map("Pass=done, Fail = locked ,") == {"Pass": "done", "Fail": "locked"}
    assert parse_outcome_map(None) == {}
    with pytest.raises(Refusal, match=r"nope is not an outcome; use one of: done, locked"):
        parse_outcome_map("Pass=nope")
    with pytest.raises(Refusal, match=r"\(empty\) is not an outcome"):
        parse_outcome_map("Pass")
