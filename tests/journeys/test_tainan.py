"""A real city's registers and households on its districts and statistical areas.

The two finer levels (6,322 and 12,774 grids) come in the same way; publishing them takes
longer than a test should.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from app.db.cluster import Cluster
from tests.journeys.conftest import Gridward

PLACE = ("--lon-field", "lon", "--lat-field", "lat", "--crs", "EPSG:4326")
LEVELS = {"town": "TOWN_ID", "area": "CODE2"}
HOUSEHOLDS = 2_000
SEED = 20_260_630


@pytest.fixture(scope="module")
def tainan(real_data: Path) -> Path:
    return real_data / "tainan"


@pytest.fixture(scope="module")
def gridward(tainan: Path, var: Path) -> Iterator[Gridward]:
    with Cluster(var).running():
        yield Gridward(var, GRIDWARD_TIME_ZONE="Asia/Taipei", GRIDWARD_TODAY="2026-06-30")


@pytest.fixture(scope="module")
def households(tainan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invented households, more in a block where more people live."""
    blocks = gpd.read_file(tainan / "boundaries.gpkg", layer="stat_area_blocks")
    people = blocks["population"].fillna(0).to_numpy(float)
    chance = np.random.default_rng(SEED)
    chosen = chance.choice(len(blocks), HOUSEHOLDS, p=people / people.sum())
    inside = blocks.geometry.representative_point()
    path = tmp_path_factory.mktemp("households") / "households.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "building", "persons", "need", "name", "phone", "lon", "lat"])
        for number, block in enumerate(chosen):
            writer.writerow(
                [
                    f"H{number:05}",
                    blocks["CODEBASE"].iloc[block],
                    1 + number % 4,
                    "lone_elderly" if number % 10 == 0 else "",
                    f"王{number:05}",
                    f"09{number:08}",
                    inside.iloc[block].x,
                    inside.iloc[block].y,
                ]
            )
    return path


@pytest.fixture(scope="module")
def story(
    gridward: Gridward, tainan: Path, households: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """Every command in the order in which an operator types them, with the documents answered."""
    folder = tmp_path_factory.mktemp("tainan")
    told: dict[str, Any] = {}
    gridward(
        "levels",
        "set",
        "town=區/District",
        "area=二級發布區/Area",
        "--commit",
    )
    file = str(tainan / "boundaries.gpkg")
    parent: tuple[str, ...] = ()
    for level, code in LEVELS.items():
        told[level] = gridward.json(
            "boundaries",
            "import",
            file,
            "--layer",
            "stat_area_l2",
            "--dissolve",
            "--level",
            level,
            "--code-field",
            code,
            *parent,
            "--edition",
            "2017",
            "--commit",
        )
        parent = ("--parent-field", code)
    told["published"] = gridward.json(
        "editions", "publish", "2017", "--from", "2017-06-01", "--accept-warnings", "--commit"
    )
    told["complexes"] = gridward.json(
        "buildings",
        "import",
        str(tainan / "residential_complexes.csv"),
        "--id-field",
        "id+name",
        "--name-field",
        "name",
        "--address-field",
        "address",
        "--floors-field",
        "floors_above",
        *PLACE,
        "--commit",
    )
    hazard = ("--class-field", "class", "--date-field", "date", *PLACE)
    lanes = (
        "hazards",
        "import",
        str(narrow_lanes(tainan, folder)),
        "--id-field",
        "lane+town+geocoded_address",
        "--name-field",
        "lane",
        "--keep",
        "fire_squad",
        "--keep",
        "risk_zone",
        "--keep",
        "width_m",
        "--grid-field",
        "town",
        *hazard,
        "--commit",
    )
    told["lanes"] = gridward.json(*lanes, code=1)
    told["lanes kept"] = gridward.json(*lanes, "--skip-errors")
    findings = (
        "hazards",
        "import",
        str(tainan / "labour_violations.csv"),
        "--id-field",
        "case_no+company+law",
        "--name-field",
        "company",
        "--class-field",
        "violation",
        "--date-field",
        "date",
        *PLACE,
        "--commit",
    )
    told["findings"] = gridward.json(*findings, "--skip-errors")
    told["households"] = gridward.json(
        "residents",
        "import",
        str(households),
        "--id-field",
        "id",
        "--building-field",
        "building",
        "--persons-field",
        "persons",
        "--class-field",
        "need",
        "--name-field",
        "name",
        "--phone-field",
        "phone",
        *PLACE,
        "--commit",
    )
    return told


def narrow_lanes(tainan: Path, folder: Path) -> Path:
    """The survey as the operator completes it: it names neither a class nor a day."""
    lanes = pd.read_csv(tainan / "hazard_narrow_lanes.csv", dtype=str)
    path = folder / "narrow_lanes.csv"
    lanes.assign(**{"class": "fire_lane", "date": "2026-06-01"}).to_csv(path, index=False)
    return path


def test_districts_and_areas(story: Mapping[str, Any]) -> None:
    assert {level: story[level]["created"] for level in LEVELS} == {"town": 37, "area": 667}
    assert story["published"]["grids"] == 37 + 667


def test_every_complex_lies_in_the_city(story: Mapping[str, Any]) -> None:
    complexes = story["complexes"]
    assert (complexes["rows"], complexes["created"], complexes["leftovers"]) == (2_869, 2_869, 0)


def test_lanes_that_stand_twice_are_named_by_their_row(story: Mapping[str, Any]) -> None:
    refused, kept = story["lanes"], story["lanes kept"]
    assert refused["committed"] is False and kept["committed"] is True
    assert {error["row"] for error in refused["errors"]} == {
        error["row"] for error in kept["errors"]
    }
    assert kept["rows"] == 1_525
    assert kept["created"] + kept["unchanged"] + len(kept["errors"]) == 1_525


def test_squad_and_colour_are_kept(
    story: Mapping[str, Any], gridward: Gridward, tmp_path: Path
) -> None:
    out = tmp_path / "lanes.geojson"
    gridward("export", "hazards", "--class", "fire_lane", "--format", "geojson", "--out", str(out))
    lanes = gpd.read_file(out)
    assert len(lanes) == story["lanes kept"]["created"]
    assert lanes.columns.isin(["fire_squad", "risk_zone"]).sum() == 2 or "details" in lanes.columns


def test_findings_outside_the_city_wait_in_the_queue(
    story: Mapping[str, Any], gridward: Gridward
) -> None:
    findings = story["findings"]
    assert findings["rows"] == 1_245
    assert {error["field"] for error in findings["errors"]} == {"date"}
    assert len(findings["errors"]) == 3
    assert findings["leftovers"] > 200


def test_households_are_sealed_and_counted(story: Mapping[str, Any]) -> None:
    households = story["households"]
    assert (households["created"], households["errors"]) == (HOUSEHOLDS, [])


def test_the_doctor_finds_the_city_sound(story: Mapping[str, Any], gridward: Gridward) -> None:
    assert gridward.json("doctor")["sound"] is True
