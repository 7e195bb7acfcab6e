"""Every address names its permission, and the guard keeps to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import gettext

from app.accounts.parameters import safe_next
from app.db.connection import Database
from app.errors import Refusal
from app.http import PUBLIC, SESSION_ONLY
from app.identity import actions as identity, rules
from app.identity.model import SERVICE_PERSON
from tests.conftest import PASSWORD, csrf_token

SignIn = Callable[[str], FlaskClient]
DEMO_ROLES = {
    "chief": "grid_chief",
    "area_manager": "area_manager",
    "planner": "authority",
    "leader": "leader",
    "auditor": "auditor",
    "admin": "admin",
}
# the only addresses that answer without a sign-in; a new one must be put here on purpose
OPEN_ADDRESSES = {
    "accounts.sign_in_form",
    "accounts.sign_in",
    "accounts.code_form",
    "accounts.give_code",
    "accounts.sign_out",
    "accounts.choose_language",
    "monitoring.healthz",
    "monitoring.demo_progress",
    "api.openapi",
    "api.describe",
    "web.static_file",
    "web.library_file",
}
SESSION_ADDRESSES = {"tiles.grid_tile", "tiles.backdrop_tile"}
ARGUMENTS = {
    "no": "1",
    "assignment": "1",
    "cover": "1",
    "kind": "csv",
    "z": "1",
    "x": "0",
    "y": "0",
    "edition": "demo",
    "level": "town",
    "reference": "town:01",
    "name": "demo",
    "library": "maplibre-gl",
    "step": "reading",
    "key": "facilities",
    "id_": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a15",
    "checklist": "block_round",
}


def addresses(app: Flask) -> list[tuple[str, str, str, str]]:
    """(endpoint, method, path, permission) of every route."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            path = re.sub(rf"<([a-z]+(\([^)]*\))?:)?{argument}>", ARGUMENTS[argument], path)
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.append((rule.endpoint, method, path, getattr(view, "permission", "")))
    return found


def test_every_route_names_its_permission(demo_app: Flask) -> None:
    known = rules.PERMISSIONS | {PUBLIC, SESSION_ONLY}
    assert [one for one in addresses(demo_app) if one[3] not in known] == []
    assert {one[0] for one in addresses(demo_app) if one[3] == PUBLIC} == OPEN_ADDRESSES
    assert {one[0] for one in addresses(demo_app) if one[3] == SESSION_ONLY} == SESSION_ADDRESSES


def test_a_stranger_gets_nothing(demo_app: Flask) -> None:
    client = demo_app.test_client()
    for endpoint, method, path, permission in addresses(demo_app):
        if permission == PUBLIC:
            continue
        answer = client.open(path, method=method)
        asked_to_sign_in = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        assert answer.status_code == 401 or asked_to_sign_in, (endpoint, answer.status_code)


@pytest.mark.parametrize("name", DEMO_ROLES)
def test_each_role_may_do_exactly_what_the_table_says(
    demo_app: Flask, sign_in: SignIn, name: str
) -> None:
    client = sign_in(name)
    allowed = rules.permissions_of(frozenset({DEMO_ROLES[name]}))
    token = csrf_token(client, "/map")
    for endpoint, method, path, permission in addresses(demo_app):
        if permission in (PUBLIC, SESSION_ONLY) or permission in allowed and method == "POST":
            continue
        answer = client.open(path, method=method, headers={"X-CSRFToken": token})
        assert (answer.status_code == 403) == (permission not in allowed), (
            endpoint,
            answer.status_code,
        )


def test_a_form_without_its_token_is_refused(demo_app: Flask, sign_in: SignIn) -> None:
    client = sign_in("admin")
    for endpoint, method, path, _ in addresses(demo_app):
        if method == "POST":
            assert client.post(path).status_code == 400, endpoint


