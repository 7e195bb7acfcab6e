"""Units that are grids of their own: numbers, membership, editions, undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.rules import RegisterColumns
from app.jobs.model import no_progress
from app.monitoring import actions as monitoring
from app.publishing import actions as publishing
from app.publishing.actions import PublishRequest
from app.registry.model import ImportReport
from tests.builders import SIDE, SOUTH, TODAY, WEST, grid_number, publish_city, square_city

COLUMNS = RegisterColumns(("id",), "lon", "lat", "EPSG:4326", {"name": "name"})
NEAR = (WEST + SIDE / 8, SOUTH + SIDE / 8)  # in block 111
FAR = (WEST + SIDE * 3 / 8, SOUTH + SIDE / 8)  # in block 112, of the same community


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction_as(SERVICE_PERSON) as found:
        publish_city(found)
        yield found


def bring(
    tx: Transaction, folder: Path, rows: list[tuple[str, float, float]], level: str = "block"
) -> ImportReport:
    file = folder / "units.csv"
    lines = [f"{id_},Mall {id_},{lon},{lat}" for id_, lon, lat in rows]
    file.write_text("\n".join(["id,name,lon,lat", *lines]) + "\n", encoding="utf-8")
    request = FileRequest(file, commit=True, as_grids=level)
    return imports.import_register(tx, request, "units", COLUMNS, TODAY)


def lies_in(tx: Transaction, unit: str) -> list[str]:
    """The codes from the town down to the grid of the unit."""
    grid = tx.value("SELECT grid_no FROM unit WHERE id = %(id)s", id=unit)
    active = grids.active_edition(tx).no
    return [one.code for one in grids.chains(tx, active, [grid])[grid]] if grid else []


def test_a_unit_becomes_a_grid_beside_the_blocks(tx: Transaction, tmp_path: Path) -> None:
    community = grid_number(tx, "community:11")
    before = tx.value("SELECT numbers::text FROM territory WHERE grid_no = %(no)s", no=community)
    report = bring(tx, tmp_path, [("M1", *NEAR), ("M2", *FAR)])
    assert report.created == 2 and not report.errors
    assert lies_in(tx, "M1") == ["1", "11", "M1"]
    assert grid_number(tx, "block:M1") != grid_number(tx, "block:M2")
    after = tx.value("SELECT numbers::text FROM territory WHERE grid_no = %(no)s", no=community)
    assert after == before, "the numbers come out of the gap of the parent"
    shape = tx.row(
        "SELECT geom, parent_no FROM grid_shape WHERE grid_no = %(no)s",
        no=grid_number(tx, "block:M1"),
    )
    assert shape == (None, community)
    assert not unsound(tx)


def test_the_same_file_again_changes_nothing(tx: Transaction, tmp_path: Path) -> None:
    bring(tx, tmp_path, [("M1", *NEAR)])
    first = grid_number(tx, "block:M1")
    assert bring(tx, tmp_path, [("M1", *NEAR)]).unchanged == 1
    assert grid_number(tx, "block:M1") == first


def test_geometry_never_finds_it_and_never_takes_its_unit_away(
    tx: Transaction, tmp_path: Path
) -> None:
    bring(tx, tmp_path, [("M1", *NEAR)])
    chain = grids.locate_many(tx, [NEAR[0]], [NEAR[1]], TODAY)[0]["grids"]
    assert [one["code"] for one in chain] == ["1", "11", "111"]
    bring(tx, tmp_path, [("M1", FAR[0], FAR[1])])
    assert lies_in(tx, "M1") == ["1", "11", "M1"]


def test_the_next_edition_takes_it_to_where_its_unit_lies(tx: Transaction, tmp_path: Path) -> None:
    """It keeps its number below another parent; without a place in the city it is gone."""
    bring(tx, tmp_path, [("M1", *NEAR)])
    number = grid_number(tx, "block:M1")
    for name, west, expected in (
        ("second", WEST - SIDE / 2, ["1", "12", "M1"]),
        ("third", WEST + 5 * SIDE, []),
        ("fourth", WEST, ["1", "11", "M1"]),
    ):
        publish_city(tx, name=name, shapes=square_city(west=west), valid_from=date(2026, 1, 1))
        assert lies_in(tx, "M1") == expected
        assert not unsound(tx)
    assert grid_number(tx, "block:M1") == number


def test_a_level_drawn_anew_leaves_it_alone(tx: Transaction, tmp_path: Path) -> None:
    """A draft begins as a copy of the active edition; establishments are no part of the copy."""
    bring(tx, tmp_path, [("M1", *NEAR)])
    grids.fill_draft(tx, "second", "block", square_city()["block"])
    request = PublishRequest("second", date(2026, 2, 1), accept_warnings=True)
    published = publishing.publish(tx, request, TODAY, no_progress)
    assert published["moved"] == 0
    assert lies_in(tx, "M1") == ["1", "11", "M1"]


def test_what_cannot_be_a_grid_is_said_by_row(tx: Transaction, tmp_path: Path) -> None:
    rows = [("111", *NEAR), ("x" * 65, *NEAR), ("M3", WEST - 1, SOUTH)]
    errors = bring(tx, tmp_path, rows).errors
    assert [error.row for error in errors] == [2, 3, 4]
    said = " ".join(error.message for error in errors)
    assert "has this code already" in said and "64 characters" in said and "nobody" in said


def test_only_the_lowest_level_takes_them(tx: Transaction, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="lowest level, which is block"):
        bring(tx, tmp_path, [("M1", *NEAR)], "community")


def test_it_is_due_from_the_day_on_which_it_was_made(tx: Transaction, tmp_path: Path) -> None:
    bring(tx, tmp_path, [("M1", *NEAR)])
    made = tx.row(
        "SELECT valid_from = current_date, valid_until FROM target "
        "WHERE kind = 'grid' AND grid_no = %(no)s",
        no=grid_number(tx, "block:M1"),
    )
    assert made == (True, None)


def test_a_batch_taken_back_takes_the_grids_along(tx: Transaction, tmp_path: Path) -> None:
    bring(tx, tmp_path, [("M1", *NEAR)])
    number = grid_number(tx, "block:M1")
    imports.undo_batch(tx, tx.value("SELECT max(no) FROM import_batch"))
    assert tx.value("SELECT count(*) FROM unit") == 0
    assert tx.value("SELECT count(*) FROM establishment") == 0
    assert not unsound(tx)
    bring(tx, tmp_path, [("M1", *NEAR)])
    assert grid_number(tx, "block:M1") == number, "a number is given once"
    assert lies_in(tx, "M1") == ["1", "11", "M1"]


def unsound(tx: Transaction) -> list[Any]:
    return [check for check in monitoring.examine(tx)["checks"] if check["faults"]]
