"""One visit: what is kept of it, what is refused, and that nothing is ever doubled or changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from psycopg2.errors import CheckViolation, InsufficientPrivilege

from app import create_app
from app.db.connection import Database
from app.errors import Forbidden
from app.facilities import actions as facilities
from app.identity.model import SERVICE_PERSON
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import Visit
from app.settings import Settings
from app.units import actions as units
from app.units.model import Change
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_person,
    add_row,
    add_units,
    grid_number,
    publish_city,
)
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

ITEMS = [
    {"key": "exit", "kind": "yes_no", "zh": "安全出口是否畅通", "en": "Is the exit free?"},
    {"key": "tins", "kind": "number", "zh": "灭火器数量", "en": "Extinguishers", "least": 2},
    {
        "key": "wires",
        "kind": "choice",
        "zh": "电线",
        "en": "Wires",
        "choices": [
            {"key": "tidy", "zh": "整齐", "en": "Tidy", "normal": True},
            {"key": "loose", "zh": "乱拉", "en": "Loose", "normal": False},
        ],
    },
    {"key": "words", "kind": "text", "zh": "说明", "en": "Words"},
]
LIST = {"programme": "fire", "key": "weekly", "version": 1}
NOON = f"{TODAY}T00:05:00+08:00"


@dataclass
class Round:
    """A small city with a programme, and people on their rounds."""

    database: Database
    settings: Settings
    clients: dict[str, FlaskClient]
    people: dict[str, int]

    def send(self, who: str = "chief", **changes: Any) -> tuple[int, dict[str, Any]]:
        body = {
            "id": str(uuid4()),
            "target": {"kind": "unit", "id": "u0"},
            "outcome": "done",
            "happened_at": NOON,
        } | changes
        client = self.clients[who]
        answer = client.post(
            "/api/v1/inspections", json=body, headers={"X-CSRFToken": csrf_token(client, "/map")}
        )
        return answer.status_code, answer.get_json()

    def refused(self, who: str = "chief", **changes: Any) -> tuple[int, str]:
        status, told = self.send(who, **changes)
        assert status >= 400, told
        return status, told["detail"]

    def count(self, sql: str = "SELECT count(*) FROM inspection") -> int:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            return int(tx.value(sql))


@pytest.fixture(scope="module")
def city(databases: Databases, settings: Settings) -> Iterator[Round]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.001, SOUTH + 0.001)] * 3 + [(WEST + 0.041, SOUTH + 0.001)])
        add_row(tx, facilities.FACILITIES, "tower", (WEST + 0.002, SOUTH + 0.002), state="working")
        add_households(tx, {"h1": (WEST + 0.001, SOUTH + 0.001)})
        add_programme(tx)
        people = {
            name: add_person(tx, name, role, grid, PASSWORD)
            for name, role, grid in (
                ("chief", "grid_chief", "block:111"),
                ("other", "grid_worker", "block:111"),
                ("manager", "area_manager", "town:1"),
                ("bureau", "authority", None),
                ("head", "leader", None),
            )
        }
        for unit in ("u1", "u2"):
            no = units.unit_number(tx, unit)
            units.close(tx, Change(no, 1, date(2026, 5, 1), None), TODAY)
        units.reopen(tx, Change(units.unit_number(tx, "u2"), 2, date(2026, 6, 1), None), TODAY)
    app = create_app(settings, databases.app_dsn(name))
    clients = {name: signed_in_client(app, name) for name in people}
    yield Round(opened, settings, clients, people)
    opened.close()
    databases.drop(name)


def add_programme(tx: Any) -> None:
    tx.execute(
        "INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, "
        "source, set_by) VALUES ('fire', '消防', 'Fire', '', '', '', '', person())"
    )
    for version, withdrawn in ((1, None), (2, date(2026, 6, 1))):
        tx.execute(
            "INSERT INTO checklist (programme_key, key, version, name_zh, name_en, items, "
            "valid_from, withdrawn_on) VALUES ('fire', 'weekly', %(version)s, '每周', 'Weekly', "
            "%(items)s, '2026-01-01', %(withdrawn)s)",
            version=version,
            items=json.dumps(ITEMS),
            withdrawn=withdrawn,
        )


def test_a_visit_keeps_its_moment_place_and_people(city: Round) -> None:
    status, told = city.send(
        position={"lon": WEST, "lat": SOUTH, "accuracy_m": 12},
        sent_at=f"{TODAY}T00:06:00+08:00",
        note="  all well ",
        programmes=["fire"],
    )
    assert status == 200, told
    assert told["target"] | {"no": 0} == {
        "no": 0, "kind": "unit", "name": "Unit u0", "class_key": "shop"}  # fmt: skip
    assert (told["grid"], told["edition"], told["chief"]) == ("block:111", "first", "Chief")
    assert (told["happened_on"], told["before_first_edition"]) == (str(TODAY), False)
    assert told["position"] == {"lon": WEST, "lat": SOUTH, "accuracy_m": 12}
    assert told["note"] == "all well" and told["programmes"] == ["fire"]
    clocks = [datetime.fromisoformat(told[one]) for one in ("happened_at", "uploaded_at")]
    assert clocks[1] - clocks[0] == timedelta(minutes=1)
    assert told["recorded_at"] != told["uploaded_at"]
    answer = city.clients["head"].get(f"/api/v1/inspections/{told['id']}")
    assert answer.get_json() == told


def test_the_same_id_answers_what_was_stored_at_first(city: Round) -> None:
    body = {"id": str(uuid4()), "note": "once"}
    first = city.send(**body)
    before = city.count()
    assert city.send(**body) == first
    assert city.send(**body, sent_at=f"{TODAY}T01:00:00+08:00") == first  # only later
    status, told = city.send(**body | {"note": "twice"})
    assert (status, told["code"]) == (409, "conflict")
    assert (told["stored"]["note"], told["sent"]["note"]) == ("once", "twice")
    status, told = city.send("bureau", **body, target={"kind": "unit", "id": "u3"})
    assert status == 409 and told["stored"]["note"] == "once"
    assert city.count() == before


def test_an_id_of_elsewhere_says_nothing_of_it(city: Round) -> None:
    id_ = str(uuid4())
    city.send("bureau", id=id_, target={"kind": "unit", "id": "u3"}, note="far away")
    status, told = city.send(id=id_)
    assert status == 409 and "another record" in told["detail"]
    assert "far away" not in str(told)
    assert city.clients["chief"].get(f"/api/v1/inspections/{id_}").status_code == 404


@pytest.mark.parametrize(
    ("target", "name", "class_key"),
    [
        ({"kind": "facility", "id": "tower"}, "Unit tower", "shop"),
        ({"kind": "grid", "id": "block:111"}, "格111", "block"),
        ({"kind": "household", "id": "h1"}, "Building 1", "lone_elderly"),
    ],
)
def test_every_kind_of_target(city: Round, target: Any, name: str, class_key: str) -> None:
    status, told = city.send(target=target)
    assert status == 200, told
    assert (told["target"]["name"], told["target"]["class_key"]) == (name, class_key)
    assert told["grid"] == "block:111"


def test_a_visit_to_a_household_is_told_to_those_who_answer_for_persons(city: Round) -> None:
    _, told = city.send(target={"kind": "household", "id": "h1"})
    for who, status in (("other", 200), ("manager", 200), ("bureau", 404), ("head", 404)):
        answer = city.clients[who].get(f"/api/v1/inspections/{told['id']}")
        assert answer.status_code == status, who
    status, said = city.refused("bureau", target={"kind": "household", "id": "h1"})
    assert status == 404 and "no household h1 in your area" in said


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"happened_at": f"{TODAY + timedelta(days=1)}T23:59:59+08:00"}, 422, "Set the clock"),
        ({"happened_at": "2024-06-29T23:00:00+08:00"}, 422, "older than 2 years"),
        ({"happened_at": "yesterday"}, 422, "write a moment like"),
        ({"happened_at": "2026-06-30T09:00:00"}, 422, "write a moment like"),
        ({"id": "1"}, 422, "write an id like"),
        ({"target": {"kind": "unit", "id": "u1"}}, 422, "was closed on 2026-06-30"),
        ({"target": {"kind": "unit", "id": "u2"}, "happened_at": "2026-05-20T09:00:00+08:00"},
         422, "was closed on 2026-05-20"),
        ({"target": {"kind": "unit", "id": "u3"}}, 404, "no unit u3 in your area"),
        ({"target": {"kind": "unit", "id": "nothing"}}, 404, "no unit nothing"),
        ({"target": {"kind": "grid", "id": "block:112"}}, 404, "no grid block:112 in your area"),
        ({"target": {"kind": "grid", "id": "block:999"}}, 404, "no grid block:999"),
        ({"outcome": "fine"}, 422, "use one of: done"),
        ({"programmes": ["tax"]}, 422, "no programme tax"),
        ({"checklists": [LIST | {"version": 7}]}, 422, "no version 7 of the checklist weekly"),
        ({"answers": {"fire/weekly/exit": True}}, 422, "none of the checklists"),
        ({"checklists": [LIST], "answers": {"fire/weekly/exit": "yes"}}, 422, "does not fit"),
        ({"checklists": [LIST], "answers": {"fire/weekly/tins": True}}, 422, "does not fit"),
        ({"checklists": [LIST], "answers": {"fire/weekly/wires": "red"}}, 422, "does not fit"),
        ({"checklists": [LIST], "answers": {"fire/weekly/none": 1}}, 422, "none of the checklists"),
        ({"outcome": "voided"}, 422, "Name the visit"),
        ({"supersedes": str(uuid4())}, 422, "no visit"),
        ({"note": "x" * 1001}, 422, "note"),
        ({"colour": "red"}, 422, "no colour here"),
    ],
)  # fmt: skip
def test_bad_visits_get_a_sentence(
    city: Round, changes: dict[str, Any], status: int, words: str
) -> None:
    before = city.count()
    found, said = city.refused(**changes)
    assert (found, words in said) == (status, True), said
    assert city.count() == before


def test_the_outermost_moments_are_taken(city: Round) -> None:
    with city.database.transaction_as(city.people["chief"]) as tx:
        no = visits.target_number(tx, "unit", "u0")
        now = datetime(2026, 6, 30, 12, 0, tzinfo=city.settings.zone)
        for moment in (now + timedelta(minutes=10), datetime(2024, 6, 30, tzinfo=now.tzinfo)):
            kept = visits.record(tx, Visit(uuid4(), no, "done", moment), Clocks(now))
            assert kept.row.happened_at == moment
        # by the day of the city, not of the device
        far = datetime.fromisoformat("2026-06-29T18:00:00-02:00")
        kept = visits.record(tx, Visit(uuid4(), no, "done", far), Clocks(now))
        assert kept.row.happened_on == TODAY
        tx.undo()


def test_answers_come_back_with_what_is_not_as_it_should_be(city: Round) -> None:
    given = {"exit": False, "tins": 1, "wires": "loose", "words": "see to it"}
    answers = {f"fire/weekly/{key}": value for key, value in given.items()}
    _, told = city.send(checklists=[LIST], answers=answers)
    assert [one["item"].split("/")[-1] for one in told["deviations"]] == ["exit", "tins", "wires"]
    assert told["checklists"] == [LIST | {"withdrawn": False}]
    fine = {"exit": True, "tins": 2, "wires": "tidy", "words": None}
    _, told = city.send(
        checklists=[LIST], answers={f"fire/weekly/{key}": value for key, value in fine.items()}
    )
    assert told["deviations"] == [] and "fire/weekly/words" not in told["answers"]


def test_a_withdrawn_checklist_is_taken_and_labelled(city: Round) -> None:
    old = LIST | {"version": 2}
    status, told = city.send(checklists=[old], answers={"fire/weekly/exit": True})
    assert status == 200 and told["checklists"] == [old | {"withdrawn": True}]
    _, told = city.send(checklists=[old], happened_at="2026-05-20T09:00:00+08:00")
    assert told["checklists"] == [old | {"withdrawn": False}]


def test_a_correction_is_a_further_event_of_the_same_target(city: Round) -> None:
    _, first = city.send(note="wrong")
    status, second = city.send(supersedes=first["id"], note="right")
    assert status == 200 and second["supersedes"] == first["id"]
    shown = city.clients["chief"].get(f"/api/v1/inspections/{first['id']}").get_json()
    assert (shown["note"], shown["superseded_by"]) == ("wrong", second["id"])
    status, said = city.refused(supersedes=first["id"])
    assert status == 409 and "corrected or taken back already" in said
    status, said = city.refused(supersedes=second["id"], target={"kind": "facility", "id": "tower"})
    assert status == 422 and "same target" in said


def test_who_may_correct(city: Round) -> None:
    _, first = city.send()
    status, said = city.refused("other", supersedes=first["id"])
    assert status == 403 and "Only who recorded" in said
    assert city.send("manager", supersedes=first["id"])[0] == 200


def test_taking_back_keeps_both_events(city: Round) -> None:
    _, first = city.send(happened_at="2026-06-20T09:00:00+08:00")
    status, void = city.send(outcome="voided", supersedes=first["id"])
    assert status == 200 and void["happened_at"] == first["happened_at"]
    listed = city.clients["chief"].get("/api/v1/inspections?unit=u0&limit=1000").get_json()
    assert not {first["id"], void["id"]} & {one["id"] for one in listed["inspections"]}
    assert city.refused(outcome="voided", supersedes=void["id"])[0] == 409


def test_leaders_only_read(city: Round) -> None:
    assert city.refused("head")[0] == 403
    with (
        pytest.raises(Forbidden),
        city.database.transaction_as(city.people["chief"], city.people["bureau"]) as tx,
    ):
        no = visits.target_number(tx, "unit", "u0")
        visits.record(tx, Visit(uuid4(), no, "done", None), Clocks(city.settings.now()))


def test_a_grid_that_moved_keeps_the_visit_where_it_was(city: Round) -> None:
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        no = visits.target_number(tx, "unit", "u0")
        tx.execute("SELECT set_config('gridward.placed_from', '2026-06-10', true)")
        tx.execute(
            "UPDATE target SET grid_no = %(grid)s WHERE no = %(no)s",
            grid=grid_number(tx, "block:112"),
            no=no,
        )
        now = city.settings.now()
        then = datetime(2026, 6, 9, 9, tzinfo=now.tzinfo)
        for moment, grid, chief in ((then, "111", "Chief"), (now, "112", None)):
            kept = visits.record(tx, Visit(uuid4(), no, "done", moment), Clocks(now))
            assert (kept.row.code, kept.row.chief) == (grid, chief)
        tx.undo()


# -- exclusions -----------------------------------------------------------------------------


def decide(city: Round, who: str, **form: Any) -> tuple[int, str]:
    client = city.clients[who]
    answer = client.post(
        "/exclusions/decide",
        data=form | {"csrf_token": csrf_token(client, "/exclusions")},
        follow_redirects=True,
    )
    return answer.status_code, answer.get_data(as_text=True)


def open_requests(city: Round, who: str = "manager") -> list[str]:
    page = city.clients[who].get("/exclusions").get_data(as_text=True)
    return re.findall(r'name="exclusion" value="(\d+)"', page)


def test_a_second_person_decides_on_an_exclusion(city: Round) -> None:
    locked = {"outcome": "locked", "note": "shut for months", "id": str(uuid4())}
    wish = {"exclusion": {"until": "2026-12-31"}}
    assert city.send(**locked, **wish)[0] == 200
    city.send(**locked, **wish)  # the same again asks for nothing more
    assert open_requests(city, "chief") == []  # the own one cannot be ticked
    (no,) = open_requests(city)
    page = city.clients["manager"].get("/exclusions").get_data(as_text=True)
    for words in ("1 asked for, 0 in force", "shut for months", "31 December 2026",
                  "185 more days", "/map?at=17/31.00100/118.00100"):  # fmt: skip
        assert words in page, words
    status, page = decide(city, "manager", exclusion=no, decision="accepted", note="seen it")
    assert status == 200 and "1 request was accepted." in page
    assert open_requests(city) == []
    page = city.clients["chief"].get("/exclusions?state=accepted").get_data(as_text=True)
    assert "seen it" in page
    status, page = decide(city, "manager", exclusion=no, decision="declined")
    assert "0 requests were declined. 1 was left" in page


def test_nobody_decides_on_the_own_request(city: Round) -> None:
    _, told = city.send("manager", outcome="moved", note="gone", exclusion={"until": "2026-07-30"})
    numbers = city.count(f"SELECT no FROM exclusion WHERE inspection_id = '{told['id']}'")
    status, page = decide(city, "manager", exclusion=numbers, decision="accepted")
    assert status == 422 and "a second person has to decide" in page
    with city.database.transaction_as(city.people["manager"]) as tx:
        changed = "UPDATE exclusion SET decision = 'accepted', decided_by = {}, decided_at = now()"
        with pytest.raises((CheckViolation, InsufficientPrivilege)):
            tx.execute(changed.format(city.people["manager"]))
        tx.undo()
    assert decide(city, "chief", exclusion=numbers, decision="accepted")[0] == 403
    assert "1 request was declined." in decide(city, "bureau", which="all", decision="declined")[1]


def test_a_request_whose_visit_was_taken_back_is_over(city: Round) -> None:
    _, told = city.send(outcome="closed", note="gone", exclusion={"until": "2026-07-30"})
    city.send(outcome="voided", supersedes=told["id"])
    assert open_requests(city) == []
    page = city.clients["manager"].get("/exclusions?state=over").get_data(as_text=True)
    assert "the visit was taken back" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": "done"}, "asks for no exclusion"),
        ({"note": " "}, "Write in the note"),
        ({"exclusion": {"until": "2026-06-29"}}, "before the visit"),
        ({"exclusion": {"until": "2027-07-01"}}, "a year at most"),
        ({"exclusion": {"until": "2026-08-01", "programme": "tax"}}, "no programme tax"),
    ],
)
def test_a_request_that_nobody_could_judge_is_refused_with_its_visit(
    city: Round, changes: dict[str, Any], words: str
) -> None:
    before = city.count()
    asked = {"outcome": "locked", "note": "shut", "exclusion": {"until": "2027-06-30"}}
    status, said = city.refused(**asked | changes)
    assert (status, words in said) == (422, True), said
    assert city.count() == before
