"""The list of a day: one stop for each target, one tap, undo, and the form of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.residents import actions as residents
from app.settings import Settings
from app.today import rules
from app.units import actions as units
from tests.builders import (
    SOUTH,
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


@dataclass
class Round:
    """A block with three shops and a household, and the people who do rounds there."""

    database: Database
    clients: dict[str, FlaskClient]
    no: dict[str, int]

    def page(self, who: str = "chief", path: str = "/today") -> str:
        answer = self.clients[who].get(path)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def told(self, who: str = "chief", query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.clients[who].get(f"/api/v1/today{query}").get_json()
        return found

    def post(self, path: str, who: str = "chief", **form: object) -> tuple[int, str]:
        client = self.clients[who]
        answer = client.post(
            path,
            data=form | {"csrf_token": csrf_token(client, "/map")},
            follow_redirects=True,
        )
        return answer.status_code, answer.get_data(as_text=True)

    def tap(self, unit: str) -> str:
        """Post the form of a stop as the page has it; answers the page that follows."""
        form = re.search(rf'action="/today/{self.no[unit]}/normal".*?</form>', self.page(), re.S)
        assert form is not None
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
        status, page = self.post(f"/today/{self.no[unit]}/normal", **hidden)
        assert status == 200
        return page


@pytest.fixture
def round_(databases: Databases, settings: Settings) -> Iterator[Round]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        no = settle(tx, settings)
    app = create_app(settings, databases.app_dsn(name))
    people = ("chief", "worker", "manager", "idle")
    yield Round(opened, {one: signed_in_client(app, one) for one in people}, no)
    opened.close()
    databases.drop(name)


def settle(tx: Transaction, settings: Settings) -> dict[str, int]:
    """Tuesday 30 June 2026: the month and the week are open."""
    publish_city(tx)
    near = [(WEST + 0.001, SOUTH + 0.001), (WEST + 0.009, SOUTH + 0.009), (None, None)]
    add_units(tx, [*near, (WEST + 0.0305, SOUTH + 0.001)])
    no = {unit: units.unit_number(tx, unit) for unit in ("u0", "u1", "u3")}
    no |= add_households(
        tx, {"h1": (WEST + 0.002, SOUTH + 0.001)}, residents.keys_for_writing(tx, settings)
    )
    add_programme(tx, "fire", {"weekly": [
        {"key": "exit", "kind": "yes_no", "zh": "出口畅通？", "en": "Is the exit free?"},
        {"key": "tins", "kind": "number", "zh": "灭火器", "en": "Extinguishers", "least": 2,
         "unit": "具"},
    ]})  # fmt: skip
    add_programme(tx, "visits", {})
    add_rule(tx, "fire", "weekly", period="week", checklist_key="weekly")
    add_rule(tx, "fire", "monthly", period="month")
    add_rule(tx, "fire", "of_workers", role="grid_worker", depth=2)
    add_rule(tx, "visits", "homes", target_kind="household")
    add_rule(tx, "visits", "over", valid_until=date(2026, 6, 1))
    add_inspections(tx, [("u0", date(2026, 6, 25), "done"), ("u1", date(2026, 6, 2), "done")])
    for person, role, grid in (("chief", "grid_chief", "block:111"),
                               ("worker", "grid_worker", "community:11"),
                               ("manager", "area_manager", "town:1"),
                               ("idle", "grid_chief", "block:244")):  # fmt: skip
        add_person(tx, person, role, grid, PASSWORD)
    return no


def test_one_stop_holds_all_that_a_visit_closes(round_: Round) -> None:
    told = round_.told()
    stops = {one["id"]: [duty["rule"] for duty in one["duties"]] for one in told["stops"]}
    # u0 was seen this month, not this week; u1 the same, and missed last week
    assert stops == {"u0": ["weekly"], "u1": ["weekly"], "h1": ["homes"]}
    missed = {one["id"]: one["duties"][0]["missed_on"] for one in told["stops"]}
    assert missed["u0"] is None and missed["u1"] == "2026-06-28"
    assert (told["late"], told["grids"]) == (2, ["block:111"])  # nobody ever came to h1
    page = round_.page()
    for words in ("Grid 111", "3 stops", "2 late", "missed last time (28 June 2026)", "Building 1",
                  "last visited on 25 June 2026"):  # fmt: skip
        assert words in page, words


def test_households_are_masked_and_only_for_those_who_answer_for_persons(round_: Round) -> None:
    assert "Name-h1" not in round_.page() and "Name-h1" not in round_.page(
        path=f"/today/{round_.no['h1']}"
    )
    assert {one["kind"] for one in round_.told("worker")["stops"]} == {"unit"}


def test_each_role_has_its_own_list(round_: Round) -> None:
    # the rule of workers is monthly: both others were seen in June
    assert [one["id"] for one in round_.told("worker")["stops"]] == ["u3"]
    assert "No rule asks for visits here" in round_.page("manager")
    assert "All done until 1 July 2026" in round_.page("idle")
    assert round_.clients["idle"].get(f"/today/{round_.no['u0']}").status_code == 404


def test_one_tap_is_done_and_can_be_undone(round_: Round) -> None:
    page = round_.tap("u0")
    assert "Unit u0: recorded as “Done”." in page and "Next: " in page
    assert "2 stops" in page and "Recorded today: 1 visit" in page
    form = re.search(r'action="/today/take-back".*?</form>', page, re.S)
    assert form is not None
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    status, page = round_.post("/today/take-back", **hidden)
    assert status == 200 and "3 stops" in page and "Recorded today" not in page
    with round_.database.transaction_as(SERVICE_PERSON) as tx:
        kept = tx.rows(
            "SELECT outcome FROM inspection WHERE target_no = %(no)s ORDER BY recorded_at, outcome",
            no=round_.no["u0"],
        )
    assert [row.outcome for row in kept] == ["done", "done", "voided"]


def test_a_double_tap_is_one_visit(round_: Round) -> None:
    form = {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a15", "outcome": "done"}
    for _ in range(2):
        status, page = round_.post(f"/today/{round_.no['u0']}/normal", **form)
        assert status == 200 and "Recorded today: 1 visit" in page


def test_the_form_keeps_answers_and_asks_for_an_exclusion(round_: Round) -> None:
    path = f"/today/{round_.no['u1']}"
    page = round_.page(path=path)
    assert "Is the exit free?" in page and "weekly" in page
    answers = {"checklist": "fire/weekly/1", "yes_no:fire/weekly/exit": "no",
               "number:fire/weekly/tins": "3"}  # fmt: skip
    form = {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a16", "outcome": "done", "note": "narrow"}
    status, page = round_.post(path, **form | answers)
    assert status == 200 and "recorded as" in page
    told = round_.clients["chief"].get(f"/api/v1/inspections/{form['id']}").get_json()
    assert told["answers"] == {"fire/weekly/exit": False, "fire/weekly/tins": 3}
    assert [one["item"] for one in told["deviations"]] == ["fire/weekly/exit"]
    locked = {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a17", "outcome": "locked", "note": "shut",
              "until": "2026-08-01"}  # fmt: skip
    status, page = round_.post(f"/today/{round_.no['u0']}", **locked)
    assert status == 200 and "tried today: Locked" in page and "exclusion asked for" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": ""}, "Choose what you found"),
        ({"number:fire/weekly/tins": "many"}, "not a number: many"),
        ({"id": "7"}, "Reload the page"),
        ({"outcome": "locked", "until": "2026-08-01", "note": ""}, "Write in the note"),
        ({"happened_at": "2026-08-01T09:00:00Z"}, "Set the clock"),
    ],
)
def test_a_refused_form_keeps_what_was_written(
    round_: Round, changes: dict[str, str], words: str
) -> None:
    form = {"id": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a18", "outcome": "done", "note": "my words",
            "checklist": "fire/weekly/1", "yes_no:fire/weekly/exit": "no"}  # fmt: skip
    status, page = round_.post(f"/today/{round_.no['u1']}", **form | changes)
    assert (status, words in page) == (422, True)
    assert "note" in changes or "my words" in page
    assert re.search(r'name="yes_no:fire/weekly/exit" value="no" checked', page)


def test_the_order_is_by_distance_or_late_first(round_: Round) -> None:
    middle = (WEST + 0.01, SOUTH + 0.01)
    near = [one for one in round_.told()["stops"] if one["lon"]]
    far = [rules.metres(middle, (one["lon"], one["lat"])) for one in near]
    assert far == sorted(far) and near[0]["id"] == "u1"
    late = [one["late"] for one in round_.told(query="?order=late")["stops"]]
    assert late == sorted(late, reverse=True)


def test_home_is_the_list_for_who_does_rounds(round_: Round) -> None:
    assert round_.clients["chief"].get("/").headers["Location"] == "/today"
    assert round_.clients["manager"].get("/").headers["Location"] == "/map"
    assert re.findall(r'<nav class="navigation".*?<a href="([^"]+)"', round_.page(), re.S) == [
        "/today"
    ]
