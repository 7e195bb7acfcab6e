"""A unit's life, classes, place and relatives, and taking a change back exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.db.connection import Database, Transaction
from app.errors import Conflict, NotFound, Refusal
from app.identity.model import SERVICE_PERSON
from app.monitoring import actions as monitoring
from app.registry import actions as registry
from app.registry.model import UnitFilter
from app.units import actions as units, merging, store
from app.units.model import Change
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    add_units,
    batch,
    grid_number,
    publish_city,
    unit_draft,
)

FACTS = {"name": "Lu's Noodles", "address": "1 Test Street", "credit_code": "91350100M000100Y43",
         "responsible": "陆国安", "manager": "何静", "phone": "0555-1234567",
         "hours_text": "Mon-Fri 9:00-18:00"}  # fmt: skip


@pytest.fixture
def city(tx: Transaction) -> Transaction:
    """Three units in block 111, one in 211."""
    publish_city(tx)
    places = [(WEST + 0.001 * n, SOUTH + 0.001) for n in (1, 2, 3)]
    add_units(tx, [*places, (WEST + SIDE + 0.001, SOUTH + 0.001)])
    return tx


def change(tx: Transaction, identity: str = "u0", on: date = TODAY, why: str = "seen") -> Change:
    no = units.unit_number(tx, identity)
    return Change(no, units.unit(tx, no, TODAY).version, on, why)


def state(tx: Transaction, identity: str = "u0") -> Any:
    no = units.unit_number(tx, identity)
    return store.list_states(tx, [no])[no], units.unit(tx, no, TODAY).grid_no


def counted(tx: Transaction, on: date) -> tuple[int, int]:
    found = coverage.inspected_within(tx, InspectedQuestion(on, 90, None))
    return found.units, found.inspected


CHANGES: dict[str, Callable[[Transaction], object]] = {
    "edited": lambda tx: units.edit(
        tx, change(tx), units.checked_facts(FACTS | {"name": "Unit u0"}), TODAY
    ),
    "renamed": lambda tx: units.edit(tx, change(tx), units.checked_facts(FACTS), TODAY),
    "moved": lambda tx: units.move(tx, change(tx), WEST + SIDE + 0.002, SOUTH + 0.002, TODAY),
    "closed": lambda tx: units.close(tx, change(tx), TODAY),
    "class_changed": lambda tx: units.set_class(
        tx, change(tx, on=date(2026, 3, 1)), "kind", "hotel", TODAY
    ),
    "parent_changed": lambda tx: units.set_parent(tx, change(tx), "u1", TODAY),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_every_change_is_written_down_and_can_be_taken_back_exactly(
    city: Transaction, kind: str
) -> None:
    before = state(city)
    CHANGES[kind](city)
    assert state(city) != before
    written = units.events(city, units.unit_number(city, "u0"))[0]
    assert (written.kind, written.recorded_by, written.reason) == (kind, "Gridward", "seen")
    assert written.changes
    units.take_back(city, change(city), TODAY)
    assert state(city) == before
    last = units.events(city, units.unit_number(city, "u0"))
    assert [(one.kind, one.undone) for one in last] == [("taken_back", False), (kind, True)]
    assert monitoring.examine(city)["sound"]


def test_changes_are_taken_back_one_after_the_other(city: Transaction) -> None:
    states = [state(city)]
    for kind in ("renamed", "moved", "class_changed"):
        CHANGES[kind](city)
        states.append(state(city))
    for earlier in reversed(states[:-1]):
        units.take_back(city, change(city), TODAY)
        assert state(city) == earlier
    with pytest.raises(Refusal, match="no change by hand"):
        units.take_back(city, change(city), TODAY)


def test_who_was_slower_is_told_and_changes_nothing(city: Transaction) -> None:
    stale = change(city)
    units.close(city, change(city), TODAY)
    before = state(city)
    with pytest.raises(Conflict, match="Somebody changed this unit"):
        units.edit(city, stale, units.checked_facts(FACTS), TODAY)
    assert state(city) == before


def test_a_change_that_changes_nothing_leaves_no_trace(city: Transaction) -> None:
    units.edit(city, change(city), units.checked_facts(FACTS), TODAY)
    with pytest.raises(Refusal, match="Nothing is different"):
        units.edit(city, change(city), units.checked_facts(FACTS), TODAY)
    with pytest.raises(Refusal, match="lies in the future"):
        units.close(city, change(city, on=date(2026, 7, 1)), TODAY)


def test_facts_are_checked_before_anything_is_written() -> None:
    for wrong, words in (
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 301}, "too long"),
        ({"credit_code": "91350100M000100Y40"}, "mistyped"),
        ({"phone": "call me"}, "not understood"),
        ({"hours_text": "sometimes"}, "not understood"),
        ({"manager": "x" * 81}, "too long"),
    ):
        with pytest.raises(Refusal, match=words):
            units.checked_facts(FACTS | wrong)


def test_closed_days_count_nothing_and_opening_again_does_not_rewrite_them(
    city: Transaction,
) -> None:
    add_inspections(city, [("u0", date(2026, 1, 10), "done"), ("u1", date(2026, 5, 1), "done")])
    assert counted(city, date(2026, 3, 1)) == (4, 1)
    units.close(city, change(city, on=date(2026, 2, 1)), TODAY)
    units.reopen(city, change(city, on=date(2026, 5, 1)), TODAY)
    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 4, 30), date(2026, 5, 1))
    figures = {day: counted(city, day) for day in days}
    assert figures == {
        date(2026, 1, 31): (4, 1),
        date(2026, 2, 1): (3, 0),
        date(2026, 4, 30): (3, 0),
        date(2026, 5, 1): (4, 1),
    }
    with pytest.raises(Refusal, match="open since 2026-05-01"):
        units.close(city, change(city, on=date(2026, 4, 1)), TODAY)
    with pytest.raises(Refusal, match="not closed"):
        units.reopen(city, change(city), TODAY)


def test_a_class_holds_on_its_days(city: Transaction) -> None:
    for day, key in ((date(2026, 2, 1), "key"), (date(2026, 5, 1), "high_risk")):
        units.set_class(city, change(city, on=day), "importance", key, TODAY)
    no = units.unit_number(city, "u0")
    found = {
        day: units.unit(city, no, day).importance
        for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 4, 30), date(2026, 5, 1))
    }
    assert list(found.values()) == ["ordinary", "key", "key", "high_risk"]
    units.set_class(city, change(city, on=date(2026, 3, 1)), "kind", "hotel", TODAY)
    assert units.unit(city, no, TODAY).class_key == "hotel"
    kinds = [one for one in units.classes(city, no) if one.scheme == "kind"]
    assert [(one.class_key, one.valid_until) for one in kinds] == [
        ("shop", date(2026, 3, 1)),
        ("hotel", None),
    ]
    with pytest.raises(Refusal, match="already"):
        units.set_class(city, change(city, "u1"), "kind", "shop", TODAY)
    with pytest.raises(Refusal, match="no class"):
        units.set_class(city, change(city, "u1"), "kind", "spaceport", TODAY)


def test_a_moved_unit_belongs_to_the_grid_of_its_place(city: Transaction) -> None:
    grid = units.move(city, change(city), WEST + SIDE + 0.002, SOUTH + 0.002, TODAY)
    assert grid == grid_number(city, "block:211")
    event = units.events(city, units.unit_number(city, "u0"))[0]
    assert event.changes == [["place", "118.001000, 31.001000", "118.082000, 31.002000"]]
    assert units.move(city, change(city), WEST - 1, SOUTH, TODAY) == 0
    with pytest.raises(Refusal, match="beyond the web map"):
        units.move(city, change(city), WEST, 89.0, TODAY)


def test_parts_make_a_tree_and_never_a_circle(city: Transaction) -> None:
    for part, whole in (("u1", "u0"), ("u2", "u1")):
        units.set_parent(city, change(city, part), whole, TODAY)
    no = {key: units.unit_number(city, key) for key in ("u0", "u1", "u2")}
    assert [one.no for one in units.ancestors(city, no["u2"])] == [no["u1"], no["u0"]]
    assert [(one.id, one.depth) for one in units.descendants(city, no["u0"])] == [
        ("u1", 1),
        ("u2", 2),
    ]
    for part, whole, words in (
        ("u0", "u2", "circle"),
        ("u0", "u0", "part of itself"),
        ("u0", "nowhere", "no unit with the number"),
    ):
        with pytest.raises(Refusal, match=words):
            units.set_parent(city, change(city, part), whole, TODAY)
    units.set_parent(city, change(city, "u1"), None, TODAY)
    assert units.descendants(city, no["u0"]) == []
    assert monitoring.examine(city)["sound"]


def test_a_reader_sees_history_and_relatives_of_the_own_area_only(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.001, SOUTH + 0.001), (WEST + SIDE + 0.001, SOUTH + 0.001)])
        chief = add_person(tx, "chief", "grid_chief", "block:111")
        here, there = units.unit_number(tx, "u0"), units.unit_number(tx, "u1")
        units.set_parent(tx, change(tx, "u0"), "u1", TODAY)
        for identity in ("u0", "u1"):
            units.set_class(tx, change(tx, identity), "importance", "key", TODAY)
    with database.transaction_as(chief) as tx:
        assert len(units.events(tx, here)) == 2 and len(units.classes(tx, here)) == 1
        assert units.ancestors(tx, here) == [] and units.unit(tx, here, TODAY).parent_id is None
        assert units.events(tx, there) == [] and units.classes(tx, there) == []
        with pytest.raises(NotFound):
            units.unit(tx, there, TODAY)
        with pytest.raises(NotFound):  # seeing is not changing
            units.close(tx, Change(here, 3, TODAY, None), TODAY)
    with database.transaction_as(SERVICE_PERSON) as tx:
        row = units.unit(tx, here, TODAY)
        assert row.valid_until is None and row.parent_id == "u1"
        with pytest.raises(Conflict):
            units.close(tx, replace(change(tx), version=row.version - 1), TODAY)


# -- files of units -------------------------------------------------------------------------


def imported(tx: Transaction, *rows: tuple[str, dict[str, Any]], kind: str = "shop") -> int:
    """Rows of a file with a unit's own fields; answers the number of the batch."""
    drafts = [
        replace(
            unit_draft(identity, row=row),
            class_key=kind,
            values=values,
            content=f"{kind} {sorted(values.items())}",
        )
        for row, (identity, values) in enumerate(rows, 2)
    ]
    registry.import_targets(tx, units.UNITS, drafts, [], len(drafts), batch("units"))
    return int(tx.value("SELECT max(no) FROM import_batch"))


