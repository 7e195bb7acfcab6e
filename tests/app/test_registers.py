"""Buildings, facilities and hazards: import, lists, pages, files and tiles."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database
from app.errors import Refusal
from app.facilities import actions as facilities
from app.facilities.rules import FACILITIES, is_overdue
from app.hazards import actions as hazards
from app.hazards.rules import HAZARDS
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.cells import RowFault, value_of
from app.imports.rules import RegisterColumns, read_register
from app.imports.tables import Table
from app.registry.model import Field, Register
from app.settings import Settings
from tests.app.leaks import tile_of
from tests.builders import SOUTH, WEST, add_person, add_row, publish_city
from tests.conftest import PASSWORD, TODAY, Databases, signed_in_client


@pytest.fixture(scope="module")
def app(databases: Databases, settings: Settings) -> Iterator[Flask]:
    """A city with a few rows of each register, one of them changed by a second batch."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "operator", "admin", password=PASSWORD)
        add_person(tx, "blockchief", "grid_chief", "block:111", PASSWORD)
        writer = facilities.FACILITIES
        add_row(tx, writer, "F1", name="Hydrant 1", class_key="hydrant", state="working")
        add_row(
            tx,
            writer,
            "F1",
            name="Hydrant 1",
            class_key="hydrant",
            state="faulty",
            test_due=date(2026, 6, 29),
            details={"=bore": "=1+1"},
        )
        add_row(tx, writer, "F2", (WEST + 0.1, SOUTH + 0.001), class_key="mine", state="working")
        add_row(tx, hazards.HAZARDS, "H1", class_key="gas", found_on=TODAY, state="open")
        add_row(tx, hazards.HAZARDS, "H2", class_key="gas", found_on=TODAY, state="closed")
        add_row(tx, facilities.BUILDINGS, "B1", class_key="office", floors=12)
    opened.close()
    yield create_app(settings, databases.app_dsn(name))
    databases.drop(name)


@pytest.fixture(scope="module")
def admin(app: Flask) -> FlaskClient:
    return signed_in_client(app, "operator")


@pytest.fixture(scope="module")
def number_of(admin: FlaskClient) -> Callable[[str, str], int]:
    def find(key: str, identity: str) -> int:
        rows = admin.get(f"/api/v1/{key}").get_json()[key]
        return next(row["no"] for row in rows if row["id"] == identity)

    return find


# -- what a file may say ------------------------------------------------------------------


