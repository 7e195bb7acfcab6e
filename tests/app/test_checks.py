"""Claimed visits drawn at random and looked at again by somebody else."""

from __future__ import annotations

import doctest
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings as rounds, strategies as some

from app import create_app
from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.inspections.checks import actions, jobs, rules
from app.inspections.checks.model import Candidate, Claim, SampleRule, Wish
from app.settings import Settings
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_inspections,
    add_person,
    add_programme,
    add_rule,
    add_units,
    publish_city,
)
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

# -- pure rules ---------------------------------------------------------------------------


def claim(no: int, grid: int = 1, recorder: int = 1, household: bool = False) -> Claim:
    return Claim(UUID(int=no), no, household, grid, recorder)


@some.composite
def lists(pick: Any) -> tuple[list[Claim], int, int]:
    """Claims of some grids, how many to draw, a seed."""
    sizes = pick(some.lists(some.integers(1, 30), min_size=1, max_size=8))
    claims = [claim(100 * grid + n, grid) for grid, size in enumerate(sizes) for n in range(size)]
    return claims, pick(some.integers(1, len(claims))), pick(some.integers(0, 2**31))


@given(lists())
def test_a_draw_has_its_size_and_each_grid_its_share(asked: tuple[list[Claim], int, int]) -> None:
    claims, size, seed = asked
    listed = rules.draw(claims, size, seed)
    assert sorted(one.claim.target for one in listed) == sorted(one.target for one in claims)
    assert sum(one.drawn for one in listed) == size
    held = Counter(one.grid for one in claims)
    drawn = Counter(one.claim.grid for one in listed if one.drawn)
    for grid, count in held.items():
        assert abs(drawn[grid] - count * size / len(claims)) < 1
    assert rules.draw(claims[::-1], size, seed) == listed  # the order of arrival says nothing


def test_every_visit_is_drawn_about_equally_often() -> None:
    """Also the only one of a small grid: 7 of 28 are drawn, over seeds 0 to 1999."""
    claims = [claim(n, grid=1 if n < 27 else 2) for n in range(28)]
    drawn = Counter(
        one.claim.target for seed in range(2000) for one in rules.draw(claims, 7, seed) if one.drawn
    )
    assert len(drawn) == 28 and all(400 < count < 600 for count in drawn.values())


@given(some.integers(1, 300).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))))
def test_the_interval_holds_the_share_and_mirrors(found: tuple[int, int]) -> None:
    hits, n = found
    low, high = rules.wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    mirrored = rules.wilson_interval(n - hits, n)
    assert mirrored == pytest.approx((1 - high, 1 - low))
    wider = rules.wilson_interval(10 * hits, 10 * n)
    assert wider[1] - wider[0] <= high - low


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # statsmodels 0.14: proportion_confint(hits, n, method="wilson")
        (6, 38, 0.0744, 0.3042),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_known_intervals(hits: int, n: int, low: float, high: float) -> None:
    assert rules.wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_the_bounds_solve_the_equation_of_the_score_test() -> None:
    for hits, n in ((6, 38), (1, 7), (99, 200)):
        for bound in rules.wilson_interval(hits, n):
            spread = (bound * (1 - bound) / n) ** 0.5
            assert abs(hits / n - bound) / spread == pytest.approx(rules.Z95)


def test_examples_of_the_rules() -> None:
    found = doctest.testmod(rules)
    assert (found.attempted, found.failed) == (1, 0)


@pytest.mark.parametrize(
    ("rule", "claims", "size"),
    [
        (SampleRule(Decimal(2), None, 14), 1000, 20),
        (SampleRule(Decimal(2), None, 14), 3, 1),
        (SampleRule(Decimal("0.5"), None, 14), 0, 0),
        (SampleRule(None, 30, 14), 12, 12),
        (SampleRule(None, 0, 14), 12, 0),
        (SampleRule(Decimal(50), None, 14), 5000, rules.MOST),
    ],
)
def test_what_a_month_gives(rule: SampleRule, claims: int, size: int) -> None:
    assert rules.size_by(rule, claims) == size


NEAR = [
    Candidate(1, 10, "grid_worker", 2),
    Candidate(1, 11, "grid_worker", 2),
    Candidate(1, 20, "area_manager", 2),
    Candidate(1, 21, "area_manager", 1),
    Candidate(1, 30, "authority", 0),
    Candidate(1, 40, "grid_chief", 3),
]


