"""Nobody writes what is not theirs to write, the application itself included."""

from __future__ import annotations

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from app.identity.model import SERVICE_PERSON
from tests.builders import add_units
from tests.db.world import UNITS, World

# -- what the application may not do at all ----------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inspection SET outcome = 'done'",
        "DELETE FROM inspection",
        "TRUNCATE inspection",
        "UPDATE unit_event SET reason = 'x'",
        "DELETE FROM unit_event",
        "UPDATE unit_class SET class = 'x'",
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE grid_shape SET name = 'x'",
        "DELETE FROM grid",
        "UPDATE grid SET code = 'x'",
        "UPDATE batch_former SET former = NULL",
        "DELETE FROM batch_former",
        "UPDATE placement_event SET kind = 'outside'",
        "DELETE FROM placement_event",
        "DELETE FROM establishment",
        "UPDATE placement SET target_no = 1",
        "UPDATE placement_claim SET target_no = 1",
        "UPDATE register_notice SET notice = 'x'",
        "DELETE FROM register_notice",
        "UPDATE retention_check SET due = 1",
        "DELETE FROM retention_check",
        "UPDATE import_batch SET file_name = 'x'",
        "DELETE FROM import_batch",
        "DELETE FROM person",
        "DELETE FROM migration",
        "SELECT password_hash FROM person",
        "INSERT INTO search_gram VALUES ('x', 1, 1)",
        "UPDATE search_gram SET grid_no = 1",
        "DELETE FROM person_gram",
        "DELETE FROM grid_gram",
        "SELECT rebuild_search()",
        "SELECT * FROM person",
        "UPDATE person SET session_epoch = session_epoch - 1",
        "UPDATE person SET sign_in = 'x'",
        "UPDATE person SET kind = 'person'",
        "UPDATE api_token SET digest = 'x'",
        "UPDATE api_token SET person_no = 1",
        "INSERT INTO person (sign_in, name, kind, session_epoch) VALUES ('x', 'x', 'person', 1)",
        "SET ROLE gridward_owner",
        "SET ROLE gridward_scope",
        "SET SESSION AUTHORIZATION gridward",
        "CREATE TABLE gridward.mine (no integer)",
        "ALTER TABLE unit DISABLE ROW LEVEL SECURITY",
        "DROP POLICY territory ON unit",
        "ALTER FUNCTION gridward.scope() SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION gridward.scope() RETURNS int4multirange LANGUAGE sql AS "
        "$$ SELECT '{[0,9999)}'::int4multirange $$",
    ],
)
def test_the_application_role_may_not(world: World, statement: str) -> None:
    with (
        pytest.raises(psycopg2.Error) as refusal,
        world.database.transaction_as(SERVICE_PERSON) as tx,
    ):
        tx.execute(statement)
    assert refusal.value.pgcode == "42501", refusal.value


def test_row_security_cannot_be_switched_off(world: World) -> None:
    with (
        pytest.raises(psycopg2.Error, match="row-level security"),
        world.database.transaction_as(world.people["chief111"]) as tx,
    ):
        tx.execute("SET LOCAL row_security = off")
        tx.rows("SELECT id FROM unit")


# -- who may write ------------------------------------------------------------------------

WITHOUT_ADMIN = ("chief111", "worker111", "manager1", "fire1", "fire", "leader", "auditor")
PUBLIC_WRITES = (
    "UPDATE territory SET numbers = '{[0,9999)}'",
    "DELETE FROM territory",
    "INSERT INTO territory VALUES (1, '{[0,9999)}')",
    "UPDATE edition SET accepted_warnings = 9",
    "DELETE FROM edition WHERE false",
    "UPDATE setting SET value = 'x'",
    "DELETE FROM setting",
    "INSERT INTO setting VALUES ('x', 'x')",
    "UPDATE level SET name_zh = 'x'",
    "DELETE FROM draft_shape",
    "DELETE FROM edition_fault",
    "DELETE FROM backdrop",
    "INSERT INTO grid (no, depth, code, span_end) VALUES (999999, 1, 'x', 1000000)",
    "INSERT INTO grid_shape (edition_no, grid_no, name) VALUES (1, 1, 'x')",
    "INSERT INTO grid_chain VALUES (1, 1, 1, 1)",
    "INSERT INTO edition_level VALUES (1, 1, 1, 1)",
    "INSERT INTO tile_shape SELECT * FROM tile_shape WHERE false",
)


