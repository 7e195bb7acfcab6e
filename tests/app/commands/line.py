"""The command line run as people run it, in a folder and on a database of the test's own."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg2
import shapely

from app.commands.__main__ import main
from app.db.cluster import SUPERUSER, Cluster
from tests.builders import KEYS, SOUTH, WEST

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
# the grids of the first unit
CHAIN = [
    {"depth": 1, "level": "town", "code": "1", "name": "格1"},
    {"depth": 2, "level": "community", "code": "11", "name": "格11"},
    {"depth": 3, "level": "block", "code": "111", "name": "格111"},
]


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
    """The cluster; its database is put back between tests from what it was."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._last = ("", "")  # what was put back, and which transaction would come next

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
        """As it was kept; left alone where nothing was written since."""
        if self._last == (name, self._next_transaction()):
            return
        self.admin("DROP DATABASE IF EXISTS gridward WITH (FORCE)")
        self.admin(f"CREATE DATABASE gridward TEMPLATE {name}")
        self._last = (name, self._next_transaction())

    def _next_transaction(self) -> str:
        """Every transaction that writes takes a number, also one that is undone."""
        connection = psycopg2.connect(self.cluster.dsn(SUPERUSER, "postgres"))
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
                return str(cursor.fetchone()[0])
        finally:
            connection.close()

    def one(self, sql: str) -> Any:
        """Run one statement as the superuser; answer the first value."""
        connection = psycopg2.connect(self.cluster.dsn(SUPERUSER))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()[0]
        finally:
            connection.close()


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


def publish_squares(gridward: CommandLine, boundaries: Mapping[str, str]) -> None:
    gridward("levels", "set", *SCHEME, "--commit")
    for key in KEYS[:3]:
        gridward("boundaries", "import", boundaries[key], *import_words(key), "--commit")
    gridward("editions", "publish", "first", "--from", "2025-01-01", "--commit")


def import_visited_units(gridward: CommandLine) -> None:
    units, visits = gridward.file("u.csv", UNITS), gridward.file("v.csv", VISITS)
    gridward("units", "import", units, *UNIT_FIELDS, "--commit")
    gridward("inspections", "import", visits, *VISIT_FIELDS, "--commit")


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