def test_the_nearest_take_turns_and_never_check_themselves() -> None:
    shared = rules.share_out([claim(n, recorder=10 if n < 2 else 1) for n in range(6)], NEAR)
    chosen = [person for _, person in shared]
    assert chosen[:2] == [11, 11] and Counter(chosen) == {10: 3, 11: 3}
    assert rules.share_out([claim(1, grid=9)], NEAR) == [(claim(1, grid=9), None)]


def test_households_are_checked_by_those_who_answer_for_persons() -> None:
    able = rules.checkers(claim(1, household=True), NEAR)
    assert [one.person for one in able] == [10, 11, 20]
    assert [one.person for one in rules.checkers(claim(1, recorder=20), NEAR)] == [10, 11, 21, 30]


@given(some.lists(some.tuples(some.sampled_from([1, 10, 11, 20, 30]), some.booleans())))
@rounds(max_examples=50)
def test_nobody_ever_checks_the_own_visit(drawn: list[tuple[int, bool]]) -> None:
    claims = [claim(n, 1, recorder, home) for n, (recorder, home) in enumerate(drawn)]
    for one, person in rules.share_out(claims, NEAR):
        assert person is not None and person != one.recorder and person != 40


def test_a_tally_counts_apart_what_tells_nothing() -> None:
    rows = [
        SimpleNamespace(result=result, expires_on=TODAY)
        for result in ("confirmed", "not_confirmed", "not_confirmed", "unable", None)
    ]
    found = rules.tally(rows, TODAY)
    assert (found.confirmed, found.n, found.unable, found.open, found.expired) == (1, 3, 1, 1, 0)
    assert rules.tally(rows, date(2026, 7, 1)).expired == 1


# -- through the pages --------------------------------------------------------------------


@dataclass
class City:
    """Two towns; in town 1 a worker and a manager, in each block of it units with visits."""

    database: Database
    app: Flask
    people: dict[str, int]
    settings: Settings
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, who: str) -> FlaskClient:
        """Signed in at the first use."""
        if who not in self.clients:
            self.clients[who] = signed_in_client(self.app, who)
        return self.clients[who]

    def page(self, who: str, path: str, status: int = 200) -> str:
        answer = self.client(who).get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        return answer.get_data(as_text=True)

    def post(self, who: str, path: str, **form: object) -> tuple[int, str]:
        client = self.client(who)
        sent = form | {"csrf_token": csrf_token(client, "/map")}
        answer = client.post(path, data=sent, follow_redirects=True)
        return answer.status_code, answer.get_data(as_text=True)

    def draw(self, who: str = "planner", **form: object) -> tuple[int, str]:
        asked = {"programme": "fire", "period": "2026-06", "size": 4, "days": 14} | form
        return self.post(who, "/checks/samples", **asked)

    def ask(self, sql: str, who: int = SERVICE_PERSON, **values: Any) -> list[Any]:
        with self.database.transaction_as(who) as tx:
            return tx.rows(sql, **values)

    def addresses(self, who: str) -> list[str]:
        """Of the visits that wait for this person."""
        return re.findall(r'href="(/checks/samples/\d+/[0-9a-f-]{36})"', self.page(who, "/checks"))

    def say(self, who: str, address: str, **form: object) -> tuple[int, str]:
        said = {"id": uuid4(), "result": "confirmed", "how": "site"} | form
        return self.post(who, address, **said)


PEOPLE = (
    ("chief", "grid_chief", "block:111"),
    ("worker", "grid_worker", "community:11"),
    ("manager", "area_manager", "town:1"),
    ("planner", "authority", None),
    ("leader", "leader", None),
    ("stranger", "grid_chief", "block:244"),
)


@pytest.fixture
def city(databases: Databases, settings: Settings) -> Iterator[City]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        people = settle(tx)
    yield City(opened, create_app(settings, databases.app_dsn(name)), people, settings)
    opened.close()
    databases.drop(name)


