"""Places by the command line, one or a table of them."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from tests.app.commands.line import CHAIN, SIDE, CommandLine
from tests.builders import square_city


def test_locate_a_point(squares: CommandLine) -> None:
    assert squares.json("locate", "--lon", "118.001", "--lat", "31.001") == {
        "on": "2026-06-30",
        "edition": "first",
        "grids": CHAIN,
        "nearest": None,
    }
    east = shapely.from_wkb(square_city(3, side=SIDE)["block"][0].wkb).bounds[2]
    border = squares.json("locate", "--lon", repr(east), "--lat", "31.001", "--on", "2020-01-01")
    assert border["grids"] == CHAIN, "on a border the lowest code of those that touch"
    assert border["edition"] == "first" and border["on"] == "2020-01-01"
    lost = squares.json("locate", "--lon", "119", "--lat", "31")
    assert lost["grids"] == [] and lost["nearest"]["code"].startswith("2")
    assert lost["nearest"]["distance_m"] == pytest.approx(93_900, rel=0.01)
    shifted = squares.json("locate", "--lon", "118.001", "--lat", "31.001", "--crs", "gcj02")
    assert shifted["grids"] != CHAIN


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--lon=nan", "--lat=31"], 1, "must be numbers"),
        (["--lon=1e400", "--lat=31"], 1, "must be numbers"),
        (["--lon=31.01", "--lat=118.01"], 1, "look swapped"),
        (["--lon=200", "--lat=31"], 1, "is not a place on the earth"),
        (["--lon=118", "--lat=-91"], 1, "is not a place on the earth"),
        (["--lon=1e30", "--lat=31", "--crs=EPSG:4547"], 1, "is no place in EPSG:4547"),
        (["--lon=118", "--lat=31", "--crs=klingon"], 1, "'klingon' is not known"),
        (["--lon=118", "--lat=31", "--crs=" + "x" * 10_000], 1, "is not known"),
        (["--lon=abc", "--lat=31"], 2, "'abc' is not a valid float"),
        (["--lon=118", "--lat=31", "--on=2026-13-01"], 2, "'2026-13-01' does not match"),
        (["--lon=118"], 2, "Give --lon and --lat, or --csv"),
        (["--csv=t.csv"], 2, "--csv needs --lon-field, --lat-field and --out"),
    ],
)
def test_what_cannot_be_located(
    squares: CommandLine, words: list[str], code: int, sentence: str
) -> None:
    refusal = squares.refused("locate", *words, code=code)
    assert sentence in refusal and len(refusal) < 400


def locate_words(squares: CommandLine, text: str, out: str = "out.csv") -> list[str]:
    return [
        "locate",
        "--csv",
        squares.file("in.csv", text),
        "--lon-field",
        "lon",
        "--lat-field",
        "lat",
        "--out",
        str(squares.folder / out),
    ]


def test_locate_a_table(squares: CommandLine) -> None:
    text = 'id,lon,lat\na,118.001,31.001\n"b\nc",119,31\n\nd,,\n'
    document = squares.json(*locate_words(squares, text))
    assert document == {
        "rows": 3,
        "edition": "first",
        "on": "2026-06-30",
        "located": 1,
        "leftovers": 1,
        "unlocated": 1,
        "errors": [],
        "out": str(squares.folder / "out.csv"),
    }
    table = pd.read_csv(document["out"], dtype=str, keep_default_na=False)
    assert list(table) == [
        "id",
        "lon",
        "lat",
        "grid_town",
        "grid_community",
        "grid_block",
        "grid_nearest",
        "grid_distance_m",
    ]
    assert table.iloc[0].tolist() == ["a", "118.001", "31.001", "1", "11", "111", "", ""]
    lost = table.iloc[1]
    assert lost["id"] == "b\nc" and lost["grid_town"] == "" and lost["grid_nearest"][0] == "2"
    assert float(lost["grid_distance_m"]) > 90_000
    assert table.iloc[2].tolist() == ["d"] + [""] * 7


def test_rows_in_error_are_never_written(squares: CommandLine) -> None:
    words = locate_words(squares, "id,lon,lat\na,x,31\nb,118.001,31.001\nc,118\nd,118,31,5\n")
    answer = squares(*words, "--json", code=1)
    assert [error["row"] for error in answer.document["errors"]] == [2, 4, 5]
    assert answer.document["out"] is None and not (squares.folder / "out.csv").exists()
    squares(*words, "--skip-errors")
    assert pd.read_csv(squares.folder / "out.csv")["id"].tolist() == ["b"]
    assert {path.name for path in squares.folder.iterdir()} == {"in.csv", "out.csv"}


def test_located_tables_are_not_located_twice(squares: CommandLine) -> None:
    words = locate_words(squares, "lon,lat,grid_town\n118,31,1\n")
    assert (
        squares.refused(*words)
        == "in.csv has the field grid_town already; rename it or take it out first."
    )


@pytest.mark.parametrize("out", ["/nonexistent/out.csv", "/dev/full", "/proc/out.csv"])
def test_a_place_that_takes_no_file_is_a_sentence(squares: CommandLine, out: str) -> None:
    words = locate_words(squares, "lon,lat\n118,31\n")[:-1]
    assert "cannot be read or written" in squares.refused(*words, out)
    assert "cannot be read or written" in squares.refused("export", "units", "--out", out)
