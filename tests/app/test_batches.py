"""A batch taken back leaves exactly what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from app.coverage import actions as coverage
from app.coverage.model import Counted, InspectedQuestion
from app.db.connection import Database, Transaction
from app.errors import Conflict, Refusal
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.inspections import actions as inspections
from app.leftovers import actions as leftovers
from app.leftovers.model import Counts
from app.registry import actions as registry
from app.registry.model import TargetDraft
from app.registry.rules import content_digest
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_units,
    batch,
    publish_city,
    unit_draft,
)

STORED = """
    SELECT t.no, t.kind, t.grid_no, t.tile_key, encode(ST_AsEWKB(t.geom), 'hex') AS geom,
           t.source_x, t.source_y, t.valid_from, t.valid_until, t.imported_by, t.batch_no,
           to_jsonb(u)::text AS detail
    FROM target t LEFT JOIN unit u ON u.target_no = t.no ORDER BY t.no"""
PLACES = st.one_of(
    st.just((None, None)),
    st.tuples(
        st.floats(WEST - SIDE, WEST + 3 * SIDE, allow_nan=False),
        st.floats(SOUTH - SIDE / 2, SOUTH + 2 * SIDE, allow_nan=False),
    ),
)


@st.composite
def drafts(draw: st.DrawFn) -> list[TargetDraft]:
    """Some of eight units, at any places, with any names and further columns."""
    found = []
    words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
    for number in draw(st.sets(st.integers(0, 7), max_size=8)):
        lon, lat = draw(PLACES)
        name = draw(words)
        details = draw(st.dictionaries(words, words, max_size=2))
        found.append(
            replace(
                unit_draft(f"u{number}", lon, lat, number + 2, name),
                name=name,
                details=details,
                content=content_digest(name, lon, lat, details),
            )
        )
    return found


def bring(tx: Transaction, rows: Sequence[TargetDraft]) -> int | None:
    """The batch that wrote these units; none where nothing was written."""
    before = last_batch(tx)
    registry.import_targets(tx, registry.UNITS, rows, [], len(rows), batch("units"))
    after = last_batch(tx)
    return after if after != before else None


def last_batch(tx: Transaction) -> int | None:
    found: int | None = tx.value("SELECT max(no) FROM import_batch")
    return found


def stored(tx: Transaction) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tx.rows(STORED)]


@pytest.fixture
def city(tx: Transaction) -> Transaction:
    publish_city(tx)
    return tx


@given(first=drafts(), second=drafts(), third=drafts())
@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_import_and_undo_leave_every_byte(
    city: Transaction,
    first: list[TargetDraft],
    second: list[TargetDraft],
    third: list[TargetDraft],
) -> None:
    states, batches = [stored(city)], []
    for rows in (first, second, third):
        batches.append(bring(city, rows))
        states.append(stored(city))
    for number, before in zip(reversed(batches), reversed(states[:-1]), strict=True):
        if number is not None:
            registry.undo_batch(city, number, registry.UNITS)
        assert stored(city) == before


def test_undo_says_what_it_did_and_happens_once(city: Transaction) -> None:
    add_units(city, [(WEST + 0.001, SOUTH + 0.001)])
    add_units(city, [(WEST + 0.002, SOUTH + 0.001), (None, None)])
    number = last_batch(city)
    assert number is not None
    report = imports.undo_batch(city, number)
    assert (report.removed, report.restored, report.voided) == (1, 1, 0)
    assert city.value("SELECT undone_by FROM import_batch WHERE no = %(no)s", no=number)
    noted = city.row("SELECT subject, detail FROM audit_event WHERE action = 'batch_undone'")
    assert noted is not None and noted.detail["restored"] == 1
    with pytest.raises(Conflict, match="undone already"):
        imports.undo_batch(city, number)
    with pytest.raises(Refusal, match="no import batch 999"):
        imports.undo_batch(city, 999)


def test_a_later_batch_is_named(city: Transaction) -> None:
    add_units(city, [(WEST + 0.001, SOUTH + 0.001)])
    first = last_batch(city)
    add_units(city, [(WEST + 0.002, SOUTH + 0.001)])
    second = last_batch(city)
    assert first is not None and second is not None
    with pytest.raises(Refusal, match=f"batch {second} .* changed 1 of its rows"):
        imports.undo_batch(city, first)
    city.undo()


def test_visits_keep_their_units_until_they_are_voided(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.001, SOUTH + 0.001), (WEST + 0.002, SOUTH + 0.001)])
        units = last_batch(tx)
        add_inspections(tx, [("u0", date(2026, 6, 1), "done")])
        visits = last_batch(tx)
    assert units is not None and visits is not None
    with (
        pytest.raises(Refusal, match=f"1 visits refer to 1 of its rows \\(batch {visits} "),
        database.transaction_as(SERVICE_PERSON) as tx,
    ):
        imports.undo_batch(tx, units)
    asked = InspectedQuestion(TODAY, 90, None)
    with database.transaction_as(SERVICE_PERSON) as tx:
        assert coverage.inspected_within(tx, asked).inspected == 1
        assert imports.undo_batch(tx, visits).voided == 1
        target = tx.value("SELECT target_no FROM unit WHERE id = 'u0'")
        assert coverage.inspected_within(tx, asked) == Counted(2, 0)
        assert inspections.inspections_of(tx, target, date(2100, 1, 1), "g", 10) == []
        # the same visit written again is a new event beside the voided one
        assert add_inspections(tx, [("u0", date(2026, 6, 1), "done")]).created == 1
        assert add_inspections(tx, [("u0", date(2026, 6, 1), "done")]).unchanged == 1
        assert coverage.inspected_within(tx, asked) == Counted(2, 1)
        again = last_batch(tx)
        assert again is not None and imports.undo_batch(tx, again).voided == 1
        assert imports.undo_batch(tx, units).removed == 2
        assert coverage.inspected_within(tx, asked) == Counted(0, 0)
        assert tx.value("SELECT count(*) FROM unit") == 0
        # events are never deleted, and hold their target; it counts nowhere
        assert tx.value("SELECT count(*) FROM inspection") == 4
        assert (leftovers.located(tx), leftovers.counts(tx)) == (0, Counts())
