"""Bad spreadsheets on the command line: each is read as declared, or refused with a sentence."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports, wizard
from app.imports.actions import FileRequest
from app.imports.rules import RegisterColumns
from app.imports.sources import Reading
from app.registry.model import ImportReport
from tests import builders
from tests.builders import SOUTH, WEST

TODAY = date(2026, 6, 30)
PLACE = f"{SOUTH + 0.01},{WEST + 0.01}"


@pytest.fixture
def city(database: Database) -> Iterator[Transaction]:
    with database.transaction_as(SERVICE_PERSON) as tx:
        builders.publish_city(tx, 2)
    with database.transaction_as(SERVICE_PERSON) as tx:
        yield tx


def columns(**more: object) -> RegisterColumns:
    base: dict[str, object] = {
        "id": ("id",),
        "lon": "lon",
        "lat": "lat",
        "crs": "EPSG:4326",
        "fields": {"name": "name"},
    }
    return RegisterColumns(**base | more)  # type: ignore[arg-type]


def brought_in(
    tx: Transaction, path: Path, chosen: RegisterColumns, reading: Reading | None = None
) -> ImportReport:
    request = FileRequest(path, reading or Reading(), commit=True)
    return imports.import_register(tx, request, "units", chosen, TODAY)


def table(folder: Path, *rows: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def test_a_file_in_gbk_is_refused_with_what_it_would_read_as(
    city: Transaction, tmp_path: Path
) -> None:
    path = table(
        tmp_path, "id,name,lon,lat", f"a,朝阳区便民超市,{WEST + 0.01},{SOUTH}", encoding="gbk"
    )
    with pytest.raises(Refusal, match="gb18030 “a,朝阳区便民超市"):
        brought_in(city, path, columns())
    assert brought_in(city, path, columns(), Reading("gbk")).created == 1


@pytest.mark.parametrize("sign", [",", "，", " ", "; ", "、"])
def test_latitude_and_longitude_in_one_cell(city: Transaction, tmp_path: Path, sign: str) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "name", "place"])
        writer.writerow(["a", "A", PLACE.replace(",", sign)])
        writer.writerow(["b", "B", ""])
        writer.writerow(["c", "C", "31.02"])
    chosen = columns(lon="place", lat="place", pair="lat_lon")
    report = brought_in(city, path, chosen)
    assert [error.message for error in report.errors] == [
        "Write both numbers in this cell, like 31.02, 118.51."
    ]
    assert (report.created, report.leftovers, report.unlocated) == (2, 0, 1)


def test_a_sheet_with_days_as_numbers_two_headers_and_formulas(
    city: Transaction, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (
        ["id", "name", "place", None, "since"],
        [None, None, "lon", "lat", None],
        [1, "=1+1", WEST + 0.01, SOUTH + 0.01, 46082],
        [2, "🏠", WEST + 0.01, SOUTH + 0.02, date(2026, 3, 1)],
    ):
        sheet.append(row)
    sheet["B3"].data_type = "s"  # as text that begins with =
    book.save(tmp_path / "t.xlsx")
    chosen = columns(lon="place / lon", lat="place / lat", keep=("since",))
    report = brought_in(city, tmp_path / "t.xlsx", chosen)
    assert report.created == 2 and not report.errors
    assert "Rows 1 and 2 together" in report.hints[0].message
    stored = city.rows("SELECT id, name, details FROM unit ORDER BY id")
    assert [(row.id, row.name, row.details) for row in stored] == [
        ("1", "=1+1", {"since": "46082"}),
        ("2", "🏠", {"since": "2026-03-01"}),
    ]


def test_names_that_nobody_typed_are_errors_of_their_row(city: Transaction, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "id,name,lon,lat",
        f"a,{'长' * 301},,",
        "b,bell\x07,,",
        "c,fine,,",
        f"d,{'长' * 300},,",
    )
    report = imports.import_register(
        city, FileRequest(path, commit=True, skip_errors=True), "units", columns(), TODAY
    )
    assert [(error.row, error.message) for error in report.errors] == [
        (2, "This has 301 characters; at most 300 are kept."),
        (3, "This holds a control character (U+0007), which no person typed; take it out."),
    ]
    assert report.created == 2


def test_a_claimed_grid_and_rows_alike_are_hints(city: Transaction, tmp_path: Path) -> None:
    place = f"{WEST + 0.01},{SOUTH + 0.01}"
    path = table(
        tmp_path,
        "id,name,lon,lat,grid",
        f"a,Lu,{place},community:11",
        f"b,Wu,{place},12",
        f"c,lu,{place},11",
    )
    report = brought_in(city, path, columns(grid="grid"))
    said = [hint.message for hint in report.hints]
    assert said[0].startswith("1 rows name another grid than the one they lie in: 3: 12 ≠ ")
    assert said[1].endswith("under another number: 2 = 4.")


def test_the_same_file_twice_is_unchanged_and_makes_no_batch(
    city: Transaction, tmp_path: Path
) -> None:
    path = table(tmp_path, "id,name,lon,lat", f"a,A,{WEST + 0.01},{SOUTH}", "b,B,,")
    assert brought_in(city, path, columns()).created == 2
    again = brought_in(city, path, columns())
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert len(wizard.batches(city, wizard.LAST_NUMBER, 10)) == 1


def test_a_batch_is_taken_back_once(city: Transaction, tmp_path: Path) -> None:
    path = table(tmp_path, "id,name,lon,lat", f"a,A,{WEST + 0.01},{SOUTH}")
    brought_in(city, path, columns())
    (batch,) = wizard.batches(city, wizard.LAST_NUMBER, 10)
    assert imports.undo_batch(city, batch["no"]).removed == 1
    with pytest.raises(Refusal, match="undone already"):
        imports.undo_batch(city, batch["no"])
    with pytest.raises(Refusal, match="There is no import batch 99"):
        wizard.batch(city, 99)
