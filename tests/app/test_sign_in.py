"""Guessing passwords is slowed down, and what leaked can be ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.db.cluster import SUPERUSER
from app.db.connection import Database, Transaction
from app.errors import NotFound, Refusal
from app.identity import actions as identity
from app.identity.actions import NewPerson
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import data_health
from app.settings import Settings
from tests.builders import add_person, grid_number, publish_city, square_city
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

TOO_MANY = "There were too many attempts to sign in."
CHANGING = re.compile(r'(?<=content=")[\w.-]{40,}|(?<=value=")[\w.-]{40,}|(?<=nonce=")[^"]+')
NOT_RIGHT = "The name or the password is not right."


@dataclass(frozen=True)
class Office:
    """An application with two people, `first` and `second`, who can sign in."""

    name: str
    app: Flask
    database: Database
    databases: Databases

    def attempt(self, name: str, password: str, address: str = "203.0.113.7") -> TestResponse:
        client = self.app.test_client()
        token = csrf_token(client)
        return client.post(
            "/sign-in",
            data={"name": name, "password": password, "csrf_token": token},
            headers={"Accept-Language": "en"},
            environ_overrides={"REMOTE_ADDR": address},
        )

    def fail(self, times: int, name: str = "first", address: str = "203.0.113.7") -> None:
        for _ in range(times):
            answer = self.attempt(name, "wrong", address)
            assert answer.status_code == 401 and NOT_RIGHT in answer.get_data(as_text=True)

    def later(self, minutes: int) -> None:
        """As if everything had happened so many minutes earlier."""
        self.databases.admin(
            self.name,
            "SET session_replication_role = replica; "  # the log lets nobody change it
            f"UPDATE gridward.audit_event SET at = at - interval '{minutes} minutes'",
        )

    def audit(self) -> list[tuple[str, str, str | None]]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            return [
                tuple(row)
                for row in tx.rows(
                    "SELECT action, subject, detail ->> 'address' FROM audit_event ORDER BY no"
                )
            ]


@pytest.fixture
def office(databases: Databases, settings: Settings) -> Iterator[Office]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        for sign_in in ("first", "second"):
            identity.add_person(
                tx,
                NewPerson(sign_in, sign_in, "leader", None, PASSWORD, password_kind="own"),
                date(2025, 1, 1),
            )
    app = create_app(settings, databases.app_dsn(name))
    yield Office(name, app, opened, databases)
    opened.close()
    app.extensions["gridward_database"].close()
    databases.drop(name)


# -- too many attempts --------------------------------------------------------------------


def test_after_five_failures_also_the_right_password_waits(office: Office) -> None:
    office.fail(5)
    locked = office.attempt("first", PASSWORD)
    text = locked.get_data(as_text=True)
    assert locked.status_code == 429 and TOO_MANY in text and NOT_RIGHT not in text
    assert "wait 15 min" in text and locked.headers["Retry-After"] == "900"
    # the other person of the same office is not kept out
    assert office.attempt("second", PASSWORD).status_code == 302
    # no matter from where, or in which letters the name is written
    assert office.attempt("FIRST", PASSWORD, "198.51.100.1").status_code == 429
    office.later(14)
    assert "wait 1 min" in office.attempt("first", PASSWORD).get_data(as_text=True)
    office.later(1)
    assert office.attempt("first", PASSWORD).status_code == 302


def test_a_lock_ends_although_somebody_goes_on_trying(office: Office) -> None:
    office.fail(5)
    for _ in range(3):
        office.later(5)
        office.attempt("first", "wrong")
    assert office.attempt("first", PASSWORD).status_code in (302, 429)
    office.later(1)
    assert office.attempt("first", PASSWORD).status_code == 302


def test_a_name_that_nobody_has_is_locked_alike(office: Office) -> None:
    """Else the lock would tell which names there are."""
    for name in ("first", "nobody"):
        office.fail(5, name, "203.0.113.9")
    answers = {name: office.attempt(name, "wrong") for name in ("first", "nobody")}
    first, nobody = (
        CHANGING.sub("…", answer.get_data(as_text=True).replace(f'"{name}"', "…"))
        for name, answer in answers.items()
    )
    assert {answer.status_code for answer in answers.values()} == {429} and first == nobody


def test_a_right_password_in_between_counts_anew(office: Office) -> None:
    office.fail(4)
    assert office.attempt("first", PASSWORD).status_code == 302
    office.fail(4)
    assert office.attempt("first", PASSWORD).status_code == 302


def test_failures_long_ago_do_not_count(office: Office) -> None:
    office.fail(3)
    office.later(16)
    office.fail(4)
    assert office.attempt("first", PASSWORD).status_code == 302


def test_one_address_may_fail_thirty_times(office: Office) -> None:
    """With ever other names; a good sign-in of the guesser's own does not help."""
    with office.database.transaction_as(None) as tx:
        for number in range(29):
            tx.execute(
                "INSERT INTO audit_event (action, subject, detail) VALUES "
                "('sign_in_failed', %(name)s, '{\"address\": \"203.0.113.7\"}')",
                name=f"guess{number}",
            )
    assert office.attempt("second", PASSWORD).status_code == 302
    office.fail(1, "guess30")
    assert office.attempt("second", PASSWORD).status_code == 429
    assert office.attempt("second", PASSWORD, "198.51.100.1").status_code == 302
    office.later(15)
    assert office.attempt("second", PASSWORD).status_code == 302


