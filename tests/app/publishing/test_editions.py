"""What a publication changes and what it never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.db.connection import Database, Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.grids.rules import parse_levels
from app.identity.model import SERVICE_PERSON
from tests.app.publishing.cities import (
    FIRST,
    MOVED_BORDER,
    QUARTER,
    SECOND,
    add_places,
    assert_sound,
    codes_of_units,
    numbers,
    publish_draft,
    publish_second,
    shape_of,
    square,
    territory,
    unit_id,
    visible_units,
)
from tests.builders import (
    KEYS,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    grid_number,
    publish_city,
    square_city,
)

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