def field(key: str) -> Field:
    found = FACILITIES.field(key) or HAZARDS.field(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("class", "消火栓", "hydrant"),
        ("class", "Hydrant", "hydrant"),
        ("class", "pump", "pump"),
        ("state", "完好", "working"),
        ("state", " FAULTY ", "faulty"),
        ("state", "", None),
        ("test_due", "2026年7月1日", date(2026, 7, 1)),
        ("test_due", "2026/7/1", date(2026, 7, 1)),
        ("test_due", "2026-07-01 00:00:00", date(2026, 7, 1)),
    ],
)
def test_cells_are_read_in_both_languages(key: str, text: str, value: Any) -> None:
    assert value_of(field(key), text, "column", TODAY) == value


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("state", "fine", "none of: 完好 (working)"),
        ("test_due", "1/7/2026", "Write the day like"),
        ("test_due", "2026-13-01", "Write the day like"),
        ("found_on", "2026-07-01", "lies in the future"),
        ("found_on", "", "must be filled in"),
    ],
)
def test_wrong_cells_get_a_sentence(key: str, text: str, sentence: str) -> None:
    with pytest.raises(RowFault, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        value_of(field(key), text, "column", TODAY)


def test_a_cell_of_a_person_is_never_repeated() -> None:
    secret = Field("phone", "number", most=5, person=True)
    for text in ("999", "13800001234"):
        with pytest.raises(RowFault) as fault:
            value_of(secret, text, "column", TODAY)
        assert fault.value.value == "" and text not in str(fault.value)


def test_further_columns_are_kept_and_change_the_content() -> None:
    table = Table("t.csv", "0" * 64, ["id", "bore"], [["1", "DN100"], ["2", ""]])
    kept, errors = read_register(table, RegisterColumns(("id",), keep=("bore",)), FACILITIES, TODAY)
    plain, _ = read_register(table, RegisterColumns(("id",)), FACILITIES, TODAY)
    assert not errors and [draft.details for draft in kept] == [{"bore": "DN100"}, {}]
    assert kept[0].content != plain[0].content and kept[1].content == plain[1].content


@pytest.mark.parametrize(
    ("register", "text", "value"),
    [
        (FACILITIES, "正常", "working"),
        (FACILITIES, "维修中", "faulty"),
        (FACILITIES, "Damaged", "faulty"),
        (FACILITIES, "报废", "out_of_service"),
        (HAZARDS, "未整改", "reported"),
        (HAZARDS, "已闭环", "closed"),
    ],
)
def test_a_state_is_known_by_the_words_of_spreadsheets(
    register: Register, text: str, value: str
) -> None:
    state = register.field("state")
    assert state and value_of(state, text, "column", TODAY) == value


@pytest.mark.parametrize("register", [FACILITIES, HAZARDS], ids=lambda one: one.key)
def test_no_word_means_two_states(register: Register) -> None:
    state = register.field("state")
    assert state and state.synonyms.keys() == state.choices.keys()
    words = [
        word
        for key, names in state.choices.items()
        for word in {one.casefold() for one in (key, *names, *state.synonyms[key])}
    ]
    assert len(words) == len(set(words))


def test_one_value_holds_for_all_rows_as_if_each_said_it() -> None:
    place = Table("t.csv", "0" * 64, ["id", "day"], [["1", "2026-06-01"]])
    whole = Table("t.csv", "0" * 64, ["id", "day", "kind"], [["1", "2026-06-01", "gas"]])
    day = {"found_on": "day"}
    once, _ = read_register(
        place, RegisterColumns(("id",), fields=day, same={"class": "燃气隐患"}), HAZARDS, TODAY
    )
    each, _ = read_register(
        whole, RegisterColumns(("id",), fields=day | {"class": "kind"}), HAZARDS, TODAY
    )
    assert once == each and once[0].class_key == "gas"


@pytest.mark.parametrize(
    ("same", "sentence"),
    [
        ({}, "Say which field of the file holds: class, found_on."),
        ({"class": "gas", "found_on": "1/7/2026"}, "Write the day like 2026-11-21."),
        ({"class": "gas", "found_on": "2026-07-01"}, "This day lies in the future."),
        ({"class": "gas", "found_on": "2026-06-01", "state": "fine"}, "This is none of: "),
        (
            {"class": "gas", "found_on": "2026-06-01", "name": "Lu"},
            "name differs from row to row; name its column.",
        ),
    ],
)
def test_a_value_for_all_rows_is_checked_once(same: Mapping[str, str], sentence: str) -> None:
    table = Table("t.csv", "0" * 64, ["id"], [["1"]])
    with pytest.raises(Refusal) as fault:
        read_register(table, RegisterColumns(("id",), same=same), HAZARDS, TODAY)
    assert str(fault.value.sentence % fault.value.values).startswith(sentence)


def test_a_test_is_overdue_from_the_day_after() -> None:
    assert not is_overdue(None, TODAY) and not is_overdue(TODAY, TODAY)
    assert is_overdue(date(2026, 6, 29), TODAY)


# -- lists, pages, files ------------------------------------------------------------------


def test_the_first_line_says_what_is_wrong(admin: FlaskClient) -> None:
    text = admin.get("/facilities").get_data(as_text=True)
    for words in ("2 facilities", "1 faulty or out of service", "1 test overdue"):
        assert words in text
    assert "2 hazards" in (text := admin.get("/hazards").get_data(as_text=True))
    assert "1 not settled" in text
    assert "1 building" in admin.get("/buildings").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", {"F1", "F2"}),
        ("class=hydrant", {"F1"}),
        ("class=mine", {"F2"}),
        ("state=overdue", {"F1"}),
        ("state=overdue&on=2026-06-29", set()),
        ("state=working", {"F2"}),
        ("within=block:111", {"F1"}),
        ("q=hydr", {"F1"}),
        ("after=F1", {"F2"}),
        ("limit=1", {"F1"}),
    ],
)
def test_filters(admin: FlaskClient, query: str, ids: set[str]) -> None:
    answer = admin.get(f"/api/v1/facilities?{query}").get_json()
    assert {row["id"] for row in answer["facilities"]} == ids
    following = "/api/v1/facilities?limit=1&after=F1" if query == "limit=1" else None
    assert answer["next"] == following


