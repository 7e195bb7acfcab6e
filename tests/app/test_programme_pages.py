"""Pages of programmes: what is asked in words, a change with its preview, the year."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.programmes import actions
from app.programmes.model import DutyRule
from app.settings import Settings
from tests.builders import TODAY, add_person, add_units, publish_city
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

SignIn = Callable[[str], FlaskClient]
NEXT_MONTH = date(2026, 7, 1)


@pytest.fixture(scope="module")
def name(databases: Databases) -> Iterator[str]:
    made = databases.copy()
    opened = Database(databases.app_dsn(made))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "city", "authority", None, PASSWORD)
        add_person(tx, "part", "authority", "town:1", PASSWORD)
        add_units(tx, [(118.005, 31.005), (118.025, 31.005)])
        actions.set_programme(tx, actions.shipped("fire"), TODAY, date(2026, 1, 1))
    opened.close()
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def app(databases: Databases, name: str, settings: Settings) -> Flask:
    return create_app(settings, databases.app_dsn(name))


@pytest.fixture(scope="module")
def opened(databases: Databases, name: str) -> Iterator[Database]:
    database = Database(databases.app_dsn(name))
    yield database
    database.close()


@pytest.fixture(scope="module")
def city(app: Flask) -> FlaskClient:
    return signed_in_client(app, "city")


def latest(opened: Database, key: str) -> DutyRule:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        return [one for one in actions.duty_rules(tx, "fire") if one.key == key][-1]


def words(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_rules_are_read_as_sentences(city: FlaskClient) -> None:
    page = words(city, "/programmes")
    assert "1 programme · 9 rules in force" in page.replace("&nbsp;", " ")
    line = "Every grid of the level block · Grid chief · block · weekly · due on Sunday"
    assert line in page
    assert "All units · Grid chief · block · monthly, 30 % of them drawn" in page


def test_every_page_is_there_in_chinese(app: Flask, opened: Database) -> None:
    client = signed_in_client(app, "city")
    client.post("/language", data={"language": "zh_Hans", "csrf_token": csrf_token(client, "/map")})
    rule = latest(opened, "unit_quota")
    page = words(client, "/programmes")
    assert "每个block · 网格长 · block · 每周 · 周日到期" in page
    assert "每月，抽查其中 30%" in page
    query = "&".join(f"{key}={value}" for key, value in form(rule, percent="20").items())
    assert "自2026年7月1日起" in words(client, f"/programmes/rules/{rule.no}?{query}")
    assert "有几具能用的灭火器？" in words(client, "/programmes/fire/checklists/small_common")
    assert "还没有 2026 年的放假安排。" in words(client, "/calendar?year=2026")


def test_a_programme_shows_its_checklists_and_each_as_a_sheet(city: FlaskClient) -> None:
    page = words(city, "/programmes/fire")
    assert "Key fire-safety unit, High fire-risk unit" in page
    assert "Bottled gas, kept wrongly" in page and "《消防法》第二十八条" in page
    assert "How many extinguishers work?" in words(city, "/programmes/fire/checklists/small_common")
    assert city.get("/programmes/fire/checklists/none").status_code == 404
    assert city.get("/programmes/none").status_code == 404


def test_a_city_without_programmes_says_what_to_do(demo_app: Flask, databases: Databases) -> None:
    made = databases.copy()
    opened = Database(databases.app_dsn(made))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        add_person(tx, "boss", "admin", None, PASSWORD)
    opened.close()
    settings = demo_app.extensions["gridward_settings"]
    client = signed_in_client(create_app(settings, databases.app_dsn(made)), "boss")
    page = words(client, "/programmes")
    assert "No programme was set yet." in page and "programmes set shipped:fire --commit" in page
    databases.drop(made)


def form(rule: DutyRule, **values: str) -> dict[str, str]:
    given = {
        "period": rule.period,
        "role": rule.role,
        "grace": str(rule.grace_days),
        "minutes": str(rule.minutes),
        "from": NEXT_MONTH.isoformat(),
    }
    return given | values


def test_a_change_is_previewed_before_it_is_saved(city: FlaskClient, opened: Database) -> None:
    rule = latest(opened, "block_weekly")
    address = f"/programmes/rules/{rule.no}"
    assert "32 targets: about 139 visits a month, shared by 32 grids" in words(city, address)
    given = form(rule, period="month")
    query = "&".join(f"{key}={value}" for key, value in given.items())
    preview = words(city, f"{address}?{query}")
    assert "From 1 July 2026" in preview and "about 32 visits a month" in preview
    assert "First due on: 31 July 2026 · 31 August 2026 · 30 September 2026" in preview
    assert latest(opened, "block_weekly") == rule, "a preview writes nothing"
    answer = city.post(address, data=given | {"csrf_token": csrf_token(city, address)})
    assert answer.status_code == 302
    new = latest(opened, "block_weekly")
    assert (new.period, new.valid_from, new.valid_until) == ("month", NEXT_MONTH, None)
    page = words(city, "/programmes/fire")
    assert "Rules to come" in page and "to 30 June 2026" in page


def test_what_cannot_be_is_said_and_what_was_typed_stays(
    city: FlaskClient, opened: Database
) -> None:
    rule = latest(opened, "unit_quota")
    address = f"/programmes/rules/{rule.no}"
    token = csrf_token(city, address)
    for wrong, sentence in (
        ({"percent": "0"}, "a quota is more than 0 and at most 100 percent"),
        ({"percent": "many"}, "Share is missing or not a number: many."),
        ({"percent": "20", "grace": "91"}, "Days of grace must lie between 0 and 90."),
        ({"percent": "20", "minutes": "½"}, "Minutes a visit is ½; write a whole number."),
        ({"percent": "20", "role": "mayor"}, "Choose how often and who from the lists."),
        ({"percent": "20", "from": "2026-06-29"}, "Take 2026-06-30 or a later day."),
        ({"percent": "20", "from": "soon"}, "From the day is soon; write a day"),
    ):
        given = form(rule, **wrong) | {"csrf_token": token}
        answer = city.post(address, data=given)
        page = answer.get_data(as_text=True)
        assert (answer.status_code, sentence in page) == (422, True), (wrong, answer.status_code)
        if wrong.get("percent") != "20":
            assert f'value="{wrong["percent"]}"' in page
    assert latest(opened, "unit_quota") == rule


def test_a_rule_is_ended_on_its_page(city: FlaskClient, opened: Database) -> None:
    rule = latest(opened, "care_monthly")
    address = f"/programmes/rules/{rule.no}"
    data = {"from": "2026-07-01", "csrf_token": csrf_token(city, address)}
    assert city.post(f"{address}/end", data=data).status_code == 302
    assert latest(opened, "care_monthly").valid_until == NEXT_MONTH


def test_who_answers_for_a_part_of_the_city_only_reads(app: Flask, opened: Database) -> None:
    rule = latest(opened, "shops_monthly")
    client = signed_in_client(app, "part")
    assert "Change" not in words(client, "/programmes/fire")
    address = f"/programmes/rules/{rule.no}"
    assert "you answer for a part of it" in words(client, address)
    data = form(rule, grace="9") | {"csrf_token": csrf_token(client, "/account")}
    answer = client.post(address, data=data)
    assert answer.status_code == 403
    assert "you answer for a part of it" in answer.get_data(as_text=True)
    assert client.post("/calendar", data=data | {"year": "2026"}).status_code == 403
    assert latest(opened, "shops_monthly") == rule


def test_a_year_is_taken_from_the_shipped_table(city: FlaskClient) -> None:
    assert "The holidays of 2025 are not known yet." in words(city, "/calendar?year=2025")
    token = csrf_token(city, "/calendar?year=2025")
    refused = city.post("/calendar", data={"year": "2031", "csrf_token": token})
    assert refused.status_code == 422 and "No calendar of 2031" in refused.get_data(as_text=True)
    assert city.post("/calendar", data={"year": "2025", "csrf_token": token}).status_code == 302
    page = words(city, "/calendar?year=2025")
    assert "248 working days" in page and "28 January 2025 – 4 February 2025" in page
