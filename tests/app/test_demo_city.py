"""The demo city is invented, exact and the same every time."""

from datetime import date

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from app.demo.city import LEVELS, DemoCity, generate_city, generate_inspections
from app.demo.conflicts import CLAIMS, NEW_LAND, blocks_with_new_land, neighbours_claimed
from app.demo.names import WATERS
from app.demo.people import demo_people, demo_staff
from app.demo.places import invent_places, invent_roads
from app.demo.registers import invent_hazards
from app.demo.wording import CLASS_SHARES
from app.places.rules import ROAD_CLASSES
from tests.builders import TODAY

LAST_DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return generate_city()


@pytest.fixture(scope="module")
def inspections(city: DemoCity) -> pd.DataFrame:
    return generate_inspections(city, LAST_DAY)


def shapes(frame: geopandas.GeoDataFrame) -> np.ndarray:
    return np.asarray(frame.geometry.array, dtype=object)


def located(city: DemoCity) -> pd.DataFrame:
    return city.units.dropna(subset=["lon", "lat"])


def unit_coverage(city: DemoCity, inspections: pd.DataFrame, day: date) -> pd.Series:
    """Whether each unit had a completed visit in the 90 days up to `day`, by unit id."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    recent = inspections[
        (inspections["outcome"] == "done")
        & (inspections["at"] < end)
        & (inspections["at"] >= end - pd.Timedelta(days=90))
    ]
    return pd.Series(city.unit_blocks.index.isin(recent["unit"]), index=city.unit_blocks.index)


@pytest.mark.parametrize(
    ("level", "count", "digits"), [("town", 10, 2), ("community", 105, 4), ("block", 349, 6)]
)
def test_each_level_is_an_exact_coverage(
    city: DemoCity, level: str, count: int, digits: int
) -> None:
    frame = city.boundaries[level]
    assert len(frame) == count
    assert frame.crs.to_epsg() == 4326
    assert list(frame.columns) == ["code", "name", "name_en", "parent", "geometry"]
    assert frame["code"].is_unique and frame["code"].str.fullmatch(rf"\d{{{digits}}}").all()
    assert shapely.is_valid(shapes(frame)).all()
    assert set(frame.geometry.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(shapes(frame))


@pytest.mark.parametrize(("parent", "child"), [("town", "community"), ("community", "block")])
def test_parents_are_the_unions_of_their_children(city: DemoCity, parent: str, child: str) -> None:
    parents = city.boundaries[parent].set_index("code")
    children = city.boundaries[child]
    assert (children["parent"] == children["code"].str[:-2]).all()
    assert set(children["parent"]) == set(parents.index)
    assert not children.duplicated(["parent", "name"]).any()
    assert not children.duplicated(["parent", "name_en"]).any()
    for code, group in children.groupby("parent"):
        union = shapely.coverage_union_all(shapes(group))
        assert shapely.symmetric_difference(union, parents.geometry[code]).area < 1e-15


def test_blocks_are_smaller_in_the_centre(city: DemoCity) -> None:
    blocks = city.boundaries["block"].to_crs("EPSG:32650")
    distance = blocks.distance(
        geopandas.GeoSeries([shapely.Point(city.centre)], crs="EPSG:4326").to_crs(blocks.crs)[0]
    )
    inner, outer = blocks.area[distance < 1_500].median(), blocks.area[distance > 4_500].median()
    assert inner < outer / 3


def test_towns_lie_on_one_bank(city: DemoCity) -> None:
    river = city.water.geometry[city.water["name_en"] == "Ji River"].iloc[0]
    for town in city.boundaries["town"].geometry:
        dry = [part.area for part in shapely.get_parts(town.difference(river))]
        # What is not the largest dry part is the island, if anything.
        assert sum(dry) - max(dry) < 0.02 * town.area


def test_no_unit_stands_in_water(city: DemoCity) -> None:
    points = shapely.points(located(city)[["lon", "lat"]].to_numpy())
    for body in city.water.geometry:
        assert not shapely.intersects(body, points).any()
    assert city.water["name"].tolist() == [name.zh for name in WATERS]
    assert len(city.water.geometry.iloc[0].interiors) == 1, "the island"


def test_streets_follow_block_borders_and_keep_out_of_the_water(city: DemoCity) -> None:
    streets = city.streets
    assert set(streets.geometry.geom_type) == {"LineString"}
    assert set(streets["rank"]) == {1, 2, 3}
    bridge = streets["name_en"].str.endswith("Bridge")
    water = shapely.union_all(shapes(city.water))
    assert not streets[~bridge].intersects(water).any()
    assert streets[bridge].intersects(water).all()
    borders = shapely.union_all(shapely.boundary(shapes(city.boundaries["block"])))
    # Avenues include the embankment roads, which follow the river instead.
    lanes = streets[streets["rank"] > 1]
    off = shapely.difference(shapes(lanes), borders.buffer(1e-6))
    assert shapely.length(off).max() == 0


def test_units_have_classes_names_and_honest_gaps(city: DemoCity) -> None:
    units = city.units
    assert len(units) == 5_000 and units["id"].is_unique and units["name"].is_unique
    assert units["id"].iloc[0] == "U00001"
    shares = units["class"].value_counts() / 50
    assert shares.to_dict() == CLASS_SHARES
    assert units["lon"].isna().sum() == units["lat"].isna().sum() == 12
    assert units["address"].str.fullmatch(r"\w+ \d+ 号").all()
    assert units["name"].str.len().max() <= 60


def test_units_lie_in_their_block_and_a_few_outside(city: DemoCity) -> None:
    frame = located(city)
    points = geopandas.GeoDataFrame(
        frame, geometry=shapely.points(frame[["lon", "lat"]].to_numpy()), crs="EPSG:4326"
    )
    joined = points.sjoin(city.boundaries["block"][["code", "geometry"]], how="left")
    expected = city.unit_blocks[joined["id"]].to_numpy()
    assert (joined["code"].fillna("").to_numpy() == expected).all()
    assert (expected == "").sum() == 8
    per_block = city.unit_blocks[city.unit_blocks != ""].value_counts()
    assert len(per_block) == 349 and per_block.min() >= 2


def test_some_land_belongs_to_no_block_yet(city: DemoCity) -> None:
    blocks, drawn = blocks_with_new_land(city), city.boundaries["block"]
    plots = drawn.geometry.difference(blocks.geometry)
    plot = plots[~plots.is_empty]
    assert len(plot) == 1 and blocks.geometry.is_valid.all()
    frame = located(city)
    points = shapely.points(frame[["lon", "lat"]].to_numpy())
    assert shapely.contains(plot.iloc[0], points).sum() == NEW_LAND


def test_some_rows_name_the_neighbour_of_their_block(city: DemoCity) -> None:
    found = invent_hazards(city, TODAY)
    claimed = neighbours_claimed(city, found)
    blocks = city.boundaries["block"].set_index("name").geometry
    assert 5 <= len(claimed) <= CLAIMS
    for draft in found:
        if draft.id in claimed:
            place, named = shapely.Point(draft.lon, draft.lat), blocks[claimed[draft.id]]
            assert not named.covers(place) and named.distance(place) < 0.001


def test_house_numbers_grow_along_a_street(city: DemoCity) -> None:
    frame = located(city)
    street = city.streets[city.streets["rank"] == 1].iloc[0]
    own = frame[frame["address"].str.startswith(street["name"] + " ")]
    numbers = own["address"].str.extract(r" (\d+) ")[0].astype(int)
    at = shapely.line_locate_point(street.geometry, shapely.points(own[["lon", "lat"]].to_numpy()))
    assert len(own) > 10
    assert np.corrcoef(numbers, at)[0, 1] > 0.99


def test_visits_follow_the_working_week(inspections: pd.DataFrame) -> None:
    assert 25_000 <= len(inspections) <= 50_000
    assert inspections["id"].is_unique and inspections["at"].is_monotonic_increasing
    weekdays = inspections["at"].dt.day_of_week.value_counts(normalize=True)
    assert 6 not in weekdays.index
    assert weekdays[5] < 0.03
    assert weekdays[[0, 1, 2, 3, 4]].between(0.15, 0.25).all()
    assert inspections["at"].dt.hour.between(9, 16).all()
    months = inspections["at"].dt.to_period("M").value_counts()
    assert months["2026-02"] < 0.8 * months["2026-01"]


def test_visits_end_on_the_last_day(city: DemoCity, inspections: pd.DataFrame) -> None:
    earlier = generate_inspections(city, date(2025, 3, 7))
    for frame, last in ((inspections, LAST_DAY), (earlier, date(2025, 3, 7))):
        assert frame["at"].max().date() == last
        assert 540 <= (frame["at"].max() - frame["at"].min()).days <= 548


def test_outcomes_and_results(inspections: pd.DataFrame) -> None:
    shares = inspections["outcome"].value_counts(normalize=True)
    assert set(shares.index) == {"done", "locked", "refused", "moved", "closed", "not_found"}
    assert shares["done"] == pytest.approx(0.92, abs=0.01)
    done = inspections["outcome"] == "done"
    assert inspections.loc[~done, "result"].isna().all()
    assert set(inspections.loc[done, "result"]) == {"ok", "hazard"}


def test_coverage_spreads_and_moves(city: DemoCity, inspections: pd.DataFrame) -> None:
    now = unit_coverage(city, inspections, LAST_DAY)
    before = unit_coverage(city, inspections, date(2026, 5, 15))
    assert now.mean() == pytest.approx(0.7, abs=0.04)
    inside = city.unit_blocks[city.unit_blocks != ""]
    blocks = now[inside.index].groupby(inside).mean()
    assert blocks.quantile(0.03) < 0.2 and blocks.max() == 1.0
    assert blocks.std() > 0.2
    change = (now.astype(int) - before.astype(int))[inside.index].groupby(inside.str[:2]).mean()
    assert change.max() > 0.2 and change.min() < -0.2
    assert (change.abs() < 0.12).sum() == 8
    assert 0.03 < 1 - city.units["id"].isin(inspections["unit"]).mean() < 0.09, "never visited"


def test_key_units_are_seen_monthly(city: DemoCity, inspections: pd.DataFrame) -> None:
    visits = inspections["unit"].value_counts()
    classes = city.units.set_index("id")["class"].reindex(visits.index)
    assert visits[classes == "key_unit"].median() > 1.8 * visits[classes != "key_unit"].median()


def test_the_same_seed_gives_the_same_city(city: DemoCity, inspections: pd.DataFrame) -> None:
    again = generate_city()
    for level in LEVELS:
        assert_frame_equal(city.boundaries[level], again.boundaries[level])
    assert_frame_equal(city.streets, again.streets)
    assert_frame_equal(city.water, again.water)
    assert_frame_equal(city.units, again.units)
    assert_frame_equal(inspections, generate_inspections(again, LAST_DAY))


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_gives_another_exact_city(city: DemoCity, seed: int) -> None:
    other = generate_city(seed)
    assert [len(other.boundaries[level]) for level in LEVELS] == [10, 105, 349]
    for level in LEVELS:
        assert shapely.coverage_is_valid(shapes(other.boundaries[level]))
    assert not other.units["lon"].equals(city.units["lon"])


def test_demo_people(city: DemoCity) -> None:
    people = {person.sign_in: person for person in demo_people(city)}
    assert {name: person.role for name, person in people.items()} == {
        "chief": "grid_chief",
        "area_manager": "area_manager",
        "planner": "authority",
        "leader": "leader",
        "auditor": "auditor",
        "admin": "admin",
    }
    block = people["chief"].grid_code
    mine = located(city)["id"].map(city.unit_blocks) == block
    assert 12 <= mine.sum() <= 25
    assert people["area_manager"].grid_code in set(city.boundaries["town"]["code"])


def test_staff_leave_some_blocks_to_nobody(city: DemoCity) -> None:
    staff = demo_staff(city)
    assert staff == demo_staff(city)
    assert all(person.sign_in is None for person in staff)
    assert len({person.name for person in staff}) == len(staff)
    desks = [(person.grid_level, person.grid_code) for person in staff + demo_people(city)]
    for level, vacant in (("town", 0), ("community", 4), ("block", 19)):
        codes = set(city.boundaries[level]["code"])
        held = {code for held_level, code in desks if held_level == level}
        assert held <= codes and len(codes - held) == vacant


def test_every_street_is_a_road_and_squares_have_an_outline(city: DemoCity) -> None:
    roads, found = invent_roads(city), invent_places(city)
    assert len(roads) == len(city.streets) and {one.class_key for one in roads} <= set(ROAD_CLASSES)
    for road, street in zip(roads, city.streets.geometry, strict=True):
        point = shapely.point_on_surface(street)
        assert (road.lon, road.lat) == (point.x, point.y)
    assert {one.class_key for one in found if one.shape} == {"square"}
    assert found == invent_places(city)
