"""Households from a file to the page: sealed on the way in, masked on the way out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.rules import RegisterColumns
from app.registry.model import ImportReport
from app.residents import actions as residents, rules, store
from app.residents.keyring import KEY_FILE, read_keyring
from app.residents.model import HouseholdFilter
from app.settings import Settings
from tests.app.leaks import tile_of
from tests.builders import SOUTH, TODAY, WEST, add_person, publish_city
from tests.conftest import Databases, csrf_token

SignIn = Callable[[str], FlaskClient]
HEADER = "no,building,need,persons,door,name,phone,lon,lat,religion\n"
ROWS = (
    f"h1,Building 1,独居老人,1,3-502,王秀英,13812345678,{WEST + 0.005},{SOUTH + 0.005},x\n"
    f"h2,Building 1,bedridden,2,3-503,Li Wei,010-88886666,{WEST + 0.005},{SOUTH + 0.005},x\n"
)
COLUMNS = {key: key for key in ("building", "persons", "door", "name", "phone")} | {"class": "need"}


@pytest.fixture
def keys(tmp_path: Path) -> Settings:
    """A deployment with a keys folder of its own."""
    return Settings(var=tmp_path, time_zone="Asia/Shanghai", fixed_today=TODAY)


@pytest.fixture
def city(databases: Databases, keys: Settings) -> Iterator[Database]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name), settings=keys)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "chief", "grid_chief", "block:111")
    yield opened
    opened.close()
    databases.drop(name)


def bring_in(
    tx: Transaction, folder: Path, rows: str = ROWS, keep: tuple[str, ...] = ()
) -> ImportReport:
    path = folder / "households.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    columns = RegisterColumns(("no",), "lon", "lat", "EPSG:4326", COLUMNS, keep)
    request = FileRequest(path, commit=True)
    return imports.import_register(tx, request, "residents", columns, TODAY)


def numbers(tx: Transaction) -> list[int]:
    return [no for no, _ in store.known_households(tx, ["h1", "h2"]).values()]


def test_a_file_comes_in_sealed_and_the_same_file_changes_nothing(
    city: Database, keys: Settings, tmp_path: Path
) -> None:
    with city.transaction_as(SERVICE_PERSON) as tx:
        assert bring_in(tx, tmp_path).created == 2
        assert bring_in(tx, tmp_path).unchanged == 2
        changed = bring_in(tx, tmp_path, ROWS.replace("王秀英", "王秀兰"))
        assert (changed.updated, changed.unchanged) == (1, 1)
        stored = str(store.sealed_households(tx, numbers(tx)))
        assert "王秀" not in stored and "王秀兰".encode().hex() not in stored
    with city.transaction_as(2) as tx:
        rows = residents.list_households(tx, read_keyring(keys), HouseholdFilter(), "", 10)
        assert [(row["name"], row["phone"]) for row in rows] == [
            ("王**", "138****5678"),
            ("L**", "010****6666"),
        ]
        _, opened = residents.reveal(tx, read_keyring(keys), rows[0]["no"], "visit")
        assert (opened.persons[0].name, opened.door) == ("王秀兰", "3-502")


def test_an_undone_import_puts_back_what_was_and_remembers_nothing_in_clear(
    city: Database, tmp_path: Path
) -> None:
    with city.transaction_as(SERVICE_PERSON) as tx:
        bring_in(tx, tmp_path)
        before = store.sealed_households(tx, numbers(tx))
        bring_in(tx, tmp_path, ROWS.replace("王秀英", "赵无名").replace("Building 1", "Other"))
        formers = str(tx.rows("SELECT former FROM batch_former"))
        assert "王秀英" not in formers and "13812345678" not in formers
        imports.undo_batch(tx, 2)
        assert store.sealed_households(tx, numbers(tx)) == before
        imports.undo_batch(tx, 1)
        assert numbers(tx) == []
        assert tx.value("SELECT count(*) FROM household_count") == 0


@pytest.mark.parametrize(
    ("rows", "keep", "words"),
    [
        (ROWS, ("religion",), "each has a purpose"),
        (ROWS.replace("h1,", "110101195003070012,"), (), "look like identity numbers"),
        (ROWS.replace("王秀英", "110101195003070012"), (), "look like identity numbers"),
    ],
)
def test_what_has_no_purpose_is_not_taken(
    city: Database, tmp_path: Path, rows: str, keep: tuple[str, ...], words: str
) -> None:
    with (
        pytest.raises(Refusal, match=words) as refused,
        city.transaction_as(SERVICE_PERSON) as tx,
    ):
        bring_in(tx, tmp_path, rows, keep)
    assert "110101195003070012" not in str(refused.value)
    with city.transaction_as(SERVICE_PERSON) as tx:
        assert numbers(tx) == []


def test_an_error_never_repeats_what_is_a_persons(city: Database, tmp_path: Path) -> None:
    long_name = "王" * 81
    rows = ROWS.replace("王秀英", long_name).replace("bedridden", "sleepy")
    with city.transaction_as(SERVICE_PERSON) as tx:
        report = bring_in(tx, tmp_path, rows)
        assert [error.row for error in report.errors] == [2, 3]
        assert "王王" not in str(report.as_dict())
        assert "sleepy" in str(report.as_dict())


def test_without_its_key_nothing_is_written_and_nothing_is_lost(
    city: Database, keys: Settings, tmp_path: Path
) -> None:
    with city.transaction_as(SERVICE_PERSON) as tx:
        bring_in(tx, tmp_path)
    key = (keys.keys / KEY_FILE).read_bytes()
    (keys.keys / KEY_FILE).unlink()
    with (
        pytest.raises(Refusal, match="not in the keys folder.*Nothing is lost"),
        city.transaction_as(SERVICE_PERSON) as tx,
    ):
        bring_in(tx, tmp_path, ROWS.replace("h1", "h3"))
    assert not (keys.keys / KEY_FILE).exists()
    with city.transaction_as(2) as tx, pytest.raises(Refusal, match="not in the keys folder"):
        residents.list_households(tx, read_keyring(keys), HouseholdFilter(), "", 10)
    (keys.keys / KEY_FILE).write_bytes(key)
    with city.transaction_as(SERVICE_PERSON) as tx:
        assert bring_in(tx, tmp_path).unchanged == 2


def test_a_new_key_opens_all_and_an_interrupted_change_goes_on(
    city: Database, keys: Settings, tmp_path: Path
) -> None:
    with city.transaction_as(SERVICE_PERSON) as tx:
        bring_in(tx, tmp_path)
        first = read_keyring(keys).present
        fresh = residents.begin_rekey(tx, keys)
        assert fresh.present != first and set(fresh.keys) == {first, fresh.present}
        assert residents.begin_rekey(tx, keys).present == fresh.present  # goes on, no third key
        assert residents.rekey(tx, fresh) == 2
        assert store.keys_in_use(tx) == {fresh.present: 2}
        assert bring_in(tx, tmp_path).unchanged == 2
        assert (keys.keys / KEY_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("8888666", "****66"),
        ("110", "****"),
        ("", None),
        (None, None),
    ],
)
def test_a_masked_phone_hides_most_of_it(phone: str | None, masked: str | None) -> None:
    assert rules.mask_phone(phone) == masked


# -- pages --------------------------------------------------------------------------------


def test_the_chief_sees_masks_and_asks_for_more_with_a_reason(
    sign_in: SignIn, demo_database: Database
) -> None:
    client = sign_in("chief")
    page = client.get("/residents").get_data(as_text=True)
    assert "24 households" in page and "100****" in page
    no = client.get("/api/v1/residents").get_json()["households"][0]["no"]
    assert "unit" not in client.get(f"/residents/{no}").headers
    token = csrf_token(client, f"/residents/{no}")
    refused = client.post(f"/residents/{no}/reveal", data={"reason": "", "csrf_token": token})
    assert refused.status_code == 422
    shown = client.post(f"/residents/{no}/reveal", data={"reason": "visit", "csrf_token": token})
    assert 'href="tel:100' in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "tel:" not in client.get(f"/residents/{no}").get_data(as_text=True)
    with demo_database.transaction_as(SERVICE_PERSON) as tx:
        event = tx.row(
            "SELECT subject, detail ->> 'reason' AS reason FROM audit_event "
            "WHERE action = 'resident_revealed' ORDER BY no DESC LIMIT 1"
        )
        assert event == (str(no), "visit")


def test_everybody_else_sees_counts(sign_in: SignIn) -> None:
    for name in ("leader", "planner", "auditor", "admin"):
        client = sign_in(name)
        page = client.get("/residents").get_data(as_text=True)
        assert "persons in the register" in page and "****" not in page
        assert client.get("/residents?within=town:01").status_code == 200
        assert client.get("/api/v1/residents").get_json() == {"households": [], "next": None}


def test_what_was_kept_too_long_is_listed_for_the_manager(sign_in: SignIn) -> None:
    page = sign_in("area_manager").get("/residents?show=expired").get_data(as_text=True)
    assert "Delete the chosen ones for good" in page
    client = sign_in("chief")
    assert "Delete the chosen ones" not in client.get("/residents?show=expired").get_data(
        as_text=True
    )
    answer = client.post(
        "/residents/forget", data={"no": "1", "csrf_token": csrf_token(client, "/map")}
    )
    assert answer.status_code == 403


# -- the map ------------------------------------------------------------------------------


def on_the_map(client: FlaskClient, database: Database, zoom: int) -> list[dict[str, Any]]:
    """What the tiles over every household of the demo city tell this reader of buildings."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        places = tx.rows(
            "SELECT DISTINCT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM target "
            "WHERE kind = 'household' AND geom IS NOT NULL"
        )
    found = []
    for tile in {tile_of(place.lon, place.lat, zoom) for place in places}:
        answer = client.get(f"/tiles/residents/{tile.z}/{tile.x}/{tile.y}.mvt")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
        if answer.data:
            found += mapbox_vector_tile.decode(answer.data)["points"]["features"]
    return [one["properties"] for one in found]