@pytest.mark.parametrize("statement", PUBLIC_WRITES)
def test_only_an_admin_writes_what_everybody_reads(world: World, statement: str) -> None:
    for person in (*WITHOUT_ADMIN, None):
        number = world.people[person] if person else None
        with (
            pytest.raises(InsufficientPrivilege, match="only an admin writes"),
            world.database.transaction_as(number) as tx,
        ):
            tx.execute(statement)


def test_an_admin_writes_what_everybody_reads(world: World) -> None:
    with world.database.transaction_as(world.people["admin"]) as tx:
        assert tx.execute("UPDATE territory SET numbers = numbers") > 1
        assert tx.execute("INSERT INTO edition (name) VALUES ('scratch')") == 1
        tx.execute(
            "INSERT INTO draft_shape (edition_no, depth, code, name) "
            "SELECT no, 1, 'x', 'x' FROM edition WHERE name = 'scratch'"
        )
        assert tx.execute("DELETE FROM edition WHERE name = 'scratch'") == 1
        assert tx.value("SELECT count(*) FROM draft_shape WHERE code = 'x'") == 0
        tx.undo()


def test_an_admin_deletes_only_what_an_undone_batch_created(world: World) -> None:
    with world.database.transaction_as(world.people["admin"]) as tx:
        assert tx.execute("DELETE FROM unit") == tx.execute("DELETE FROM target") == 0
        tx.undo()
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        add_units(tx, [UNITS["in111"]], prefix="brief")
        tx.execute(
            "UPDATE import_batch SET undone_at = now(), undone_by = person() "
            "WHERE no = (SELECT max(no) FROM import_batch)"
        )
        assert tx.execute("DELETE FROM unit") == tx.execute("DELETE FROM target") == 1
        tx.undo()


@pytest.mark.parametrize("person", WITHOUT_ADMIN)
def test_seeing_units_is_not_changing_them(world: World, person: str) -> None:
    """Not in the own territory either."""
    number = world.people[person]
    with world.database.transaction_as(number) as tx:
        assert tx.value("SELECT count(*) FROM unit") > 0
        for change in (
            "UPDATE target SET grid_no = grid_no",
            "UPDATE unit SET name = 'x'",
            "UPDATE unit_class SET valid_until = NULL",
            "DELETE FROM unit_class",
            "UPDATE unit_pair SET score = 0",
            "DELETE FROM unit_pair",
            "UPDATE import_batch SET undone_at = now(), undone_by = person()",
            "DELETE FROM unit",
            "DELETE FROM target",
        ):
            assert tx.execute(change) == 0, change
        grid = tx.value("SELECT max(grid_no) FROM target WHERE grid_no > 0")
    for insertion in (
        f"INSERT INTO target (kind, grid_no, imported_by) VALUES ('unit', {grid}, {number})",
        f"INSERT INTO target (kind, imported_by) VALUES ('unit', {number})",
        "INSERT INTO unit SELECT target_no, grid_no, imported_by, id || 'x', name, class, "
        "address, content FROM unit LIMIT 1",
        "INSERT INTO unit_class (target_no, scheme, class, valid_from, set_by) "
        f"SELECT target_no, 'kind', 'x', '1990-01-01', {number} FROM unit LIMIT 1",
        "INSERT INTO unit_event (target_no, kind, happened_on, recorded_by, changes, former, "
        f"version) SELECT target_no, 'closed', now(), {number}, '[]', '{{}}', 9 FROM unit LIMIT 1",
        "INSERT INTO import_batch (kind, file_name, file_sha256, imported_by) "
        f"VALUES ('units', 'x', 'x', {number})",
    ):
        with (
            pytest.raises(InsufficientPrivilege, match="row-level security"),
            world.database.transaction_as(number) as tx,
        ):
            tx.execute(insertion)


