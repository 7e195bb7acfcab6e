"""Places and roads: shapes of files, their registers, undo, lists, files, tiles and duties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pyproj
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings as hypothesis_settings, strategies as st

from app import create_app
from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import DraftShape
from app.grids.rules import parse_levels
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.guessing import guess
from app.imports.layers import SHAPE_FIELD
from app.imports.rules import RegisterColumns, read_register
from app.imports.sources import Reading
from app.imports.tables import Table
from app.monitoring import actions as monitoring
from app.places.rules import PLACES, ROADS
from app.programmes import actions as programmes
from app.registry.model import ImportReport, Register
from app.reports import registers
from app.reports.model import RowFilter
from app.settings import Settings
from gis.footprints import shape_of_text, text_of_shape
from gis.tiles import tile_key
from tests.app.leak_city import tile_of
from tests.builders import SIDE, SOUTH, TODAY, WEST, add_person, publish_city
from tests.conftest import PASSWORD, Databases, signed_in_client

COLUMNS = RegisterColumns(("id",), crs="EPSG:4326", fields={"class": "class"}, shape="wkt")
STREET = f"LINESTRING ({WEST} {SOUTH + 0.001}, {WEST + SIDE / 8} {SOUTH + 0.001})"
YARD = f"POLYGON (({WEST} {SOUTH}, {WEST + 0.01} {SOUTH}, {WEST} {SOUTH + 0.01}, {WEST} {SOUTH}))"
ROUNDS = """
[programme]
key = "clean"
name_zh = "环卫"
name_en = "Cleaning"
purpose_zh = "扫"
purpose_en = "Sweep"
legal_basis = "x"

[classes.main]
kind = "road"
classes = ["main"]

[classes.waste]
kind = "place"
classes = ["waste_point"]

[rules.sweep]
name_zh = "每日清扫"
name_en = "Daily sweeping"
level = "lowest"
role = "grid_chief"
class = "main"
period = "day"
source = "x"

