"""What is not published, and what a cancelled publication leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from app.db.cluster import SUPERUSER
from app.db.connection import Database, Transaction
from app.errors import Cancelled, Refusal
from app.grids import actions as grids, store as grid_store
from app.identity.model import SERVICE_PERSON
from app.jobs.model import no_progress
from app.publishing.actions import PublishRequest, publish
from gis.faults import Fault, said
from tests.app.publishing.cities import (
    FIRST,
    MOVED_BORDER,
    SECOND,
    add_places,
    assert_sound,
    city,
    numbers,
    publish_draft,
)
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    publish_city,
)
from tests.conftest import Databases

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
