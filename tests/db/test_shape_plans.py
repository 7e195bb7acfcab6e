"""With many grids in several editions the shapes are reached by their index, as the application."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from app.db.cluster import SUPERUSER
from app.db.connection import Database
from app.grids import store as grids
from app.tiles import store as tiles
from tests.conftest import Databases
from tests.db.test_plans import Explaining, Plan, tile_of

EDITIONS, COLUMNS, ROWS, SIDE = 4, 100, 60, 0.01  # degrees
LOAD = f"""
SET session_replication_role = replica;
INSERT INTO gridward.edition (name, state, valid_from, valid_until)
    SELECT 'e' || n, 'retired', date '2020-01-01' + n, date '2020-01-02' + n
    FROM generate_series(1, {EDITIONS}) n;
INSERT INTO gridward.grid (no, depth, code, span_end)
    SELECT n, 1, n::text, n + 1 FROM generate_series(1, {COLUMNS * ROWS}) n;
INSERT INTO gridward.grid_shape (edition_no, grid_no, name, geom)
    SELECT e, n, 'x', ST_Multi(ST_MakeEnvelope(x, y, x + {SIDE}, y + {SIDE}, 4326))
    FROM generate_series(1, {EDITIONS}) e, generate_series(1, {COLUMNS * ROWS}) n,
         LATERAL (SELECT 118 + n % {COLUMNS} * {SIDE} AS x, 31 + n / {COLUMNS} * {SIDE} AS y) low;
INSERT INTO gridward.tile_shape
    SELECT edition_no, 1, zoom, grid_no, ST_Transform(geom, 3857)
    FROM gridward.grid_shape, generate_series(11, 13) zoom;
INSERT INTO gridward.backdrop (kind, geom)
    SELECT CASE grid_no % 2 WHEN 0 THEN 'road' ELSE 'water' END, ST_Transform(geom, 3857)
    FROM gridward.grid_shape WHERE edition_no = 1;
"""
NEAR = tile_of(118.5, 31.3, 12)  # about a thirtieth of the city


@pytest.fixture(scope="module")
def application(databases: Databases) -> Iterator[Database]:
    name = databases.copy()
    connection = psycopg2.connect(databases.cluster.dsn(SUPERUSER, name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(LOAD)
            cursor.execute("ANALYZE")
    finally:
        connection.close()
    opened = Database(databases.app_dsn(name), size=1)
    yield opened
    opened.close()
    databases.drop(name)


def conditions(plan: Plan, index: str) -> str:
    """What is asked of the index; empty where it is not used."""
    return " ".join(
        str(node.get("Index Cond", "")) for node in plan.nodes if node.get("Index Name") == index
    )


def test_locating_a_point_reads_the_one_grid(application: Database) -> None:
    with application.transaction_as(None) as tx:
        explaining = Explaining(tx.connection, None)
        assert grids.locate(explaining, 2, 118.505, 31.305) > 0
    plan = explaining.plans[0]
    asked = conditions(plan, "grid_shape_geom")
    assert "edition_no" in asked and "&&" in asked, plan.text()
    assert plan.rows_read("grid_shape") == 1, plan.text()


def test_a_tile_of_grids_reads_the_shapes_of_its_place_edition_and_zoom(
    application: Database,
) -> None:
    with application.transaction_as(None) as tx:
        explaining = Explaining(tx.connection, None)
        assert len(tiles.grid_tile(explaining, 3, 1, NEAR)) > 100
    plan = explaining.plans[0]
    asked = conditions(plan, "tile_shape_geom")
    assert all(word in asked for word in ("edition_no", "depth", "zoom", "&&")), plan.text()


def test_a_tile_of_the_backdrop_reads_its_place(application: Database) -> None:
    with application.transaction_as(None) as tx:
        explaining = Explaining(tx.connection, None)
        assert len(tiles.backdrop_tile(explaining, NEAR)) > 100
    plan = explaining.plans[0]
    assert "&&" in conditions(plan, "backdrop_geom"), plan.text()
    assert plan.rows_read("backdrop") < COLUMNS * ROWS / 5, plan.text()
