"""With half a million targets the hot statements reach an index under the policies.

`GRIDWARD_PLANS_OUT=FILE` writes every plan to a file; `-s` prints them.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
import pytest

from app.coverage import store as coverage
from app.coverage.model import InspectedQuestion
from app.db.cluster import SUPERUSER
from app.db.connection import Database, Transaction
from app.grids import actions as grids
from app.identity.model import SERVICE_PERSON
from app.inspections import store as inspections
from app.monitoring import actions as monitoring
from app.registry import store as registry
from app.registry.model import UnitFilter
from app.tiles import store as tiles
from gis.tiles import Tile, tile_key
from tests.builders import SIDE, SOUTH, TODAY, WEST, add_person, grid_number, publish_city
from tests.conftest import Databases

TARGETS = 500_000
# person → their grids; the city has 128 stairwells, so one holds about 3,900 targets
READERS = {
    "block": ["stairwell:1111"],
    "subtree": ["community:11"],
    "twin": ["stairwell:1111", "stairwell:2444"],
}
SHARE = {"block": 1 / 128, "subtree": 1 / 8, "twin": 2 / 128}
EVERY_UNIT = UnitFilter(TODAY, 90)
LOAD = """
SET session_replication_role = replica;
DELETE FROM gridward.target;    -- the grids, whose numbers the points take
INSERT INTO gridward.target (no, kind, grid_no, tile_key, geom, imported_by)
    OVERRIDING SYSTEM VALUE
    SELECT no, 'unit', grid, key, ST_SetSRID(ST_MakePoint(lon, lat), 4326), 1 FROM point;
INSERT INTO gridward.unit (target_no, grid_no, imported_by, id, name, content)
    SELECT no, grid, 1, 'u' || lpad(no::text, 7, '0'), 'Unit ' || no, '' FROM point;
INSERT INTO gridward.inspection (id, target_no, outcome, happened_at, happened_on, recorded_by,
                                 grid_no, target_name, target_class, content)
    SELECT gen_random_uuid(), no, CASE WHEN no % 7 = 0 THEN 'locked' ELSE 'done' END,
           day::timestamp AT TIME ZONE 'UTC', day, 1, grid, 'Unit', 'other', ''
    FROM (SELECT *, date '2026-06-30' - (no * 7919 % 540)::int AS day FROM point) visited;