[rules.empty]
name_zh = "每日清运"
name_en = "Daily emptying"
level = "lowest"
role = "grid_chief"
class = "waste"
period = "day"
source = "x"
"""


def read(register: Register, *cells: str, crs: str = "EPSG:4326") -> tuple[list[Any], list[str]]:
    """The drafts of a text table with one shape a row, and the sentences of the other rows."""
    rows = [[str(number), cell] for number, cell in enumerate(cells)]
    table = Table("t.csv", "0" * 64, ["id", "wkt"], rows)
    drafts, errors = read_register(
        table, RegisterColumns(("id",), crs=crs, shape="wkt"), register, TODAY
    )
    return drafts, [f"{error.row}: {error.message}" for error in errors]


def bring(tx: Transaction, register: Register, *rows: tuple[str, str, str]) -> ImportReport:
    """Write rows of id, class and shape through the import."""
    table = Table("t.csv", "0" * 64, ["id", "class", "wkt"], [list(row) for row in rows])
    prepared = imports.prepare(table, register.key, COLUMNS, TODAY)
    return imports.write_prepared(tx, prepared)


# -- what a file may say ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "text", "sentence"),
    [
        (PLACES, "LINESTRING (1 2", "This is no shape; write WKT"),
        (PLACES, "somewhere", "This is no shape; write WKT"),
        (PLACES, "0102", "This is no shape; write WKT"),
        (ROADS, "LINESTRING EMPTY", "This shape is empty"),
        (ROADS, "LINESTRING Z (118 31 5, 118.1 31 6)", "heights (3-D)"),
        (ROADS, "POINT (118 31)", "This is a point, and a line is wanted"),
        (ROADS, YARD, "This is an area, and a line is wanted"),
        (PLACES, "MULTIPOINT ((118 31), (118.1 31))", "These are several points"),
        (PLACES, f"GEOMETRYCOLLECTION (POINT (118 31), {STREET})", "This mixes points, lines"),
        (ROADS, "LINESTRING (118 31, 118 31)", "This line has no length"),
        (PLACES, "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", "crosses or touches itself at 1, 1"),
        (PLACES, "LINESTRING (118 31, 118 131)", "A corner of this shape is not on the map"),
        (PLACES, "POINT (31 118)", "Longitude and latitude look swapped"),
    ],
)
def test_bad_shapes_get_a_sentence_with_their_row(
    register: Register, text: str, sentence: str
) -> None:
    good = "POINT (118 31)" if register is PLACES else STREET
    drafts, said = read(register, good, text, "")
    assert [draft.id for draft in drafts] == ["0", "2"]
    assert len(said) == 1 and said[0].startswith("3: ") and sentence in said[0]
    assert drafts[1].lon is None  # a blank cell is a place that is not known


def test_the_same_id_twice_is_one_row_or_an_error() -> None:
    table = Table(
        "t.csv", "0" * 64, ["id", "wkt"], [["a", STREET], ["a", STREET], ["a", "POINT (118 31)"]]
    )
    columns = RegisterColumns(("id",), crs="EPSG:4326", shape="wkt")
    drafts, errors = read_register(table, columns, PLACES, TODAY)
    assert len(drafts) == 1 and [error.row for error in errors] == [4]


def test_shapes_are_named_in_one_way_and_only_where_they_are_kept() -> None:
    table = Table("t.csv", "0" * 64, ["id", "wkt", "x", "y"], [])
    wrong = {
        "one way": (PLACES, {"shape": "wkt", "lon": "x", "lat": "y"}),
        "are lines": (ROADS, {"lon": "x", "lat": "y"}),
        "are points": (imports.writer_of("buildings").register, {"shape": "wkt"}),
    }
    for sentence, (register, place) in wrong.items():
        with pytest.raises(Refusal, match=sentence):
            read_register(
                table, RegisterColumns(("id",), crs="EPSG:4326", **place), register, TODAY
            )


def test_other_systems_are_brought_to_wgs84_and_the_source_is_kept() -> None:
    utm = "LINESTRING (600000 3500000, 600300 3500400)"
    (line,), said = read(ROADS, utm, crs="EPSG:32650")
    assert not said
    assert shapely.from_wkb(line.source_shape).equals(shapely.from_wkt(utm))
    expected = pyproj.Transformer.from_crs(32650, 4326, always_xy=True).transform(600000, 3500000)
    corners = shapely.get_coordinates(shapely.from_wkb(line.shape))
    assert corners[0] == pytest.approx(expected, abs=1e-12)
    point = shapely.point_on_surface(shapely.from_wkb(line.shape))
    assert (line.lon, line.lat) == (point.x, point.y)


@given(
    st.lists(
        st.tuples(st.floats(1e-6, 179), st.floats(-80, -1e-6)), min_size=2, max_size=9, unique=True
    )
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_shapes_are_the_same_after_being_written_as_text(
    corners: list[tuple[float, float]],
) -> None:
    line = shapely.LineString(corners)
    again = shape_of_text(text_of_shape(line))
    assert shapely.to_wkb(again) == shapely.to_wkb(line)
    assert shapely.to_wkb(shape_of_text(shapely.to_wkb(line, hex=True))) == shapely.to_wkb(line)


def test_the_column_of_shapes_is_found() -> None:
    found = guess(ROADS, ["id", "name", "wkt"], {})
    assert (found.lon, found.pair, found.id) == ("wkt", "shape", ("id",))
    assert guess(ROADS, ["osm_way", SHAPE_FIELD], {}).lon == SHAPE_FIELD
    assert guess(imports.writer_of("units").register, ["id", "wkt"], {}).lon is None


# -- the register -------------------------------------------------------------------------


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction_as(SERVICE_PERSON) as opened:
        publish_city(opened)
        yield opened


STORED = """
    SELECT p.kind || ' ' || p.id AS key, t.grid_no, t.tile_key,
           encode(ST_AsEWKB(t.geom), 'hex') AS geom, t.source_x, t.source_y, t.batch_no,
           to_jsonb(p)::text AS detail
    FROM place p JOIN target t ON t.no = p.target_no ORDER BY 1"""


def stored(tx: Transaction) -> dict[str, Any]:
    return {row.key: row for row in tx.rows(STORED)}


def test_a_batch_taken_back_leaves_byte_for_byte_what_was_there(tx: Transaction) -> None:
    bring(tx, ROADS, ("r1", "main", STREET))
    bring(tx, PLACES, ("r1", "yard", YARD), ("p2", "waste_point", f"POINT ({WEST} {SOUTH})"))
    before = stored(tx)
    other = (
        f"MULTILINESTRING (({WEST + SIDE} {SOUTH + 0.0011}, {WEST + SIDE + 0.02} {SOUTH + 0.3}))"
    )
    report = bring(tx, ROADS, ("r1", "lane", other), ("r2", "lane", STREET))
    assert (report.created, report.updated) == (1, 1) and stored(tx) != before
    batch_no = stored(tx)["road r2"].batch_no
    undone = imports.undo_batch(tx, batch_no)
    assert (undone.removed, undone.restored) == (1, 1)
    assert stored(tx) == before
    assert bring(tx, ROADS, ("r1", "main", STREET)).unchanged == 1
    assert monitoring.examine(tx)["sound"]


def test_a_line_over_several_grids_belongs_to_the_one_of_its_point(tx: Transaction) -> None:
    across = shapely.LineString(
        [(WEST + 0.01, SOUTH + 0.01), (WEST + SIDE / 2, SOUTH + 0.013), (WEST + SIDE, SOUTH + 0.01)]
    )
    bring(tx, ROADS, ("r1", "main", across.wkt))
    point = shapely.point_on_surface(across)
    row = stored(tx)["road r1"]
    located = grids.locator(tx, grids.active_edition(tx).no).locate(
        np.array([point.x]), np.array([point.y])
    )
    assert (row.grid_no, row.tile_key) == (int(located[0]), int(tile_key([point.x], [point.y])[0]))
    assert monitoring.examine(tx)["sound"]


def test_roads_and_places_are_due_by_their_class(tx: Transaction) -> None:
    programmes.set_programme(tx, ROUNDS, date(2026, 6, 1), date(2026, 6, 1))
    bring(tx, ROADS, ("r1", "main", STREET), ("r2", "lane", STREET))
    bring(tx, PLACES, ("p1", "waste_point", f"POINT ({WEST} {SOUTH})"), ("p2", "yard", YARD))
    due = {
        rule.key: tx.rows(
            "SELECT r.id, r.name FROM duty_states(%(rule)s, %(day)s, %(day)s, %(day)s, %(day)s,"
            " false) s JOIN register_row r ON r.target_no = s.target_no",
            rule=rule.no,
            day=date(2026, 6, 2),
        )
        for rule in programmes.duty_rules(tx, "clean")
    }
    assert due == {"sweep": [("r1", "r1")], "empty": [("p1", "p1")]}


# -- pages, files, tiles ------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(databases: Databases, settings: Settings) -> Iterator[Flask]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "operator", "admin", password=PASSWORD)
        add_person(tx, "blockchief", "grid_chief", "block:111", PASSWORD)
        far = f"LINESTRING ({WEST + SIDE} {SOUTH + 0.001}, {WEST + SIDE * 1.1} {SOUTH + 0.001})"
        bring(tx, ROADS, ("r1", "main", STREET), ("r2", "lane", far))
        bring(tx, PLACES, ("p1", "yard", YARD), ("p2", "waste_point", f"POINT ({WEST} {SOUTH})"))
    opened.close()
    yield create_app(settings, databases.app_dsn(name))
    databases.drop(name)


@pytest.fixture(scope="module")
def admin(app: Flask) -> FlaskClient:
    return signed_in_client(app, "operator")


@pytest.fixture(scope="module")
def chief(app: Flask) -> FlaskClient:
    return signed_in_client(app, "blockchief")


def geodesic(text: str) -> float:
    shape = shapely.from_wkt(text)
    return float(pyproj.Geod(ellps="WGS84").geometry_length(shape))


def test_the_list_says_lengths_on_the_ground(admin: FlaskClient) -> None:
    rows = {one["id"]: one for one in admin.get("/api/v1/roads").get_json()["roads"]}
    assert rows["r1"]["length_m"] == pytest.approx(geodesic(STREET), abs=0.06)
    page = admin.get("/roads").get_data(as_text=True)
    assert "2 roads" in page and "Main road" in page and "km" in page
    area = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.from_wkt(YARD))[0])
    rows = {one["id"]: one for one in admin.get("/api/v1/places").get_json()["places"]}
    assert rows["p1"]["area_m2"] == pytest.approx(area, rel=1e-6) and rows["p2"]["area_m2"] is None
    assert f"/places/{rows['p1']['no']}" in admin.get("/places").get_data(as_text=True)
    assert "m²" in admin.get(f"/places/{rows['p1']['no']}").get_data(as_text=True)


def test_a_chief_sees_the_own_ones_and_no_others(chief: FlaskClient) -> None:
    assert [one["id"] for one in chief.get("/api/v1/roads").get_json()["roads"]] == ["r1"]
    far = tile_of(WEST + SIDE * 1.05, SOUTH + 0.001, 15)
    assert not chief.get(f"/tiles/roads/15/{far.x}/{far.y}.mvt").data


def test_map_programs_get_the_whole_shape(admin: FlaskClient, tmp_path: Path) -> None:
    found = admin.get("/api/v1/roads?format=geojson").get_json()["features"]
    shapes = {
        one["properties"]["id"]: shapely.from_geojson(json.dumps(one["geometry"])) for one in found
    }
    assert shapes["r1"].equals(shapely.from_wkt(STREET))
    (tmp_path / "places.gpkg").write_bytes(admin.get("/export/places.gpkg").data)
    frame = gpd.read_file(tmp_path / "places.gpkg").set_index("id")
    assert frame.geometry["p1"].equals(shapely.from_wkt(YARD))
    assert frame.geometry["p2"].equals(shapely.Point(WEST, SOUTH))


def test_an_export_comes_back_unchanged(admin: FlaskClient, app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes(admin.get("/export/places.csv").data)
    columns = RegisterColumns(("id",), crs="EPSG:4326", fields={"class": "class"}, shape="wkt")
    database: Database = app.extensions["gridward_database"]
    with database.transaction_as(SERVICE_PERSON) as tx:
        report = imports.import_register(tx, FileRequest(path), "places", columns, TODAY)
    assert (report.rows, report.unchanged, report.errors) == (2, 2, [])


def test_lines_are_drawn_in_every_tile_that_they_cross(admin: FlaskClient) -> None:
    """Also where the point that stands for them lies in another tile."""
    ends = [tile_of(WEST + x, SOUTH + 0.001, 15) for x in (0.0001, SIDE / 8 - 0.0001)]
    assert ends[0] != ends[1]
    layers = [
        mapbox_vector_tile.decode(admin.get(f"/tiles/roads/15/{one.x}/{one.y}.mvt").data)
        for one in ends
    ]
    assert all(len(one["shapes"]["features"]) == 1 for one in layers)
    assert sum(len(one.get("points", {}).get("features", ())) for one in layers) <= 1
    points = mapbox_vector_tile.decode(
        admin.get(f"/tiles/roads/5/{ends[0].x >> 10}/{ends[0].y >> 10}.mvt").data
    )
    assert sum(one["properties"]["count"] for one in points["points"]["features"]) == 2


def test_both_are_found_by_search(admin: FlaskClient) -> None:
    groups = {
        one["kind"]: one for one in admin.get("/api/v1/search?q=Main+road").get_json()["groups"]
    }
    assert groups["road"]["results"][0]["url"].startswith("/roads/")


# -- real cities --------------------------------------------------------------------------


def multi(shape: shapely.Geometry) -> bytes:
    return bytes(shapely.to_wkb(shapely.multipolygons(shapely.get_parts(shape))))


def test_real_roads_lie_where_shapely_says(database: Database, real_data: Path) -> None:
    """3,860 roads in the towns of Tainan: lengths as pyproj has them, each in the one town."""
    file = real_data / "tainan" / "roads_osm.gpkg"
    towns = gpd.read_file(real_data / "tainan" / "boundaries.gpkg", layer="towns").to_crs(4326)
    towns.geometry = shapely.coverage_simplify(towns.geometry.to_numpy(), 0.001)
    roads = gpd.read_file(file, layer="edges")
    codes = [str(number) for number in range(len(towns))]
    shapes = {
        "city": [DraftShape("all", None, "all", None, multi(shapely.box(*towns.total_bounds)))],
        "town": [
            DraftShape(code, "all", code, None, wkb)
            for code, wkb in zip(codes, map(multi, towns.geometry), strict=True)
        ],
    }
    columns = RegisterColumns(("u", "v", "osm_way"), fields={"name": "name", "class": "highway"})
    with database.transaction_as(SERVICE_PERSON) as tx:
        grids.set_levels(tx, parse_levels(["city=市/City", "town=镇/Town"]))
        publish_city(tx, 2, shapes=shapes)
        request = FileRequest(file, Reading(sheet="edges"), commit=True)
        report = imports.import_register(tx, request, "roads", columns, TODAY)
        rows = registers.list_rows(tx, registers.list_named("roads"), RowFilter(TODAY), "", 5_000)
        active = grids.active_edition(tx)
        chains = grids.chains(tx, active.no, sorted({row.grid_no for row in rows} - {0}))
    assert (report.created, report.unlocated, report.errors) == (len(roads), 0, [])
    assert {row.class_key for row in rows} == {"expressway", "main", "secondary", "branch", "lane"}
    stored = {row.id: row for row in rows}
    geod = pyproj.Geod(ellps="WGS84")
    tree = shapely.STRtree(towns.geometry.to_numpy())
    points = shapely.point_on_surface(roads.geometry.to_numpy())
    touched: dict[int, list[str]] = {}
    for road, town in zip(*tree.query(points, predicate="intersects"), strict=True):
        touched.setdefault(int(road), []).append(codes[town])
    for place, road in enumerate(roads.itertuples()):
        row = stored[f"{road.u}{road.v}{road.osm_way}"]
        assert row.length_m == pytest.approx(
            geod.geometry_length(road.geometry), rel=1e-8, abs=1e-6
        )
        expected = min(touched.get(place, [""]))
        leaf = chains[row.grid_no][-1] if row.grid_no else None
        assert (leaf.code if leaf and leaf.level == "town" else "") == expected
    assert len(touched) > 3_500
