"""Bad parameters get a sentence; good ones the figures that the records give."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from flask.testing import FlaskClient

from app.demo.city import generate_city, generate_inspections
from app.demo.conflicts import blocks_with_new_land
from app.demo.unit_lives import choose_lives, without_closed_days
from tests.conftest import TODAY

SignIn = Callable[[str], FlaskClient]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/api/v1/locate?lon=nan&lat=31", 422, "not a number"),
        ("/api/v1/locate?lon=31.4&lat=118.6", 422, "swapped"),
        ("/api/v1/locate?lon=400&lat=31", 422, "not a place on the earth"),
        ("/api/v1/locate?lon=118.6", 422, "lat is missing"),
        ("/api/v1/locate?lon=" + "9" * 10_000 + "&lat=1", 422, "too long"),
        ("/api/v1/locate?lon=118.6&lat=31.4&crs=EPSG:1", 422, "EPSG:1"),
        ("/api/v1/locate?lon=118.6&lat=31.4&on=2026-13-01", 422, "write a day like"),
        ("/api/v1/units?limit=0", 422, "between 1 and 1000"),
        ("/api/v1/units?limit=many", 422, "whole number"),
        ("/api/v1/units?state=lost", 422, "use one of"),
        ("/api/v1/units?within=block:nowhere", 404, "There is no grid block:nowhere"),
        ("/api/v1/units?q=a%00b", 422, "cannot be stored"),
        ("/api/v1/grids/town:99", 404, "There is no grid town:99"),
        ("/api/v1/grids?level=galaxy", 404, "There is no level galaxy"),
        ("/api/v1/inspected?level=", 422, "level is missing"),
        ("/api/v1/inspected?level=town&days=0", 422, "between 1 and 3660"),
        ("/tiles/units/12/99999/1.mvt", 404, "There is no tile"),
        ("/tiles/units/17/1/1.mvt", 404, "There is no tile"),
        ("/tiles/grids/nothing/town/10/1/1.mvt", 404, "There is no edition"),
        ("/tiles/grids/demo/galaxy/10/1/1.mvt", 404, "There is no level"),
        ("/tiles/grids/demo/town/3/9/9.mvt", 404, "There is no tile"),
        ("/api/v1/nothing", 404, "nothing at this address"),
        ("/api/v1/jobs/999", 404, "There is no job"),
    ],
)
def test_bad_parameters_get_a_sentence(
    sign_in: SignIn, address: str, status: int, words: str
) -> None:
    answer = sign_in("leader").get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert words in answer.get_json()["detail"]


def test_pages_answer_bad_parameters_in_words_too(sign_in: SignIn) -> None:
    client = sign_in("leader")
    for address, words in (
        ("/units?on=yesterday", "write a day like"),
        ("/units/999999", "There is no unit"),
        ("/nothing", "nothing at this address"),
        ("/coverage?level=galaxy", "There is no level"),
    ):
        text = client.get(address).get_data(as_text=True)
        assert words in text and "Traceback" not in text, address


def test_the_figures_are_those_of_the_records(sign_in: SignIn) -> None:
    """Recomputed from the generator's own tables: not from anything the product stored."""
    on = date(2026, 5, 15)
    city = generate_city()
    located = city.units[city.units["lon"].notna()].set_index("id")
    blocks = city.unit_blocks.reindex(located.index)
    blocks = blocks[blocks != ""]
    visits = without_closed_days(generate_inspections(city, TODAY), choose_lives(city, TODAY))
    days = visits["at"].dt.date
    recent = visits[
        (visits["outcome"] == "done")
        & (days <= on)
        & (days > date.fromordinal(on.toordinal() - 90))
    ]
    seen = pd.Series(blocks.index.isin(recent["unit"]), blocks.index)
    points = gpd.GeoSeries(gpd.points_from_xy(located["lon"], located["lat"]), located.index)
    in_a_block = points.within(blocks_with_new_land(city).union_all())[blocks.index]
    for level, digits in (("town", 2), ("community", 4), ("block", 6)):
        if level == "block":  # some stand on land that no block has yet
            blocks, seen = blocks[in_a_block], seen[in_a_block]
        answer = sign_in("leader").get(f"/export/coverage.csv?level={level}&on={on}")
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        units = blocks.str[:digits].value_counts()
        inspected = blocks[seen].str[:digits].value_counts()
        assert {row["code"]: int(row["units"]) for row in rows} == units.to_dict()
        assert {
            row["code"]: int(row["inspected"]) for row in rows if row["inspected"] != "0"
        } == inspected.to_dict()


def test_every_figure_opens_exactly_its_units(sign_in: SignIn) -> None:
    client = sign_in("leader")
    answer = client.get("/api/v1/grids/community:0106?on=2026-05-15").get_json()["properties"]
    counts = {
        state: count_units(client, f"within=community:0106&on=2026-05-15&state={state}")
        for state in ("located", "inspected", "not_inspected")
    }
    assert counts["located"] == answer["units"]
    assert counts["inspected"] == answer["inspected"]
    assert counts["not_inspected"] == answer["units"] - answer["inspected"]


def count_units(client: FlaskClient, query: str) -> int:
    """All pages of a list, by its own keyset."""
    total, following = 0, f"/api/v1/units?{query}&limit=7"
    while following:
        page = client.get(following).get_json()
        total += len(page["units"])
        following = page["next"]
    return total


def test_figures_of_a_past_day_do_not_see_later_visits(sign_in: SignIn) -> None:
    client = sign_in("leader")
    before_everything = client.get("/api/v1/inspected?level=town&on=2024-01-01").get_json()
    assert sum(before_everything["grids"]["inspected"]) == 0
    assert sum(before_everything["grids"]["units"]) == 4980


def test_geometry_tiles_are_small_kept_and_the_same_for_all(sign_in: SignIn) -> None:
    leader, chief = sign_in("leader"), sign_in("chief")
    address = "/tiles/grids/demo/block/12/3397/1668.mvt?v=1"
    first, second = leader.get(address), chief.get(address)
    assert first.data == second.data and first.headers["Content-Encoding"] == "gzip"
    assert "immutable" in first.headers["Cache-Control"]
    units = leader.get("/tiles/units/12/3397/1668.mvt")
    assert units.headers["Cache-Control"] == "private, no-store"


def test_exports_never_run_in_a_spreadsheet(sign_in: SignIn) -> None:
    text = sign_in("leader").get("/export/units.csv?within=block:010604").data
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows[0][:4] == ["id", "name", "class", "address"]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows[1:] for cell in row)