"""


@dataclass
class Plan:
    """One explained statement."""

    sql: str
    root: dict[str, Any]
    nodes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            self.nodes.append(node)
            waiting.extend(node.get("Plans", []))

    def scans(self, table: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes if node.get("Relation Name") == table]

    def rows_read(self, table: str) -> int:
        """What was fetched from the table, kept or not."""
        return sum(
            int(
                (
                    node["Actual Rows"]
                    + node.get("Rows Removed by Filter", 0)
                    + node.get("Rows Removed by Index Recheck", 0)
                )
                * node["Actual Loops"]
            )
            for node in self.scans(table)
        )

    def index_conditions(self) -> str:
        return " ".join(str(node.get("Index Cond", "")) for node in self.nodes)

    def text(self, node: dict[str, Any] | None = None, depth: int = 0) -> str:
        node = node or self.root
        words = [
            node.get("Subplan Name", ""),
            node["Node Type"],
            node.get("Relation Name", ""),
            node.get("Index Name", ""),
            node.get("Index Cond", ""),
            node.get("Filter", ""),
            f"rows {node['Actual Rows']} × {node['Actual Loops']}",
        ]
        lines = ["  " * depth + " | ".join(str(word) for word in words if word)]
        lines += [self.text(child, depth + 1) for child in node.get("Plans", [])]
        return "\n".join(lines)


class Explaining(Transaction):
    """Keeps the plan of every statement that a store runs on it."""

    def __init__(self, connection: psycopg2.extensions.connection, person: int | None) -> None:
        super().__init__(connection, person)
        self.plans: list[Plan] = []

    def rows(self, sql: str, **values: Any) -> list[Any]:
        found = super().rows("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql, **values)
        self.plans.append(Plan(sql, found[0][0][0]["Plan"]))
        return super().rows(sql, **values)


@dataclass(frozen=True)
class BigCity:
    database: Database
    people: dict[str, int]
    block: int  # number of the grid of the block reader
    a_target: int  # number of a target in it

    def plan(self, reader: str, title: str, run: Callable[[Transaction], object]) -> Plan:
        """The plan of the one statement of ``run``, for one reader; printed and kept."""
        with self.database.transaction_as(self.people[reader]) as tx:
            explaining = Explaining(tx.connection, tx.person)
            run(explaining)
        (plan,) = explaining.plans
        note(f"-- {reader}: {title}\n{plan.text()}\n")
        return plan


def note(text: str) -> None:
    print(text)
    out = os.environ.get("GRIDWARD_PLANS_OUT")
    if out:
        with open(Path(out), "a", encoding="utf-8") as stream:
            stream.write(text + "\n")


@pytest.fixture(scope="module")
def city(databases: Databases) -> Iterator[BigCity]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name), size=1)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        edition = publish_city(tx, depth=4)
        people = {
            reader: add_person(tx, reader, "area_manager", held[0])
            for reader, held in READERS.items()
        }
        tx.execute(
            "INSERT INTO assignment (person_no, grid_no, role, valid_from) VALUES "
            "(%(person)s, %(grid)s, 'area_manager', '2025-01-01')",
            person=people["twin"],
            grid=grid_number(tx, READERS["twin"][1]),
        )
        people["leader"] = add_person(tx, "leader", "leader")
        block = grid_number(tx, READERS["block"][0])
        points = scatter(grids.locator(tx, edition))
    a_target = fill(databases, name, points, block)
    yield BigCity(opened, people, block, a_target)
    opened.close()
    databases.drop(name)


def scatter(locator: Any) -> io.StringIO:
    """Points all over the city as lines of no, grid, key, lon, lat."""
    chance = np.random.default_rng(20_260_630)
    lon = WEST + chance.random(TARGETS) * 2 * SIDE
    lat = SOUTH + chance.random(TARGETS) * SIDE
    columns = (np.arange(1, TARGETS + 1), locator.locate(lon, lat), tile_key(lon, lat), lon, lat)
    return io.StringIO(
        "\n".join(
            "\t".join(map(str, row))
            for row in zip(*(column.tolist() for column in columns), strict=True)
        )
    )


def fill(databases: Databases, name: str, points: io.StringIO, block: int) -> int:
    connection = psycopg2.connect(databases.cluster.dsn(SUPERUSER, name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE point (no bigint, grid int, key bigint, lon float8, lat float8)"
            )
            cursor.copy_expert("COPY point FROM STDIN", points)
            cursor.execute(LOAD)
            cursor.execute("ANALYZE gridward.target, gridward.unit, gridward.inspection")
            cursor.execute("SELECT min(no) FROM point WHERE grid = %s", (block,))
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def tile_of(lon: float, lat: float, zoom: int) -> Tile:
    side = 1 << zoom
    north = math.asinh(math.tan(math.radians(lat)))
    return Tile(zoom, int((lon + 180) / 360 * side), int((1 - north / math.pi) / 2 * side))


NEAR = tile_of(WEST + SIDE / 16, SOUTH + SIDE / 16, 15)  # inside stairwell 1111
FAR = tile_of(WEST + SIDE / 2, SOUTH + SIDE / 2, 11)  # most of the city
AWAY = tile_of(WEST + SIDE * 1.3, SOUTH + SIDE * 0.4, 15)  # in nobody's grid of these readers


def assert_indexed(plan: Plan, *tables: str) -> None:
    """No table is read from end to end, and the territory is worked out once."""
    for table in tables:
        assert plan.scans(table), f"{table} is not read at all\n{plan.text()}"
        for node in plan.scans(table):
            assert node["Node Type"] != "Seq Scan", plan.text()
    starts = [
        node for node in plan.nodes if str(node.get("Subplan Name", "")).startswith("InitPlan")
    ]
    assert starts and all(node["Actual Loops"] <= 1 for node in starts), plan.text()
    for node in plan.nodes:
        for condition in ("Filter", "Index Cond", "Join Filter", "Recheck Cond"):
            assert "scope" not in str(node.get(condition, "")), plan.text()


@pytest.mark.parametrize("reader", READERS)
def test_a_count_of_targets(city: BigCity, reader: str) -> None:
    plan = city.plan(reader, "targets", lambda tx: tx.value("SELECT count(*) FROM target"))
    assert_indexed(plan, "target")
    assert "grid_no" in plan.index_conditions()
    assert plan.root["Actual Rows"] == 1
    # two distant grids are read with what lies between them: the bounds are all an index knows
    if reader != "twin":
        assert plan.rows_read("target") < 1.2 * SHARE[reader] * TARGETS


@pytest.mark.parametrize("reader", READERS)
def test_the_tile_of_single_units(city: BigCity, reader: str) -> None:
    plan = city.plan(
        reader, "unit tile z15", lambda tx: tiles.unit_points_tile(tx, NEAR, TODAY, 90)
    )
    assert_indexed(plan, "target", "unit", "inspection")
    assert "tile_key" in plan.index_conditions() or "grid_no" in plan.index_conditions()
    assert plan.rows_read("target") < 3 * TARGETS / 128


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_tile_elsewhere_is_cheap(city: BigCity, reader: str) -> None:
    plan = city.plan(
        reader, "unit tile elsewhere", lambda tx: tiles.unit_points_tile(tx, AWAY, TODAY, 90)
    )
    assert_indexed(plan, "target")
    assert "tile_key" in plan.index_conditions() or "grid_no" in plan.index_conditions()
    assert plan.rows_read("target") < 3 * TARGETS / 128


@pytest.mark.parametrize("reader", ["block", "subtree"])
def test_the_tile_of_clusters(city: BigCity, reader: str) -> None:
    plan = city.plan(
        reader, "unit tile z11", lambda tx: tiles.unit_clusters_tile(tx, FAR, 14, TODAY)
    )
    assert_indexed(plan, "target")
    assert plan.rows_read("target") < 1.2 * SHARE[reader] * TARGETS


@pytest.mark.parametrize("reader", READERS)
def test_the_list_of_units(city: BigCity, reader: str) -> None:
    plan = city.plan(
        reader, "list of units", lambda tx: registry.list_units(tx, EVERY_UNIT, "", 100)
    )
    assert_indexed(plan, "target", "unit")
    conditions = plan.index_conditions()
    assert "grid_no" in conditions or "tile_key" in conditions, plan.text()


def test_the_count_of_units(city: BigCity) -> None:
    plan = city.plan("block", "count of units", lambda tx: registry.count_units(tx, EVERY_UNIT))
    assert_indexed(plan, "target")
    assert "grid_no" in plan.index_conditions()


@pytest.mark.parametrize("reader", ["block", "twin"])
def test_events_are_reached_from_their_targets(city: BigCity, reader: str) -> None:
    """Half a million visits by time alone would be read by whoever has four thousand units."""
    asked = InspectedQuestion(TODAY, 90)
    for title, run in {
        "visits of a target": lambda tx: inspections.list_inspections_of_target(
            tx, city.a_target, TODAY, "g", 100
        ),
        "last visit in a grid": lambda tx: inspections.last_inspection_within(
            tx, city.block, TODAY
        ),
        "coverage by grid": lambda tx: coverage.list_inspected_by_grid(tx, asked, 4),
        "coverage in all": lambda tx: coverage.count_inspected_within(tx, asked),
    }.items():
        plan = city.plan(reader, title, run)
        assert_indexed(plan, "target", "inspection")
        for node in plan.scans("inspection"):
            assert "target_no" in str(node.get("Index Cond", "")) or "supersedes" in str(
                node.get("Index Cond", "")
            ), plan.text()
        assert plan.rows_read("inspection") < 0.05 * TARGETS, plan.text()


def test_the_newest_event_is_found_by_its_index(city: BigCity) -> None:
    """Asked by every look-out, each minute: of all events the newest visible one."""
    plan = city.plan("leader", "figures for a look-out", monitoring.data_health)
    (scan,) = plan.scans("inspection")
    assert scan["Index Name"] == "inspection_recorded", plan.text()
    assert plan.rows_read("inspection") < 10, plan.text()


def test_readers_count_what_is_theirs(city: BigCity) -> None:
    counted = {}
    for reader, person in city.people.items():
        with city.database.transaction_as(person) as tx:
            counted[reader] = tx.value("SELECT count(*) FROM target")
    assert counted["leader"] == TARGETS
    for reader, share in SHARE.items():
        assert 0.9 < counted[reader] / (share * TARGETS) < 1.1, counted