def settle(tx: Transaction) -> dict[str, int]:
    """Four units in block 111, two in 112, two in town 2; each was visited in June."""
    publish_city(tx)
    places = [(WEST + 0.001 * (n + 1), SOUTH + 0.001) for n in range(4)]
    places += [(WEST + 0.021 + 0.001 * n, SOUTH + 0.001) for n in range(2)]
    places += [(WEST + SIDE + 0.001 * (n + 1), SOUTH + 0.001) for n in range(2)]
    add_units(tx, places)
    add_programme(tx, "fire", {})
    add_rule(tx, "fire", "monthly")
    add_inspections(tx, [(f"u{n}", date(2026, 6, 10), "done") for n in range(8)])
    tx.execute("UPDATE person SET name = 'Recorder' WHERE no = person()")
    return {one: add_person(tx, one, role, grid, PASSWORD) for one, role, grid in PEOPLE}


def test_a_sample_from_the_draw_to_what_was_found(city: City) -> None:
    status, page = city.draw(within="town:1", who="manager")
    assert status == 200 and "Nothing was checked yet" in page and "Place in the list" in page
    waiting = city.addresses("worker")
    assert len(waiting) == 4 and city.addresses("manager") == []
    form = city.page("worker", waiting[0])
    assert "was somebody there on 10 June 2026?" in form
    # nothing that persuades: not who recorded it
    assert "Recorder" not in form
    status, page = city.say("worker", waiting[0], result="not_confirmed")
    assert status == 422 and "without words" in page and "checked" in page
    for address, result in zip(waiting, ("confirmed", "not_confirmed", "unable"), strict=False):
        status, page = city.say("worker", address, result=result, note="asked the owner")
        assert status == 200 and "Recorded. Thank you." in page
    page = city.page("leader", "/checks/samples/1")
    assert "verified: 50 % of 2 (9–91 %)" in page
    assert "1 confirmed, 1 not confirmed, 1 could not be checked, 1 to be checked" in page
    assert "Worker" not in page and "asked the owner" in page


def test_a_finding_is_corrected_by_a_further_one(city: City) -> None:
    city.draw(within="block:111")
    address = city.addresses("worker")[0]
    sent = uuid4()
    assert city.say("worker", address, id=sent)[0] == 200
    assert city.say("worker", address, id=sent)[0] == 200  # the same again is the same
    status, page = city.say("worker", address, id=sent, result="unable", note="x")
    assert status == 409
    assert city.say("worker", address)[0] == 409  # twice
    (first,) = city.ask("SELECT no FROM check_event WHERE kind = 'confirmed'")
    status, _ = city.say(
        "worker", address, result="not_confirmed", note="other shop", supersedes=first.no
    )
    assert status == 200
    kept = city.ask("SELECT kind FROM check_event WHERE kind <> 'assigned' ORDER BY no")
    assert [row.kind for row in kept] == ["confirmed", "not_confirmed"]
    page = city.page("planner", "/checks/samples/1")
    assert "corrected" in page and "0 confirmed, 1 not confirmed" in page


def test_nobody_checks_the_own_visit(city: City) -> None:
    """Refused in words; and by the database, whatever the application says."""
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        place = tx.row("SELECT u.target_no, t.grid_no FROM unit u JOIN target t "
                       "ON t.no = u.target_no WHERE u.id = 'u0'")  # fmt: skip
    with city.database.transaction_as(city.people["worker"]) as tx:
        tx.execute(
            "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, "
            "recorded_by, grid_no, target_name, target_class, content) VALUES (gen_random_uuid(), "
            "%(no)s, 'done', '2026-05-05', '2026-05-05', person(), %(grid)s, 'x', 'shop', '')",
            no=place.target_no if place else 0,
            grid=place.grid_no if place else 0,
        )
    assert city.draw(period="2026-05", size=1)[0] == 200
    (item,) = city.ask("SELECT c.*, e.checker_no FROM check_claim c JOIN check_event e "
                       "USING (sample_no, inspection_id)")  # fmt: skip
    assert item.recorder_no == city.people["worker"]
    assert item.checker_no == city.people["manager"]
    address = f"/checks/samples/1/{item.inspection_id}"
    city.page("worker", address, 404)  # nor does one learn that it was drawn
    assert city.say("worker", address)[0] == 404
    assert city.post("manager", f"{address}/give", person=city.people["worker"])[0] == 422
    with (
        pytest.raises(psycopg2.errors.CheckViolation),
        city.database.transaction_as(city.people["worker"]) as tx,
    ):
        tx.execute(
            "INSERT INTO check_event (id, sample_no, inspection_id, target_no, recorder_no, kind, "
            "checker_no, how, happened_on, recorded_by) VALUES (gen_random_uuid(), 1, %(id)s, "
            "%(target)s, %(recorder)s, 'confirmed', person(), 'site', '2026-06-30', person())",
            id=item.inspection_id,
            target=item.target_no,
            recorder=item.recorder_no,
        )
    assert city.say("manager", address, result="not_confirmed", note="shut that day")[0] == 200
    page = city.page("worker", "/checks")
    assert "What was found of your visits" in page and "shut that day" in page
    assert "shut that day" not in city.page("chief", "/checks")