def test_sign_in_says_the_same_whatever_was_wrong(demo_app: Flask) -> None:
    for name, password in (
        ("leader", "wrong"),
        ("nobody", PASSWORD),
        ("service", ""),
        ("x" * 10_000, "y" * 10_000),
        ("'; DROP TABLE person --", "\x01"),
    ):
        client = demo_app.test_client()
        answer = client.post(
            "/sign-in", data={"name": name, "password": password, "csrf_token": csrf_token(client)}
        )
        assert answer.status_code == 401
        with demo_app.test_request_context(headers={"Accept-Language": "zh"}):
            said = gettext("The name or the password is not right. Please try again.")
        assert said in answer.get_data(as_text=True), name[:20]


def test_a_session_ends_after_rest_and_after_half_a_day(sign_in: SignIn) -> None:
    for name, rest, alive in (
        ("leader", timedelta(minutes=29), True),
        ("leader", timedelta(minutes=31), False),
        ("chief", timedelta(hours=7), True),
        ("chief", timedelta(hours=9), False),
    ):
        client = sign_in(name)
        with client.session_transaction() as session:
            session["seen"] = (datetime.now(UTC) - rest).timestamp()
        assert (client.get("/api/v1/units").status_code == 200) is alive, (name, rest)
    client = sign_in("chief")
    with client.session_transaction() as session:
        session["started"] = (datetime.now(UTC) - timedelta(hours=13)).timestamp()
    assert client.get("/api/v1/units").status_code == 401
    assert client.get("/tiles/grids/demo/town/10/849/417.mvt").status_code == 401


def test_a_forged_or_foreign_cookie_is_worth_nothing(demo_app: Flask, sign_in: SignIn) -> None:
    client = sign_in("chief")
    with client.session_transaction() as session:
        session["epoch"] = 99
    assert client.get("/api/v1/units").status_code == 401
    forged = demo_app.test_client()
    forged.set_cookie("gridward", "eyJwZXJzb24iOjF9.aaaa.bbbb")
    assert forged.get("/api/v1/units").status_code == 401


def test_a_token_acts_as_its_person_without_a_form(
    demo_app: Flask, demo_database: Database
) -> None:
    with demo_database.transaction_as(SERVICE_PERSON) as tx:
        token = identity.create_token(tx, "chief", "test")
    client = demo_app.test_client()
    header = {"Authorization": f"Bearer {token}"}
    units = client.get("/api/v1/units?limit=1000", headers=header).get_json()["units"]
    assert 12 <= len(units) <= 25
    assert (
        client.post("/api/v1/locate", json={"points": [[118.6, 31.4]]}, headers=header).status_code
        == 200
    )
    assert client.get("/people", headers=header).status_code == 403
    for wrong in ("Bearer ", "Bearer gw_no", f"Basic {token}"):
        assert client.get("/api/v1/units", headers={"Authorization": wrong}).status_code == 401
        assert (
            client.get(
                "/tiles/grids/demo/town/10/849/417.mvt", headers={"Authorization": wrong}
            ).status_code
            == 401
        )


def test_headers_keep_the_page_to_itself(sign_in: SignIn) -> None:
    headers = sign_in("leader").get("/map").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"


def test_the_session_cookie_is_out_of_reach_of_scripts(demo_app: Flask) -> None:
    client = demo_app.test_client()
    answer = client.post(
        "/sign-in",
        data={"name": "leader", "password": PASSWORD, "csrf_token": csrf_token(client)},
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("gridward=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/map?on=2026-01-01", "/map?on=2026-01-01"),
        ("https://example.com/", "/"),
        ("//example.com", "/"),
        ("/\\example.com", "/"),
        ("\\\\example.com", "/"),
        ("javascript:alert(1)", "/"),
        (None, "/"),
        ("", "/"),
    ],
)
def test_sign_in_leads_nowhere_else(target: str | None, safe: str) -> None:
    assert safe_next(target) == safe


def test_passwords_that_are_easy_are_refused() -> None:
    for password in ("Short-1", "alllowercaseletters", "Password-123", "chief-Lantern-1"):
        with pytest.raises(Refusal, match="password"):
            rules.check_password(password, "chief")
    rules.check_password(identity.make_password(), "chief")
