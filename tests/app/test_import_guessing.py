"""What the columns of a file hold is proposed from their names and first values."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from app.imports.cells import pair_of
from app.imports.dates import read_day
from app.imports.guessing import guess, header_digest, pair_order
from app.registry.rules import UNITS


@pytest.mark.parametrize(
    ("fields", "identity", "name", "lon", "lat"),
    [
        ("id,name,lon,lat", "id", "name", "lon", "lat"),
        ("单位编号,单位名称,经度,纬度", "单位编号", "单位名称", "经度", "纬度"),
        ("编号,名称,坐标 / 经度,坐标 / 纬度", "编号", "名称", "坐标 / 经度", "坐标 / 纬度"),
        ("ID,Name,Longitude,LATITUDE", "ID", "Name", "Longitude", "LATITUDE"),
        ("code,title,point.x,point.y", "code", "title", "point.x", "point.y"),
        ("地址,电话", None, None, None, None),
    ],
)
def test_columns_by_their_names(
    fields: str, identity: str | None, name: str | None, lon: str | None, lat: str | None
) -> None:
    found = guess(UNITS, fields.split(","), {})
    assert list(found.id) == ([identity] if identity else [])
    assert (found.fields.get("name"), found.lon, found.lat) == (name, lon, lat)


@pytest.mark.parametrize("name", ["经纬度", "坐标", "place", "纬度经度"])
@pytest.mark.parametrize(
    ("value", "order"),
    [("31.02,118.5", "lat_lon"), ("118.5，31.02", "lon_lat"), ("39.9 32.8", "lat_lon")],
)
def test_a_column_with_both_numbers(name: str, value: str, order: str) -> None:
    found = guess(UNITS, ["编号", name], {name: [value, value]})
    assert (found.lon, found.lat, found.pair) == (name, None, order)


def test_visits_have_no_place() -> None:
    found = guess(None, ["id", "unit", "date", "lon", "lat"], {})
    assert found.fields == {"target": "unit", "date": "date"} and found.lon is None


def test_the_order_of_the_columns_does_not_matter_to_what_is_remembered() -> None:
    assert header_digest(["编号", "Name "]) == header_digest(["name", "编号"])
    assert header_digest(["id", "name"]) != header_digest(["id"])


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from([",", "，", " ", " ; "]))
def test_both_numbers_come_out_of_one_cell(lat: float, lon: float, sign: str) -> None:
    assert pair_of(f"{lat}{sign}{lon}", "p", "lat_lon") == (str(lon), str(lat))
    assert pair_of(f"（{lon}{sign}{lat}）", "p", "lon_lat") == (str(lon), str(lat))


@given(st.dates(min_value=read_day("1990-01-01"), max_value=read_day("2090-01-01")))  # type: ignore[arg-type]
def test_a_day_is_read_however_it_is_written(day: object) -> None:
    year, month, date = str(day).split("-")
    for text in (f"{year}/{int(month)}/{int(date)}", f"{year}年{int(month)}月{int(date)}日"):
        assert read_day(text) == day
    assert read_day(f"{year}{month}{date}") == read_day(f"{year}.{month}.{date}") == day


def test_the_order_of_an_open_pair_is_that_of_its_usual_name() -> None:
    assert pair_order(["31.2, 45.1", ""]) == "lat_lon"