def test_many_good_sign_ins_are_never_slowed(office: Office) -> None:
    assert {office.attempt("first", PASSWORD).status_code for _ in range(12)} == {302}


def test_attempts_are_logged_with_their_address_and_without_the_password(office: Office) -> None:
    office.fail(1, "x" * 90)
    office.attempt("first", PASSWORD)
    assert office.audit()[-2:] == [
        ("sign_in_failed", "x" * 60, "203.0.113.7"),
        ("sign_in", "first", "203.0.113.7"),
    ]
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        everything = tx.value("SELECT string_agg(e::text, ' ') FROM audit_event e")
    assert "wrong" not in everything and PASSWORD not in everything


def test_the_address_comes_from_the_proxy_only_where_there_is_one(
    office: Office, databases: Databases, settings: Settings
) -> None:
    forged = {
        "X-Forwarded-For": "1.1.1.1, 192.0.2.44",
        "X-Forwarded-Proto": "https",
        "Accept-Language": "en",
        "Referer": "https://localhost/",
    }
    behind = Settings(var=settings.var, time_zone=settings.time_zone, public_https=True)
    for app in (office.app, create_app(behind, databases.app_dsn(office.name))):
        client = app.test_client()
        page = client.get("/sign-in", headers=forged, base_url="https://localhost")
        token = page.get_data(as_text=True).partition('name="csrf_token" value="')[2].split('"')[0]
        client.post(
            "/sign-in",
            data={"name": "first", "password": "x", "csrf_token": token},
            headers=forged,
            base_url="https://localhost",
        )
    assert [address for _, _, address in office.audit()[-2:]] == ["127.0.0.1", "192.0.2.44"]


def test_counting_failures_reaches_an_index(office: Office) -> None:
    office.databases.admin(
        office.name,
        """
        INSERT INTO gridward.audit_event (action, subject, at, detail)
        SELECT CASE n % 3 WHEN 0 THEN 'sign_in_failed' WHEN 1 THEN 'sign_in' ELSE 'else' END,
               'name' || n % 1000, now() - n * interval '1 second',
               jsonb_build_object('address', '10.0.0.' || n % 200)
        FROM generate_series(1, 30000) n""",
    )
    office.databases.admin(office.name, "ANALYZE gridward.audit_event")
    plans = []
    for condition in (
        "action = 'sign_in_failed' AND lower(subject) = lower('name9')",
        "action = 'sign_in' AND lower(subject) = lower('name9')",
        "action = 'sign_in_failed' AND detail ->> 'address' = '10.0.0.9'",
    ):
        plans.append(
            explained(
                office,
                "SELECT at FROM gridward.audit_event "
                f"WHERE {condition} AND at > now() - interval '30 minutes'",
            )
        )
    for plan, index in zip(
        plans,
        ("audit_event_sign_in ", "audit_event_sign_in ", "audit_event_sign_in_address "),
        strict=True,
    ):
        assert index in f"{plan} " and "Seq Scan" not in plan, plan


