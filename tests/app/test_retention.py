"""How the register of residents forgets: counted at night, decided by somebody or by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from psycopg2.errors import InsufficientPrivilege

from app import create_app
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.rules import RegisterColumns
from app.residents.jobs import check_retention
from app.settings import Settings
from tests.builders import SOUTH, TODAY, WEST, add_person, publish_city
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

FIELDS = {key: key for key in ("building", "name", "expires_on")}
PAGE = "/residents/purpose"


class Register:
    """Two households whose time is over, one whose time is not, and an administrator."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        past, later = TODAY - timedelta(days=1), TODAY + timedelta(days=200)
        path = settings.var / "homes.csv"
        rows = [("h1", past), ("h2", TODAY), ("h3", later)]
        path.write_text(
            "no,building,name,expires_on,lon,lat\n"
            + "".join(
                f"{no},Building 1,Name {no},{day},{WEST + 0.005},{SOUTH + 0.005}\n"
                for no, day in rows
            )
        )
        columns = RegisterColumns(("no",), "lon", "lat", "EPSG:4326", FIELDS)
        with database.transaction_as(SERVICE_PERSON) as tx:
            publish_city(tx)
            add_person(tx, "operator", "admin", None, PASSWORD)
            self.manager = add_person(tx, "manager", "area_manager", "town:1", PASSWORD)
            imports.import_register(tx, FileRequest(path, commit=True), "residents", columns, TODAY)
        self.client: FlaskClient = signed_in_client(create_app(settings, database.dsn), "operator")

    def post(self, address: str, **data: object) -> str:
        data["csrf_token"] = csrf_token(self.client, PAGE)
        return self.client.post(address, data=data, follow_redirects=True).text

    def night(self, days: int = 0) -> None:
        today = TODAY + timedelta(days=days)
        check_retention(replace(self.settings, fixed_today=today), self.database)

    def households(self) -> list[str]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            rows = tx.rows("SELECT id FROM known_households('{h1,h2,h3}') ORDER BY id")
            return [row.id for row in rows]

    def log(self) -> list[tuple[str, str, dict[str, object]]]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            return [
                tuple(row)
                for row in tx.rows(
                    "SELECT action, subject, detail FROM audit_event WHERE action IN "
                    "('residents_due', 'residents_expired') ORDER BY no"
                )
            ]


@pytest.fixture
def register(databases: Databases, settings: Settings, tmp_path: Path) -> Iterator[Register]:
    name = databases.copy()
    database = Database(databases.app_dsn(name), settings=replace(settings, var=tmp_path))
    yield Register(database, replace(settings, var=tmp_path))
    database.close()
    databases.drop(name)


def test_a_night_counts_and_an_administrator_decides(register: Register) -> None:
    assert "No night has found anything" in register.client.get(PAGE).text
    register.night()
    register.night()  # asked again each hour, counted once a day
    day = TODAY.isoformat()
    assert register.log() == [("residents_due", day, {"households": 2})]
    page = register.client.get(PAGE).text
    assert "the time for keeping 2 households was over" in page and "Name h1" not in page

    assert "to be deleted for good" in register.post("/residents/due/1")
    assert len(register.households()) == 3
    assert "2 households were deleted for good" in register.post("/residents/due/1", sure="yes")
    assert register.households() == ["h3"]
    assert register.log()[1:] == [("residents_expired", day, {"households": 2, "automatic": False})]
    with register.database.transaction_as(SERVICE_PERSON) as tx:
        assert tx.value("SELECT count(*) FROM batch_former") == 1  # of h3
        assert tx.value("SELECT count(*) FROM target WHERE valid_until IS NOT NULL") == 2
    assert "was decided already" in register.post("/residents/due/1", sure="yes")


def test_only_the_latest_night_is_decided(register: Register) -> None:
    register.night()
    register.night(days=1)
    assert "a later night has counted anew" in register.post("/residents/due/1", sure="yes")
    assert len(register.households()) == 3
    register.post("/residents/due/2", sure="yes")
    assert register.households() == ["h3"]


def test_the_rule_of_the_register_may_decide(register: Register) -> None:
    page = register.post(
        PAGE, purpose="消防帮扶", legal_basis="第十四条", notice="", removal="automatic"
    )
    assert "第十四条" in page and "deleted in the following night" in page
    register.night()
    assert register.households() == ["h3"]
    assert register.log()[-1][2] == {"households": 2, "automatic": True}
    assert "by itself" in register.client.get(PAGE).text
    register.night(days=1)  # nothing is due: nothing to tell
    assert len(register.log()) == 2


def test_what_was_told_before_stays_on_record(register: Register) -> None:
    for basis in ("§ 1", "§ 2", "§ 2"):
        register.post(PAGE, purpose="Fire help", legal_basis=basis, notice="Ask us.\nOr complain.")
    page = register.post(PAGE, purpose="", legal_basis="§ 3", notice="kept in the form")
    assert "for what purpose" in page and "kept in the form" in page
    with register.database.transaction_as(SERVICE_PERSON) as tx:
        told = tx.rows("SELECT legal_basis FROM register_notice ORDER BY no")
        assert [row.legal_basis for row in told] == ["§ 1", "§ 2"]
    manager = signed_in_client(create_app(register.settings, register.database.dsn), "manager")
    shown = manager.get(PAGE).text
    assert "§ 2" in shown and "Or complain." in shown and "Change the notice" not in shown
    assert "§ 2" in manager.get("/residents").text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT households_due(current_date)",
        "SELECT expire_households(current_date, 10)",
        "SELECT bury_households('{1}', current_date)",
        "INSERT INTO register_notice (purpose, legal_basis, notice, automatic, set_by) "
        "VALUES ('x', 'x', '', true, person())",
        "INSERT INTO retention_check (checked_on, due) VALUES (current_date, 1)",
    ],
)
def test_a_manager_decides_on_households_alone(register: Register, sql: str) -> None:
    with (
        pytest.raises(InsufficientPrivilege),
        register.database.transaction_as(register.manager) as tx,
    ):
        tx.execute(sql)


def test_the_log_shows_who_was_shown_or_took_residents_data(register: Register) -> None:
    manager = signed_in_client(create_app(register.settings, register.database.dsn), "manager")
    token = csrf_token(manager, "/residents")
    with register.database.transaction_as(SERVICE_PERSON) as tx:
        no = tx.value("SELECT target_no FROM known_households('{h3}')")
    manager.post(f"/residents/{no}/reveal", data={"csrf_token": token, "reason": "visit"})
    manager.post("/export/residents.csv", data={"csrf_token": token, "reason": "emergency"})
    page = register.client.get("/audit?action=disclosure").text
    assert page.count("Downloaded residents’ data</th>") == 1
    assert page.count("Looked at a resident’s data</th>") == 1
    assert "To visit or call the household" in page and "Emergency or rescue" in page
    assert "Signed in</th>" not in page
