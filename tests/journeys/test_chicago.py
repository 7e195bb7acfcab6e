"""The story of a real city, told through the command line alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from app.db.cluster import Cluster
from tests.journeys.conftest import Gridward

ON, DAYS = "2014-12-30", 90
PLACE = ("--lon-field", "lon", "--lat-field", "lat")
OUTCOMES = "Pass=done,Fail=done,Pass w/ Conditions=done"

YEARLY = """
[programme]
key = "food"
name_zh = "食品安全"
name_en = "Food safety"
purpose_zh = "每年检查一次"
purpose_en = "Each place once a year"
legal_basis = "Municipal code"

[classes.places]
kind = "unit"

[rules.yearly]
name_zh = "每年一次"
name_en = "Once a year"
level = "beat"
role = "grid_chief"
class = "places"
period = "year"
source = "Municipal code"
"""


@pytest.fixture(scope="module")
def chicago(real_data: Path) -> Path:
    return real_data / "chicago"


@pytest.fixture(scope="module")
def gridward(chicago: Path, var: Path) -> Iterator[Gridward]:
    # held open, so that each of the commands does not start and stop the server anew
    with Cluster(var).running():
        yield Gridward(var, GRIDWARD_TIME_ZONE="America/Chicago", GRIDWARD_TODAY="2026-06-30")


@pytest.fixture(scope="module")
def story(gridward: Gridward, chicago: Path) -> Mapping[str, Any]:
    """Every command in the order in which a person types them, with the documents answered."""
    file = str(chicago / "boundaries.gpkg")
    draft = ("--edition", "2014", "--commit")
    districts = (
        "boundaries",
        "import",
        file,
        "--layer",
        "police_districts",
        "--level",
        "district",
        "--code-field",
        "dist_num",
        "--name-field",
        "dist_label",
        *draft,
    )
    beats = ("boundaries", "import", file, "--layer", "police_beats", "--dissolve", *draft)
    sectors = (*beats, "--level", "sector", "--code-field", "district+sector")
    units, inspections = str(chicago / "units.csv.gz"), str(chicago / "inspections.csv.gz")
    publish = ("editions", "publish", "2014", "--from", "2011-01-01", "--commit")
    told = {}
    gridward(
        "levels",
        "set",
        "district=警区/District",
        "sector=片区/Sector",
        "beat=巡区/Beat",
        "--commit",
    )
    told["districts undissolved"] = gridward.json(*districts, code=1)
    told["districts"] = gridward.json(*districts, "--dissolve")
    told["sectors by field"] = gridward.json(*sectors, "--parent-field", "district", code=1)
    told["sectors"] = gridward.json(*sectors)
    told["beats"] = gridward.json(
        *beats, "--level", "beat", "--code-field", "beat_num", "--parent-field", "district+sector"
    )
    told["unaccepted"] = gridward(*publish, code=1)[1]
    told["published"] = gridward.json(*publish, "--accept-warnings")
    told["units"] = gridward.json(
        "units",
        "import",
        units,
        "--id-field",
        "license",
        "--name-field",
        "name",
        "--class-field",
        "facility_type",
        "--address-field",
        "address",
        *PLACE,
        "--crs",
        "EPSG:4326",
        "--commit",
    )
    told["inspections"] = gridward.json(
        "inspections",
        "import",
        inspections,
        "--id-field",
        "inspection_id",
        "--target-field",
        "license",
        "--date-field",
        "inspection_date",
        "--outcome-field",
        "result",
        "--outcome-map",
        OUTCOMES,
        "--result-field",
        "result",
        "--commit",
    )
    return told


def test_districts_sectors_and_beats(story: Mapping[str, Any]) -> None:
    (doubled,) = story["districts undissolved"]["faults"]
    assert (doubled["kind"], doubled["code"]) == ("duplicate_code", "31")
    assert "use --dissolve" in doubled["detail"]
    counts = {
        level: (story[level]["features"], story[level]["created"])
        for level in ("districts", "sectors", "beats")
    }
    assert counts == {"districts": (25, 23), "sectors": (277, 68), "beats": (277, 275)}
    assert [len(story[level]["faults"]) for level in counts] == [0, 6, 0]


def test_the_parent_field_mistake_is_answered_with_its_reason(story: Mapping[str, Any]) -> None:
    faults = story["sectors by field"]["faults"]
    assert len(faults) == 9 and story["sectors by field"]["committed"] is False
    assert {fault["kind"] for fault in faults} == {"parent_unmatched"}
    assert all(
        "differs only in leading zeros" in fault["detail"]
        and "leave out --parent-field" in fault["detail"]
        for fault in faults
    )


def test_six_warnings_are_accepted_on_purpose(story: Mapping[str, Any]) -> None:
    assert "6 warnings (gap 2, sticks_out 4)" in story["unaccepted"]
    assert story["published"] == {
        "edition": "2014",
        "from": "2011-01-01",
        "grids": 366,
        "warnings": 6,
        "moved": 0,
        "committed": True,
    }


def test_every_unit_and_inspection_is_accounted_for(
    story: Mapping[str, Any], gridward: Gridward
) -> None:
    units, inspections = story["units"], story["inspections"]
    assert (units["rows"], units["created"], units["unlocated"], units["errors"]) == (
        12_367,
        12_367,
        40,
        [],
    )
    assert (inspections["rows"], inspections["created"], inspections["errors"]) == (
        27_600,
        27_600,
        [],
    )
    left = gridward.json("leftovers")
    assert left["unlocated"] == 40 and left["leftovers"] == units["leftovers"]
    assert left["located"] + left["leftovers"] + left["unlocated"] == 12_367
    assert all(
        row["nearest"] and row["distance_m"] > 0
        for row in left["rows"]
        if row["kind"] == "leftover"
    )


def test_located_districts_agree_with_the_citys_own_column(
    story: Mapping[str, Any], gridward: Gridward, chicago: Path, tmp_path: Path
) -> None:
    out = tmp_path / "located.csv"
    report = gridward.json(
        "locate", "--csv", str(chicago / "units.csv.gz"), *PLACE, "--out", str(out)
    )
    assert (report["rows"], report["unlocated"]) == (12_367, 40)
    table = pd.read_csv(out, dtype=str)
    assert len(table) == 12_367
    both = table.dropna(subset=["grid_district", "police_district"])
    # the city writes 1 and 1.0, its beats 01: the same district
    agree = both["grid_district"].astype(float).astype(int) == both["police_district"].astype(
        float
    ).astype(int)
    assert len(both) > 10_000, "the city names a district for most units"
    assert agree.mean() >= 0.985


def test_inspected_units_per_district_are_those_of_the_raw_files(
    story: Mapping[str, Any], gridward: Gridward, chicago: Path
) -> None:
    document = gridward.json("inspected", "--level", "district", "--on", ON, "--days", str(DAYS))
    expected = recomputed(chicago)
    found = {row["grid"]: (row["units"], row["inspected"]) for row in document["rows"]}
    assert found == {code: expected.get(code, (0, 0)) for code in found}
    assert set(expected) <= set(found)
    assert document["total"] == {
        "units": sum(units for units, _ in expected.values()),
        "inspected": sum(done for _, done in expected.values()),
    }
    assert document["total"]["inspected"] > 2_000


def located(chicago: Path) -> pd.DataFrame:
    """beat, sector and district of each unit, with pandas and geopandas alone; by license."""
    units = pd.read_csv(chicago / "units.csv.gz", dtype={"license": str})
    units = units.dropna(subset=["lon", "lat"])
    points = gpd.GeoDataFrame(
        units[["license"]], crs="EPSG:4326", geometry=gpd.points_from_xy(units["lon"], units["lat"])
    )
    beats = gpd.read_file(chicago / "boundaries.gpkg", layer="police_beats")
    districts = gpd.read_file(chicago / "boundaries.gpkg", layer="police_districts")
    in_beat = (
        points.sjoin(beats[["beat_num", "geometry"]], predicate="intersects")
        .sort_values("beat_num")
        .drop_duplicates("license")
        .set_index("license")
    )
    in_district = (
        points.sjoin(districts[["dist_num", "geometry"]], predicate="intersects")
        .sort_values("dist_num")
        .drop_duplicates("license")
        .set_index("license")
    )
    beat = in_beat["beat_num"]
    # the deepest grid decides; beat 0112 lies in sector 011 of district 1
    district = beat.str[:2].astype(int).astype(str).combine_first(in_district["dist_num"])
    return pd.DataFrame({"beat": beat, "sector": beat.str[:3], "district": district})


def recomputed(chicago: Path) -> dict[str, tuple[int, int]]:
    """(units, inspected) per district."""
    district = located(chicago)["district"]
    visits = pd.read_csv(
        chicago / "inspections.csv.gz", dtype={"license": str}, parse_dates=["inspection_date"]
    )
    last = pd.Timestamp(ON)
    recent = visits["inspection_date"].between(last - pd.Timedelta(days=DAYS - 1), last)
    done = district.index.isin(set(visits.loc[recent, "license"]))
    grouped = pd.DataFrame({"district": district, "done": done}).groupby("district")["done"]
    return {code: (int(group.size), int(group.sum())) for code, group in grouped}


def test_a_yearly_duty_is_covered_as_the_raw_files_say(
    story: Mapping[str, Any], gridward: Gridward, chicago: Path, tmp_path: Path
) -> None:
    """Due and done of each year, counted from the visits and again from the counts kept."""
    file = tmp_path / "food.toml"
    file.write_text(YEARLY, encoding="utf-8")
    gridward("programmes", "set", str(file), "--from", "2011-01-01", "--commit")
    places = located(chicago)
    visits = pd.read_csv(
        chicago / "inspections.csv.gz", dtype={"license": str}, parse_dates=["inspection_date"]
    )
    asked = [("district", 2011), ("district", 2013), ("sector", 2012), ("beat", 2014)]
    counted = [due_and_done(gridward, level, year) for level, year in asked]
    gridward("fold-coverage")
    for (level, year), found in zip(asked, counted, strict=True):
        seen = set(visits.loc[visits["inspection_date"].dt.year == year, "license"])
        known = places.dropna(subset=[level])
        expected = {
            code: (len(group), sum(license in seen for license in group.index))
            for code, group in known.groupby(level)
        }
        assert {code: pair for code, pair in found.items() if pair[0]} == expected
        assert sum(done for _, done in expected.values()) > 1_000
        assert due_and_done(gridward, level, year) == found


def due_and_done(gridward: Gridward, level: str, year: int) -> dict[str, tuple[int, int]]:
    document = gridward.json(
        "coverage", "--programme", "food", "--level", level, "--period", str(year)
    )
    found = {row["grid"]: (row["due"], row["done"]) for row in document["rows"]}
    assert document["total"]["due"] == sum(due for due, _ in found.values())
    return found


def test_every_figure_opens_its_units(
    story: Mapping[str, Any], gridward: Gridward, tmp_path: Path
) -> None:
    row = gridward.json("inspected", "--level", "district", "--on", ON, "--within", "district:1")[
        "rows"
    ][0]
    for state, expected in (
        ("inspected", row["inspected"]),
        ("not_inspected", row["units"] - row["inspected"]),
    ):
        out = tmp_path / f"{state}.csv"
        gridward(
            "export",
            "units",
            "--state",
            state,
            "--within",
            "district:1",
            "--on",
            ON,
            "--out",
            str(out),
        )
        listed = pd.read_csv(out, dtype=str)
        assert len(listed) == expected
        assert set(listed["grid_district"]) == {"1"}


def test_a_point_of_the_city_and_one_outside(story: Mapping[str, Any], gridward: Gridward) -> None:
    found = gridward.json("locate", "--lon", "-87.63", "--lat", "41.88", "--on", ON)
    assert [grid["code"] for grid in found["grids"]] == ["1", "011", "0112"]
    lake = gridward.json("locate", "--lon", "-87.3", "--lat", "41.88")
    assert lake["grids"] == [] and lake["nearest"]["distance_m"] > 1000


def test_importing_all_of_it_again_changes_nothing(
    story: Mapping[str, Any], gridward: Gridward, chicago: Path
) -> None:
    again = gridward.json(
        "inspections",
        "import",
        str(chicago / "inspections.csv.gz"),
        "--id-field",
        "inspection_id",
        "--target-field",
        "license",
        "--date-field",
        "inspection_date",
        "--outcome-field",
        "result",
        "--outcome-map",
        OUTCOMES,
        "--result-field",
        "result",
        "--commit",
    )
    assert (again["created"], again["unchanged"]) == (0, 27_600)


def test_the_doctor_finds_the_city_sound(story: Mapping[str, Any], gridward: Gridward) -> None:
    assert gridward.json("doctor")["sound"] is True
