"""The command line against a real cluster: its documents, exit codes, and nothing half-written."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas as gpd
import pandas as pd
import psycopg2
import pytest
import shapely

from app.commands.__main__ import main
from app.db.cluster import SUPERUSER, Cluster
from app.grids import actions as grids
from app.programmes.files import read_source
from tests.builders import KEYS, SOUTH, WEST, square_city

# one cluster for the module: without the mark each worker would make its own
TODAY = date(2026, 6, 30)
SIDE = 0.008  # degrees, about 800 m: small enough for exact areas
SCHEME = ("town=街道/Town", "community=社区/Community", "block=小区/Block")
UNIT_FIELDS = (
    "--id-field",
    "id",
    "--name-field",
    "name",
    "--class-field",
    "kind",
    "--address-field",
    "street",
    "--lon-field",
    "lon",
    "--lat-field",
    "lat",
    "--crs",
    "EPSG:4326",
)
VISIT_FIELDS = (
    "--id-field",
    "id",
    "--target-field",
    "unit",
    "--date-field",
    "day",
    "--outcome-field",
    "outcome",
    "--outcome-map",
    "Pass=done,Shut=closed",
    "--result-field",
    "note",
)
UNITS = """id,name,kind,street,lon,lat
u1,Noodles,restaurant,1 River Street,118.001,31.001
u2,学校,school,,118.009,31.001
u3,"=1+1",shop,,119.5,31.0
u4,🏠,shop,,,
"""
VISITS = """id,unit,day,outcome,note
v1,u1,2026-06-01,Pass,fine
v2,u2,2026-01-01 09:30,Pass,
v3,u3,2026-06-02,Shut,
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: bytes
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)  # fails where stdout is not exactly one document


