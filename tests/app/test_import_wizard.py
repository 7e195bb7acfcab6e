"""A file from the browser, step by step: read, mapped, placed, tried out, written, taken back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import openpyxl
import pytest
from flask.testing import FlaskClient
from openpyxl.worksheet.worksheet import Worksheet

from app import create_app, job_handlers
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.jobs import actions as jobs
from app.settings import Settings
from gis.coordinates import wgs84_to_gcj02
from tests import builders
from tests.builders import SIDE, SOUTH, WEST
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

HEADER = "编号,单位名称,类别,经度,纬度,所属网格,备注\n"


def line(identity: str, name: str = "店", lon: float | str = WEST + 0.01, grid: str = "") -> str:
    return f"{identity},{name},shop,{lon},{SOUTH + 0.01},{grid},=1+1\n"


class Wizard:
    """A small published city with an administrator at the browser and a worker at hand."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        with database.transaction_as(SERVICE_PERSON) as tx:
            builders.publish_city(tx, 2)
            builders.add_person(tx, "operator", "admin", None, PASSWORD)
        self.app = create_app(settings, database.dsn)
        self.client: FlaskClient = signed_in_client(self.app, "operator")

    def close(self) -> None:
        """Connections are few: the next city needs them."""
        self.app.extensions["gridward_database"].close()
        self.database.close()

    def post(self, address: str, **data: object) -> str:
        """Send a form, let the worker run, answer the page that the person comes to."""
        token = csrf_token(self.client, "/imports")
        answer = self.client.post(address, data={**data, "csrf_token": token})
        if answer.status_code not in (302, 303):
            return answer.get_data(as_text=True)
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            waiting = jobs.recover(tx)
        for number in waiting:
            jobs.run(self.database, job_handlers(self.settings), number, SERVICE_PERSON)
        self.address = answer.headers["Location"]
        return self.page(self.address)

    def page(self, address: str) -> str:
        return self.client.get(address, follow_redirects=True).get_data(as_text=True)

    def upload(self, content: str | bytes, name: str = "shops.csv", register: str = "units") -> str:
        body = content if isinstance(content, bytes) else content.encode()
        page = self.post("/imports/files", register=register, file=(io.BytesIO(body), name))
        self.plan = re.sub(r"/\w+$", "", self.address)
        return page

    def through(self, content: str | bytes, name: str = "shops.csv", crs: str = "EPSG:4326") -> str:
        """Up to the dry run, everything as it is proposed."""
        self.upload(content, name)
        columns = self.post(f"{self.plan}/reading")
        self.post(f"{self.plan}/columns", **proposed(columns))
        return self.post(f"{self.plan}/place", crs=crs)

    def write(self, **data: object) -> str:
        """Write what was tried out; answers the address of the batch."""
        found = re.search(r'href="(/imports/batches/\d+)"', self.post(f"{self.plan}/write", **data))
        assert found
        return found.group(1)

    def units(self) -> dict[str, str]:
        answer = self.client.get("/api/v1/units?limit=1000").get_json()
        return {unit["id"]: unit["name"] for unit in answer["units"]}


def proposed(page: str) -> dict[str, object]:
    """The fields of the form of columns as the page shows them."""
    chosen: dict[str, object] = {}
    for name, options in re.findall(r'<select[^>]*name="([\w-]+)"[^>]*>(.*?)</select>', page, re.S):
        found = re.search(r'value="([^"]+)" selected', options)
        if found:
            chosen[name] = found.group(1)
    pair = re.search(r'name="pair" value="(\w+)" checked', page)
    return chosen | ({"pair": pair.group(1)} if pair else {})


def count(page: str, words: str) -> int:
    found = re.search(rf"<dt>{words}</dt><dd>([\d,]+)</dd>", page)
    return int(found.group(1).replace(",", "")) if found else -1


@pytest.fixture
def wizard(databases: Databases, settings: Settings) -> Iterator[Wizard]:
    name = databases.copy()
    made = Wizard(Database(databases.app_dsn(name)), settings)
    yield made
    made.close()
    databases.drop(name)