OWN = {"credit_code": "91350100M000100Y43", "responsible": "陆国安", "manager": None,
       "phone": "0555-1234567", "hours": "Mon 9:00-18:00", "importance": "key"}  # fmt: skip


def test_a_file_brings_what_units_have_beside_their_name(tx: Transaction) -> None:
    publish_city(tx)
    imported(tx, ("shop", OWN | {"parent_id": "mall"}), ("mall", {}))
    found = units.unit(tx, units.unit_number(tx, "shop"), TODAY)
    assert (found.credit_code, found.manager, found.parent_id) == (OWN["credit_code"], None, "mall")
    assert (found.importance, found.hours) == ("key", [[1, 540, 1080]])
    imported(tx, ("shop", {"manager": "何静"}), kind="hotel")  # a field that is not there stays
    after = units.unit(tx, found.no, TODAY)
    assert (after.manager, after.credit_code, after.class_key) == (
        "何静",
        OWN["credit_code"],
        "hotel",
    )
    assert [one.class_key for one in units.classes(tx, found.no) if one.scheme == "kind"] == [
        "shop",
        "hotel",
    ]
    exported = units.exported(tx, [found.no], TODAY)[found.no]
    assert (exported.manager, exported.parent_id, exported.importance) == ("何静", "mall", "key")
    assert monitoring.examine(tx)["sound"]