class CommandLine:
    """Runs `gridward …` in this process, as `main` does, in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> Answer:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        ended = 0
        with (
            patch.object(sys, "argv", ["gridward", *words]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as end:
                ended = int(end.code or 0)
            out.flush()
            err.flush()
        out.seek(0)
        err.seek(0)
        answer = Answer(ended, out.buffer.read(), err.read())
        assert "Traceback" not in answer.err
        assert answer.code == code, f"{words}: {answer}"
        return answer

    def json(self, *words: str, code: int = 0) -> Any:
        return self(*words, "--json", code=code).document

    def refused(self, *words: str, code: int = 1) -> str:
        """The sentence; nothing stands on stdout."""
        answer = self(*words, "--json", code=code)
        assert answer.out == b""
        return answer.err.strip()

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


class City:
    """The module's cluster; its database is put back between tests from what it was."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def admin(self, sql: str) -> None:
        connection = psycopg2.connect(self.cluster.dsn(SUPERUSER, "postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()

    def keep(self, name: str) -> None:
        self.admin(f"CREATE DATABASE {name} TEMPLATE gridward")

    def put_back(self, name: str) -> None:
        self.admin("DROP DATABASE IF EXISTS gridward WITH (FORCE)")
        self.admin(f"CREATE DATABASE gridward TEMPLATE {name}")

    def one(self, sql: str) -> Any:
        """Run one statement as the superuser; answer the first value."""
        connection = psycopg2.connect(self.cluster.dsn(SUPERUSER))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()[0]
        finally:
            connection.close()


@pytest.fixture(scope="module")
def boundaries(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A GeoJSON file per level of a city of squares."""
    folder = tmp_path_factory.mktemp("boundaries")
    files = {}
    for key, shapes in square_city(3, side=SIDE).items():
        features = [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shapely.from_wkb(shape.wkb))),
                "properties": {
                    "code": shape.code,
                    "name": shape.name,
                    "english": shape.name_en,
                    "parent": shape.parent_code,
                },
            }
            for shape in shapes
        ]
        files[key] = write_features(folder / f"{key}.geojson", features)
    return files


def write_features(path: Path, features: Sequence[Mapping[str, Any]]) -> str:
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )
    return str(path)


def square(code: str, west: float = WEST, size: float = SIDE) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": json.loads(
            shapely.to_geojson(shapely.box(west, SOUTH, west + size, SOUTH + size))
        ),
    }


@pytest.fixture(scope="module")
def city(boundaries: Mapping[str, str]) -> Iterator[City]:
    var = Path(tempfile.mkdtemp(prefix="gridward-commands-"))
    var.chmod(0o755)
    environment = pytest.MonkeyPatch()
    environment.setenv("GRIDWARD_VAR", str(var))
    environment.setenv("GRIDWARD_TODAY", TODAY.isoformat())
    environment.delenv("DATABASE_URL", raising=False)
    environment.delenv("GRIDWARD_TIME_ZONE", raising=False)
    # the command line sends incidents to its own file; other tests look for them in the log
    environment.setattr(logging.getLogger("gridward"), "handlers", [])
    environment.setattr(logging.getLogger("gridward"), "propagate", True)
    try:
        with Cluster(var).running() as cluster:
            made = City(cluster)
            gridward = CommandLine(var)
            gridward("levels", "set", *SCHEME)  # a dry run migrates all the same
            made.keep("nothing")
            publish_squares(gridward, boundaries)
            made.keep("squares")
            yield made
    finally:
        environment.undo()
        shutil.rmtree(var, ignore_errors=True)


def publish_squares(gridward: CommandLine, boundaries: Mapping[str, str]) -> None:
    gridward("levels", "set", *SCHEME, "--commit")
    for key in KEYS[:3]:
        gridward("boundaries", "import", boundaries[key], *import_words(key), "--commit")
    gridward("editions", "publish", "first", "--from", "2025-01-01", "--commit")


def import_words(key: str, edition: str = "first") -> list[str]:
    words = [
        "--level",
        key,
        "--code-field",
        "code",
        "--name-field",
        "name",
        "--name-en-field",
        "english",
        "--edition",
        edition,
    ]
    return words if key == "town" else [*words, "--parent-field", "parent"]


@pytest.fixture
def empty(city: City, tmp_path: Path) -> CommandLine:
    """On a migrated database without data."""
    city.put_back("nothing")
    return CommandLine(tmp_path)


@pytest.fixture
def squares(city: City, tmp_path: Path) -> CommandLine:
    """On a database with one published edition and nothing else."""
    city.put_back("squares")
    return CommandLine(tmp_path)


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


# -- locate -------------------------------------------------------------------------------


CHAIN = [
    {"depth": 1, "level": "town", "code": "1", "name": "格1"},
    {"depth": 2, "level": "community", "code": "11", "name": "格11"},
    {"depth": 3, "level": "block", "code": "111", "name": "格111"},
]


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


# -- registers ----------------------------------------------------------------------------


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


# -- export -------------------------------------------------------------------------------


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


@pytest.fixture
def inspected_city(squares: CommandLine) -> CommandLine:
    squares("units", "import", squares.file("u.csv", UNITS), *UNIT_FIELDS, "--commit")
    squares("inspections", "import", squares.file("v.csv", VISITS), *VISIT_FIELDS, "--commit")
    return squares


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


# -- people, doctor, demo -----------------------------------------------------------------


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


def test_doctor(inspected_city: CommandLine, city: City) -> None:
    document = inspected_city.json("doctor")
    assert document["sound"] is True
    assert set(document) == {"sound", "checks", "grids_without_anybody", "health"}
    assert all(
        set(check) == {"check", "faults", "examples"} and not check["faults"]
        for check in document["checks"]
    )
    city.one("UPDATE gridward.target SET grid_no = 0 WHERE kind = 'unit' RETURNING no")
    answer = inspected_city("doctor", "--json", code=1)
    assert answer.document["sound"] is False
    assert any(check["faults"] and check["examples"] for check in answer.document["checks"])
    assert answer.err.strip() == "The data are not sound; see the checks above."


def test_the_demo_is_written_once_and_only_into_nothing(squares: CommandLine, city: City) -> None:
    refusal = "This database already has data; the demo is only written into an empty one."
    assert squares.refused("demo") == refusal
    city.put_back("nothing")
    answer = squares("demo", "--json")
    assert set(answer.document) == {"city", "units"} and answer.document["units"] == 5000
    assert "Registering the units" in answer.err, "progress goes to stderr"
    assert squares.refused("demo") == refusal
    assert squares.json("doctor")["sound"] is True


# -- the command line itself --------------------------------------------------------------


def test_wrong_use_is_2_and_help_is_0(squares: CommandLine) -> None:
    assert squares("--help").out.startswith(b"Usage: gridward [OPTIONS]")
    assert "No such command 'nope'" in squares("nope", code=2).err
    assert squares(code=2).out == b""
    assert "No such option '--nope'" in squares("doctor", "--nope", code=2).err


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GRIDWARD_VAR", "/proc/nope", "/proc/nope cannot be read or written: No such file"),
        ("GRIDWARD_VAR", "/etc/hostname", "/etc/hostname cannot be read or written: File exists"),
        ("GRIDWARD_TIME_ZONE", "Mars/Olympus", "Mars/Olympus, which is not a time zone"),
        ("GRIDWARD_TODAY", "2026-13-01", "write it like 2026-11-21"),
        ("DATABASE_URL", "rubbish", "DATABASE_URL is not the address of a database"),
        ("DATABASE_URL", "host=/nowhere", "DATABASE_URL is not the address of a database"),
        (
            "DATABASE_URL",
            "postgresql://x@127.0.0.1:1/x",
            "The database of DATABASE_URL does not answer: ",
        ),
    ],
)
def test_wrong_settings_are_sentences(
    city: City,
    tmp_path: Path,
    name: str,
    value: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    assert sentence in CommandLine(tmp_path).refused("editions", "list")


def test_a_fault_of_ours_is_a_number_for_people_and_a_reason_in_the_log(
    squares: CommandLine, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(tx: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(grids, "editions", break_down)
    refusal = squares.refused("editions", "list")
    incident = re.search(r"\(incident ([0-9a-f]{8})\)", refusal)
    assert incident and "secret" not in refusal
    log = (city.cluster.var / "errors.log").read_text()
    assert incident.group(1) in log and "the secret reason" in log


def test_a_database_that_is_lost_in_the_middle_is_a_sentence(
    squares: CommandLine, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(tx: Any) -> list[Any]:
        city.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gridward'"
        )
        return list(tx.rows("SELECT 1"))

    monkeypatch.setattr(grids, "editions", cut_off)
    assert re.match(
        "The database (stopped answering|does not answer)", squares.refused("editions", "list")
    )


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
