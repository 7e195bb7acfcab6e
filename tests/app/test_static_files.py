"""A file is kept for a year only under the address that names its very content."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.web.assets import STATIC, version_of

YEAR = "public, max-age=31536000, immutable"
AGAIN = "public, no-cache"


@pytest.mark.parametrize("query", ["", "?v=", "?v=anything", "?v=000000000000"])
def test_another_version_is_not_kept(demo_app: Flask, query: str) -> None:
    for address in ("/static/icon.svg", "/vendor/maplibre-gl/maplibre-gl.css"):
        answer = demo_app.test_client().get(address + query)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == AGAIN, address
        assert answer.headers["ETag"]


def test_the_right_version_is_kept(demo_app: Flask) -> None:
    client = demo_app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    addresses = re.findall(r'"(/static/[^"]+\?v=[^"]+)"', page)
    assert len(addresses) > 3
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == YEAR, address
    version = version_of(STATIC / "icon.svg")
    assert client.get(f"/static/icon.svg?v={version}").headers["Cache-Control"] == YEAR


def test_what_is_kept_is_asked_for_by_its_tag(demo_app: Flask) -> None:
    client = demo_app.test_client()
    for address in ("/static/icon.svg", "/vendor/maplibre-gl/maplibre-gl.css"):
        tag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "name",
    ["missing.css", "../templating.py", "..%2ftemplating.py", "css/../../templating.py", "css"],
)
def test_nothing_else_is_sent(demo_app: Flask, name: str) -> None:
    assert demo_app.test_client().get(f"/static/{name}?v=x").status_code == 404
