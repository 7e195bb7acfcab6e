"""Records that look unlikely become questions, to those concerned and to nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, strategies as some

from app import create_app
from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.inspections.questions import actions, rules
from app.inspections.questions.model import Kept, Stop
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import Visit
from app.settings import Settings
from app.units import actions as units
from tests.builders import SOUTH, TODAY, WEST, add_person, add_units, publish_city
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

NOON = datetime(2026, 6, 29, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
METRE = 1 / 111_195  # degrees of latitude, on the sphere


def stop(
    no: int, seconds: float, north_m: float | None = 0, target: int | None = None, person: int = 1
) -> Stop:
    place = None if north_m is None else (118.0, 31 + north_m * METRE)
    at = NOON + timedelta(seconds=seconds)
    return Stop(UUID(int=no), person, no if target is None else target, 7, at, place)


# -- pure rules ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "seconds", "asked"),
    [
        (1000, 59, True),
        (1000, 61, False),  # 60 km/h are a kilometre a minute
        (1000, 0, True),
        (290, 0, False),  # too near to tell
        (310, 1, True),
    ],
)
def test_faster_than_anybody_drives(metres: float, seconds: float, asked: bool) -> None:
    found = rules.too_fast([stop(1, 0), stop(2, seconds, metres)])
    assert len(found) == asked
    if asked:
        assert found[0].facts["metres"] == pytest.approx(metres, abs=1)


def test_neither_the_same_place_nor_another_person_nor_no_place_is_fast() -> None:
    assert rules.too_fast([stop(1, 0, 0, target=5), stop(2, 1, 9000, target=5)]) == []
    assert rules.too_fast([stop(1, 0), stop(2, 1, 9000, person=2)]) == []
    assert rules.too_fast([stop(1, 0), stop(2, 1, None)]) == []


@given(some.lists(some.tuples(some.floats(0, 86_400), some.floats(0, 16)), max_size=20))
def test_whoever_walks_is_never_asked(legs: list[tuple[float, float]]) -> None:
    """At up to 16 m/s from one stop to the next, whatever the way."""
    at, place, stops = 0.0, 0.0, [stop(0, 0)]
    for no, (seconds, speed) in enumerate(legs, 1):
        at, place = at + seconds, place + (-1) ** no * seconds * speed
        stops.append(stop(no, at, max(-2e6, min(2e6, place))))
    assert rules.too_fast(stops[::-1]) == []


@pytest.mark.parametrize(
    ("count", "seconds", "runs"), [(10, 60, 1), (10, 61, 0), (9, 1, 0), (25, 10, 1), (0, 0, 0)]
)
def test_ten_within_a_minute(count: int, seconds: float, runs: int) -> None:
    step = seconds / (count - 1) if count > 1 else 0
    found = rules.too_many([stop(no, no * step) for no in range(count)])
    assert [one.facts["count"] for one in found] == [count] * runs


@given(some.lists(some.integers(0, 2000), max_size=60))
def test_a_record_is_in_one_run_at_most(moments: list[int]) -> None:
    stops = [stop(no, second) for no, second in enumerate(moments)]
    named = [visit for one in rules.too_many(stops) for visit in one.facts["visits"]]
    assert len(named) == len(set(named))
    ordered = sorted(moments)
    dense = any(b - a <= 60 for a, b in zip(ordered, ordered[9:], strict=False))
    assert bool(named) == dense


def test_of_the_visit_of_somebody_else_nothing_is_told() -> None:
    first, own, other = stop(1, 0), stop(2, 60), stop(3, 90, person=2)
    found = rules.same_photos([(first, own), (first, other)])
    assert [one.facts["visits"] for one in found] == [[str(own.id), str(first.id)], [str(other.id)]]
    assert [one.person for one in found] == [1, 2]


def test_the_chance_of_finding_nothing_is_binomial_at_the_lower_bound() -> None:
    # 20 of 100: at least 13.3 % (Wilson); 0.8666 to the 60th
    chance = rules.chance_of_none({"shop": 60}, {"shop": Kept(100, 20)})
    assert chance == pytest.approx(1.9e-4, rel=0.05)
    assert rules.chance_of_none({"shop": 60}, {"shop": Kept(29, 20)}) is None
    assert rules.chance_of_none({"shop": 29}, {"shop": Kept(100, 20)}) is None
    assert rules.chance_of_none({"shop": 60}, {"shop": Kept(100, 0)}) == 1


PERIOD = (date(2026, 3, 1), date(2026, 5, 31))


def test_only_who_finds_nothing_where_the_others_do_is_asked() -> None:
    others = {(no, 5, "shop"): Kept(50, 12) for no in (2, 3)}
    asked = rules.never_anything({(1, 5, "shop"): Kept(60, 0)} | others, PERIOD)
    assert [(one.person, one.grid, one.facts["deviating"]) for one in asked] == [(1, 5, 24)]
    for tallies in (
        {(1, 5, "shop"): Kept(60, 1)},  # found one thing
        {(1, 6, "shop"): Kept(60, 0)},  # another area
        {(1, 5, "school"): Kept(60, 0)},  # another kind of place
        {(1, 5, "shop"): Kept(60, 0), (1, 5, "school"): Kept(9, 1)},
    ):
        assert rules.never_anything(tallies | others, PERIOD) == []


# -- through the pages --------------------------------------------------------------------

PEOPLE = (
    ("chief", "grid_chief", "block:111"),
    ("fellow", "grid_chief", "block:112"),
    ("manager", "area_manager", "community:11"),
    ("above", "area_manager", "town:1"),
    ("planner", "authority", None),
    ("leader", "leader", None),
    ("auditor", "auditor", None),
    ("operator", "admin", None),
)


@dataclass
class City:
    database: Database
    app: Flask
    people: dict[str, int]
    settings: Settings
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, who: str) -> FlaskClient:
        if who not in self.clients:
            self.clients[who] = signed_in_client(self.app, who)
        return self.clients[who]

    def page(self, who: str) -> str:
        answer = self.client(who).get("/checks/questions")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def say(self, who: str, no: int, **form: object) -> tuple[int, str]:
        client = self.client(who)
        sent = {"id": uuid4(), "kind": "answer", "words": "I recorded the whole corridor at once"}
        answer = client.post(
            f"/checks/questions/{no}",
            data=sent | form | {"csrf_token": csrf_token(client, "/map")},
            follow_redirects=True,
        )
        return answer.status_code, answer.get_data(as_text=True)

    def ask(self, who: str, sql: str) -> list[Any]:
        with self.database.transaction_as(self.people[who]) as tx:
            return tx.rows(sql)


@pytest.fixture(scope="module")
def city(databases: Databases, settings: Settings) -> Iterator[City]:
    """The chief taps twelve shops within eleven seconds."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.0001 * (n + 1), SOUTH + 0.001) for n in range(12)])
        targets = [units.unit_number(tx, f"u{n}") for n in range(12)]
        people = {one: add_person(tx, one, role, grid, PASSWORD) for one, role, grid in PEOPLE}
    with opened.transaction_as(people["chief"]) as tx:
        for n, target in enumerate(targets):
            tap(tx, target, NOON + timedelta(seconds=n))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        assert actions.look_daily(tx, TODAY) == 1
        assert actions.look_daily(tx, TODAY) == 0  # once a day
        assert actions.look(tx, TODAY, 30) == 0  # and the same is asked once
    yield City(opened, create_app(settings, databases.app_dsn(name)), people, settings)
    opened.close()
    databases.drop(name)


