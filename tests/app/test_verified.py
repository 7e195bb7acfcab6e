"""Coverage as it is claimed, beside what a random sample confirms of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from flask import Flask

from app import create_app
from app.commands.coverage import coverage as coverage_command
from app.commands.session import Session
from app.coverage import actions as coverage, rules
from app.coverage.actions import Wish as CoverageWish
from app.coverage.model import Counts, Coverage, GridCoverage
from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.inspections.checks import actions as checks
from app.inspections.checks.model import Finding, Tally, Wish
from app.settings import Settings
from tests.builders import (
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
from tests.conftest import PASSWORD, Databases, signed_in_client

UNITS, VISITED, SAMPLED, CONFIRMED = 100, 48, 38, 6
YEAR = "programme=fire&level=town&period=2025"


# -- pure rules ---------------------------------------------------------------------------


def test_what_can_be_believed_is_the_claim_times_the_share() -> None:
    claimed = Counts(due=100, on_time=48)
    found = rules.believable(claimed, Tally(confirmed=6, not_confirmed=32, unable=4))
    assert found == pytest.approx((0.0758, 0.0357, 0.1460), abs=5e-5)
    assert rules.believable(claimed, Tally(unable=9)) is None
    assert rules.believable(Counts(), Tally(confirmed=1)) is None


def test_few_checked_households_are_told_to_nobody_else() -> None:
    def row(no: int, scope: str = "own") -> GridCoverage:
        return GridCoverage(no, str(no), "格", None, scope, Counts(due=9, on_time=9))

    found = Coverage([row(1), row(1, "below"), row(2)], Counts(due=27, on_time=27))
    tallies = {(1, "own"): Tally(3, 1), (1, "below"): Tally(4, 1), (2, "own"): Tally(1, 1)}
    whole = Tally(7, 3)
    told = rules.with_verified(found, tallies, whole, frozenset())
    assert ([one.verified for one in told.rows], told.verified) == (list(tallies.values()), whole)
    told = rules.with_verified(found, tallies, whole, {1})
    assert [one.verified.n for one in told.rows] == [0, 5, 2]
    assert told.verified == Tally()  # or the hidden ones could be subtracted


# -- the audit of Scottsdale, 1908: 48 % of the year's target claimed, 6 of 38 confirmed ------


@dataclass
class City:
    database: Database
    app: Flask
    settings: Settings
    people: dict[str, int]

    def page(self, who: str, path: str) -> str:
        answer = signed_in_client(self.app, who).get(path)
        assert answer.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())

    def told(self, who: str, query: str = YEAR) -> dict[str, Any]:
        found: dict[str, Any] = (
            signed_in_client(self.app, who).get(f"/api/v1/coverage?{query}").get_json()
        )
        return found


@dataclass
class Held(Session):
    """A session of the command line on the test's database."""

    database: Database

    @contextmanager
    def transaction(self, permission: str, commit: bool = True) -> Iterator[Transaction]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            yield tx


@pytest.fixture(scope="module")
def city(databases: Databases, settings: Settings) -> Iterator[City]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        people = settle(tx)
    with opened.transaction_as(people["chief"]) as tx:
        visit_homes(tx)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        checks.draw(tx, Wish("visits", "2025", None, 4, 30), 1, date(2026, 6, 1))
    with opened.transaction_as(people["worker"]) as tx:
        look_again(tx, "fire", ["confirmed"] * CONFIRMED + ["not_confirmed"] * SAMPLED)
    yield City(opened, create_app(settings, databases.app_dsn(name)), settings, people)
    opened.close()
    databases.drop(name)


def settle(tx: Transaction) -> dict[str, int]:
    """A hundred units in block 111 due once in 2025, 48 of them visited, 38 visits drawn."""
    publish_city(tx)
    add_units(tx, [(WEST + 0.00005 * (n + 1), SOUTH + 0.001) for n in range(UNITS)])
    homes = {f"h{n}": (WEST + 0.001 * (n + 1), SOUTH + 0.002) for n in range(4)}
    add_households(tx, homes)
    add_programme(tx, "fire", {})
    add_programme(tx, "visits", {})
    add_rule(tx, "fire", "yearly", period="year")
    add_rule(tx, "visits", "homes", target_kind="household", period="year")
    add_inspections(tx, [(f"u{n}", date(2025, 5, 5), "done") for n in range(VISITED)])
    people = {
        one: add_person(tx, one, role, grid, PASSWORD)
        for one, role, grid in (
            ("worker", "grid_worker", "community:11"),
            ("chief", "grid_chief", "block:111"),
            ("elsewhere", "area_manager", "town:2"),
            ("leader", "leader", None),
        )
    }
    checks.draw(tx, Wish("fire", "2025", "town:1", SAMPLED, 30), 1908, date(2026, 6, 1))
    return people


def visit_homes(tx: Transaction) -> None:
    """Each household seen once, for the programme of visits."""
    tx.execute(
        "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, recorded_by, "
        "grid_no, target_name, target_class, content, programmes) SELECT gen_random_uuid(), t.no, "
        "'done', '2025-05-05', '2025-05-05', person(), t.grid_no, 'x', 'lone_elderly', '', "
        "'{visits}' FROM target t WHERE t.kind = 'household'"
    )