INSPECTION = """
    INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, recorded_by, grid_no,
                            target_name, target_class, content, supersedes)
    VALUES (gen_random_uuid(), %(target)s, 'done', now(), current_date, %(person)s, 0, 'x', 'x',
            'x', %(supersedes)s)"""


def target_of(world: World, unit: str) -> int:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        return int(tx.value("SELECT target_no FROM unit WHERE id = %(unit)s", unit=unit))


@pytest.mark.parametrize(
    ("person", "unit", "may"),
    [
        ("chief111", "in111", True),
        ("worker111", "in111", True),
        ("manager1", "in133", True),
        ("fire1", "in133", True),
        ("fire", "in244", True),
        ("admin", "outside", True),
        ("chief111", "in112", False),
        ("manager1", "in244", False),
        ("leader", "in111", False),
        ("auditor", "in111", False),
    ],
)
def test_who_records_a_visit(world: World, person: str, unit: str, may: bool) -> None:
    number, target = world.people[person], target_of(world, unit)
    with world.database.transaction_as(number) as tx:
        try:
            tx.execute(INSPECTION, target=target, person=number, supersedes=None)
            assert may
        except InsufficientPrivilege:
            assert not may
        tx.undo()


def test_nobody_records_a_visit_in_anothers_name(world: World) -> None:
    target = target_of(world, "in111")
    for person in ("chief111", "admin"):
        with (
            pytest.raises(InsufficientPrivilege, match="row-level security"),
            world.database.transaction_as(world.people[person]) as tx,
        ):
            tx.execute(INSPECTION, target=target, person=world.people["worker111"], supersedes=None)


def test_a_visit_supersedes_one_of_the_same_target_only(world: World) -> None:
    person, target = world.people["chief111"], target_of(world, "in111")
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        own, foreign = (
            tx.value(
                "SELECT id::text FROM inspection WHERE target_no = %(target)s LIMIT 1", target=one
            )
            for one in (target, target_of(world, "in244"))
        )
    with world.database.transaction_as(person) as tx:
        tx.execute(INSPECTION, target=target, person=person, supersedes=own)
        tx.undo()
    with (
        pytest.raises(psycopg2.errors.ForeignKeyViolation),
        world.database.transaction_as(person) as tx,
    ):
        tx.execute(INSPECTION, target=target, person=person, supersedes=foreign)


def test_of_the_own_row_one_changes_language_and_sessions_only(world: World) -> None:
    with world.database.transaction_as(world.people["chief111"]) as tx:
        assert tx.execute("UPDATE person SET language = 'en'") == 1
        assert tx.execute("UPDATE person SET session_epoch = session_epoch + 1") == 1
        tx.undo()
    for change in ("session_epoch = session_epoch - 1", "active = false", "password_hash = 'x'"):
        with (
            pytest.raises(InsufficientPrivilege, match=r"never holds again|only an admin"),
            world.database.transaction_as(world.people["chief111"]) as tx,
        ):
            tx.execute(f"UPDATE person SET {change} WHERE no = {world.people['chief111']}")


def test_a_chief_cannot_take_more_territory(world: World) -> None:
    chief, other = world.people["chief111"], world.people["leader"]
    with world.database.transaction_as(chief) as tx:
        assert tx.execute("UPDATE assignment SET grid_no = NULL") == 0
        assert tx.execute("UPDATE api_token SET revoked_at = now()") == 1  # the own one
        assert tx.execute("UPDATE person SET language = 'en'") == 1
        assert tx.execute("UPDATE target SET grid_no = 0 WHERE grid_no <> 0 AND false") == 0
        tx.undo()
    for table, columns, values in (
        ("assignment", "person_no, role, valid_from", f"{chief}, 'leader', '2025-01-01'"),
        ("person", "sign_in, name", "'friend', 'Friend'"),
        ("api_token", "person_no, name, digest", f"{other}, 'x', 'x'"),
        (
            "import_batch",
            "kind, file_name, file_sha256, imported_by",
            f"'units', 'x', 'x', {other}",
        ),
    ):
        with (
            pytest.raises(InsufficientPrivilege, match="row-level security"),
            world.database.transaction_as(chief) as tx,
        ):
            tx.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})")