def tap(tx: Transaction, target: int, at: datetime) -> None:
    visits.record(tx, Visit(uuid4(), target, "done", at), Clocks(at + timedelta(minutes=1)))


def test_a_question_is_for_who_is_asked_and_the_manager_right_above(city: City) -> None:
    seen = {who for who in city.people if city.ask(who, "SELECT no FROM question")}
    assert seen == {"chief", "manager"}
    for who in ("chief", "manager"):
        page = city.page(who)
        assert "12 records within 11 s?" in page and "Unit u0" in page
    assert "About your records" in city.page("chief")
    for who in ("fellow", "above", "planner", "operator"):
        assert "Nobody asks you anything." in city.page(who)
        assert city.say(who, 1)[0] == 404
    for who in ("leader", "auditor"):
        assert city.client(who).get("/checks/questions").status_code == 403
    assert "Questions (1)" in city.client("chief").get("/today").get_data(as_text=True)


def test_it_is_answered_by_one_and_closed_by_the_other(city: City) -> None:
    assert city.say("chief", 1, words="  ")[0] == 422
    assert city.say("chief", 1, kind="close")[0] == 403
    assert city.say("manager", 1)[0] == 403
    sent = uuid4()
    for _ in range(2):  # the same again is the same
        status, page = city.say("chief", 1, id=sent)
        assert status == 200 and page.count("I recorded the whole corridor at once</p>") == 1
    assert "I recorded the whole corridor at once" in city.page("manager")
    assert city.say("manager", 1, kind="close", words="spoken with")[0] == 200
    status, page = city.say("manager", 1, kind="close", words="again")
    assert status == 409
    assert city.say("chief", 1, words="one more thing")[0] == 409
    assert re.search(r"Closed.*spoken with", city.page("chief"), re.S)