def test_what_was_given_to_somebody_can_be_given_to_another(city: City) -> None:
    city.draw(within="block:111", size=1)
    (address,) = city.addresses("worker")
    assert city.say("stranger", address)[0] == 404
    assert city.post("planner", f"{address}/give", person=city.people["manager"])[0] == 200
    assert city.addresses("worker") == [] and city.addresses("manager") == [address]
    assert city.say("worker", address)[0] == 404
    assert city.say("planner", address)[0] == 200  # who draws may take it over
    assert city.post("planner", f"{address}/give", person=city.people["worker"])[0] == 409


BAD_DRAWS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("planner", {"size": 9}, "Only 8 visits can be drawn there"),
    ("planner", {"size": 0}, "A sample has 1 to 500 visits"),
    ("planner", {"size": "many"}, "A sample has 1 to 500 visits"),
    ("planner", {"period": "2026-02"}, "No completed visit of this programme"),
    ("planner", {"period": "lately"}, "There is no period lately"),
    ("planner", {"days": 0}, "Give 1 to 90 days"),
    ("planner", {"programme": "none"}, "There is no programme none"),
    ("planner", {"within": "block:999"}, "block:999"),
    ("manager", {}, "name the grid to draw from"),
    ("manager", {"within": "town:2"}, "No completed visit of this programme"),
)


def test_bad_draws_are_refused_in_words(city: City) -> None:
    for who, form, words in BAD_DRAWS:
        status, page = city.draw(who, **form)
        assert status in (404, 422) and words in page and "Draw a sample" in page, words
    assert city.ask("SELECT no FROM check_sample") == []


def test_no_visit_is_drawn_twice_and_the_list_draws_itself_again(city: City) -> None:
    city.draw(size=5)
    city.draw(size=3)
    assert city.draw(size=1)[0] == 422
    frozen = city.ask("SELECT * FROM check_claim WHERE sample_no = 1 ORDER BY rank")
    (sample,) = city.ask("SELECT seed FROM check_sample WHERE no = 1")
    claims = [
        Claim(UUID(row.inspection_id), row.target_no, False, row.grid_no, row.recorder_no)
        for row in frozen
    ]
    again = rules.draw(claims, 5, sample.seed)
    assert [(one.claim.target, one.drawn) for one in again] == [
        (row.target_no, row.drawn) for row in frozen
    ]
    assert str(sample.seed) in city.page("leader", "/checks/samples/1/list")


def test_after_its_last_day_nothing_is_added(city: City) -> None:
    with city.database.transaction_as(city.people["planner"]) as tx:
        actions.draw(tx, Wish("fire", "2026-06", "block:111", 2, 9), 1, date(2026, 6, 20))
    assert city.addresses("worker") == []
    (item, _) = city.ask("SELECT inspection_id FROM check_claim WHERE drawn")
    address = f"/checks/samples/1/{item.inspection_id}"
    status, page = city.say("worker", address)
    assert status == 422 and "was over on 2026-06-29" in page
    assert "2 not in time" in city.page("planner", "/checks/samples/1")


def test_each_sees_of_a_sample_what_lies_in_the_own_area(city: City) -> None:
    city.draw(size=8)
    rows = "SELECT inspection_id FROM check_claim"
    seen = {one: len(city.ask(rows, city.people[one])) for one in city.people}
    assert seen == {"chief": 4, "worker": 6, "manager": 6, "planner": 8, "leader": 8,
                    "stranger": 0}  # fmt: skip
    assert "are not shown to you" in city.page("manager", "/checks/samples/1")
    city.page("chief", "/checks/samples/1", 403)
    for who in ("chief", "leader"):
        assert city.draw(who)[0] == 403