def test_a_state_of_another_register_is_refused(admin: FlaskClient) -> None:
    answer = admin.get("/api/v1/hazards?state=working")
    assert answer.status_code == 422 and "reported" in answer.get_json()["detail"]
    assert admin.get("/api/v1/hazards?format=kml").status_code == 422


def test_an_empty_list_says_what_to_do(admin: FlaskClient) -> None:
    assert "Nothing matches." in admin.get("/hazards?q=zzz").get_data(as_text=True)


def test_geojson_has_points(admin: FlaskClient) -> None:
    answer = admin.get("/api/v1/hazards?format=geojson&state=unsettled").get_json()
    (feature,) = answer["features"]
    assert feature["geometry"]["coordinates"] == [WEST + 0.001, SOUTH + 0.001]
    assert feature["properties"]["found_on"] == TODAY.isoformat()


def test_a_page_says_everything(admin: FlaskClient, number_of: Callable[[str, str], int]) -> None:
    text = admin.get(f"/facilities/{number_of('facilities', 'F1')}").get_data(as_text=True)
    for words in ("Hydrant 1", "test overdue", "=bore", "EPSG:4326", "test.csv", "格111"):
        assert words in text.replace("Grid 111", "格111"), words
    assert "State: Working → Faulty" in text and "first registered" in text


def test_who_may_not_see_batches_sees_no_history(
    app: Flask, number_of: Callable[[str, str], int]
) -> None:
    chief = signed_in_client(app, "blockchief")
    text = chief.get(f"/facilities/{number_of('facilities', 'F1')}").get_data(as_text=True)
    assert "Hydrant 1" in text and "What imports changed" not in text and "test.csv" not in text
    assert chief.get(f"/facilities/{number_of('facilities', 'F2')}").status_code == 404


def test_files_have_the_further_columns_safely(admin: FlaskClient) -> None:
    text = admin.get("/export/facilities.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["'=bore"] == "'=1+1" and rows[0]["grid_block"] == "111"
    assert rows[0]["test_due"] == "2026-06-29" and rows[1]["state"] == "working"
    shapes = json.loads(admin.get("/export/hazards.geojson").data)
    assert len(shapes["features"]) == 2
    assert admin.get("/export/buildings.gpkg").data.startswith(b"SQLite format 3")
    assert admin.get("/export/buildings.xlsx").data.startswith(b"PK")


def test_tiles_count_from_afar_and_name_near_by(admin: FlaskClient) -> None:
    near, far = (tile_of(WEST + 0.001, SOUTH + 0.001, zoom) for zoom in (15, 9))
    answer = admin.get(f"/tiles/facilities/15/{near.x}/{near.y}.mvt")
    (point,) = mapbox_vector_tile.decode(answer.data)["points"]["features"]
    assert point["properties"] | {"state": "faulty", "overdue": 1} == point["properties"]
    answer = admin.get(f"/tiles/hazards/9/{far.x}/{far.y}.mvt")
    (cell,) = mapbox_vector_tile.decode(answer.data)["points"]["features"]
    assert (cell["properties"]["count"], cell["properties"]["marked"]) == (2, 1)
    assert admin.get(f"/tiles/buildings/15/{near.x}/{near.y + 9}.mvt").data == b""


def test_undo_reaches_every_register(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        for writer, own in (
            (facilities.BUILDINGS, {"floors": 3}),
            (facilities.FACILITIES, {"state": "working", "test_due": TODAY}),
            (hazards.HAZARDS, {"found_on": TODAY, "state": "open"}),
        ):
            add_row(tx, writer, "X1", **own)
            kind = writer.register.kind
            rows = "SELECT to_jsonb(r)::text FROM register_row r WHERE kind = %(kind)s"
            before = tx.value(rows, kind=kind)
            add_row(tx, writer, "X1", (WEST + 0.05, SOUTH), found_on=date(2026, 1, 1))
            assert tx.value(rows, kind=kind) != before
            newest = "SELECT max(no) FROM import_batch WHERE undone_at IS NULL"
            assert imports.undo_batch(tx, tx.value(newest)).restored == 1
            assert tx.value(rows, kind=kind) == before
            assert imports.undo_batch(tx, tx.value(newest)).removed == 1
        assert tx.value("SELECT count(*) FROM register_row") == 0
        assert tx.value("SELECT count(*) FROM target WHERE kind <> 'grid'") == 0
