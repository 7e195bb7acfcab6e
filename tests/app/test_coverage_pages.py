"""Pages of coverage on the demo city: what they show is what the interface for programs says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from app.spreadsheets import safe_cell

SignIn = Callable[[str], FlaskClient]
DUTIES = "/coverage/duties?programme=fire"


def table_rows(page: str) -> list[list[str]]:
    """The cells of the sortable table's rows, as text."""
    body = page.partition("data-sortable")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            re.sub(r"<[^>]+>|\s+", " ", cell).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr>.*?</tr>", body, re.S)
    ]


def test_the_change_is_the_difference_of_two_periods(sign_in: SignIn) -> None:
    client = sign_in("leader")
    page = client.get(f"{DUTIES}&level=town&period=2026-05").get_data(as_text=True)
    rates = {}
    for period in ("2026-04", "2026-05"):
        found = client.get(f"/api/v1/coverage?programme=fire&level=town&period={period}").json
        assert found
        rates[period] = {(row["name_en"], row["scope"]): row["rate"] for row in found["rows"]}
    shown = 0
    for cells in table_rows(page):
        key = cells[0], "own" if cells[1] == "its own" else "below"
        then, now = rates["2026-04"].get(key), rates["2026-05"][key]
        if then is None or now is None:
            assert cells[-1] == "–"
        else:
            shown += 1
            assert float(cells[-1].replace("−", "-").replace("±", "")) == pytest.approx(
                (now - then) * 100, abs=0.051
            )
    assert shown >= 10


def test_each_shape_and_row_leads_one_level_down_and_the_way_up_is_shown(sign_in: SignIn) -> None:
    client = sign_in("leader")
    page = client.get(f"{DUTIES}&level=town").get_data(as_text=True)
    links = set(re.findall(r'href="([^"]*within=town(?:%3A|:)01[^"]*)"', page))
    down = next(link.replace("&amp;", "&") for link in links if "level=community" in link)
    page = client.get(down).get_data(as_text=True)
    assert page.count('class="shape') == len({cells[0] for cells in table_rows(page)}) > 5
    way = page.partition('class="breadcrumb"')[2].partition("</nav>")[0]
    assert "level=town" in way and 'aria-current="true"' in way


def test_the_navigation_says_where_a_page_below_belongs(sign_in: SignIn) -> None:
    client = sign_in("leader")
    for path in ("/coverage", f"{DUTIES}&level=town", "/programmes/fire"):
        page = client.get(path).get_data(as_text=True)
        here = page.partition('class="navigation"')[2].partition("</nav>")[0]
        assert re.search(r'<a href="/(coverage|programmes)[^"]*" aria-current="(page|true)"', here)


def test_twelve_periods_are_drawn_and_told(sign_in: SignIn) -> None:
    page = sign_in("leader").get(f"{DUTIES}&level=town&period=2026-Q2").get_data(as_text=True)
    chart, _, rest = page.partition('class="trend-chart"')[2].partition("</figure>")
    assert chart.count("<a href=") == rest.partition("</table>")[0].count('class="tap" href=') == 12


def test_the_files_say_what_the_interface_says_and_what_was_asked(sign_in: SignIn) -> None:
    client = sign_in("leader")
    asked = "programme=fire&level=town&period=2026-05"
    answered = client.get(f"/api/v1/coverage?{asked}").get_json()["rows"]
    text = client.get(f"/export/coverage/duties.csv?{asked}").data.decode("utf-8")
    assert text.startswith("\ufeffprogramme,level,period")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    header, rest = lines[0], lines[lines.index([]) + 1 :]
    rows = [dict(zip(header, line, strict=True)) for line in lines[1 : lines.index([])]]
    for row, told in zip(rows, answered, strict=True):
        assert (row["grid"], row["scope"], row["period"]) == (
            told["grid"],
            told["scope"],
            "2026-05",
        )
        assert [int(row[key]) for key in ("due", "done", "overdue", "never", "excluded")] == [
            told[key] for key in ("due", "done", "overdue", "never", "excluded")
        ]
        assert row["verified_n"] == str(told["verified"]["n"])
    assert dict(line[:2] for line in rest)["as_of"] == "2026-06-30"
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/export/coverage/duties.xlsx?{asked}").data)
    )
    assert [cell.value for cell in book["coverage"][1]] == header
    assert [[cell.value or "" for cell in row][0] for row in book["about"]] == [
        safe_cell(line[0]) for line in rest
    ]


def test_the_file_of_duties_has_a_line_for_each_that_a_figure_counts(sign_in: SignIn) -> None:
    client = sign_in("area_manager")
    asked = "programme=fire&level=town&period=2026-05"
    told = client.get(f"/api/v1/coverage?{asked}").get_json()
    for state in ("due", "done", "overdue"):
        text = client.get(f"/export/coverage/duties-list.csv?{asked}&state={state}").data.decode()
        lines = list(csv.reader(io.StringIO(text)))
        assert lines.index([]) - 1 == told["total"][state] > 0, state
    assert client.get(f"/export/coverage/duties.pdf?{asked}").status_code == 404
    assert client.get("/export/coverage/duties.csv?programme=x").status_code == 404


def test_a_grid_tells_its_duties_by_rule_and_they_add_up(sign_in: SignIn) -> None:
    client = sign_in("area_manager")
    page = client.get("/coverage/grids/town:01?programme=fire&period=2026-05")
    told = client.get("/api/v1/coverage?programme=fire&level=town&period=2026-05").get_json()
    due = [int(cells[2].replace(",", "")) for cells in table_rows(page.get_data(as_text=True))]
    assert sum(due) == told["total"]["due"] and len(due) > 3
    link = re.findall(r'href="([^"]*rule=[^"]*state=due[^"]*)"', page.get_data(as_text=True))[0]
    listed = client.get(link.replace("&amp;", "&"))
    assert listed.status_code == 200 and "No such duty here" not in listed.get_data(as_text=True)


def test_a_grid_outside_the_territory_tells_nothing(sign_in: SignIn) -> None:
    client = sign_in("area_manager")
    assert client.get("/coverage/grids/town:02").status_code == 404
    assert client.get("/coverage/grids/galaxy:1").status_code == 404
    assert client.get("/coverage/grids/town:01?rule=none").status_code == 404


def test_neglect_counts_what_its_lists_name(sign_in: SignIn) -> None:
    client = sign_in("area_manager")
    page = client.get("/coverage/neglect?level=community&on=2026-06-30").get_data(as_text=True)
    links = re.findall(r'href="([^"]*neglect/list[^"]*)">([\d,]+)</a>', page)
    assert len(links) > 20
    for link, figure in links[:7] + links[-3:]:
        listed = client.get(link.replace("&amp;", "&")).get_data(as_text=True)
        count = listed.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")
        assert count == min(int(figure.replace(",", "")), 100), link
    assert client.get("/coverage/neglect?of=galaxy").status_code == 422
    assert client.get("/coverage/neglect/list?state=soon").status_code == 422
