"""Units and inspections from files; nothing half-written."""

from __future__ import annotations

import pytest

from tests.app.commands.line import UNIT_FIELDS, UNITS, VISIT_FIELDS, VISITS, City, CommandLine

COUNTS = {
    "rows": 4,
    "created": 4,
    "updated": 0,
    "unchanged": 0,
    "leftovers": 1,
    "unlocated": 1,
    "errors": [],
    "hints": [],
    "committed": True,
}


def test_units_import(squares: CommandLine, city: City) -> None:
    words = ("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS)
    assert squares.json(*words) == COUNTS | {"committed": False}
    assert city.one("SELECT count(*) FROM gridward.unit") == 0
    assert squares.json(*words, "--commit") == COUNTS
    again = squares.json(*words, "--commit")
    assert (again["rows"], again["created"], again["updated"], again["unchanged"]) == (4, 0, 0, 4)
    changed = squares.file("u.csv", UNITS.replace("Noodles", "Dumplings"))
    third = squares.json("units", "import", changed, *UNIT_FIELDS, "--commit")
    assert (third["created"], third["updated"], third["unchanged"]) == (0, 1, 3)
    assert city.one("SELECT count(*) FROM gridward.target WHERE kind = 'unit'") == 4


def test_units_in_error_stop_the_import_unless_skipped(squares: CommandLine, city: City) -> None:
    text = (
        UNITS + "u5,x,shop,,31.0,118.0\nu1,other,shop,,118.001,31.001\n"
        "u2,学校,school,,118.009,31.001\n"
    )
    words = ("units", "import", squares.file("u.csv", text), *UNIT_FIELDS, "--commit")
    answer = squares(*words, "--json", code=1)
    document = answer.document
    assert [(one["row"], one["field"], one["value"]) for one in document["errors"]] == [
        (6, "lon, lat", "31.0, 118.0"),
        (7, "id", "u1"),
    ]
    assert all(set(one) == {"row", "field", "value", "message"} for one in document["errors"])
    assert (document["committed"], document["rows"]) == (False, 7)
    assert "--skip-errors writes the others" in answer.err
    assert city.one("SELECT count(*) FROM gridward.unit") == 0
    written = squares.json(*words, "--skip-errors")
    assert (written["created"], written["unchanged"], written["committed"]) == (4, 1, True)
    assert written["rows"] == written["created"] + written["unchanged"] + len(written["errors"])


def test_units_need_boundaries_first(empty: CommandLine) -> None:
    refusal = empty.refused("units", "import", empty.file("u.csv", UNITS), *UNIT_FIELDS)
    assert refusal.startswith("No boundaries are published yet")


def test_errors_are_shown_to_people_too(squares: CommandLine) -> None:
    rows = "".join(f"u{number},x,s,,x,31\n" for number in range(30))
    answer = squares(
        "units",
        "import",
        squares.file("u.csv", UNITS.splitlines()[0] + "\n" + rows),
        *UNIT_FIELDS,
        code=1,
    )
    lines = answer.out.decode().splitlines()
    assert lines[0] == "row 2, lon: This is not a number. (x)"
    assert lines[20] == "… and 10 more (see --json)"
    assert lines[21].startswith("30 rows: 0 new, 0 changed, 0 unchanged")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--id-field", "+"], 2, "--id-field names no field"),
        (["--lon-field", "x" * 10_000], 1, "Its fields are: id, name, kind"),
        (["--crs", "klingon"], 1, "'klingon' is not known"),
        (["--encoding", "klingon"], 1, "There is no encoding klingon"),
        (["--encoding", "utf-32"], 1, "is not written in utf-32: line 1"),
    ],
)
def test_wrong_options_of_an_import(
    squares: CommandLine, words: list[str], code: int, sentence: str
) -> None:
    path = squares.file("u.csv", UNITS)
    assert sentence in squares.refused("units", "import", path, *UNIT_FIELDS, *words, code=code)


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("none.csv", 1, "none.csv cannot be read: No such file or directory"),
        ("/tmp", 2, "is a directory"),
        ("x" * 300, 1, "File name too long"),
    ],
)
def test_files_that_are_none(squares: CommandLine, path: str, code: int, sentence: str) -> None:
    assert sentence in squares.refused("units", "import", path, *UNIT_FIELDS, code=code)
    assert sentence.removeprefix("none.csv ") in squares.refused(
        "boundaries",
        "check",
        path.replace(".csv", ".geojson") + ("/" if code == 2 else ".gpkg"),
        "--level",
        "town",
        "--code-field",
        "code",
        code=code,
    )