def look_again(tx: Transaction, programme: str, results: list[str]) -> None:
    """The worker's visits of a programme, with these results in the order of the draw."""
    waiting = [one for one in checks.waiting(tx, TODAY) if one.programme_key == programme]
    for item, result in zip(waiting, results, strict=False):
        finding = Finding(uuid4(), result, "site", "asked the owner", None)
        checks.record(tx, item.sample_no, UUID(item.inspection_id), finding, date(2026, 6, 2))


def test_the_page_says_claimed_and_verified_side_by_side(city: City) -> None:
    page = city.page("leader", f"/coverage/duties?{YEAR}")
    assert "claimed 48 %, verified 16 % of 38 (7–30 %)" in page
    assert "what can be believed is 8 % (4–15 %)" in page
    assert "Grid 1 below it 100 48" in page


def test_programs_and_the_command_line_say_the_same(city: City) -> None:
    expected = {"n": 38, "confirmed": 6, "unable": 0, "low": 0.0744, "high": 0.3042}
    told = city.told("leader")
    assert told["total"]["rate"] == 0.48
    assert told["total"]["verified"] == pytest.approx(expected, abs=5e-5)
    one, other = told["rows"]
    assert one["verified"] == pytest.approx(expected, abs=5e-5)
    assert other["verified"] == {"n": 0, "confirmed": 0, "unable": 0, "low": None, "high": None}
    session = Held(city.settings, None, city.database)
    asked = ["--programme", "fire", "--level", "town", "--period", "2025"]
    answer = CliRunner().invoke(coverage_command, [*asked, "--json"], obj=session)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["total"]["verified"] == pytest.approx(expected, abs=5e-5)
    answer = CliRunner().invoke(coverage_command, asked, obj=session)
    assert "48 of 100 due done in 2025; looked at again 38, confirmed 6 (7 to 30 %)" in (
        answer.output
    )


def test_the_figure_opens_its_visits(city: City) -> None:
    for who, level in (("leader", "town"), ("chief", "block")):
        page = city.page(who, f"/coverage/duties/checked?{YEAR}".replace("town", level))
        assert page.count("asked the owner") == SAMPLED and page.count("Not confirmed") == 32
    page = city.page("elsewhere", f"/coverage/duties/checked?{YEAR}")
    assert "No visit was looked at again here yet." in page


def test_each_level_and_each_period_counts_its_own(city: City) -> None:
    for level in ("town", "community", "block"):
        rows = city.told("leader", f"programme=fire&level={level}&period=2025")["rows"]
        counted = {row["grid"]: row["verified"]["n"] for row in rows if row["verified"]["n"]}
        assert counted == {{"town": "1", "community": "11", "block": "111"}[level]: 38}
    for query in ("&within=town:2", "&on_grids=today&within=block:112", "&as_of=2026-06-01"):
        assert city.told("leader", YEAR + query)["total"]["verified"]["n"] == 0, query
    assert city.told("leader", f"{YEAR}&on_grids=today")["total"]["verified"]["n"] == 38
    assert city.told("leader", YEAR.replace("2025", "2026"))["total"]["verified"]["n"] == 0
    assert city.told("elsewhere")["total"]["verified"]["n"] == 0
    assert city.told("chief", YEAR.replace("town", "block"))["total"]["verified"]["n"] == 38


def test_households_are_counted_for_those_who_answer_and_masked_for_others(city: City) -> None:
    with city.database.transaction_as(city.people["worker"]) as tx:
        look_again(tx, "visits", ["confirmed", "unable", "confirmed", "not_confirmed"])
        asked = coverage.question(tx, CoverageWish("visits", "community", "2025"), TODAY)
        found = coverage.coverage(tx, asked)
        assert found.verified == Tally(confirmed=2, not_confirmed=1, unable=1)
        assert len(coverage.checked(tx, asked, 9, 0)) == 4
        tx.undo()
    homes = YEAR.replace("fire", "visits")
    assert city.told("leader", homes)["total"]["verified"]["n"] == 0
    page = city.page("leader", f"/coverage/duties/checked?{homes}")
    assert "No visit was looked at again here yet." in page


def test_a_correction_takes_the_place_of_the_finding(city: City) -> None:
    with city.database.transaction_as(city.people["worker"]) as tx:
        (row, *_) = tx.rows("SELECT * FROM check_event WHERE kind = 'confirmed' ORDER BY no")
        finding = Finding(uuid4(), "unable", "phone", "the owner is away", row.no)
        checks.record(tx, row.sample_no, UUID(row.inspection_id), finding, date(2026, 6, 20))
        asked = coverage.question(tx, CoverageWish("fire", "community", "2025"), TODAY)
        assert coverage.coverage(tx, asked).verified == Tally(5, 32, 1)
        wish = CoverageWish("fire", "community", "2025", as_of=date(2026, 6, 10))
        then = coverage.coverage(tx, coverage.question(tx, wish, TODAY))
        assert then.verified == Tally(6, 32)  # as it was known then
        tx.undo()
