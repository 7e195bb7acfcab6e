"""A real city's registers and households on its districts and statistical areas.

The two finer levels (6,322 and 12,774 grids) come in the same way; publishing them takes
longer than a test should.  `-s` prints what each person sees of one household.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from flask.testing import FlaskClient

from app import create_app
from app.db.cluster import Cluster
from app.db.connection import Database
from app.grids import actions as grids
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from tests.app.leaks import tile_of
from tests.builders import add_person
from tests.conftest import PASSWORD, signed_in_client
from tests.journeys.conftest import Gridward

PLACE = ("--lon-field", "lon", "--lat-field", "lat", "--crs", "EPSG:4326")
LEVELS = {"town": "TOWN_ID", "area": "CODE2"}
TODAY = date(2026, 6, 30)
HOUSEHOLDS = 2_000
SEED = 20_260_630


@pytest.fixture(scope="module")
def tainan(real_data: Path) -> Path:
    return real_data / "tainan"


@pytest.fixture(scope="module")
def gridward(tainan: Path, var: Path) -> Iterator[Gridward]:
    with Cluster(var).running():
        yield Gridward(var, GRIDWARD_TIME_ZONE="Asia/Taipei", GRIDWARD_TODAY=TODAY.isoformat())


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
def story(gridward: Gridward, tainan: Path, households: Path) -> Mapping[str, Any]:
    """Every command in the order in which an operator types them, with the documents answered."""
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
    told["lanes"] = gridward.json(
        "hazards",
        "import",
        str(tainan / "hazard_narrow_lanes.csv"),
        "--id-field",
        "lane+town+geocoded_address+length_m+width_m",
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
        "--class",  # the survey names neither a class nor a day
        "fire_lane",
        "--date",
        "2026-06-01",
        *PLACE,
        "--commit",
    )
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


def test_districts_and_areas(story: Mapping[str, Any]) -> None:
    assert {level: story[level]["created"] for level in LEVELS} == {"town": 37, "area": 667}
    assert story["published"]["grids"] == 37 + 667


def test_every_complex_lies_in_the_city(story: Mapping[str, Any]) -> None:
    complexes = story["complexes"]
    assert (complexes["rows"], complexes["created"], complexes["leftovers"]) == (2_869, 2_869, 0)


def test_every_lane_has_the_class_and_the_day_of_the_survey(story: Mapping[str, Any]) -> None:
    lanes = story["lanes"]
    assert (lanes["rows"], lanes["created"], lanes["errors"]) == (1_525, 1_525, [])


def test_squad_and_colour_are_kept(
    story: Mapping[str, Any], gridward: Gridward, tmp_path: Path
) -> None:
    out = tmp_path / "lanes.geojson"
    gridward("export", "hazards", "--class", "fire_lane", "--format", "geojson", "--out", str(out))
    lanes = gpd.read_file(out)
    assert len(lanes) == story["lanes"]["created"]
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


# -- one household, and what each person is told of it ----------------------------------------

WAYS = ("page", "list", "map", "search", "export", "interface")
# what is told of a lone elderly person: masked, counted with others, nothing; or of others alone
TOLD = {
    "chief": ("masked", "masked", "counted", "nothing", "masked", "masked"),
    "manager": ("masked", "masked", "counted", "nothing", "masked", "masked"),
    "leader": ("nothing", "counted", "counted", "nothing", "counted", "nothing"),
    "auditor": ("nothing", "counted", "counted", "nothing", "counted", "nothing"),
    "stranger": ("nothing", "others", "nothing", "nothing", "others", "others"),
}


@dataclass(frozen=True)
class Home:
    """A household as the operator's file has it, with its number here."""

    no: int
    id: str
    name: str
    phone: str
    building: str
    tile: str


@pytest.fixture(scope="module")
def people(
    story: Mapping[str, Any], households: Path, var: Path
) -> Iterator[Mapping[str, FlaskClient]]:
    """Signed in: who answers for the first household, who reads the city, a chief elsewhere."""
    settings = Settings(var=var, time_zone="Asia/Taipei", fixed_today=TODAY, admin_totp=False)
    database = Database(Cluster(var).dsn("gridward_app"))
    with database.transaction_as(SERVICE_PERSON) as tx:
        chains = (
            grids.locate(tx, float(row["lon"]), float(row["lat"]), TODAY)["grids"]
            for row in rows_of(households)
            if row["need"] == "lone_elderly"
        )
        town, area = next(chains)
        elsewhere = next(chain[1] for chain in chains if chain[0] != town)
        add_person(tx, "chief", "grid_chief", f"area:{area['code']}", PASSWORD)
        add_person(tx, "manager", "area_manager", f"town:{town['code']}", PASSWORD)
        add_person(tx, "leader", "leader", None, PASSWORD)
        add_person(tx, "auditor", "auditor", None, PASSWORD)
        add_person(tx, "stranger", "grid_chief", f"area:{elsewhere['code']}", PASSWORD)
    app = create_app(settings, database.dsn)
    yield {name: signed_in_client(app, name) for name in TOLD}
    app.extensions["gridward_database"].close()
    database.close()


@pytest.fixture(scope="module")
def home(people: Mapping[str, FlaskClient], households: Path) -> Home:
    row = next(rows_of(households))
    listed = people["chief"].get("/api/v1/residents?class=lone_elderly").get_json()["households"]
    tile = tile_of(float(row["lon"]), float(row["lat"]), 14)
    return Home(
        next(one["no"] for one in listed if one["id"] == row["id"]),
        row["id"],
        row["name"],
        row["phone"],
        row["building"],
        f"/tiles/residents/14/{tile.x}/{tile.y}.mvt",
    )


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def answers(client: FlaskClient, home: Home) -> dict[str, str]:
    """The text that a person gets in each way; nothing where it is refused."""
    addresses = {
        "page": f"/residents/{home.no}",
        "list": "/residents?class=lone_elderly",
        "map": home.tile,
        "search": f"/search?q={home.name}",
        "export": "/export/residents.csv",
        "interface": "/api/v1/residents?class=lone_elderly&limit=1000",
    }
    got = {way: client.get(address) for way, address in addresses.items()}
    return {
        way: answer.data.decode("utf-8", "replace") if answer.status_code == 200 else ""
        for way, answer in got.items()
    }


def told_in(text: str, home: Home) -> str:
    """In one word; that a name or phone stands in clear would be another one."""
    if home.phone in text or f">{home.name}<" in text:
        return "in clear"
    if home.id in text:
        return "masked"
    if re.search(r"\bH\d{5,}\b", text):
        return "others"
    return (
        "counted"
        if any(word in text for word in (home.building, "within=town", "town:"))
        else "nothing"
    )


def test_what_each_person_is_told_of_a_lone_elderly_household(
    people: Mapping[str, FlaskClient], home: Home
) -> None:
    found = {
        name: tuple(told_in(text, home) for text in answers(client, home).values())
        for name, client in people.items()
    }
    for name, words in (("", WAYS), *found.items()):
        print(f"{name:<10}" + "".join(f"{word:<11}" for word in words))
    assert found == TOLD