def test_the_database_keeps_to_it(city: City) -> None:
    event = (
        "INSERT INTO question_event (id, question_no, person_no, kind, words, recorded_by) "
        "VALUES (gen_random_uuid(), 1, {about}, '{kind}', 'x', {by})"
    )
    about, manager = city.people["chief"], city.people["manager"]
    for who, statement in (
        ("fellow", event.format(about=about, kind="close", by="person()")),
        ("leader", event.format(about=about, kind="close", by="person()")),
        ("chief", event.format(about=about, kind="close", by="person()")),
        ("chief", event.format(about=about, kind="close", by=manager)),
        ("manager", "UPDATE question_event SET words = 'y'"),
        ("manager", "DELETE FROM question"),
        ("manager", "SELECT raise_question('burst', 'x', 1, 1, '{}', '2026-06-30')"),
    ):
        with (
            pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.CheckViolation)),
            city.database.transaction_as(city.people[who]) as tx,
        ):
            tx.execute(statement)


def test_who_looks_as_somebody_else_sees_no_question(city: City) -> None:
    viewing = city.database.transaction_as(city.people["chief"], city.people["operator"])
    with viewing as tx:
        assert tx.rows("SELECT no FROM question") == []


def test_months_without_any_finding_are_asked_about_with_the_chance(city: City) -> None:
    """Other chiefs of the community find a locked door at each fifth shop, this one never."""
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        add_units(tx, [(WEST + 0.021, SOUTH + 0.001)], prefix="f")
        there, here = (units.unit_number(tx, one) for one in ("f0", "u0"))
    for who, target, count, every in (("fellow", there, 100, 5), ("chief", here, 90, 1000)):
        with city.database.transaction_as(city.people[who]) as tx:
            tx.execute(
                "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, "
                "recorded_by, grid_no, target_name, target_class, content) SELECT "
                "gen_random_uuid(), %(target)s, CASE WHEN n %% %(every)s = 0 THEN 'locked' "
                "ELSE 'done' END, '2026-04-01'::date + n * interval '1 hour', "
                "('2026-04-01'::date + n * interval '1 hour')::date, person(), 1, 'x', 'shop', '' "
                "FROM generate_series(1, %(count)s) n",
                target=target,
                count=count,
                every=every,
            )
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        assert actions.look(tx, TODAY, 1) == 1
    page = city.page("chief")
    assert "all 90 records were normal" in page and "in 20 of 100" in page
    assert re.search(r"once in [34]\d\d,\d\d\d such cases \(p = 2\.\de-06\)", page)
    assert "Nothing to find for months?" in city.page("manager")
    assert "Nobody asks you anything." in city.page("fellow")