def test_inspections_import(squares: CommandLine, city: City) -> None:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    words = ("inspections", "import", squares.file("v.csv", VISITS), *VISIT_FIELDS)
    counts = {
        "rows": 3,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "leftovers": 1,
        "unlocated": 0,
        "errors": [],
        "hints": [],
        "committed": False,
    }
    assert squares.json(*words) == counts
    assert city.one("SELECT count(*) FROM gridward.inspection") == 0
    assert squares.json(*words, "--commit") == counts | {"committed": True}
    again = squares.json(*words, "--commit")
    assert (again["created"], again["unchanged"], again["committed"]) == (0, 3, True)
    doubled = squares.file("d.csv", VISITS + VISITS.splitlines()[1] + "\n")
    assert squares.json("inspections", "import", doubled, *VISIT_FIELDS)["unchanged"] == 4
    assert city.one("SELECT count(*) FROM gridward.inspection") == 3


def test_inspections_in_error(squares: CommandLine) -> None:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    squares("inspections", "import", squares.file("v.csv", VISITS), *VISIT_FIELDS, "--commit")
    text = VISITS.replace("fine", "not fine") + "v4,u9,2026-06-01,Pass,\nv5,u1,2026-13-01,Pass,\n"
    document = squares(
        "inspections",
        "import",
        squares.file("v.csv", text),
        *VISIT_FIELDS,
        "--json",
        "--commit",
        code=1,
    ).document
    assert [(one["row"], one["field"], one["value"]) for one in document["errors"]] == [
        (2, "id", "v1"),
        (5, "unit", "u9"),
        (6, "day", "2026-13-01"),
    ]
    assert "never changed" in document["errors"][0]["message"]


def test_an_outcome_map_needs_its_field(squares: CommandLine) -> None:
    words = [word for word in VISIT_FIELDS if word not in ("--outcome-field", "outcome")]
    assert "--outcome-map needs --outcome-field" in squares.refused(
        "inspections", "import", squares.file("v.csv", VISITS), *words, code=2
    )


def test_duplicates_are_found_merged_and_separated(squares: CommandLine) -> None:
    rows = "id,name,kind,street,lon,lat\nd1,Noodles,shop,1 A St,118.001,31.001\n"
    rows += "d2,The Noodles,shop,1 A St,118.001,31.001\nd3,Other,shop,9 B St,118.03,31.03\n"
    squares("units", "import", squares.file("u.csv", rows), *UNIT_FIELDS, "--commit")
    pairs = squares("units", "duplicates", "--json").document["pairs"]
    assert [(one["first"], one["second"]) for one in pairs] == [("d1", "d2")]
    dry = squares("units", "merge", "d1", "d2", "--json").document
    assert dry == {"kept": "d1", "merged": "d2", "committed": False}
    assert squares("units", "merge", "d1", "d2", "--commit", "--json").document["committed"]
    assert "merged into another" in squares.refused("units", "merge", "d3", "d2")
    assert squares("units", "duplicates", "--commit", "--json").document["pairs"] == []
    back = squares("units", "unmerge", "d2", "--reason", "two doors", "--commit", "--json").document
    assert back == {"kept": "d1", "separated": "d2", "committed": True}
