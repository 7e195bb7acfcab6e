"""The log is appended to and nothing else; a change in it is found; auditors read it in words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2
import pytest
from flask import Flask
from psycopg2.errors import InsufficientPrivilege

from app import create_app
from app.audit import actions as audit
from app.audit.model import NEWEST, AuditFilter
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from app.settings import Settings
from tests.builders import add_person
from tests.conftest import PASSWORD, Databases, signed_in_client

TAMPER = "SET session_replication_role = replica; "  # what only a superuser can do


@dataclass(frozen=True)
class Log:
    name: str
    app: Flask
    database: Database
    databases: Databases
    people: dict[str, int]

    def record(self, action: str, subject: str | None = None, **detail: object) -> None:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            audit.record(tx, action, subject, **detail)

    def faults(self) -> list[str]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            checks = {one["check"]: one for one in examine(tx)["checks"]}
        return list(checks["audit_log_whole"]["examples"])


@pytest.fixture(scope="module")
def log(databases: Databases, settings: Settings) -> Iterator[Log]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        people = {
            role: add_person(tx, role, role, None, PASSWORD)
            for role in ("auditor", "admin", "leader")
        }
    app = create_app(settings, databases.app_dsn(name))
    yield Log(name, app, opened, databases, people)
    opened.close()
    app.extensions["gridward_database"].close()
    databases.drop(name)


# -- nothing is changed unnoticed ---------------------------------------------------------


def test_events_are_chained_in_the_order_of_their_commits(log: Log) -> None:
    with log.database.transaction_as(SERVICE_PERSON) as slow:
        audit.record(slow, "levels_set", "slow")
        # written and committed while the other still works: nobody waits for anybody
        log.record("levels_set", "quick")
        audit.record(slow, "levels_set", "slow too")
    with log.database.transaction_as(SERVICE_PERSON) as tx:
        chained = [
            row.subject
            for row in tx.rows(
                "SELECT e.subject FROM audit_chain c JOIN audit_event e ON e.no = c.event_no "
                "WHERE e.action = 'levels_set' ORDER BY c.position"
            )
        ]
    assert chained == ["quick", "slow", "slow too"]
    assert log.faults() == []


@pytest.mark.parametrize(
    ("change", "undo", "words"),
    [
        (
            "UPDATE gridward.audit_event SET subject = 'another' WHERE subject = 'victim'",
            "UPDATE gridward.audit_event SET subject = 'victim' WHERE subject = 'another'",
            "or the chain before it was changed",
        ),
        (
            "UPDATE gridward.audit_event SET at = at - interval '1 day' WHERE subject = 'victim'",
            "UPDATE gridward.audit_event SET at = at + interval '1 day' WHERE subject = 'victim'",
            "or the chain before it was changed",
        ),
        (
            "CREATE TABLE public.kept AS SELECT * FROM gridward.audit_event "
            "WHERE subject = 'victim'; "
            "DELETE FROM gridward.audit_event WHERE subject = 'victim'",
            "INSERT INTO gridward.audit_event OVERRIDING SYSTEM VALUE SELECT * FROM public.kept; "
            "DROP TABLE public.kept",
            "was taken out",
        ),
        (
            "CREATE TABLE public.kept AS SELECT c.* FROM gridward.audit_chain c "
            "JOIN gridward.audit_event e ON e.no = c.event_no WHERE subject = 'victim'; "
            "DELETE FROM gridward.audit_chain WHERE event_no IN (SELECT event_no FROM public.kept)",
            "INSERT INTO gridward.audit_chain SELECT * FROM public.kept; DROP TABLE public.kept",
            "follows a gap in the chain",
        ),
        (
            "INSERT INTO gridward.audit_event (action, subject, at) "
            "VALUES ('sign_in', 'forged', now() - interval '1 hour')",
            "DELETE FROM gridward.audit_event WHERE subject = 'forged'",
            "is not in the chain",
        ),
    ],
    ids=["changed", "moved", "taken out", "chain cut", "put in"],
)
def test_what_even_a_superuser_does_to_the_log_is_found(
    log: Log, change: str, undo: str, words: str
) -> None:
    log.record("levels_set", "victim")
    log.record("levels_set", "after")
    assert log.faults() == []
    log.databases.admin(log.name, TAMPER + change)
    found = log.faults()
    log.databases.admin(log.name, TAMPER + undo)
    assert found and all(fault.startswith("audit event ") for fault in found)
    assert any(words in fault for fault in found), found
    assert log.faults() == []


@pytest.mark.parametrize("table", ["audit_event", "audit_chain"])
@pytest.mark.parametrize(
    "change", ["UPDATE gridward.{} SET {}", "DELETE FROM gridward.{}", "TRUNCATE gridward.{}"]
)
def test_without_tricks_not_even_the_owner_changes_it(log: Log, table: str, change: str) -> None:
    column = "action = 'x'" if table == "audit_event" else "position = 1"
    with pytest.raises(psycopg2.Error, match="only ever appended to"):
        log.databases.admin(log.name, change.format(table, column))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_event (action, at) VALUES ('x', '2020-01-01')",
        "INSERT INTO audit_event (person_no, action) VALUES (1, 'x')",
        "INSERT INTO audit_event (person_no, action) VALUES (person(), 'sign_in_released')",
        "INSERT INTO audit_chain VALUES (99999, 99999, '')",
    ],
)
def test_nobody_writes_another_time_name_or_link(log: Log, statement: str) -> None:
    with (
        pytest.raises(InsufficientPrivilege),
        log.database.transaction_as(log.people["leader"]) as tx,
    ):
        tx.execute(statement)


# -- reading ------------------------------------------------------------------------------


def test_only_auditors_and_admins_read_it(log: Log) -> None:
    for role, status in (("auditor", 200), ("admin", 200), ("leader", 403)):
        client = signed_in_client(log.app, role)
        for path in ("/audit", "/export/audit.csv", "/export/audit.xlsx"):
            assert client.get(path).status_code == status, (role, path)


def test_the_filter_narrows_it(log: Log) -> None:
    log.record("units_exported", "needle-1", rows=7)
    log.record("coverage_exported", "needle-2")

    def subjects(**words: object) -> list[str | None]:
        with log.database.transaction_as(log.people["auditor"]) as tx:
            wanted = AuditFilter(**words)  # type: ignore[arg-type]
            return [event.subject for event in audit.events(tx, wanted, NEWEST, 50)]

    assert subjects(subject="NEEDLE") == ["needle-2", "needle-1"]
    assert subjects(subject="needle", action="units_exported") == ["needle-1"]
    assert subjects(subject="needle", person="gridward") == ["needle-2", "needle-1"]
    assert subjects(subject="needle", person="auditor") == []
    text = signed_in_client(log.app, "auditor").get("/audit?subject=needle-1").get_data(True)
    assert "Exported units" in text and "Command line" in text
    assert re.search(r"rows</span>\s*7<", text)


def test_days_are_those_of_the_city_and_wrong_ones_are_refused(log: Log) -> None:
    client = signed_in_client(log.app, "auditor")
    log.record("levels_set", "today")
    with log.database.transaction_as(log.people["auditor"]) as tx:
        today = tx.value("SELECT current_date")
    assert "today" in client.get(f"/audit?from={today}&to={today}&subject=today").get_data(True)
    assert "No event matches" in client.get("/audit?from=2099-01-01").get_data(True)
    for wrong in (
        "from=yesterday",
        "from=2026-02-01&to=2026-01-01",
        "before=x",
        "person=" + "x" * 90,
    ):
        assert client.get(f"/audit?{wrong}").status_code == 422, wrong


def test_pages_follow_each_other_without_gap_or_double(log: Log) -> None:
    with log.database.transaction_as(SERVICE_PERSON) as tx:
        for number in range(230):
            audit.record(tx, "levels_set", f"row-{number:03}")
    client, path, seen = signed_in_client(log.app, "auditor"), "/audit?subject=row-", []
    while path:
        text = client.get(path).get_data(as_text=True)
        seen += re.findall(r">(row-\d{3})<", text)
        older = re.search(r'href="(/audit\?[^"]*before=\d+[^"]*)"[^>]*>Show the ones before', text)
        path = older.group(1).replace("&amp;", "&") if older else ""
    assert seen == [f"row-{number:03}" for number in reversed(range(230))]


def test_an_export_is_safe_to_open_and_is_noted_itself(log: Log) -> None:
    log.record("levels_set", "=HYPERLINK(1)", name="+danger")
    client = signed_in_client(log.app, "auditor")
    answer = client.get("/export/audit.csv?subject=HYPERLINK")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert header[4] == "What happened" and row[4] == "Set the levels"
    assert row[5] == "'=HYPERLINK(1)" and row[6] == "name: +danger"
    assert client.get("/export/audit.pdf").status_code == 404
    with log.database.transaction_as(log.people["auditor"]) as tx:
        newest = audit.events(tx, AuditFilter(action="audit_exported"), NEWEST, 1)[0]
    assert (newest.sign_in, newest.subject, newest.detail["rows"]) == ("auditor", "csv", 1)