def test_households_are_drawn_but_seen_only_by_those_who_answer(city: City) -> None:
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        no = add_households(tx, {"h1": (WEST + 0.002, SOUTH + 0.002)})["h1"]
    with city.database.transaction_as(city.people["chief"]) as tx:
        tx.execute(
            "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, "
            "recorded_by, grid_no, target_name, target_class, content, programmes) "
            "SELECT gen_random_uuid(), t.no, 'done', '2026-05-05', '2026-05-05', person(), "
            "t.grid_no, 'x', 'y', '', '{fire}' "
            "FROM target t WHERE t.no = %(no)s",
            no=no,
        )
    assert city.draw(period="2026-05", size=1)[0] == 200
    assert len(city.addresses("worker")) == 1 and "Building 1" in city.page("worker", "/checks")
    page = city.page("planner", "/checks/samples/1")
    assert "1 drawn visit lies outside your area, or is of a household" in page
    assert "Building 1" not in page + city.page("leader", "/checks/samples/1/list")


def test_the_worker_draws_the_month_before_once(city: City) -> None:
    in_july = Settings(
        var=city.settings.var, time_zone="Asia/Shanghai", fixed_today=date(2026, 7, 3)
    )
    early = Settings(var=city.settings.var, time_zone="Asia/Shanghai", fixed_today=date(2026, 7, 2))
    for chosen, samples in ((early, 0), (in_july, 1), (in_july, 1)):
        jobs.draw_month(chosen, city.database)
        assert len(city.ask("SELECT no FROM check_sample")) == samples
    (sample,) = city.ask("SELECT * FROM check_sample")
    assert (sample.size, sample.period, sample.automatic) == (1, "2026-06", True)
    assert sample.expires_on == date(2026, 7, 17)


def test_how_much_is_drawn_is_set_for_the_whole_city(city: City) -> None:
    assert "2 % of the visits" in city.page("planner", "/checks/samples")
    form = {"programme": "fire", "amount": "3", "unit": "visits", "days": "7"}
    assert city.post("manager", "/checks/rules", **form)[0] == 403
    assert city.post("planner", "/checks/rules", **form)[0] == 200
    assert "3 visits, 7 days to check" in city.page("leader", "/checks/samples")
    for wrong in ({"amount": "x", "unit": "percent"}, {"amount": "0", "unit": "percent"},
                  {"amount": "900"}, {"days": "0"}):  # fmt: skip
        assert city.post("planner", "/checks/rules", **(form | wrong))[0] == 422
    with city.database.transaction_as(SERVICE_PERSON) as tx:
        no = actions.draw_by_itself(tx, "fire", 1, date(2026, 7, 9))
        assert no is not None and actions.sample(tx, no, TODAY).row.size == 3


def test_a_list_is_frozen_with_its_draw_and_by_nobody_else(city: City) -> None:
    city.draw(size=1)
    (visit,) = city.ask("SELECT inspection_id FROM check_claim WHERE NOT drawn LIMIT 1")
    for who in ("planner", "manager", "leader", "chief"):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            city.database.transaction_as(city.people[who]) as tx,
        ):
            tx.rows("SELECT freeze_sample(1, ARRAY[%(id)s::uuid], ARRAY[true])",
                    id=visit.inspection_id)  # fmt: skip
    for statement in ("UPDATE check_claim SET drawn = true", "DELETE FROM check_event",
                      "UPDATE check_event SET kind = 'confirmed'", "DELETE FROM check_sample",
                      "INSERT INTO check_claim SELECT * FROM check_claim"):  # fmt: skip
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            city.database.transaction_as(city.people["planner"]) as tx,
        ):
            tx.execute(statement)
    claimed = "SELECT * FROM claimed_visits('fire', '2026-06-01', '2026-06-30', NULL)"
    assert city.ask(claimed, city.people["chief"]) == []
    assert len(city.ask(claimed, city.people["manager"])) in (5, 6)  # without the drawn one


def test_the_limits_of_a_draw() -> None:
    with pytest.raises(Refusal, match="too many for one list"):
        rules.check_size(10, rules.MOST_CLAIMED + 1)
