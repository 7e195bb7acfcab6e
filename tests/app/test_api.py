"""The interface for programs: described whole, paged by keys, refusing in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from babel.messages import Message
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from app.settings import PROJECT
from app.web.api_document import document, operations, query_parameters
from tests.conftest import csrf_token

CATALOG = PROJECT / "app/web/translations/zh_Hans/LC_MESSAGES/messages.po"
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def leader(sign_in: SignIn) -> FlaskClient:
    return sign_in("leader")


def test_every_address_for_programs_is_described(demo_app: Flask) -> None:
    described = {one.rule.endpoint for one in operations(demo_app)} | {"api.openapi"}
    bare = [
        rule.rule
        for rule in demo_app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint not in described
    ]
    assert not bare, f"register them with app.web.api.api: {bare}"


def test_the_document_says_what_the_views_say(demo_app: Flask) -> None:
    made = document(demo_app)
    assert made["openapi"].startswith("3.1")
    units = made["paths"]["/api/v1/units"]["get"]
    limit = next(one for one in units["parameters"] if one["name"] == "limit")
    assert limit["schema"] | {"minimum": 1, "maximum": 1000, "default": 100} == limit["schema"]
    assert set(units["responses"]["200"]["content"]) == {
        "application/json",
        "application/geo+json",
    }
    text = json.dumps(made)
    for reference in set(part.split('"')[0] for part in text.split('"#/components/')[1:]):
        kind, _, name = reference.partition("/")
        assert name in made["components"][kind], reference
    assert demo_app.test_client().get("/api/v1/openapi.json").get_json() == made


def test_the_page_is_whole_in_chinese(demo_app: Flask) -> None:
    with open(CATALOG, "rb") as stream:
        catalog = read_po(stream, locale="zh_Hans")
    said = [
        words
        for one in operations(demo_app)
        for words in (
            one.declaration.summary,
            " ".join(one.declaration.description.split()),
            *one.declaration.path.values(),
            *(parameter["description"] for parameter in query_parameters(one.declaration)),
        )
    ]
    missing = {words for words in said if words and not (catalog.get(words) or Message("")).string}
    assert not missing, "\n".join(sorted(missing))


def test_every_example_runs(demo_app: Flask, sign_in: SignIn) -> None:
    leader, chief = sign_in("leader"), sign_in("chief")
    ran = 0
    for one in operations(demo_app):
        said = one.declaration
        asker = chief if said.permission == "today.use" else leader
        if said.example and said.body:
            answer = asker.post(
                one.address,
                json=json.loads(said.example),
                headers={"X-CSRFToken": csrf_token(asker, "/map")},
            )
        elif said.example:
            answer = asker.get(f"/api/v1{said.example}")
        else:
            continue
        assert answer.status_code == 200, (said.example, answer.get_json())
        ran += 1
    assert ran >= 5


@pytest.mark.parametrize(
    ("list_of", "address", "rows", "key"),
    [
        ("units", "/api/v1/units?within=town:01&limit=97", "units", "id"),
        ("units", "/api/v1/units?within=town:01&limit=97&format=geojson", "features", "id"),
        ("visits", "/api/v1/inspections?within=community:0106&limit=97", "inspections", "id"),
        ("grids", "/api/v1/grids?level=block&limit=100", "features", "id"),
    ],
)
def test_pages_follow_each_other_and_end(
    leader: FlaskClient, list_of: str, address: str, rows: str, key: str
) -> None:
    seen: list[Any] = []
    following: str | None = address
    while following:
        answer = leader.get(following)
        page = answer.get_json()
        seen += [row[key] for row in page[rows]]
        following = page["next"]
        link = f'<{following}>; rel="next"' if following else None
        assert answer.headers.get("Link") == link
    whole = leader.get(re.sub(r"limit=\d+", "limit=1000", address))
    assert seen == [row[key] for row in whole.get_json()[rows]]
    assert len(seen) == len(set(seen)) > 200


def test_geojson_begins_with_its_type(leader: FlaskClient) -> None:
    """By which GDAL tells it from a file of one feature a line."""
    for address in ("/api/v1/units?format=geojson&limit=2", "/api/v1/grids?level=town&limit=1"):
        answer = leader.get(address)
        assert answer.data.startswith(b'{"type":"FeatureCollection","features":[{"type":"Feature"')
        assert answer.mimetype == "application/geo+json"


def test_what_did_not_change_is_not_sent_again(leader: FlaskClient) -> None:
    first = leader.get("/api/v1/units?limit=5")
    again = leader.get("/api/v1/units?limit=5", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = leader.get("/api/v1/units?limit=6", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    head = leader.head("/api/v1/units?limit=5")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/api/v1/units?colour=red", 422, "There is no parameter colour here; known are: limit"),
        ("/api/v1/jobs/1?x=1", 422, "There is no parameter x here; known are: -"),
        ("/api/v1/units?limit=1&limit=2", 422, "The parameter limit is given twice."),
        ("/api/v1/units?limit=1.5", 422, "limit is 1.5; write a whole number."),
        ("/api/v1/units?limit=1_0", 422, "limit is 1_0; write a whole number."),
        ("/api/v1/units?on=20260630", 422, "on is 20260630; write a day like"),
        ("/api/v1/units?on=0001-01-01", 422, "on must lie between 1900 and 2100."),
        ("/api/v1/units?format=shape", 422, "format is shape; use one of: json or geojson."),
        ("/api/v1/locate?lat=31", 422, "lon is missing."),
        ("/api/v1/locate?lon=inf&lat=31", 422, "lon is not a number: inf."),
        ("/api/v1/none", 404, "There is nothing at this address."),
    ],
)
def test_a_refusal_is_a_problem_document(
    leader: FlaskClient, address: str, status: int, words: str
) -> None:
    answer = leader.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    said = answer.get_json()
    assert set(said) == {"type", "title", "status", "detail", "code"}
    assert words in said["detail"], said


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(leader: FlaskClient) -> None:
    headers = {"X-CSRFToken": csrf_token(leader, "/map")}
    answer = leader.delete("/api/v1/locate", headers=headers)
    assert (answer.status_code, answer.get_json()["title"]) == (405, "Method Not Allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    asked = leader.options("/api/v1/units", headers=headers)
    assert asked.status_code == 200 and "GET" in asked.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("{", 400, "The body is no JSON."),
        ("{}", 422, "points is missing."),
        ('{"points": [[1, "x"]]}', 422, "points.0.1 is not a number: x."),
        ('{"points": [[1]]}', 422, "points.0.1 is missing."),
        (json.dumps({"points": [[1, 2]] * 2001}), 422, "points holds too many entries: at most"),
        ('{"points": [[1, 2]], "crs": "EPSG:1"}', 422, "EPSG:1"),
        ('{"points": []}', 422, "points is empty."),
        ('{"points": [[1, 2]], "colour": "red"}', 422, "There is no colour here"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_place(
    leader: FlaskClient, body: str, status: int, words: str
) -> None:
    answer = leader.post(
        "/api/v1/locate",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": csrf_token(leader, "/map")},
    )
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert words in answer.get_json()["detail"]


def test_the_page_shows_every_operation(demo_app: Flask) -> None:
    page = demo_app.test_client().get("/api").get_data(as_text=True)
    for one in operations(demo_app):
        assert f"{one.declaration.method} {one.address}" in page
    assert urlsplit(page.split("openapi.json")[0].split('href="')[-1]).netloc == ""