def test_a_file_goes_from_its_bytes_to_a_batch_and_back(wizard: Wizard) -> None:
    content = (
        HEADER + line("a", "鲁氏面馆") + line("b") + line("far", lon=110.0) + line("none", lon="")
    )
    page = wizard.upload(content.replace("none,店,shop,,31.01", "none,店,shop,,").encode("gbk"))
    assert "鲁氏面馆" in page and "GBK / GB 18030" in page  # as samples

    page = wizard.post(f"{wizard.plan}/reading", encoding="gb18030")
    assert proposed(page) == {
        "id": "编号",
        "field-name": "单位名称",
        "field-class": "类别",
        "lon": "经度",
        "lat": "纬度",
        "grid": "所属网格",
    }
    page = wizard.post(f"{wizard.plan}/columns", **proposed(page), keep="备注")
    assert "1 of 3 points touch no grid" in page and "bd09" in page
    assert "1 row has no usable coordinates" in page

    page = wizard.post(f"{wizard.plan}/place", crs="EPSG:4326")
    assert (count(page, "New"), count(page, "Outside every grid")) == (4, 1)
    assert wizard.units() == {} and "Nothing is written yet" in page

    batch = wizard.write()
    assert len(wizard.units()) == 4
    assert "shops.csv" in wizard.page("/imports/batches")
    assert "Take this batch back" in wizard.page(batch)

    page = wizard.post(f"{batch}/undo")
    assert "Taken back on" in page and wizard.units() == {}
    assert "is undone already" in wizard.post(f"{batch}/undo")


