"""Editions: what a publication changes, what it never changes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import psycopg2
import pytest
import shapely
from psycopg2.extensions import parse_dsn

from app.db.cluster import SUPERUSER
from app.db.connection import Database, Transaction
from app.errors import Cancelled, NotFound, Refusal
from app.grids import actions as grids, store as grid_store
from app.grids.model import DraftShape
from app.grids.rules import parse_levels
from app.identity.model import SERVICE_PERSON
from app.jobs.model import no_progress
from app.monitoring.actions import examine
from app.publishing.actions import PublishRequest, publish
from gis.faults import Fault, said
from tests.builders import (
    KEYS,
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    add_units,
    grid_number,
    publish_city,
    square_city,
)
from tests.conftest import Databases

FIRST, SECOND = date(2025, 1, 1), date(2026, 1, 1)
QUARTER = SIDE / 4  # the side of a block in a city of three levels
PLACES = {
    "in111": (WEST + 0.5 * QUARTER, SOUTH + 0.01),
    "between": (WEST + 1.25 * QUARTER, SOUTH + 0.01),  # in 112, later in 111
    "in112": (WEST + 1.75 * QUARTER, SOUTH + 0.01),
    "in144": (WEST + 3.5 * QUARTER, SOUTH + 3.5 * QUARTER),
    "in244": (WEST + SIDE + 3.5 * QUARTER, SOUTH + 3.5 * QUARTER),
    "outside": (WEST - 0.5 * QUARTER, SOUTH + 0.01),
}
Changes = Mapping[str, DraftShape | None]


def city(changes: Changes | None = None) -> dict[str, list[DraftShape]]:
    """Three levels of squares, some grids changed, left out (None) or added."""
    levels = square_city(3)
    for code, shape in (changes or {}).items():
        key = KEYS[len(code) - 1]
        levels[key] = [one for one in levels[key] if one.code != code]
        if shape is not None:
            levels[key].append(shape)
    return levels


def shape_of(code: str) -> DraftShape:
    return next(one for shapes in square_city(3).values() for one in shapes if one.code == code)


def square(
    code: str,
    parent: str | None,
    west: float,
    east: float,
    south: float = SOUTH,
    north: float = SOUTH + QUARTER,
) -> DraftShape:
    box = shapely.MultiPolygon([shapely.box(west, south, east, north)])
    return DraftShape(code, parent, f"格{code}", None, shapely.to_wkb(box))


MOVED_BORDER: Changes = {
    "111": square("111", "11", WEST, WEST + 1.5 * QUARTER),
    "112": square("112", "11", WEST + 1.5 * QUARTER, WEST + 2 * QUARTER),
}


def publish_second(
    tx: Transaction, changes: Changes, name: str = "second", day: date = SECOND
) -> int:
    return publish_city(tx, name=name, shapes=city(changes), valid_from=day)


def assert_sound(tx: Transaction) -> None:
    found = examine(tx)
    assert found["sound"], [check for check in found["checks"] if check["faults"]]


def add_places(tx: Transaction) -> None:
    """Units `u0` …, in the order of PLACES."""
    add_units(tx, list(PLACES.values()))


def unit_id(place: str) -> str:
    return f"u{list(PLACES).index(place)}"


def codes_of_units(tx: Transaction) -> dict[str, str | None]:
    """Place → code of the grid that its unit has now."""
    rows = tx.rows(
        "SELECT u.id, g.code FROM unit u JOIN target t ON t.no = u.target_no "
        "LEFT JOIN grid g ON g.no = t.grid_no"
    )
    by_id = {row.id: row.code for row in rows}
    return {place: by_id[unit_id(place)] for place in PLACES}


def numbers(tx: Transaction) -> dict[tuple[int, str], int]:
    return {(row.depth, row.code): row.no for row in tx.rows("SELECT depth, code, no FROM grid")}


def territory(tx: Transaction, reference: str) -> str:
    return str(
        tx.value(
            "SELECT numbers::text FROM territory WHERE grid_no = %(no)s",
            no=grid_number(tx, reference),
        )
    )


def visible_units(database: Database, person: int) -> set[str]:
    with database.transaction_as(person) as tx:
        found = {row.id for row in tx.rows("SELECT id FROM unit")}
    return {place for place in PLACES if unit_id(place) in found}


# -- a first edition ----------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_a_first_edition_of_any_scheme(tx: Transaction, depth: int) -> None:
    edition = publish_city(tx, depth=depth)
    counts = [2 * 4**level for level in range(depth)]
    active = grids.find_active(tx)
    assert active is not None and (active.no, active.valid_from) == (edition, FIRST)
    assert active.digest and active.valid_until is None
    assert [(level.key, level.grids) for level in grids.edition_levels(tx, edition)] == list(
        zip(KEYS, counts, strict=False)
    )
    zooms = [level.min_zoom for level in grids.edition_levels(tx, edition)]
    assert zooms == sorted(set(zooms))
    outside = "NOT ST_Contains(geom, ST_SetSRID(ST_MakePoint(label_lon, label_lat), 4326))"
    assert tx.value(f"SELECT count(*) FROM grid_shape WHERE coalesce({outside}, true)") == 0
    chains = tx.value("SELECT count(*) FROM grid_chain WHERE edition_no = %(no)s", no=edition)
    assert chains == sum(count * (level + 1) for level, count in enumerate(counts))
    assert tx.value("SELECT bool_and(numbers::text ~ '^{[^,]+,[^,]+}$') FROM territory")
    assert tx.value("SELECT count(*) FROM draft_shape") == 0
    assert tx.value("SELECT count(DISTINCT (depth)) FROM tile_shape") == depth
    leaf = "1" * depth
    assert grids.locate(tx, WEST + 1e-4, SOUTH + 1e-4, TODAY)["grids"][-1]["code"] == leaf
    assert tx.value(
        "SELECT detail->>'grids' FROM audit_event WHERE action = 'edition_published'"
    ) == str(sum(counts))
    assert_sound(tx)


def test_the_deepest_levels_may_wait_for_a_later_edition(tx: Transaction) -> None:
    levels = square_city(3)
    del levels["block"]
    publish_city(tx, shapes=levels)
    add_places(tx)
    assert codes_of_units(tx)["in111"] == "11"
    publish_second(tx, {})
    assert codes_of_units(tx)["in111"] == "111"
    assert_sound(tx)


def test_grids_named_alike_on_two_levels_are_told_apart(tx: Transaction) -> None:
    grids.set_levels(tx, parse_levels(["town=town/town", "block=block/block"]))
    publish_city(
        tx,
        shapes={
            "town": [square("1", None, WEST, WEST + 2 * QUARTER)],
            "block": [square("1", "1", WEST, WEST + QUARTER)],
        },
    )
    assert grid_number(tx, "town:1") != grid_number(tx, "block:1")
    with pytest.raises(Refusal, match="exists on the levels town and block"):
        grid_number(tx, "1")
    assert_sound(tx)


# -- a second edition ---------------------------------------------------------------------


def test_a_moved_border_locates_every_point_anew(tx: Transaction) -> None:
    first = publish_city(tx)
    add_places(tx)
    before = numbers(tx)
    add_inspections(tx, [(unit_id("between"), date(2025, 6, 1), "done")])
    assert codes_of_units(tx)["between"] == "112"
    second = publish_second(tx, MOVED_BORDER)
    assert codes_of_units(tx) == {
        "in111": "111",
        "between": "111",
        "in112": "112",
        "in144": "144",
        "in244": "244",
        "outside": None,
    }
    assert numbers(tx) == before
    retired, active = grids.editions(tx)
    assert (retired.no, retired.state, retired.valid_until) == (first, "retired", SECOND)
    assert (active.no, active.state, active.valid_from) == (second, "active", SECOND)
    assert active.digest != retired.digest
    event = tx.row("SELECT i.grid_no, i.edition_no, i.before_first_edition FROM inspection i")
    assert event == (before[3, "112"], first, False)
    assert_sound(tx)


def test_each_event_keeps_the_edition_of_its_own_day(tx: Transaction) -> None:
    """Also what is recorded late: the day of the visit decides, not the day of the upload."""
    first = publish_city(tx)
    add_places(tx)
    second = publish_second(tx, MOVED_BORDER)
    number = numbers(tx)
    days = {
        date(2024, 5, 1): ("112", first, True),
        FIRST: ("112", first, False),
        SECOND - timedelta(days=1): ("112", first, False),
        SECOND: ("111", second, False),
        TODAY: ("111", second, False),
    }
    add_inspections(tx, [(unit_id("between"), day, "done") for day in days])
    found = {
        row[0]: tuple(row[1:])
        for row in tx.rows(
            "SELECT happened_on, grid_no, edition_no, before_first_edition FROM inspection"
        )
    }
    assert found == {
        day: (number[3, code], edition, early) for day, (code, edition, early) in days.items()
    }
    assert [grids.edition_on(tx, day).no for day in days] == [
        edition for _, edition, _ in days.values()
    ]


def test_only_points_whose_grid_changed_are_written(tx: Transaction) -> None:
    publish_city(tx)
    add_places(tx)

    def versions() -> dict[str, str]:
        return {
            row.id: row.ctid
            for row in tx.rows(
                "SELECT u.id, t.ctid::text AS ctid FROM target t JOIN unit u ON u.target_no = t.no"
            )
        }

    before = versions()
    answer = publish_draft(tx, MOVED_BORDER)
    after = versions()
    assert [unit for unit in before if before[unit] != after[unit]] == [unit_id("between")]
    assert answer["moved"] == 1


def publish_draft(
    tx: Transaction, changes: Changes, progress: Callable[[int, int, str], None] = no_progress
) -> dict[str, object]:
    for key, shapes in city(changes).items():
        grids.fill_draft(tx, "second", key, shapes)
    return publish(tx, PublishRequest("second", SECOND, accept_warnings=False), TODAY, progress)


def test_leftovers_are_found_and_made(tx: Transaction) -> None:
    publish_city(tx)
    add_places(tx)
    publish_second(
        tx,
        {
            "111": square("111", "11", WEST - QUARTER, WEST + QUARTER),  # now also to the west
            "2": None,
            **{code: None for code in all_below("2")},
        },
    )
    found = codes_of_units(tx)
    assert (found["outside"], found["in244"]) == ("111", None)
    assert_sound(tx)


def all_below(code: str) -> list[str]:
    return [
        one.code
        for shapes in square_city(3).values()
        for one in shapes
        if one.code.startswith(code) and one.code != code
    ]


def test_a_grid_that_goes_keeps_its_number_until_it_comes_back(tx: Transaction) -> None:
    publish_city(tx)
    add_places(tx)
    before = numbers(tx)
    publish_second(tx, {"111": None, "115": square("115", "11", WEST, WEST + 0.5 * QUARTER)})
    assert codes_of_units(tx)["in111"] in ("115", "11")
    now = numbers(tx)
    assert before.items() <= now.items() and set(now) - set(before) == {(3, "115")}
    span = tx.row("SELECT no, span_end FROM grid WHERE depth = 2 AND code = '11'")
    assert span is not None and span.no < now[3, "115"] < span.span_end
    with pytest.raises(NotFound):
        grid_number(tx, "block:111")
    assert_sound(tx)
    publish_second(tx, {}, name="third", day=TODAY)
    assert grid_number(tx, "block:111") == before[3, "111"]
    assert codes_of_units(tx)["in111"] == "111"
    assert_sound(tx)


def test_a_point_in_no_block_belongs_to_its_community(tx: Transaction) -> None:
    publish_city(tx)
    add_places(tx)
    publish_second(tx, {"111": None})
    assert codes_of_units(tx)["in111"] == "11"
    assert_sound(tx)


def test_two_publications_on_one_day(tx: Transaction) -> None:
    """The morning's edition held for no day; the evening's holds."""
    publish_city(tx, valid_from=TODAY)
    add_places(tx)
    second = publish_second(tx, MOVED_BORDER, day=TODAY)
    assert grids.edition_on(tx, TODAY).no == second
    assert grids.edition_on(tx, FIRST).no == second
    add_inspections(tx, [(unit_id("between"), FIRST, "done"), (unit_id("between"), TODAY, "done")])
    assert tx.rows(
        "SELECT edition_no, before_first_edition FROM inspection ORDER BY happened_on"
    ) == [(second, True), (second, False)]
    assert_sound(tx)


def test_a_moved_community_takes_its_readers_with_it(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_places(tx)
        people = {
            grid: add_person(tx, grid.replace(":", ""), "area_manager", grid)
            for grid in ("town:1", "town:2", "community:14", "block:144", "block:111")
        }
        before = {grid: territory(tx, grid) for grid in people}
    assert "in144" in visible_units(database, people["town:1"])
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_second(tx, {"14": replace(shape_of("14"), parent_code="2"), "111": None})
        assert territory(tx, "town:1").count("[") == territory(tx, "town:2").count("[") == 2
        assert territory(tx, "community:14") == before["community:14"]
        active = grids.find_active(tx)
        assert active is not None
        chain = grids.chains(tx, active.no, [grid_number(tx, "block:144")])
        assert [grid.code for grid in next(iter(chain.values()))] == ["2", "14", "144"]
        assert_sound(tx)
    assert visible_units(database, people["town:1"]) == {"in111", "between", "in112"}
    assert visible_units(database, people["town:2"]) == {"in144", "in244"}
    for grid in ("community:14", "block:144"):
        assert visible_units(database, people[grid]) == {"in144"}
    assert visible_units(database, people["block:111"]) == set()  # the grid is gone


# -- refusals -----------------------------------------------------------------------------


def no_change(tx: Transaction) -> None:
    """A sound draft."""


def leave_out(key: str) -> Callable[[Transaction], None]:
    def edit(tx: Transaction) -> None:
        grids.fill_draft(tx, "second", key, [])

    return edit


def orphan_a_block(tx: Transaction) -> None:
    shapes = [
        replace(one, parent_code="99") if one.code == "111" else one for one in city()["block"]
    ]
    grids.fill_draft(tx, "second", "block", shapes)


def note_fault(kind: str, severity: str) -> Callable[[Transaction], None]:
    def edit(tx: Transaction) -> None:
        grid_store.replace_faults(
            tx,
            grids.edition_named(tx, "second").no,
            3,
            [Fault(kind, severity, "111", 12.5, (WEST, SOUTH), said("A fault."))],
        )  # type: ignore[arg-type]

    return edit


@pytest.mark.parametrize(
    ("edit", "name", "day", "accept", "words"),
    [
        (no_change, "second", TODAY + timedelta(days=1), True, "cannot begin in the future"),
        (no_change, "second", FIRST - timedelta(days=1), True, "cannot begin before it"),
        (no_change, "first", SECOND, True, "is published already"),
        (no_change, "third", SECOND, True, "There is no edition third"),
        (leave_out("community"), "second", SECOND, True, "no grids on level community"),
        (leave_out("town"), "second", SECOND, True, "no grids on level town"),
        (orphan_a_block, "second", SECOND, True, "block 111 has the parent 99"),
        (note_fault("overlap", "warning"), "second", SECOND, False, "1 warnings (overlap 1)"),
        (note_fault("duplicate_code", "error"), "second", SECOND, True, "has 1 errors"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_publication_is_refused(
    tx: Transaction,
    edit: Callable[[Transaction], None],
    name: str,
    day: date,
    accept: bool,
    words: str,
) -> None:
    publish_city(tx)
    for key, shapes in city(MOVED_BORDER).items():
        grids.fill_draft(tx, "second", key, shapes)
    edit(tx)
    before = numbers(tx)
    with pytest.raises(Refusal) as refusal:
        publish(tx, PublishRequest(name, day, accept), TODAY, no_progress)
    assert words in str(refusal.value)
    assert [one.state for one in grids.editions(tx)] == ["active", "draft"]
    assert numbers(tx) == before
    assert_sound(tx)


def test_accepted_warnings_are_kept_with_the_edition(tx: Transaction) -> None:
    publish_city(tx)
    for key, shapes in city(MOVED_BORDER).items():
        grids.fill_draft(tx, "second", key, shapes)
    note_fault("overlap", "warning")(tx)
    publish(tx, PublishRequest("second", SECOND, accept_warnings=True), TODAY, no_progress)
    active = grids.find_active(tx)
    assert active is not None and active.accepted_warnings == 1
    assert len(grids.faults_of(tx, active.no)[1]) == 1
    assert_sound(tx)


def test_a_published_edition_takes_no_more_shapes(tx: Transaction) -> None:
    publish_city(tx)
    with pytest.raises(Refusal, match="is published and never changes"):
        grids.fill_draft(tx, "first", "block", city()["block"])


# -- cancel -------------------------------------------------------------------------------


def snapshot(databases: Databases, dsn: str) -> dict[str, str]:
    """A digest of every row of every table, seen by the superuser."""
    connection = psycopg2.connect(databases.cluster.dsn(SUPERUSER, parse_dsn(dsn)["dbname"]))
    found = {}
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'gridward'::regnamespace"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(
                    "SELECT md5(coalesce(string_agg(row::text, '' ORDER BY row::text), "
                    f"'')) FROM {table} AS row"
                )
                found[table] = cursor.fetchone()[0]
    finally:
        connection.close()
    return found


def test_a_cancel_at_any_step_leaves_no_trace(database: Database, databases: Databases) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_places(tx)
    before = snapshot(databases, database.dsn)
    steps: list[str] = []

    def until(last: int) -> Callable[[int, int, str], None]:
        steps.clear()

        def progress(done: int, total: int, words: str) -> None:
            steps.append(words)
            assert 0 <= done <= total
            if len(steps) == last:
                raise Cancelled("Stopped as asked.")

        return progress

    last = 1
    while True:
        try:
            with database.transaction_as(SERVICE_PERSON) as tx:
                publish_draft(tx, MOVED_BORDER, until(last))
            break
        except Cancelled:
            assert snapshot(databases, database.dsn) == before, steps[-1]
            last += 1
    assert steps[0] == "Numbering the grids" and steps[-1] == "Published" and last > 6
    assert snapshot(databases, database.dsn) != before
    with database.transaction_as(SERVICE_PERSON) as tx:
        assert_sound(tx)


# -- the two locators ---------------------------------------------------------------------


def test_the_database_and_the_library_locate_alike(tx: Transaction) -> None:
    """Random points, points on borders and corners, points outside: one rule, two forms."""
    edition = publish_city(tx, depth=4, shapes=ragged_city())
    chance = np.random.default_rng(7)
    rows = grid_store.list_shapes(tx, edition)
    corners = shapely.get_coordinates(
        shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    )
    starts = corners[chance.integers(0, len(corners) - 1, 600)]
    middles = (corners[:-1] + corners[1:])[chance.integers(0, len(corners) - 1, 600)] / 2
    anywhere = chance.uniform(
        (WEST - 0.05, SOUTH - 0.05), (WEST + 2 * SIDE + 0.05, SOUTH + SIDE + 0.05), (800, 2)
    )
    points = np.vstack([starts, middles, anywhere])
    expected = grids.locator(tx, edition).locate(points[:, 0], points[:, 1])
    found = [grid_store.locate(tx, edition, float(lon), float(lat)) for lon, lat in points]
    assert len(found) == 2_000 and 0 in found
    assert found == expected.tolist()


def ragged_city() -> dict[str, list[DraftShape]]:
    """Four levels with a missing block, and codes whose byte order is not their number's."""
    levels = square_city(4)
    names = {"1111": "乙", "1112": "甲", "1113": "Z", "1114": "a"}
    levels["stairwell"] = [
        replace(one, code=names.get(one.code, one.code))
        for one in levels["stairwell"]
        if not one.code.startswith("122")
    ]
    levels["block"] = [one for one in levels["block"] if one.code != "122"]
    return levels


def test_both_name_the_same_nearest_grid(tx: Transaction) -> None:
    edition = publish_city(tx)
    chance = np.random.default_rng(8)
    lon = WEST + chance.uniform(-0.5, 0.6, 40)
    lat = SOUTH - chance.uniform(0.01, 0.4, 40)
    expected, metres = grids.locator(tx, edition).nearest(lon, lat)
    for position in range(len(lon)):
        found = grid_store.nearest_grid(tx, edition, float(lon[position]), float(lat[position]))
        assert found is not None and found.no == expected[position]
        assert found.distance_m == pytest.approx(metres[position], rel=1e-3)
