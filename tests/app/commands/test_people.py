"""People, tokens, programmes and calendars by the command line."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import pandas as pd
import pytest

from app.programmes.files import read_source
from tests.app.commands.line import CHAIN, SCHEME, UNIT_FIELDS, City, CommandLine, import_words


def test_people_add_and_token_create(squares: CommandLine, city: City) -> None:
    words = ("people", "add", "li.na", "--role", "grid_chief", "--grid", "block:111")
    assert squares.json(*words) == {"name": "li.na", "password": None, "committed": False}
    assert city.one("SELECT count(*) FROM gridward.person WHERE kind = 'person'") == 0
    added = squares.json(*words, "--commit")
    assert (added["name"], added["committed"]) == ("li.na", True)
    assert re.fullmatch(r"[a-z0-9]{4}(-[a-zA-Z0-9]{4}){3}", added["password"])
    assert squares.refused(*words, "--commit") == "The sign-in name li.na is taken; choose another."
    assert squares.json("token", "create", "li.na") == {
        "name": "li.na",
        "token": None,
        "committed": False,
    }
    token = squares.json("token", "create", "li.na", "--commit")["token"]
    assert token.startswith("gw_") and len(token) > 40
    assert city.one("SELECT count(*) FROM gridward.api_token") == 1
    assert city.one(f"SELECT count(*) FROM gridward.api_token WHERE digest = '{token}'") == 0
    alive = "SELECT count(*) FROM gridward.api_token WHERE revoked_at IS NULL"
    assert squares.json("token", "revoke", "li.na")["committed"] is False
    assert city.one(alive) == 1
    assert squares.json("token", "revoke", "li.na", "--commit")["revoked"] == 1
    assert city.one(alive) == 0
    assert squares.json("people", "end", "li.na", "--commit")["assignments_ended"] == 1
    assert city.one("SELECT count(*) FROM gridward.person WHERE active AND kind = 'person'") == 0


def test_people_stand_in_for_each_other(squares: CommandLine) -> None:
    for name, block in (("wang", "111"), ("li", "112")):
        squares(
            *("people", "add", name, "--role", "grid_chief", "--grid", f"block:{block}"),
            *("--from", "2026-01-01", "--commit"),
        )
    squares("people", "assign", "li", "--role", "grid_worker", "--grid", "block:113", "--commit")
    words = ("people", "cover", "wang", "--deputy", "li", "--from", "2030-05-01")
    dry = squares.json(*words, "--until", "2030-05-10")
    assert (dry["grids"], dry["cover"], dry["committed"]) == (1, None, False)
    assert squares.json(*words, "--until", "2030-05-10", "--commit")["committed"] is True
    assert "Somebody stands in for" in squares.refused(*words, "--until", "2030-05-02", "--commit")
    listed = squares.json("people", "list", "--text", "li")["people"]
    held = {row["grid"]: row for row in listed[0]["assignments"]}
    assert [one["sign_in"] for one in listed] == ["li"] and len(held) == 3
    assert (held["block:111"]["kind"], held["block:111"]["for"]) == ("cover", "wang")
    assert (held["block:111"]["from"], held["block:111"]["until"]) == ("2030-05-01", "2030-05-10")
    gaps = squares.json("people", "gaps", "--within", "community:11", "--level", "block")
    assert [row["grid"] for row in gaps["rows"]] == ["block:113", "block:114"]
    assert gaps["rows"][0]["role"] == "grid_chief" and gaps["rows"][0]["since"] is None
    own = held["block:112"]["no"]
    ended = ("people", "end", "li", "--assignment", str(own), "--until", "2031-01-01", "--commit")
    assert squares.json(*ended)["assignments_ended"] == 1
    assert "ends on 2031-01-01 already" in squares.refused(*ended)
    assert squares.json("people", "password", "li")["password"] is None
    assert len(squares.json("people", "password", "li", "--commit")["password"]) == 19


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["people", "add", "x", "--role", "nobody"], "There is no role nobody; use one of"),
        (["people", "add", "x", "--role", "grid_chief"], "name it with --grid"),
        (["people", "add", "x", "--role", "leader", "--full-name", "n" * 81], "1 to 80 characters"),
        (["token", "create", "service"], "There is no person with the sign-in name service"),
        (["people", "add", "x", "--role", "admin", "--grid", "block:111"], "leave out the grid"),
        (["people", "add", "x", "--role", "grid_chief", "--grid", "nope"], "There is no grid nope"),
        (["people", "add", "a b", "--role", "leader"], "1 to 60 letters, digits, dots or hyphens"),
        (["people", "add", "x" * 10_000, "--role", "leader"], "1 to 60 letters"),
        (["people", "add", "", "--role", "leader"], "1 to 60 letters"),
        (["people", "add", "\udcff", "--role", "leader"], "1 to 60 letters"),
        (["token", "create", "nobody"], "There is no person with the sign-in name nobody"),
        (["token", "create", "x" * 10_000], "There is no person with the sign-in name"),
        (["token", "create", "nobody", "--label", "x" * 10_000], "1 to 80 characters"),
        (["token", "create", "nobody", "--label", " "], "1 to 80 characters"),
        (["token", "create", "\udcff"], "not written in UTF-8"),
        (["--as", "nobody", "leftovers"], "There is no person with the sign-in name nobody"),
    ],
)
def test_people_and_tokens_that_cannot_be(
    squares: CommandLine, words: list[str], sentence: str
) -> None:
    last = [] if words[-1] == "leftovers" else ["--commit"]
    refusal = squares.refused(*words, *last)
    assert sentence in refusal and len(refusal) < 400


def test_as_somebody_narrows_what_is_seen_and_what_is_done(
    inspected_city: CommandLine, boundaries: Mapping[str, str]
) -> None:
    gridward = inspected_city
    gridward("people", "add", "chief", "--role", "grid_chief", "--grid", "block:111", "--commit")
    seen = gridward.json("--as", "chief", "inspected", "--level", "block")
    assert [row["grid"] for row in seen["rows"]] == ["111"] and seen["total"]["units"] == 1
    table = pd.read_csv(io.BytesIO(gridward("--as", "chief", "export", "units").out))
    assert table["id"].tolist() == ["u1"]
    figures = gridward("--as", "chief", "export", "coverage", "--level", "block").out
    assert pd.read_csv(io.BytesIO(figures))["units"].tolist() == [1]
    assert (
        gridward.json("--as", "chief", "locate", "--lon", "118.001", "--lat", "31.001")["grids"]
        == CHAIN
    )
    unit_words = ("units", "import", str(gridward.folder / "u.csv"), *UNIT_FIELDS, "--commit")
    for words in (
        ("levels", "set", *SCHEME, "--commit"),
        unit_words,
        ("leftovers",),
        ("doctor",),
        ("boundaries", "import", boundaries["town"], *import_words("town", "x"), "--commit"),
        ("editions", "publish", "first", "--from", "2026-01-01", "--commit"),
        ("people", "add", "friend", "--role", "admin", "--commit"),
        ("token", "create", "chief", "--commit"),
    ):
        refusal = gridward.refused("--as", "chief", *words)
        assert refusal.startswith("chief may not do this: no role of theirs has the right"), words


def test_programmes_are_set_from_files(squares: CommandLine, city: City) -> None:
    dry = squares.json("programmes", "set", "shipped:fire", "--from", "2026-01-01")
    assert (dry["programme"], dry["created"], dry["committed"]) == ("fire", True, False)
    assert {one["change"] for one in dry["rules"]} == {"new"}
    assert squares.json("programmes", "list") == {"programmes": []}
    squares("programmes", "set", "shipped:fire", "--from", "2026-01-01", "--commit")
    (listed,) = squares.json("programmes", "list")["programmes"]
    (weekly,) = [one for one in listed["rules"] if one["key"] == "block_weekly"]
    assert (weekly["level"], weekly["period"], weekly["from"]) == ("block", "week", "2026-01-01")
    assert weekly["targets"] == {"kind": "grid", "classes": ["block"], "importances": []}
    shipped = read_source("shipped:fire")
    changed = squares.file("fire.toml", shipped.replace("grace = 2", "grace = 4"))
    said = squares("programmes", "set", changed, "--commit").out.decode()
    assert "rule block_weekly: changed, from 2026-06-30" in said
    assert city.one("SELECT count(*) FROM gridward.duty_rule WHERE key = 'block_weekly'") == 2
    wrong = squares.file("wrong.toml", shipped.replace('"lowest"', '"street"'))
    assert "level cannot be street" in squares.refused("programmes", "set", wrong, "--commit")
    assert "No programme water" in squares.refused("programmes", "set", "shipped:water")


def test_a_calendar_is_imported(squares: CommandLine, city: City) -> None:
    taken = squares.json("calendar", "import", "shipped:2026", "--commit")
    assert taken == {"years": [{"year": 2026, "days": 39}], "committed": True}
    own = squares.file("2027.csv", "day,working,name\n2027-01-01,0,元旦\n")
    assert not squares.json("calendar", "import", own)["committed"]
    assert city.one("SELECT count(*) FROM gridward.calendar_year") == 1
    assert "No calendar of 2031" in squares.refused("calendar", "import", "shipped:2031")