def test_rows_in_error_are_given_back_corrected_and_sent_again(wizard: Wizard) -> None:
    content = HEADER + line("a") + line("b", lon="here") + line("c", "=cmd()" * 60) + line("", "x")
    page = wizard.through(content)
    assert count(page, "Rows in error") == 3
    for sentence in ("This is not a number.", "This has 360 characters", "The id is empty."):
        assert sentence in page
    assert "rows in error are to be left out" in wizard.post(f"{wizard.plan}/write")
    page = wizard.post(f"{wizard.plan}/write", skip_errors="yes")
    assert list(wizard.units()) == ["a"] and "Send the corrected rows" in page

    first = wizard.plan
    text = wizard.client.get(f"{first}/failed.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[-2] for row in rows] == ["Row of the file", "3", "4", "5"]
    assert rows[1][-1] == "This is not a number." and rows[2][1].startswith("'=cmd()")
    assert rows[1][6] == "'=1+1"
    sheet = openpyxl.load_workbook(
        io.BytesIO(wizard.client.get(f"{first}/failed.xlsx").data)
    ).active
    assert isinstance(sheet, Worksheet) and sheet["G2"].data_type == "s"

    sheet["D2"], sheet["B3"], sheet["A4"] = WEST + 0.02, "'=short", "d"
    buffer = io.BytesIO()
    assert sheet.parent is not None
    sheet.parent.save(buffer)  # type: ignore[union-attr]
    page = wizard.post(
        f"{first}/corrections", file=(io.BytesIO(buffer.getvalue()), "corrected.xlsx")
    )
    assert (count(page, "New"), count(page, "Rows in error")) == (3, 0)
    wizard.plan = re.sub(r"/\w+$", "", wizard.address)
    wizard.post(f"{wizard.plan}/write")
    assert wizard.units() == {"a": "店", "b": "店", "c": "=short", "d": "x"}


def test_the_same_file_twice_is_said_before_anything_is_written(wizard: Wizard) -> None:
    content = HEADER + line("a") + line("b")
    wizard.through(content)
    number = wizard.write().rsplit("/", 1)[1]
    assert f"This very file was imported before, in batch {number}" in wizard.upload(content)
    columns = wizard.post(f"{wizard.plan}/reading")
    assert "what was chosen then is chosen here" in columns
    wizard.post(f"{wizard.plan}/columns", **proposed(columns))
    page = wizard.post(f"{wizard.plan}/place", crs="EPSG:4326")
    assert (count(page, "New"), count(page, "Unchanged")) == (0, 2)
    assert "every row was stored already" in wizard.post(f"{wizard.plan}/write")


def test_what_a_file_leaves_out_is_said_once_for_all_rows(wizard: Wizard) -> None:
    wizard.upload(f"lane,lon,lat\nA,{WEST + 0.01},{SOUTH + 0.01}\n", "lanes.csv", "hazards")
    columns = proposed(wizard.post(f"{wizard.plan}/reading"))
    given = columns | {"id": "lane", "same-class": "fire_lane", "same-found_on": "2026-06-01"}
    page = wizard.post(f"{wizard.plan}/columns", **given)
    assert 'value="fire_lane" selected' in wizard.page(f"{wizard.plan}/columns")
    page = wizard.post(f"{wizard.plan}/place", crs="EPSG:4326")
    assert (count(page, "New"), count(page, "Rows in error")) == (1, 0)
    wizard.write()
    (lane,) = wizard.client.get("/api/v1/hazards").get_json()["hazards"]
    assert (lane["class"], lane["found_on"]) == ("fire_lane", "2026-06-01")
    wizard.upload(f"lane,lon,lat\nA,{WEST + 0.01},{SOUTH + 0.01}\n", "lanes.csv", "hazards")
    assert 'value="2026-06-01"' in wizard.post(f"{wizard.plan}/reading")  # remembered


def test_one_cell_with_both_numbers_is_found_and_read(wizard: Wizard) -> None:
    place = f"{SOUTH + 0.01}，{WEST + 0.01}"
    page = wizard.through(f'id,name,坐标\na,Lu,"{place}"\nb,Wu,"{place}"\nc,No,\n')
    assert (count(page, "New"), count(page, "Outside every grid")) == (3, 0)
    assert count(page, "Without coordinates") == 1


def test_what_looks_wrong_is_shown_and_decided_by_a_person(wizard: Wizard) -> None:
    twice = line("a", "鲁氏面馆", grid="community:11") + line("b", "鲁氏 面馆", grid="12")
    page = wizard.through(HEADER + twice)
    assert "may be the same twice: 1" in page
    assert "lie in another grid than the file says: 1" in page and ">12<" in page
    # just inside the eastern border; read as WGS 84 the shift carries them out of the city
    east = WEST + 2 * SIDE - 0.0001
    lon, lat = wgs84_to_gcj02([east] * 4, [SOUTH + 0.04] * 4)
    rows = "".join(f"{n},S{n},{x},{y}\n" for n, (x, y) in enumerate(zip(lon, lat, strict=True)))
    shifted = "id,name,lon,lat\n" + rows
    assert "read as gcj02 only 0 would" in wizard.through(shifted)
    assert "touch no grid" not in wizard.through(shifted, crs="gcj02")
    swapped = "id,name,lat,lon\n" + rows
    wizard.upload(swapped)
    columns = wizard.post(f"{wizard.plan}/reading")
    assert "the two columns look swapped" in wizard.post(
        f"{wizard.plan}/columns", **proposed(columns)
    )


def test_a_choice_that_cannot_be_is_said_and_loses_nothing(wizard: Wizard) -> None:
    wizard.upload(HEADER + line("a"))
    page = wizard.post(f"{wizard.plan}/reading")
    chosen = proposed(page) | {"lat": ""}
    again = wizard.post(f"{wizard.plan}/columns", **chosen)
    assert "A place needs both coordinates" in again
    assert proposed(again)["field-name"] == "单位名称" and "lat" not in proposed(again)
    wizard.post(f"{wizard.plan}/columns", **proposed(page))
    assert "is not known" in wizard.post(f"{wizard.plan}/place", crs="", other_crs="EPSG:99999")
    assert "Choose the coordinate system" in wizard.post(f"{wizard.plan}/place")


def test_going_back_takes_the_later_steps_back(wizard: Wizard) -> None:
    wizard.through(HEADER + line("a"))
    assert "What would happen" in wizard.page(wizard.plan)
    wizard.post(f"{wizard.plan}/reading", header_row="1", look="yes")
    assert wizard.client.get(f"{wizard.plan}/check").headers["Location"].endswith("/reading")
    assert "Only a finished dry run" in wizard.post(f"{wizard.plan}/write")


def test_a_file_that_cannot_be_read_says_why_and_can_be_given_up(wizard: Wizard) -> None:
    page = wizard.upload(b"PK\x03\x04rest", "broken.xlsx")
    assert "broken.xlsx is no spreadsheet that can be read" in page
    wizard.post(f"{wizard.plan}/discard")
    assert wizard.client.get(f"{wizard.plan}/reading").status_code == 404
    assert "broken.xlsx" not in wizard.page("/imports")
    assert "ending that is not taken" in wizard.post(
        "/imports/files", register="units", file=(io.BytesIO(b"x"), "shell.php")
    )
    assert "Choose what the file holds" in wizard.post(
        "/imports/files", register="nothing", file=(io.BytesIO(b"x"), "a.csv")
    )


def test_visits_are_brought_in_and_voided(wizard: Wizard) -> None:
    wizard.through(HEADER + line("a"))
    wizard.post(f"{wizard.plan}/write")
    wizard.upload(
        "id,unit,date,outcome\nv1,a,2026-06-01,Pass\nv2,a,46170,Shut\n", register="inspections"
    )
    page = wizard.post(f"{wizard.plan}/reading")
    chosen = proposed(page)
    assert chosen["field-target"] == "unit" and chosen["field-date"] == "date"
    page = wizard.post(f"{wizard.plan}/columns", **chosen, outcomes="Pass=done,Shut=locked")
    assert count(page, "New") == 2
    assert "Taken back on" in wizard.post(f"{wizard.write()}/undo")


def test_half_the_rows_without_coordinates_is_no_error(wizard: Wizard) -> None:
    rows = "".join(line(f"u{n}", f"S{n}") for n in range(51))
    rows += "".join(f"n{n},N{n},shop,,,,\n" for n in range(49))
    page = wizard.through(HEADER + rows)
    assert (count(page, "New"), count(page, "Without coordinates")) == (100, 49)
    assert count(page, "Rows in error") == 0
