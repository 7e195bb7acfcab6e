"""Spreadsheets as offices really send them: titles, two headers, merged cells, dates, formulas."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import Refusal
from app.imports.headers import find_header
from app.imports.sources import Reading
from app.imports.tables import Table, read_table
from app.imports.workbooks import sheet_names
from gis.errors import UnreadableFile

Fill = Callable[[Worksheet], None]


def workbook(folder: Path, fill: Fill, name: str = "t.xlsx") -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    path = folder / name
    book.save(path)
    return path


def messy(sheet: Worksheet) -> None:
    """A title, two header rows, an establishment over two rows, days in both ways."""
    for row in (
        ["2026年单位台账", None, None, None, None, None],
        ["编号", "名称", "坐标", None, "登记日期", "备注"],
        [None, None, "经度", "纬度", None, None],
        [7, "鲁氏面馆", 118.01, 31.5, date(2026, 3, 1), "=1+1"],
        [8, None, 118.02, 31, 46082, True],
        [None, None, None, None, None, None],
        ["09", "店\n铺", None, None, datetime(2026, 3, 1, 9, 30), " a "],
    ):
        sheet.append(row)
    for merged in ("A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "F2:F3", "B4:B5"):
        sheet.merge_cells(merged)


def test_a_messy_sheet_is_read_as_a_person_sees_it(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path, messy))
    assert list(table.fields) == [
        "编号",
        "名称",
        "坐标 / 经度",
        "坐标 / 纬度",
        "登记日期",
        "备注",
    ]
    assert list(table.numbered()) == [
        (4, ["7", "鲁氏面馆", "118.01", "31.5", "2026-03-01", ""]),
        (5, ["8", "鲁氏面馆", "118.02", "31", "46082", "TRUE"]),
        (7, ["09", "店\n铺", "", "", "2026-03-01 09:30:00", " a "]),
    ]
    assert [note.message for note in table.notes] == [
        "Rows 2 and 3 together were taken as the names of the columns.",
        "1 cells stand in merged cells; each row was given the merged value.",
    ]
    assert table.size == 3


def test_the_header_may_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, messy)
    table = read_table(path, Reading(header_row=3))
    assert list(table.fields)[:4] == ["编号", "名称", "经度", "纬度"] and table.first_row == 4
    with pytest.raises(Refusal, match="Row 99 of t.xlsx is empty"):
        read_table(path, Reading(header_row=99))


def test_a_sheet_that_begins_further_in_keeps_its_row_numbers(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        for row, values in {4: ("id", "name"), 5: (1, "a"), 7: (2, "b")}.items():
            for column, value in enumerate(values, start=3):
                sheet.cell(row, column, value)

    table = read_table(workbook(tmp_path, fill))
    assert list(table.numbered()) == [(5, ["1", "a"]), (7, ["2", "b"])]


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.title = "Shops"
        sheet.append(["id"])
        sheet.append([1])
        assert sheet.parent is not None
        for title, rows in {"Empty": [], "学校": [["编号"], ["x"], ["y"]]}.items():
            more = sheet.parent.create_sheet(title)
            for row in rows:
                more.append(row)

    path = workbook(tmp_path, fill)
    assert sheet_names(path.read_bytes(), path.name) == ["Shops", "学校"]
    assert read_table(path, Reading(sheet="学校")).size == 2
    with pytest.raises(Refusal, match="has several sheets: Shops, 学校. Name the one"):
        read_table(path)
    with pytest.raises(Refusal, match="has no sheet Empty with rows in it"):
        read_table(path, Reading(sheet="Empty"))


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    empty = workbook(tmp_path, lambda _: None)
    with pytest.raises(Refusal, match="t.xlsx is empty"):
        read_table(empty)
    for content in (b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)):
        (tmp_path / "broken.xls").write_bytes(content)
        with pytest.raises(Refusal, match="broken.xls is no spreadsheet that can be read"):
            read_table(tmp_path / "broken.xls")


def test_a_bomb_in_a_workbook_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO(workbook(tmp_path, messy).read_bytes())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", bytes(60_000_000))
    (tmp_path / "bomb.xlsx").write_bytes(packed.getvalue())
    with pytest.raises(UnreadableFile, match="would unpack to more than"):
        read_table(tmp_path / "bomb.xlsx")


# -- which row names the columns ----------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "row", "rows", "names"),
    [
        ("id,name|1,a|2,b", 1, 1, "id,name"),
        ("name,kind|Lu,shop|Wu,school", 1, 1, "name,kind"),
        ("|id,name|1,a", 2, 1, "id,name"),
        ("Shops|of 2026|id,name,lon,lat|1,a,1,2|2,b,1,2", 3, 1, "id,name,lon,lat"),
        ("Shops,,,|id,name,lon,lat|1,a,1,2", 2, 1, "id,name,lon,lat"),
        ("id,place,,note|,lon,lat,|1,2,3,x", 1, 2, "id,place / lon,place / lat,note"),
        ("id,place,place|id,lon,lat|1,2,3", 1, 2, "id,place / lon,place / lat"),
        ("id,name,|a,b,|c,d,", 1, 1, "id,name,"),
        ("id,name,,note|a,b,c,d", 1, 1, "id,name,,note"),
        ("1,2|3,4", 1, 1, "1,2"),
        ("id", 1, 1, "id"),
    ],
)
def test_the_row_that_names_the_columns(head: str, row: int, rows: int, names: str) -> None:
    found = find_header([line.split(",") for line in head.split("|")])
    assert (found.row, found.rows, ",".join(found.names)) == (row, rows, names)


def test_a_text_table_may_have_a_title_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("单位台账\n\nid;name\n1;a, b\n", encoding="utf-8")
    table: Table = read_table(tmp_path / "t.csv")
    assert list(table.fields) == ["id", "name"] and list(table.numbered()) == [(4, ["1", "a, b"])]
    assert "Row 3 was taken" in table.notes[0].message
