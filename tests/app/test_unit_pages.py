"""The pages of units: everything on one line of time, forms that lose nothing, pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from app.units import actions as units
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    add_programme,
    batch,
    publish_city,
    registry,
    unit_draft,
)
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client


@dataclass
class Office:
    """A small city with an administrator and a chief at their desks."""

    database: Database
    admin: FlaskClient
    chief: FlaskClient
    no: dict[str, int]

    def version(self, unit: str) -> int:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            return int(units.unit(tx, self.no[unit], TODAY).version)

    def post(self, path: str, **form: object) -> tuple[int, str]:
        token = csrf_token(self.admin, f"/units/{self.no['noodles']}/edit")
        answer = self.admin.post(path, data=form | {"csrf_token": token})
        return answer.status_code, answer.get_data(as_text=True)

    def page(self, unit: str, who: FlaskClient | None = None) -> str:
        return (who or self.admin).get(f"/units/{self.no[unit]}").get_data(as_text=True)


@pytest.fixture(scope="module")
def office(databases: Databases, settings: Settings) -> Iterator[Office]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        drafts = [
            unit_draft("noodles", WEST + 0.001, SOUTH + 0.001, 2, "Lu's Noodles"),
            unit_draft("noodle2", WEST + 0.001, SOUTH + 0.0011, 3, "Lus Noodles"),
            unit_draft("mall", WEST + 0.002, SOUTH + 0.001, 4, "Plaza"),
            unit_draft("other", WEST + 0.003, SOUTH + 0.001, 5, "Quite another"),
        ]
        registry.import_targets(tx, registry.UNITS, drafts, [], len(drafts), batch("units"))
        add_inspections(tx, [("noodles", date(2026, 5, 4), "done"),
                             ("noodle2", date(2026, 5, 5), "locked")])  # fmt: skip
        add_person(tx, "operator", "admin", None, PASSWORD)
        add_person(tx, "chief", "grid_chief", "block:111", PASSWORD)
        no = {draft.id: units.unit_number(tx, draft.id) for draft in drafts}
    app = create_app(settings, databases.app_dsn(name))
    yield Office(opened, signed_in_client(app, "operator"), signed_in_client(app, "chief"), no)
    opened.close()
    databases.drop(name)


FACTS = {"name": "Lu's Noodles", "address": "1 Test Street", "credit_code": "91350100M000100Y43",
         "responsible": "陆国安", "manager": "何静", "phone": "0555-1234567",
         "hours_text": "周一至周五 9:00-18:00", "on": "2026-06-30", "reason": "file"}  # fmt: skip


def test_a_change_shows_on_the_page_with_who_and_when(office: Office) -> None:
    no = office.no["noodles"]
    status, _ = office.post(f"/units/{no}/edit", version=office.version("noodles"), **FACTS)
    assert status == 302
    page = office.page("noodles")
    for words in ("91350100M000100Y43", "陆国安", "Mon-Fri 09:00-18:00", "Facts changed",
                  "entered by Operator on", 'href="tel:0555-1234567"', "Visit: Done"):  # fmt: skip
        assert words in page, words
    read_only = office.page("noodles", office.chief)
    assert "陆国安" in read_only and f"/units/{no}/edit" not in read_only


def test_a_form_that_is_refused_keeps_what_was_typed(office: Office) -> None:
    no = office.no["noodles"]
    wrong = FACTS | {"credit_code": "91350100M000100Y40", "manager": "Somebody New"}
    status, page = office.post(f"/units/{no}/edit", version=office.version("noodles"), **wrong)
    assert status == 422 and "mistyped" in page
    assert 'value="91350100M000100Y40"' in page and 'value="Somebody New"' in page
    stale = FACTS | {"manager": "Somebody New"}
    status, page = office.post(f"/units/{no}/edit", version=99, **stale)
    assert status == 409 and "Somebody changed this unit" in page
    assert 'value="Somebody New"' in page and "on record: " in page
    assert "Somebody New" not in office.page("noodles")


@pytest.mark.parametrize(
    ("verb", "form", "words"),
    [
        ("move", {"lon": "here", "lat": "1", "crs": "EPSG:4326"}, "not a number"),
        ("move", {"lon": "31", "lat": "118", "crs": "EPSG:4326"}, "look swapped"),
        ("close", {"on": "2026-07-01"}, "lies in the future"),
        ("reopen", {}, "not closed"),
        ("class", {"scheme": "kind", "class": "spaceport"}, "no class spaceport"),
        ("class", {"scheme": "nonsense", "class": "shop"}, "no class shop"),
        ("parent", {"parent": "nowhere"}, "no unit with the number nowhere"),
        ("take-back", {}, "no change by hand"),
    ],
)
def test_what_cannot_be_is_told_beside_its_form(
    office: Office, verb: str, form: dict[str, str], words: str
) -> None:
    no = office.no["other"]
    status, page = office.post(f"/units/{no}/{verb}", version=office.version("other"), **form)
    assert status == 422 and words in page
    assert office.post(f"/units/{no}/{verb}", version="x", **form)[0] == 422


def test_life_class_and_tree_by_the_forms(office: Office) -> None:
    no = office.no["other"]
    steps: list[tuple[str, dict[str, str], str]] = [
        ("class", {"scheme": "importance", "class": "key", "reason": "No. 7"}, "No. 7"),
        ("class", {"scheme": "kind", "class": "hotel"}, "Shop → Hotel"),
        ("parent", {"parent": "mall"}, "Parts of one whole"),
        ("move", {"lon": str(WEST + 0.004), "lat": str(SOUTH), "crs": "EPSG:4326"}, "Moved"),
        ("close", {"on": "2026-06-01"}, "closed since 1 June 2026"),
        ("reopen", {"on": "2026-06-20"}, "Opened again"),
        ("take-back", {}, "Change taken back"),
        ("reopen", {"on": "2026-06-20"}, "Opened again"),
    ]
    for verb, form, words in steps:
        status, page = office.post(f"/units/{no}/{verb}", version=office.version("other"), **form)
        assert status == 302, (verb, page)
        assert words in office.page("other"), verb
    assert "Quite another" in office.page("mall")


def test_pairs_are_decided_on_their_page(office: Office) -> None:
    first, second = sorted((office.no["noodles"], office.no["noodle2"]))
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        assert units.find_duplicates(tx, TODAY) == 1
    page = office.admin.get("/units/duplicates").get_data(as_text=True)
    assert "1 pair of units may be one" in page and "same name" in page

    def decide(decision: str) -> tuple[int, str]:
        return office.post("/units/duplicates/decide", first=first, second=second,
                           first_version=office.version("noodles"),
                           second_version=office.version("noodle2"),
                           decision=decision, reason="one door")  # fmt: skip

    assert decide("different")[0] == 302
    assert "one door" in office.admin.get("/units/duplicates?state=different").get_data(True)
    assert decide("open")[0] == 302 and decide("keep_first")[0] == 302
    assert decide("keep_first")[0] == 422 and decide("nonsense")[0] == 422
    survivor = office.page("noodles")
    assert "Merged into this one" in survivor and "Visit: Locked" in survivor
    gone = office.page("noodle2")
    assert "Merged into:" in gone and "/separate" in gone and "Visit: Locked" in gone
    assert "/separate" not in office.page("noodle2", office.chief)
    no = office.no["noodle2"]
    assert office.post(f"/units/{no}/separate", version=office.version("noodle2"))[0] == 302
    assert "Merged into:" not in office.page("noodle2")


def test_the_address_of_a_page_of_pairs_is_read_strictly(office: Office) -> None:
    for query in ("state=maybe", "after=x", "after=1,2"):
        assert office.admin.get(f"/units/duplicates?{query}").status_code == 422
    assert office.admin.get("/units/duplicates?after=0.5,1,2").status_code == 200
    assert office.chief.get("/units/duplicates").status_code == 403


def test_the_demo_city_shows_what_units_are(sign_in: Callable[[str], FlaskClient]) -> None:
    client = sign_in("admin")
    pairs = client.get("/units/duplicates").get_data(as_text=True)
    assert pairs.count("（老店）") >= 2
    mall = re.search(r'/units/(\d+)"><span class="truncate">[^<]*Jiyue',
                     client.get("/units?q=Jiyue").get_data(as_text=True))  # fmt: skip
    assert mall
    page = client.get(f"/units/{mall.group(1)}").get_data(as_text=True)
    assert "Shopping mall" in page and page.count('data-depth="1"') == 7


def test_a_visit_shows_its_note_checklist_and_what_was_wrong(office: Office) -> None:
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        item = {"key": "exit", "kind": "yes_no", "zh": "出口畅通？", "en": "Is the exit free?"}
        add_programme(tx, "fire", {"weekly": [item]})
    token = csrf_token(office.chief, "/map")
    body = {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a15", "outcome": "done", "note": "boxes",
            "target": {"kind": "unit", "id": "other"}, "happened_at": f"{TODAY}T00:01:00+08:00",
            "checklists": [{"programme": "fire", "key": "weekly", "version": 1}],
            "answers": {"fire/weekly/exit": False}}  # fmt: skip
    for changes in ({}, {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a16", "supersedes": body["id"]}):
        answer = office.chief.post(
            "/api/v1/inspections", json=body | changes, headers={"X-CSRFToken": token}
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
    page = office.page("other")
    for words in ("boxes", "corrects an earlier entry", "checklist weekly, version 1", "1 answer",
                  "Is the exit free? No"):  # fmt: skip
        assert words in page, words
