"""The pages of people, looking as somebody else, names."""

from __future__ import annotations

import psycopg2
import pytest
from flask import Flask

from app.db.connection import Database
from app.errors import Forbidden
from app.handover import actions as handover
from app.handover.model import HandoverRequest
from app.identity import rules as identity_rules
from app.identity.model import SERVICE_PERSON
from app.people import actions as people, rules
from tests.app.people.staff import TODAY, WEEK, away, number, own, post
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client


def test_a_person_from_first_day_to_last(app: Flask) -> None:
    boss = signed_in_client(app, "boss")
    form = {"name": "Sun Li", "sign_in": "sun", "role": "grid_chief", "grid": "Block (block:121)"}
    status, page = post(boss, "/people", **(form | {"sign_in": "su n"}))
    assert status == 422 and 'value="Sun Li"' in page and "letters, digits, dots" in page
    status, page = post(boss, "/people", **form)
    assert status == 200 and "shown once" in page
    found = boss.get("/people?q=sun").get_data(as_text=True)
    assert "Sun Li" in found and "never signed in" in found
    suggested = boss.get("/people/suggestions?kind=person&q=sun").get_json()
    assert suggested == {"names": ["Sun Li (sun)"]}
    assert boss.get("/people/suggestions?kind=grid&q=121").get_json()["names"] == [
        "Grid 121 (block:121)"
    ]


def test_signing_asks_for_the_password(app: Flask, opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        asked = HandoverRequest(number(tx, "li"), {own(tx, "li"): "zhao"}, WEEK)
        no = handover.prepare(tx, asked, TODAY)
    li = signed_in_client(app, "li")
    assert "waits for your signature" in li.get(f"/handovers/{no}").get_data(as_text=True)
    status, page = post(li, f"/handovers/{no}/sign", password="wrong")
    assert status == 422 and "nothing was signed" in page
    status, page = post(li, f"/handovers/{no}/sign", password=PASSWORD)
    assert status == 200 and "signed on" in page and "waits for your signature" not in page
    boss = signed_in_client(app, "boss")
    assert post(boss, f"/handovers/{no}/undo", reason="a test")[0] == 200


def test_looking_as_somebody_else_reads_only(app: Flask, opened: Database) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    status, page = post(boss, f"/people/{wang}/view-as", reason="question")
    assert status == 200 and "You are looking as Wang" in page
    units = boss.get("/api/v1/units").get_json()["units"]
    assert [unit["id"] for unit in units] == ["u0"]
    assert boss.get("/people").status_code == 403
    token = csrf_token(boss, "/map")
    for path in (f"/people/{wang}/password", "/people/gaps", "/handovers/1/sign"):
        answer = boss.post(path, data={"csrf_token": token})
        assert answer.status_code == 403 and "nothing can be changed" in answer.text
    assert "nothing can be downloaded" in boss.get("/export/units.csv").text
    status, page = post(boss, "/people/view-as/stop")
    assert status == 200 and "You are looking" not in page
    assert boss.get("/people").status_code == 200
    with opened.transaction_as(SERVICE_PERSON) as tx:
        seen = tx.row("SELECT looked, ended_at FROM viewing ORDER BY no DESC LIMIT 1")
        said = [
            row.action for row in tx.rows("SELECT action FROM audit_event ORDER BY no DESC LIMIT 2")
        ]
    assert seen is not None and seen.looked >= 5 and seen.ended_at is not None
    assert said[0] == "view_as_ended"


def test_a_look_ends_by_itself_and_is_not_for_others(
    app: Flask, opened: Database, databases: Databases, name: str
) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    assert post(boss, f"/people/{wang}/view-as", reason="whim")[0] == 422
    post(boss, f"/people/{wang}/view-as", reason="rights")
    databases.admin(name, "UPDATE gridward.viewing SET until = now() WHERE ended_at IS NULL")
    answer = boss.get("/units", headers={"Accept": "text/html"})
    assert answer.status_code == 403 and "you are yourself again" in answer.text
    assert boss.get("/people").status_code == 200
    assert post(signed_in_client(app, "head"), f"/people/{wang}/view-as", reason="rights")[0] == 403


def test_the_database_writes_nothing_for_who_looks(opened: Database) -> None:
    with (
        pytest.raises(Forbidden, match="nothing can be changed"),
        opened.transaction_as(SERVICE_PERSON, viewer=SERVICE_PERSON) as tx,
    ):
        tx.execute("UPDATE person SET language = 'en'")


def test_reasons_and_roles_have_rules() -> None:
    assert rules.last_day(rules.day_after(TODAY)) == TODAY
    with pytest.raises(Forbidden):
        identity_rules.check_viewing("units.export", "GET")
    with pytest.raises(Forbidden, match="its person's alone"):
        identity_rules.check_viewing("account", "GET")
    identity_rules.check_viewing("units.read", "GET")


# -- names ----------------------------------------------------------------------------------


def test_a_name_is_changed_noted_and_changed_back(app: Flask, opened: Database) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    page = post(boss, f"/people/{wang}/name", name=" 王建国 ", organisation="应急管理局")[1]
    assert "王建国" in page and "应急管理局" in page
    with opened.transaction_as(SERVICE_PERSON) as tx:
        detail = tx.value(
            "SELECT detail FROM audit_event WHERE action = 'person_renamed' "
            "ORDER BY no DESC LIMIT 1"
        )
        assert detail == {"name": "王建国", "organisation": "应急管理局", "former": "Wang"}
    status, page = post(boss, f"/people/{wang}/name", name=" ", organisation="kept in the form")
    assert status == 422 and "1 to 80 characters" in page and "kept in the form" in page
    post(boss, f"/people/{wang}/name", name="Wang", organisation="")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        assert people.person(tx, wang)[2:4] == ("Wang", None)


def test_nobody_renames_themselves(opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    for change in ("name = 'Boss'", "organisation = 'Bureau'"):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            opened.transaction_as(wang) as tx,
        ):
            tx.execute(f"UPDATE person SET {change} WHERE no = person()")


def test_the_page_of_a_unit_names_who_stands_in(app: Flask, opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        cover = away(tx, "wang", "li", TODAY, WEEK)
        unit = tx.value("SELECT no FROM target WHERE kind = 'unit' ORDER BY no LIMIT 1")
    page = signed_in_client(app, "boss").get(f"/units/{unit}").text
    assert "on leave until" in page and "stands in for Wang until" in page
    with opened.transaction_as(SERVICE_PERSON) as tx:
        people.end_cover(tx, cover, TODAY)