@pytest.mark.parametrize("name", ["leader", "planner"])
def test_the_map_tells_exactly_what_the_list_of_counts_tells(
    sign_in: SignIn, demo_database: Database, name: str
) -> None:
    client = sign_in(name)
    drawn = on_the_map(client, demo_database, 13)
    shown: dict[str, Counter[tuple[str, str]]] = {}
    for one in drawn:
        assert "households" not in one and one.get("persons", 5) >= 5
        shown.setdefault(one["grid"], Counter())[(one["name"], one["told"])] += 1
    assert sum(any(told == "<5" for _, told in row) for row in shown.values()) > 3
    for grid in sorted(shown)[:12]:
        listed = client.get(f"/export/residents.csv?within={grid}").data.decode("utf-8-sig")
        assert shown[grid] == Counter(
            (row["place"], row["persons"].replace("not told", "–"))
            for row in csv.DictReader(io.StringIO(listed))
        )
    assert Counter(map(str, drawn)) == Counter(map(str, on_the_map(client, demo_database, 14)))


def test_from_afar_the_map_counts_no_persons(sign_in: SignIn, demo_database: Database) -> None:
    for zoom in (8, 12):
        assert on_the_map(sign_in("leader"), demo_database, zoom) == []


def test_the_map_counts_every_household_for_those_who_answer(
    sign_in: SignIn, demo_database: Database
) -> None:
    client = sign_in("chief")
    listed: Counter[str] = Counter()
    for one in client.get("/api/v1/residents?limit=1000").get_json()["households"]:
        listed[one["building"]] += one["persons"]
    drawn = on_the_map(client, demo_database, 14)
    assert {one["name"]: one["persons"] for one in drawn} == listed
    assert sum(one["households"] for one in drawn) == 24
    assert all(one["told"] == str(one["persons"]) for one in drawn)


def test_the_list_opens_at_the_building_of_the_map(
    sign_in: SignIn, demo_database: Database
) -> None:
    client = sign_in("leader")
    one = on_the_map(client, demo_database, 13)[0]
    page = client.get("/residents", query_string={"within": one["grid"], "building": one["name"]})
    text = page.get_data(as_text=True)
    assert f'data-value="{one["name"]}"' in text and "Only buildings named" in text
    nothing = client.get("/residents?within=" + one["grid"] + "&building=nowhere")
    assert "No building here has this name." in nothing.get_data(as_text=True)
