"""Pages of coverage on the demo city: what they show is what the interface for programs says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

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
