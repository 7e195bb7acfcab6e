"""Passwords of one's own, sessions that can be seen and ended, and the second factor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, strategies as st
from werkzeug.test import TestResponse

from app import create_app
from app.accounts import rules
from app.accounts.factors import actions as factors, rules as factor_rules
from app.accounts.rules import device_of
from app.db.connection import Database
from app.errors import NotFound, Refusal
from app.identity import actions as identity, rules as identity_rules
from app.identity.actions import NewPerson
from app.identity.model import SERVICE_PERSON, Reader
from app.settings import Settings
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

FRESH = "Quiet-harbour-57"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@dataclass(frozen=True)
class Place:
    """One application for all tests of this file; each test has people of its own."""

    name: str
    app: Flask
    database: Database
    databases: Databases
    numbers: Iterator[int]

    def person(self, role: str = "leader", kind: str = "own") -> str:
        sign_in = f"{role.replace('_', '')}{next(self.numbers)}"
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            identity.add_person(
                tx,
                NewPerson(sign_in, "孙 Reader", role, None, PASSWORD, password_kind=kind),
                date(2025, 1, 1),
            )
        return sign_in

    def sql(self, statement: str) -> None:
        self.databases.admin(self.name, statement)

    def audit(self, subject: str) -> list[str]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            rows = tx.rows(
                "SELECT action FROM audit_event WHERE subject = %(subject)s ORDER BY no",
                subject=subject,
            )
        return [row.action for row in rows]


@pytest.fixture(scope="module")
def place(databases: Databases, settings: Settings) -> Iterator[Place]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    app = create_app(replace(settings, admin_totp=True), databases.app_dsn(name))
    yield Place(name, app, opened, databases, count(1))
    opened.close()
    app.extensions["gridward_database"].close()
    databases.drop(name)


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data=data | {"csrf_token": csrf_token(client, "/account")})


def change(client: FlaskClient, old: str, fresh: str, again: str | None = None) -> TestResponse:
    return post(client, "/account/password", old=old, fresh=fresh, again=again or fresh)


# -- the first password -------------------------------------------------------------------


def test_a_password_that_was_given_opens_nothing_until_it_is_changed(place: Place) -> None:
    name = place.person(kind="one_time")
    client = signed_in_client(place.app, name)
    for path in ("/map", "/units", "/"):
        answer = client.get(path)
        assert answer.status_code == 302 and "/account/password" in answer.headers["Location"]
    machine = client.get("/api/v1/units")
    assert machine.status_code == 403 and machine.get_json()["code"] == "account_duty"
    assert post(client, "/account/sessions/end").status_code == 403
    assert "somebody else knows it" in client.get("/account/password").get_data(as_text=True)
    assert change(client, PASSWORD, FRESH).status_code == 302
    assert client.get("/api/v1/units").status_code == 200
    assert "password_changed" in place.audit(name)
    other = signed_in_client(place.app, name, FRESH)
    assert other.get("/api/v1/units").status_code == 200


def test_a_program_is_not_asked_for_a_password(place: Place) -> None:
    name = place.person(kind="one_time")
    with place.database.transaction_as(SERVICE_PERSON) as tx:
        key = identity.create_token(tx, name, "program")
    answer = place.app.test_client().get(
        "/api/v1/units", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 200


def test_who_is_given_another_password_changes_it_first(place: Place) -> None:
    name = place.person()
    with place.database.transaction_as(SERVICE_PERSON) as tx:
        identity.change_password(tx, name, FRESH)
    client = signed_in_client(place.app, name, FRESH)
    assert "/account/password" in client.get("/map").headers["Location"]


@pytest.mark.parametrize(
    ("old", "fresh", "again", "words"),
    [
        ("Wrong-lantern-1", FRESH, None, "The present password is not right."),
        (PASSWORD, FRESH, "Quiet-harbour-58", "are not alike"),
        (PASSWORD, PASSWORD, None, "The new password is the old one"),
        (PASSWORD, "Short-1", None, "has 10 to 200 characters"),
        (PASSWORD, "Reader-harbour-57", None, "too easy to guess"),
        (PASSWORD, "Qwerty-harbour-57", None, "too easy to guess"),
        (PASSWORD, "quietharbourlantern", None, "needs three of"),
    ],
)
def test_a_password_is_changed_by_the_rules(
    place: Place, old: str, fresh: str, again: str | None, words: str
) -> None:
    client = signed_in_client(place.app, place.person())
    answer = change(client, old, fresh, again)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)
    assert client.get("/api/v1/units").status_code == 200


def test_guessing_the_present_password_meets_the_brake(place: Place) -> None:
    name = place.person()
    client = signed_in_client(place.app, name)
    for _ in range(5):
        change(client, "Wrong-lantern-1", FRESH)
    text = change(client, PASSWORD, FRESH).get_data(as_text=True)
    assert "too many wrong passwords" in text
    assert place.audit(name)[-2:] == ["sign_in_failed", "sign_in_locked"]


def test_a_new_password_ends_every_other_session(place: Place) -> None:
    name = place.person()
    client, other = (signed_in_client(place.app, name) for _ in range(2))
    assert change(client, PASSWORD, FRESH).status_code == 302
    assert client.get("/api/v1/units").status_code == 200
    assert other.get("/api/v1/units").status_code == 401


def reader(kind: str = "own", days: int = 0, role: str = "leader", factor: bool = False) -> Reader:
    since = datetime(2026, 6, 30, tzinfo=UTC) - timedelta(days=days)
    return Reader(9, "name", "Name", None, 1, frozenset({role}), True, kind, since, factor)


@pytest.mark.parametrize(
    ("who", "days", "admin_totp", "owed"),
    [
        (reader(), 180, True, None),
        (reader(days=179), 180, True, None),
        (reader(days=180), 180, True, rules.PASSWORD),
        (reader(days=9999), 0, True, None),
        (reader("one_time"), 0, False, rules.PASSWORD),
        (reader("shown", days=9999, role="admin"), 180, True, None),
        (reader(role="admin"), 180, True, rules.SECOND_FACTOR),
        (reader(role="admin", factor=True), 180, True, None),
        (reader(role="admin"), 180, False, None),
        (reader("one_time", role="admin"), 180, True, rules.PASSWORD),
    ],
)
def test_what_an_account_owes(who: Reader, days: int, admin_totp: bool, owed: str | None) -> None:
    now = datetime(2026, 6, 30, tzinfo=UTC)
    assert rules.owed(who, days, admin_totp, now) == owed


@pytest.mark.parametrize(
    ("password", "sign_in", "name", "fine"),
    [
        ("Harbour-wang-571", "wang.li", "王丽", False),
        ("Harbour-王丽丽-571", "w", "王丽丽", False),
        ("Harbour-lane-571", "la", "Li", True),  # two Latin letters stand in many words
        ("Harbour-1qaz2WSX", "w", "W", False),
        ("Harbour-lane-571", "w", "W", True),
    ],
)
def test_the_own_name_is_no_password(password: str, sign_in: str, name: str, fine: bool) -> None:
    if fine:
        identity_rules.check_password(password, sign_in, name)
    else:
        with pytest.raises(Refusal, match="too easy to guess"):
            identity_rules.check_password(password, sign_in, name)


# -- sessions -----------------------------------------------------------------------------


def sessions_on(client: FlaskClient) -> list[str]:
    """Numbers of the other sessions on the page."""
    return re.findall(
        r'name="session" value="([^"]+)"', client.get("/account").get_data(as_text=True)
    )


def test_sessions_are_listed_and_ended_one_by_one(place: Place) -> None:
    name = place.person()
    client = signed_in_client(place.app, name)
    other = place.app.test_client()
    other.post(
        "/sign-in",
        data={"name": name, "password": PASSWORD, "csrf_token": csrf_token(other)},
        headers={"User-Agent": CHROME},
    )
    stranger = signed_in_client(place.app, place.person())
    assert "Chrome on Windows" in client.get("/account").get_data(as_text=True)
    (number,) = sessions_on(client)
    assert post(stranger, "/account/sessions/end", session=number).status_code == 404
    assert other.get("/api/v1/units").status_code == 200
    assert post(client, "/account/sessions/end", session=number).status_code == 302
    assert other.get("/api/v1/units").status_code == 401
    assert client.get("/api/v1/units").status_code == 200 and sessions_on(client) == []
    for gone in (number, "no-number"):
        assert post(client, "/account/sessions/end", session=gone).status_code == 404


def test_all_other_sessions_end_at_once_and_then_every_one(place: Place) -> None:
    name = place.person()
    client, *others = (signed_in_client(place.app, name) for _ in range(3))
    assert len(sessions_on(client)) == 2
    post(client, "/account/sessions/end")
    assert {other.get("/api/v1/units").status_code for other in others} == {401}
    assert client.get("/api/v1/units").status_code == 200
    more = signed_in_client(place.app, name)
    assert post(client, "/account/sign-out-everywhere").status_code == 302
    assert {one.get("/api/v1/units").status_code for one in (client, more)} == {401}


def test_signing_out_leaves_other_devices_alone(place: Place) -> None:
    name = place.person()
    client, other = (signed_in_client(place.app, name) for _ in range(2))
    post(client, "/sign-out")
    assert client.get("/api/v1/units").status_code == 401
    assert other.get("/api/v1/units").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (CHROME, ("Chrome", "Windows")),
        (CHROME + " Edg/120.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/1 MicroMessenger/8.0", ("WeChat", "Android")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("curl/8", (None, None)),
        ("", (None, None)),
    ],
)
def test_devices_have_names(agent: str, device: tuple[str | None, str | None]) -> None:
    assert device_of(agent) == device


# -- the second factor --------------------------------------------------------------------


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """Secret and recovery codes."""
    post(client, "/account/second-factor/begin")
    page = client.get("/account/second-factor").get_data(as_text=True)
    assert "<svg" in page
    found = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert found
    secret = found.group(1).replace(" ", "")
    wrong = post(client, "/account/second-factor/confirm", code="12345")
    assert wrong.status_code == 422 and "not the code of this moment" in wrong.get_data(
        as_text=True
    )
    code = pyotp.TOTP(secret).now()
    done = post(client, "/account/second-factor/confirm", code=f"{code[:3]} {code[3:]}")
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", done.get_data(as_text=True))
    assert done.status_code == 200 and len(set(codes)) == 10
    return secret, codes


def first_step(place: Place, name: str) -> FlaskClient:
    client = place.app.test_client()
    answer = client.post(
        "/sign-in", data={"name": name, "password": PASSWORD, "csrf_token": csrf_token(client)}
    )
    assert answer.status_code == 302 and "/sign-in/code" in answer.headers["Location"]
    return client


def second_step(client: FlaskClient, code: str) -> int:
    token = csrf_token(client, "/sign-in/code")
    return client.post("/sign-in/code", data={"code": code, "csrf_token": token}).status_code


def next_code(secret: str) -> str:
    """Of the step after the present one: the present one's is used up."""
    return str(pyotp.TOTP(secret).generate_otp(int(datetime.now(UTC).timestamp()) // 30 + 1))


def test_the_second_factor_is_asked_for_and_each_code_counts_once(place: Place) -> None:
    name = place.person()
    secret, _ = set_up(signed_in_client(place.app, name))
    client = first_step(place, name)
    assert client.get("/api/v1/units").status_code == 401  # the password alone opens nothing
    code = next_code(secret)
    assert second_step(client, "000000" if code != "000000" else "111111") == 401
    assert second_step(client, code) == 302
    assert client.get("/api/v1/units").status_code == 200
    assert second_step(first_step(place, name), code) == 401
    assert place.audit(name).count("second_factor_set") == 1


def test_a_recovery_code_opens_once(place: Place) -> None:
    name = place.person()
    _, codes = set_up(signed_in_client(place.app, name))
    client = first_step(place, name)
    assert second_step(client, codes[3].upper().replace("-", " ")) == 302
    assert "9 recovery codes left" in client.get(
        "/account", headers={"Accept-Language": "en"}
    ).get_data(as_text=True)
    assert second_step(first_step(place, name), codes[3]) == 401
    answer = post(client, "/account/second-factor/codes", old=PASSWORD)
    fresh = re.findall(r"<code>([a-z2-7-]{19})</code>", answer.get_data(as_text=True))
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    assert second_step(first_step(place, name), codes[4]) == 401
    assert second_step(first_step(place, name), fresh[0]) == 302


def test_wrong_codes_meet_the_brake_of_passwords(place: Place) -> None:
    name = place.person()
    _, codes = set_up(signed_in_client(place.app, name))
    client = first_step(place, name)
    assert {second_step(client, "wrong") for _ in range(5)} == {401}
    assert second_step(client, codes[0]) == 429
    assert place.audit(name)[-1] == "sign_in_locked"


def test_the_secret_is_sealed_and_bound_to_its_person(place: Place) -> None:
    name, other = place.person(), place.person()
    secret, _ = set_up(signed_in_client(place.app, name))
    set_up(signed_in_client(place.app, other))
    with place.database.transaction_as(SERVICE_PERSON) as tx:
        numbers = [identity.person_number(tx, one) for one in (name, other)]
        # nobody reads another's, not even an admin
        assert tx.value("SELECT count(*) FROM second_factor") == 0
    with place.database.transaction_as(numbers[0]) as tx:
        sealed = bytes(tx.value("SELECT secret FROM second_factor"))
    assert secret.encode() not in sealed
    place.sql(
        "UPDATE gridward.second_factor SET secret = (SELECT secret FROM gridward.second_factor "
        f"WHERE person_no = {numbers[0]}), last_step = 0 WHERE person_no = {numbers[1]}"
    )
    assert second_step(first_step(place, other), next_code(secret)) == 500


def test_an_admin_sets_up_a_second_factor_before_anything_else(place: Place) -> None:
    client = signed_in_client(place.app, place.person("admin"))
    assert "/account/second-factor" in client.get("/people").headers["Location"]
    assert client.get("/api/v1/units").status_code == 403
    set_up(client)
    assert client.get("/people").status_code == 200
    assert post(client, "/account/second-factor/remove", old=PASSWORD).status_code == 403
    # a password that is printed for everybody owes nothing
    shown = signed_in_client(place.app, place.person("admin", "shown"))
    assert shown.get("/people").status_code == 200


def test_a_second_factor_is_removed_with_the_password_or_by_an_admin(place: Place) -> None:
    name = place.person()
    client = signed_in_client(place.app, name)
    set_up(client)
    assert post(client, "/account/second-factor/remove", old="wrong").status_code == 422
    assert post(client, "/account/second-factor/remove", old=PASSWORD).status_code == 302
    signed_in_client(place.app, name)
    set_up(client)
    with place.database.transaction_as(SERVICE_PERSON) as tx:
        number = identity.person_number(tx, name)
        stranger = identity.person_number(tx, place.person())
    with place.database.transaction_as(stranger) as tx, pytest.raises(NotFound):
        factors.remove_of(tx, name)
    with place.database.transaction_as(stranger) as tx:
        assert tx.value(f"SELECT remove_second_factor({number})") is False
    first_step(place, name)
    with place.database.transaction_as(SERVICE_PERSON) as tx:
        factors.remove_of(tx, name)
    signed_in_client(place.app, name)


@given(st.integers(0, 2**40), st.integers(-3, 3), st.integers(0, 29))
def test_codes_hold_for_one_step_to_either_side(step: int, off: int, second: int) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    now = datetime.fromtimestamp((step % 10**8) * 30 + second, UTC)
    base = step % 10**8
    if base + off < 0:
        return
    code = pyotp.TOTP(secret).generate_otp(base + off)
    found = factor_rules.matching_step(secret, code, now, -1)
    near = [
        one
        for one in range(max(base - 1, 0), base + 2)
        if pyotp.TOTP(secret).generate_otp(one) == code
    ]
    assert found == (near[0] if near else None)
    if abs(off) <= 1:
        assert found is not None
        assert factor_rules.matching_step(secret, code, now, base + off) != base + off


# -- keys for programs, and letting somebody in again -------------------------------------


def made_key(client: FlaskClient, label: str, days: str = "90") -> str:
    text = post(client, "/account/tokens", label=label, days=days).get_data(as_text=True)
    found = re.search(r'id="key"[^>]*>(gw_[\w-]+)<', text)
    assert found
    return found.group(1)


def asks(place: Place, key: str) -> int:
    bearer = {"Authorization": f"Bearer {key}"}
    return place.app.test_client().get("/api/v1/units", headers=bearer).status_code


def test_a_key_is_shown_once_used_and_revoked(place: Place) -> None:
    name, label = place.person(), "QGIS of the survey office"
    client = signed_in_client(place.app, name)
    key = made_key(client, label)
    page = client.get("/account/tokens").get_data(as_text=True)
    assert label in page and key not in page and "never" in page
    assert asks(place, key) == 200
    assert "never" not in client.get("/account/tokens").get_data(as_text=True)
    (number,) = re.findall(r'name="token" value="(\d+)"', page)
    stranger = signed_in_client(place.app, place.person())
    assert post(stranger, "/account/tokens/revoke", token=number).status_code == 404
    assert asks(place, key) == 200
    assert post(client, "/account/tokens/revoke", token=number).status_code == 302
    assert asks(place, key) == 401
    for gone in (number, "x", "9" * 30):
        assert post(client, "/account/tokens/revoke", token=gone).status_code == 404
    assert place.audit(name).count("token_revoked") == 1


def test_a_key_ends_on_its_day(place: Place) -> None:
    key = made_key(signed_in_client(place.app, place.person()), "short", "30")
    lasting = made_key(signed_in_client(place.app, place.person()), "lasting", "0")
    assert (asks(place, key), asks(place, lasting)) == (200, 200)
    place.sql(
        "UPDATE gridward.api_token SET expires_at = now() - interval '1 second' "
        "WHERE name = 'short'"
    )
    assert (asks(place, key), asks(place, lasting)) == (401, 200)


@pytest.mark.parametrize(("label", "days"), [("", "90"), ("x" * 81, "90"), ("x", "7"), ("x", "x")])
def test_a_key_needs_a_name_and_a_time_of_the_list(place: Place, label: str, days: str) -> None:
    client = signed_in_client(place.app, place.person())
    assert post(client, "/account/tokens", label=label, days=days).status_code == 422


def test_an_admin_sees_and_revokes_keys_and_releases_names(place: Place) -> None:
    owner = place.person()
    key = made_key(signed_in_client(place.app, owner), "forgotten program")
    admin = signed_in_client(place.app, place.person("admin", "shown"))
    page = admin.get("/access").get_data(as_text=True)
    row = page[page.index("forgotten program") :]
    number = re.search(r'name="token" value="(\d+)"', row)
    assert owner in page and number
    assert post(admin, "/access/revoke", token=number.group(1)).status_code == 302
    assert asks(place, key) == 401
    for _ in range(5):
        client = place.app.test_client()
        client.post(
            "/sign-in", data={"name": owner, "password": "x", "csrf_token": csrf_token(client)}
        )
    assert f'value="{owner}"' in admin.get("/access").get_data(as_text=True)
    other = signed_in_client(place.app, place.person())
    assert post(other, "/access/release", name=owner).status_code == 403
    assert post(admin, "/access/release", name=owner).status_code == 302
    signed_in_client(place.app, owner)
    assert post(admin, "/access/release", name=owner).status_code == 404
    assert "sign_in_released" in place.audit(owner)