def explained(office: Office, sql: str) -> str:
    """The plan as for the look-up's owner, whom no policy binds."""
    connection = psycopg2.connect(office.databases.cluster.dsn(SUPERUSER, office.name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            return " ".join(line for (line,) in cursor.fetchall())
    finally:
        connection.close()


# -- ending what leaked -------------------------------------------------------------------


def signed_in(office: Office) -> FlaskClient:
    return signed_in_client(office.app, "first")


def copy_of(office: Office, client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    thief = office.app.test_client()
    cookie = client.get_cookie("gridward")
    assert cookie is not None
    thief.set_cookie("gridward", cookie.value)
    return thief


def works(client: FlaskClient) -> bool:
    return client.get("/api/v1/units").status_code == 200


def language_of(office: Office, person: str) -> str | None:
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        found: str | None = tx.value(
            "SELECT language FROM person WHERE sign_in = %(name)s", name=person
        )
    return found


def test_signing_out_ends_copied_cookies_too(office: Office) -> None:
    client = signed_in(office)
    thief, other = copy_of(office, client), signed_in_client(office.app, "second")
    token = csrf_token(client, "/map")
    assert works(thief)
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert not works(client) and not works(thief)
    assert works(other) and works(signed_in(office))


def test_an_ended_cookie_signs_nobody_out_and_changes_no_language(office: Office) -> None:
    client = signed_in(office)
    token = csrf_token(client, "/map")
    thief = copy_of(office, client)
    client.post("/sign-out", data={"csrf_token": token})
    again = signed_in(office)
    assert language_of(office, "first") is None
    assert thief.post("/language", data={"language": "en", "csrf_token": token}).status_code == 302
    assert language_of(office, "first") is None
    assert copy_of(office, thief).post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert works(again)
    again.post("/language", data={"language": "en", "csrf_token": csrf_token(again, "/map")})
    assert language_of(office, "first") == "en"


def test_a_session_that_rested_too_long_changes_nothing(office: Office) -> None:
    client = signed_in(office)
    token = csrf_token(client, "/map")
    with client.session_transaction() as session:
        session["seen"] -= 3600
    assert client.post("/language", data={"language": "en", "csrf_token": token}).status_code == 302
    assert language_of(office, "first") is None


def test_a_person_who_left_is_ended_at_once(office: Office) -> None:
    client = signed_in(office)
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx, 2)
        identity.assign(tx, "first", grid_number(tx, "town:1"), "grid_chief", date(2999, 1, 1))
        key = identity.create_token(tx, "first", "round")
        assert identity.end_person(tx, "First") == 2
        assert (
            tx.value(
                "SELECT count(*) FROM assignment a JOIN person p ON p.no = a.person_no "
                "WHERE p.sign_in = 'first' AND (valid_until IS NULL "
                "OR valid_until > greatest(valid_from, current_date))"
            )
            == 0
        )
    assert not works(client)
    bearer = {"Authorization": f"Bearer {key}"}
    assert office.app.test_client().get("/api/v1/units", headers=bearer).status_code == 401
    assert office.attempt("first", PASSWORD).status_code == 401
    assert office.attempt("second", PASSWORD).status_code == 302
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        for nobody in ("nobody", "service"):
            with pytest.raises(NotFound):
                identity.end_person(tx, nobody)


def test_one_token_is_revoked_by_its_name(office: Office) -> None:
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        keys = {name: identity.create_token(tx, "first", name) for name in ("leaked", "kept")}
        assert identity.revoke_token(tx, "first", "leaked") == 1
        for person, name in (("first", "leaked"), ("first", "other"), ("second", "kept")):
            with pytest.raises(NotFound, match=f"{person} has no token {name} that still holds"):
                identity.revoke_token(tx, person, name)
    answers = {
        name: office.app.test_client()
        .get("/api/v1/units", headers={"Authorization": f"Bearer {key}"})
        .status_code
        for name, key in keys.items()
    }
    assert answers == {"leaked": 401, "kept": 200}
    assert ("token_revoked", "first", None) in office.audit()


def test_a_new_password_ends_what_the_old_one_opened(office: Office) -> None:
    client = signed_in(office)
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        with pytest.raises(Refusal, match="has 10 to 200 characters"):
            identity.change_password(tx, "first", "short")
        identity.change_password(tx, "first", "Another-lantern-21")
    assert not works(client)
    assert office.attempt("first", PASSWORD).status_code == 401
    assert office.attempt("first", "Another-lantern-21").status_code == 302


def test_nobody_but_an_admin_ends_others(office: Office) -> None:
    with office.database.transaction_as(SERVICE_PERSON) as tx:
        leader = identity.person_number(tx, "second")
    with office.database.transaction_as(leader) as tx:
        identity.create_token(tx, "second", "own")
        assert identity.revoke_token(tx, "second", "own") == 1
        assert (
            tx.execute(
                "UPDATE person SET session_epoch = session_epoch + 1 WHERE sign_in = 'first'"
            )
            == 0
        )
        with pytest.raises(NotFound):
            identity.revoke_token(tx, "first", "leaked")


# -- assignments that fell out of the map -------------------------------------------------


def test_doctor_counts_assignments_whose_grid_is_gone(tx: Transaction) -> None:
    publish_city(tx, 2)
    add_person(tx, "stays", "grid_chief", "community:11")
    add_person(tx, "falls", "grid_chief", "community:24")
    assert data_health(tx)["assignments_without_grid"] == 0
    shapes = square_city(2)
    shapes["community"] = [shape for shape in shapes["community"] if shape.code != "24"]
    publish_city(tx, 2, "second", shapes, date(2026, 6, 1))
    assert data_health(tx)["assignments_without_grid"] == 1
