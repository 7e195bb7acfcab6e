"""What the command line tells and exports."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests.app.commands.line import (
    UNIT_FIELDS,
    UNITS,
    VISIT_FIELDS,
    VISITS,
    CommandLine,
    square,
    write_features,
)


def test_leftovers(squares: CommandLine) -> None:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    document = squares.json("leftovers")
    assert {key: document[key] for key in ("located", "leftovers", "unlocated")} == {
        "located": 2,
        "leftovers": 1,
        "unlocated": 1,
    }
    lost, nowhere = sorted(document["rows"], key=lambda row: row["id"])
    assert lost["nearest"].split(":")[1].startswith("2") and lost["distance_m"] > 90_000
    assert {key: lost[key] for key in ("id", "name", "kind", "lon", "lat")} == {
        "id": "u3",
        "name": "=1+1",
        "kind": "leftover",
        "lon": 119.5,
        "lat": 31.0,
    }
    assert nowhere == {
        "id": "u4",
        "name": "🏠",
        "kind": "unlocated",
        "lon": None,
        "lat": None,
        "nearest": None,
        "distance_m": None,
    }


def test_inspected(squares: CommandLine) -> None:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    squares("inspections", "import", squares.file("v.csv", VISITS), *VISIT_FIELDS, "--commit")
    document = squares.json("inspected", "--level", "town")
    assert document == {
        "level": "town",
        "on": "2026-06-30",
        "days": 90,
        "rows": [
            {"grid": "1", "name": "格1", "units": 1, "inspected": 1},
            {"grid": "2", "name": "格2", "units": 1, "inspected": 0},
        ],
        "total": {"units": 2, "inspected": 1},
    }
    within = squares.json(
        "inspected", "--level", "block", "--within", "community:11", "--on", "2026-01-01"
    )
    assert [row["grid"] for row in within["rows"]] == ["111", "112", "113", "114"]
    assert "There is no level nope; this city has: town" in squares.refused(
        "inspected", "--level", "nope"
    )
    assert "There is no grid nope" in squares.refused(
        "inspected", "--level", "town", "--within", "nope"
    )


def test_a_code_on_two_levels_is_asked_for_with_its_level(empty: CommandLine) -> None:
    empty("levels", "set", "town=街道/Town", "block=小区/Block", "--commit")
    path = write_features(empty.folder / "t.geojson", [square("7")])
    for level in ("town", "block"):
        empty(
            "boundaries",
            "import",
            path,
            "--level",
            level,
            "--code-field",
            "code",
            "--edition",
            "first",
            "--commit",
        )
    empty("editions", "publish", "first", "--from", "2025-01-01", "--commit")
    words = ("inspected", "--level", "block", "--within")
    assert (
        empty.refused(*words, "7")
        == "Code 7 exists on the levels town and block; write level:code."
    )
    assert empty.json(*words, "town:7")["rows"][0]["grid"] == "7"
    assert "write level:code" in empty.refused(
        "people", "add", "li", "--role", "grid_chief", "--grid", "7"
    )


FIELDS = [
    "id",
    "name",
    "class",
    "address",
    "lon",
    "lat",
    "last_done",
    "inspected",
    "grid_town",
    "grid_community",
    "grid_block",
    "credit_code",
    "responsible",
    "manager",
    "phone",
    "hours",
    "parent_id",
    "importance",
]


def test_exported_tables_open_again(inspected_city: CommandLine) -> None:
    out = str(inspected_city.folder / "out")
    for kind, read in (("csv", pd.read_csv), ("xlsx", pd.read_excel)):
        answer = inspected_city.json("export", "units", "--format", kind, "--out", out)
        assert answer == {"out": out, "format": kind, "bytes": Path(out).stat().st_size}
        table = read(out, dtype=str).fillna("").set_index("id", drop=False).sort_index()
        assert list(table) == FIELDS
        assert table.loc["u1", ["class", "inspected", "grid_block"]].tolist() == [
            "restaurant",
            "yes",
            "111",
        ]
        assert table.loc["u1", "last_done"].startswith("2026-06-01")
        assert table.loc["u3", "name"] == "'=1+1", "a spreadsheet must not run it"
        assert table.loc["u4", ["name", "lon", "grid_town"]].tolist() == ["🏠", "", ""]


@pytest.mark.parametrize("kind", ["gpkg", "geojson"])
def test_exported_maps_open_again(inspected_city: CommandLine, kind: str) -> None:
    out = str(inspected_city.folder / f"out.{kind}")
    inspected_city("export", "units", "--format", kind, "--out", out)
    frame = gpd.read_file(out).set_index("id").sort_index()
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry["u1"].equals(shapely.Point(118.001, 31.001))
    assert frame.geometry["u4"] is None
    assert frame.loc["u2", "name"] == "学校" and frame.loc["u2", "grid_block"] == "211"


def test_an_export_to_stdout_is_the_file_and_nothing_else(inspected_city: CommandLine) -> None:
    answer = inspected_city("export", "units", "--state", "leftover", "--within", "")
    assert answer.out.startswith(b"\xef\xbb\xbfid,name") and answer.err == ""
    table = pd.read_csv(io.BytesIO(answer.out))
    assert table["id"].tolist() == ["u3"]
    assert "--json needs --out" in inspected_city.refused("export", "units", code=2)
    assert "state is odd; use one of: all, located" in inspected_city.refused(
        "export", "units", "--state", "odd", "--out", str(inspected_city.folder / "x")
    )
    inspected_city("export", "units", "--format", "pdf", code=2)