def test_a_batch_of_units_is_taken_back_with_classes_and_parents(tx: Transaction) -> None:
    publish_city(tx)
    imported(tx, ("shop", OWN), ("mall", {}))
    rows = "SELECT jsonb_agg(to_jsonb(u) ORDER BY u.id) FROM unit u"
    before = (state(tx, "shop"), state(tx, "mall"), tx.value(rows))
    second = imported(tx, ("shop", {"importance": "high_risk", "parent_id": "mall"}), kind="hotel")
    assert state(tx, "shop") != before[0]
    registry.undo_batch(tx, second, units.UNITS)
    assert (state(tx, "shop"), state(tx, "mall"), tx.value(rows)) == before


def test_a_batch_that_somebody_built_upon_is_not_taken_back(tx: Transaction) -> None:
    publish_city(tx)
    imported(tx, ("shop", OWN))
    second = imported(tx, ("shop", {"manager": "何静"}), kind="hotel")
    units.set_class(tx, change(tx, "shop"), "importance", "high_risk", TODAY)
    with pytest.raises(Refusal, match="changed shop by hand"):
        registry.undo_batch(tx, second, units.UNITS)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", {"parent_id": "b"}), ("b", {"parent_id": "a"})], "part of itself"),
        ([("a", {"parent_id": "nowhere"})], "named as a parent"),
    ],
)
def test_a_file_cannot_make_a_circle_or_name_strangers(
    tx: Transaction, rows: list[tuple[str, dict[str, Any]]], words: str
) -> None:
    publish_city(tx)
    with pytest.raises(Refusal, match=words):
        imported(tx, *rows)


def test_closed_days_and_mergers_hold_in_lists_too(city: Transaction) -> None:
    units.close(city, change(city, "u0", date(2026, 2, 1)), TODAY)
    units.reopen(city, change(city, "u0", date(2026, 5, 1)), TODAY)
    counted_then = registry.count_units(city, UnitFilter(date(2026, 3, 1), 90))
    assert (counted_then, registry.count_units(city, UnitFilter(TODAY, 90))) == (3, 4)
    add_inspections(city, [("u1", date(2026, 6, 1), "done")])
    other = change(city, "u1")
    merging.merge(city, change(city, "u2"), other.unit, other.version, TODAY)
    rows = registry.list_units(city, UnitFilter(TODAY, 90), "", 10)
    assert {row.id: row.inspected for row in rows} == {"u0": False, "u2": True, "u3": False}
