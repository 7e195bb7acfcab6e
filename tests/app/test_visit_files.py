"""Files of visits to whatever is visited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.db.connection import Database, Transaction
from app.errors import NotFound
from app.facilities.actions import FACILITIES
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.rules import InspectionColumns
from app.registry.model import ImportReport
from app.settings import Settings
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_programme,
    add_row,
    add_units,
    publish_city,
)

HEAD = "id,target,day\n"


def bring(tx: Transaction, folder: Path, text: str, **values: Any) -> ImportReport:
    file = folder / "visits.csv"
    file.write_text(HEAD + text, encoding="utf-8")
    settings = Settings(var=folder, time_zone="Asia/Shanghai", fixed_today=TODAY)
    columns = InspectionColumns(("id",), "target", "day", **values)
    return imports.import_inspections(tx, FileRequest(file, commit=True), columns, settings)


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction_as(SERVICE_PERSON) as found:
        publish_city(found)
        add_programme(found, "clean", {})
        yield found


DAY = "2026-06-01"


def test_a_grid_is_visited_by_its_code(tx: Transaction, tmp_path: Path) -> None:
    text = f"a,block:111,{DAY}\nb,111,{DAY}\n"
    report = bring(tx, tmp_path, text, kind="grid", programme="clean")
    assert (report.created, report.unlocated, report.leftovers) == (2, 0, 0)
    stored = tx.rows(
        "SELECT t.kind, i.grid_no = t.grid_no AS there, i.programmes, i.target_class "
        "FROM inspection i JOIN target t ON t.no = i.target_no"
    )
    assert [tuple(row) for row in stored] == [("grid", True, ["clean"], "block")] * 2
    assert bring(tx, tmp_path, text, kind="grid", programme="clean").unchanged == 2


def test_a_visit_names_a_grid_that_is_there(tx: Transaction, tmp_path: Path) -> None:
    report = bring(tx, tmp_path, f"a,999,{DAY}\n", kind="grid")
    assert [(one.row, one.field, one.value) for one in report.errors] == [(2, "target", "999")]
    assert "level:code" in report.errors[0].message


def test_facilities_are_visited_too_and_keep_their_own_ids(tx: Transaction, tmp_path: Path) -> None:
    """The same number in a file of units and in one of facilities names two visits."""
    add_row(tx, FACILITIES, "h1", class_key="hydrant")
    add_units(tx, [(WEST + 0.001, SOUTH + 0.001)])
    assert bring(tx, tmp_path, f"1,h1,{DAY}\n", kind="facility").created == 1
    assert bring(tx, tmp_path, f"1,u0,{DAY}\n").created == 1
    unknown = bring(tx, tmp_path, f"2,u0,{DAY}\n", kind="facility").errors
    assert [one.message for one in unknown] == [
        "There is nothing with this id; import the register first."
    ]


def test_visits_count_for_a_programme_that_is_there(tx: Transaction, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="paint"):
        bring(tx, tmp_path, f"a,111,{DAY}\n", kind="grid", programme="paint")
