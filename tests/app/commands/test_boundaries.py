"""Levels, boundaries and editions by the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.app.commands.line import (
    SCHEME,
    SIDE,
    UNIT_FIELDS,
    UNITS,
    City,
    CommandLine,
    import_words,
    square,
    write_features,
)
from tests.builders import SOUTH, WEST

# -- levels, boundaries, editions ---------------------------------------------------------


def test_levels_set(empty: CommandLine) -> None:
    expected = [
        {"depth": 1, "key": "town", "name_zh": "街道", "name_en": "Town"},
        {"depth": 2, "key": "community", "name_zh": "社区", "name_en": "Community"},
        {"depth": 3, "key": "block", "name_zh": "小区", "name_en": "Block"},
    ]
    assert empty.json("levels", "set", *SCHEME) == {"levels": expected, "committed": False}
    assert "has no levels yet" in empty.refused("inspected", "--level", "town")
    assert empty.json("levels", "set", *SCHEME, "--commit") == {
        "levels": expected,
        "committed": True,
    }


@pytest.mark.parametrize(
    "words",
    [
        ["town=街道"],
        ["Town=街道", "block=小区"],
        ["town=", "b=x"],
        ["a=x", "a=y"],
        [f"{key}=x" for key in "abcdefg"],
        ["town=" + "x" * 10_000, "b=y"],
    ],
)
def test_levels_that_are_none_are_refused(empty: CommandLine, words: list[str]) -> None:
    assert len(empty.refused("levels", "set", *words, "--commit")) < 300


def test_boundaries_check_writes_nothing(
    empty: CommandLine, city: City, boundaries: Mapping[str, str]
) -> None:
    empty("levels", "set", *SCHEME, "--commit")
    document = empty.json("boundaries", "check", boundaries["town"], *import_words("town"))
    assert document == {"features": 2, "created": 2, "faults": [], "committed": False}
    assert city.one("SELECT count(*) FROM gridward.edition") == 0


def test_boundaries_import_dry_then_for_good(
    empty: CommandLine, city: City, boundaries: Mapping[str, str]
) -> None:
    empty("levels", "set", *SCHEME, "--commit")
    words = ("boundaries", "import", boundaries["town"], *import_words("town"))
    dry = empty.json(*words)
    assert dry == {"features": 2, "created": 2, "faults": [], "committed": False}
    assert city.one("SELECT count(*) FROM gridward.edition") == 0
    assert empty.json(*words, "--commit") == dry | {"committed": True}
    assert empty.json(*words, "--commit") == dry | {"committed": True}, "replaced, not doubled"
    assert city.one("SELECT count(*) FROM gridward.draft_shape") == 2


def test_faults_carry_kind_severity_code_area_place_and_words(empty: CommandLine) -> None:
    empty("levels", "set", *SCHEME, "--commit")
    path = write_features(empty.folder / "t.geojson", [square("1"), square("2", WEST + SIDE / 2)])
    document = empty.json("boundaries", "check", path, "--level", "town", "--code-field", "code")
    (fault,) = document["faults"]
    assert set(fault) == {"kind", "severity", "code", "area_m2", "where", "detail"}
    assert (fault["kind"], fault["severity"]) == ("overlap", "warning")
    assert fault["where"] == pytest.approx([WEST + SIDE * 0.75, SOUTH + SIDE / 2], abs=SIDE / 2)


def test_an_error_in_the_file_refuses_the_import(empty: CommandLine, city: City) -> None:
    empty("levels", "set", *SCHEME, "--commit")
    path = write_features(empty.folder / "t.geojson", [square("1"), square("1", WEST + SIDE)])
    words = (
        "boundaries",
        "import",
        path,
        "--level",
        "town",
        "--code-field",
        "code",
        "--edition",
        "first",
        "--commit",
    )
    answer = empty(*words, "--json", code=1)
    assert answer.document["committed"] is False
    assert answer.document["faults"][0]["kind"] == "duplicate_code"
    assert "rows 1, 2; use --dissolve" in answer.document["faults"][0]["detail"]
    assert answer.err.strip() == "The file has errors; nothing was written."
    assert city.one("SELECT count(*) FROM gridward.edition") == 0
    assert empty.json(*words, "--dissolve")["created"] == 1


def test_the_import_names_its_edition(squares: CommandLine, boundaries: Mapping[str, str]) -> None:
    words = ("boundaries", "import", boundaries["town"], "--level", "town", "--code-field", "code")
    assert "Missing option '--edition'" in squares.refused(*words, code=2)
    published = "Edition first is published and never changes; import into a new one."
    assert squares.refused(*words, "--edition", "first") == published, "also on a dry run"
    assert (
        squares.refused(*words, "--edition", "e" * 10_000)
        == "An edition's name has 1 to 80 characters."
    )


def test_editions_publish_and_list(
    squares: CommandLine, city: City, boundaries: Mapping[str, str]
) -> None:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    squares("boundaries", "import", boundaries["town"], *import_words("town", "second"), "--commit")
    words = ("editions", "publish", "second", "--from", "2026-01-01")
    expected = {"edition": "second", "from": "2026-01-01", "grids": 42, "warnings": 0, "moved": 0}
    first = {"name": "first", "state": "active", "from": "2025-01-01", "until": None}
    draft = {"name": "second", "state": "draft", "from": None, "until": None}
    assert squares.json(*words) == expected | {"committed": False}
    listed = squares.json("editions", "list")["editions"]
    assert sorted(listed, key=lambda one: one["name"]) == [first, draft]
    assert squares.json(*words, "--commit") == expected | {"committed": True}
    listed = squares.json("editions", "list")["editions"]
    assert sorted(listed, key=lambda one: one["name"]) == [
        first | {"state": "retired", "until": "2026-01-01"},
        draft | {"state": "active", "from": "2026-01-01"},
    ]
    assert squares.refused(*words, "--commit") == "Edition second is published already."


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nope", "--from", "2026-01-01"], 1, "There is no edition nope."),
        (["e" * 10_000, "--from", "2026-01-01"], 1, "There is no edition e"),
        (["draft", "--from", "2026-13-01"], 2, "'2026-13-01' does not match"),
        (["draft"], 2, "Missing option '--from'"),
        (["draft", "--from", "2026-07-01"], 1, "cannot begin in the future: 2026-07-01"),
        (["draft", "--from", "2024-01-01"], 1, "the new one cannot begin before it, on 2024-01-01"),
    ],
)
def test_what_cannot_be_published(
    squares: CommandLine, boundaries: Mapping[str, str], words: list[str], code: int, sentence: str
) -> None:
    squares("boundaries", "import", boundaries["town"], *import_words("town", "draft"), "--commit")
    assert sentence in squares.refused("editions", "publish", *words, "--commit", code=code)


def test_warnings_are_published_only_when_accepted(squares: CommandLine) -> None:
    path = write_features(
        squares.folder / "t.geojson", [square("1"), square("2", WEST + SIDE / 2, SIDE * 1.5)]
    )
    squares(
        "boundaries",
        "import",
        path,
        "--level",
        "town",
        "--code-field",
        "code",
        "--edition",
        "second",
        "--commit",
    )
    words = ("editions", "publish", "second", "--from", "2026-01-01")
    assert re.search(
        r"second has \d+ warnings \(.*overlap 1.*--accept-warnings", squares.refused(*words)
    )
    assert squares.json(*words, "--accept-warnings")["warnings"] >= 1
