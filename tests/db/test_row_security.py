"""Everybody sees their territory and nothing else, by one rule in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from app.db.connection import Database, Transaction
from app.facilities import actions as facilities
from app.grids import actions as grids
from app.hazards import actions as hazards
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from app.people import actions as people
from app.people.model import CoverRequest
from app.units import actions as units
from app.units.model import Change
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_inspections,
    add_person,
    add_row,
    add_units,
    grid_number,
    publish_city,
)
from tests.conftest import Databases

# Everybody who is signed in may read these, and what runs before a sign-in needs some of them.
# Only an admin writes them: by a trigger, so that reading shapes meets no policy on its way to
# their index, and so that a refusal is heard.
PUBLIC_TABLES = {
    "level": "the words of the level scheme",
    "edition": "names and dates of the editions",
    "grid": "codes and numbers of grids",
    "grid_shape": "shapes and names of grids are public",
    "grid_chain": "which grid lies in which",
    "edition_level": "how many grids a level has and from which zoom it is drawn",
    "tile_shape": "the same shapes, simplified",
    "draft_shape": "shapes and names of grids that are being prepared",
    "edition_fault": "what is wrong with shapes",
    "territory": "numbers of grids, derived from the public tree",
    "setting": "settings of the deployment, no secrets",
    "backdrop": "water and streets",
    "programme": "names and purposes of programmes, written by planners too",
    "checklist": "what is asked at a visit, written by planners too",
    "duty_rule": "who must look at what, how often, written by planners too",
    "calendar_day": "holidays and make-up working days, written by planners too",
    "calendar_year": "which years the calendar knows, written by planners too",
    "reading": "how Chinese characters sound",
    "grid_gram": "pieces of the names and codes of grids",
    "migration": "which schema this is",
}
UNITS = {  # unit → block (None: leftover), west to east
    "in111": (WEST + 0.005, SOUTH + 0.005),
    "in112": (WEST + 0.025, SOUTH + 0.005),
    "in122": (WEST + 0.065, SOUTH + 0.005),
    "in133": (WEST + 0.005, SOUTH + 0.065),
    "in211": (WEST + SIDE + 0.005, SOUTH + 0.005),
    "in244": (WEST + SIDE + 0.065, SOUTH + 0.065),
    "outside": (WEST - 1, SOUTH),
    "nowhere": (None, None),
}
LONG_AGO = date(2025, 1, 2)
# these take a rule, days and a part of the city: those that the application may call meet the part
# with the reader's own territory (test_duties tries them), the others are called by them alone
DUTY_FUNCTIONS = {
    "add_to_part",
    "all_duty_states",
    "asked_parts",
    "coverage_tail",
    "draw_quota",
    "drop_unwanted_parts",
    "duty_counts",
    "duty_list",
    "duty_states",
    "edition_on",
    "fold_coverage",
    "fold_log",
    "never_visited",
    "part_differences",
    "uncounted_periods",
}
# these take rows or their numbers and ask themselves who calls: test_residents tries each
HOUSEHOLD_FUNCTIONS = {
    "bury_households",  # by the two that take households out of the register alone
    "expire_households",
    "forget_households",
    "households_due",
    "households_of_other_keys",
    "known_households",
    "put_households",
    "remove_households",
    "sealed_households",
}
EVERYTHING = set(UNITS)
LOCATED = EVERYTHING - {"outside", "nowhere"}


@dataclass(frozen=True)
class World:
    """A city with units, visits and people, and the people's numbers by sign-in name."""

    name: str
    database: Database
    people: dict[str, int]

    def seen_by(self, person: str | int | None, sql: str = "SELECT id FROM unit") -> set[str]:
        number = self.people[person] if isinstance(person, str) else person
        with self.database.transaction_as(number) as tx:
            return {row[0] for row in tx.rows(sql)}


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[World]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        found = settle(tx)
        note_changes(tx)
        identity.create_token(tx, "chief111", "round")
    with opened.transaction_as(found["chief111"]) as tx:
        tx.execute("INSERT INTO session (person_no, address, agent) VALUES (person(), 'x', 'x')")
        tx.execute("INSERT INTO second_factor (person_no, secret) VALUES (person(), 'x')")
        tx.execute("INSERT INTO recovery_code (person_no, digest) VALUES (person(), 'x')")
    yield World(name, opened, found)
    opened.close()
    databases.drop(name)


def settle(tx: Transaction) -> dict[str, int]:
    add_units(tx, list(UNITS.values()))
    rename = {f"u{position}": unit for position, unit in enumerate(UNITS)}
    for old, new in rename.items():
        tx.execute("UPDATE unit SET id = %(new)s WHERE id = %(old)s", new=new, old=old)
    add_inspections(tx, [(unit, TODAY - timedelta(days=3), "done") for unit in UNITS])
    add_households(tx, {f"h-{unit}": place for unit, place in UNITS.items()})
    for writer in (facilities.BUILDINGS, facilities.FACILITIES, hazards.HAZARDS):
        for unit, place in UNITS.items():
            own = {"found_on": TODAY} if writer is hazards.HAZARDS else {}
            add_row(tx, writer, unit, place, **own)
    roles = {
        "chief111": ("grid_chief", "block:111"),
        "worker111": ("grid_worker", "block:111"),
        "chief244": ("grid_chief", "block:244"),
        "manager11": ("area_manager", "community:11"),
        "manager12": ("area_manager", "community:12"),
        "manager1": ("area_manager", "town:1"),
        "fire1": ("authority", "town:1"),
        "fire": ("authority", None),
        "leader": ("leader", None),
        "admin": ("admin", None),
        "auditor": ("auditor", None),
    }
    found = {
        sign_in: add_person(tx, sign_in, role, grid) for sign_in, (role, grid) in roles.items()
    }
    found["twin"] = add_person(tx, "twin", "grid_chief", "block:111")
    assign(tx, found["twin"], "block:244")
    settle_people(tx, found)
    return found


def note_changes(tx: Transaction) -> None:
    """A class with its event for two units, and a pair that may be one."""
    for name in ("in111", "in112"):
        no = units.unit_number(tx, name)
        units.set_class(tx, Change(no, 1, TODAY, None), "importance", "key", TODAY)
    tx.execute(
        "INSERT INTO unit_pair (first_no, second_no, score, reasons) SELECT a.target_no, "
        "b.target_no, 1, '{}' FROM unit a, unit b WHERE a.id = 'in111' AND b.id = 'in112'"
    )
    for statement in (
        "INSERT INTO placement (target_no, geom, decided_by) SELECT t.no, t.geom, person() "
        "FROM target t JOIN unit u ON u.target_no = t.no WHERE u.id = 'outside'",
        "INSERT INTO placement_event (target_no, kind, recorded_by) "
        "SELECT target_no, 'outside', person() FROM placement",
        "INSERT INTO placement_claim (target_no, claimed) "
        "SELECT target_no, '112' FROM unit WHERE id = 'in111'",
        "INSERT INTO import_plan (register, path, file_name, file_sha256, created_by) "
        "VALUES ('units', 'x', 'x', 'x', person())",
        "INSERT INTO register_notice (purpose, legal_basis, notice, automatic, set_by) "
        "VALUES ('x', 'x', 'x', false, person())",
        "INSERT INTO retention_check (checked_on, due) VALUES ('2026-01-01', 1)",
        "INSERT INTO import_mapping (register, header_digest, columns, chosen_by) "
        "VALUES ('units', 'x', '{}', person())",
        "INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, "
        "source, set_by) VALUES ('fire', '消防', 'Fire', '', '', '', '', person())",
        "INSERT INTO duty_rule (programme_key, key, name_zh, name_en, depth, role, target_kind, "
        "period, percent, seed, source, valid_from) VALUES ('fire', 'half', '半数', 'Half', 3, "
        "'grid_chief', 'unit', 'month', 50, 7, 'x', current_date)",
        "INSERT INTO exclusion (target_no, reason, valid_from, valid_until, asked_by) "
        "SELECT target_no, 'locked', current_date, current_date + 9, person() FROM unit "
        "WHERE id = 'in111'",
        "SELECT fold_coverage(array_agg(no), '{2025-01-01}', '{2025-01-31}', '{2025-01-31}', "
        "'{NULL}', 9) FROM duty_rule",
    ):
        tx.execute(statement)
    add_inspections(tx, [("in111", TODAY - timedelta(days=2), "done")])  # is in the log


def settle_people(tx: Transaction, found: dict[str, int]) -> None:
    """Somebody on leave with a deputy, a prepared hand-over, and a look as somebody else."""
    held = people.assignments(tx, [found["manager12"]])[0].no
    people.cover(
        tx, CoverRequest(found["manager12"], "manager11", LONG_AGO, date(2025, 1, 9), [held])
    )
    for statement in (
        "INSERT INTO handover (giver_no, happens_on, made_by) "
        "VALUES (%(giver)s, current_date + 9, person())",
        "INSERT INTO handover_part (handover_no, assignment_no, giver_no, taker_no, role) "
        "SELECT no, %(held)s, giver_no, %(taker)s, 'area_manager' FROM handover",
        "INSERT INTO handover_event (handover_no, action, person_no) "
        "SELECT no, 'prepared', person() FROM handover",
        "INSERT INTO viewing (viewer_no, person_no, reason, until) "
        "VALUES (person(), %(giver)s, 'question', now())",
    ):
        tx.execute(statement, giver=found["manager12"], taker=found["chief244"], held=held)


def assign(
    tx: Transaction, person: int, grid: str, starts: int = -1, ends: int | None = None
) -> None:
    """An assignment that starts and ends so many days from today, by the database's clock."""
    tx.execute(
        "INSERT INTO assignment (person_no, grid_no, role, valid_from, valid_until) VALUES "
        "(%(person)s, %(grid)s, 'grid_chief', current_date + %(starts)s::int, "
        "current_date + %(ends)s::int)",
        person=person,
        grid=grid_number(tx, grid),
        starts=starts,
        ends=ends,
    )


def ask(databases: Databases, name: str, sql: str) -> list[tuple[Any, ...]]:
    """As the superuser, whom no policy binds."""
    connection = psycopg2.connect(databases.cluster.dsn("gridward", name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


# -- the catalogue ------------------------------------------------------------------------


def test_every_table_is_protected_or_on_the_public_list(databases: Databases) -> None:
    tables = dict(
        ask(
            databases,
            "gridward",
            """
        SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'gridward'::regnamespace AND relkind IN ('r', 'p', 'f')""",
        )
    )
    assert {name for name, protected in tables.items() if not protected} == set(PUBLIC_TABLES)
    with_policy = {
        name for (name,) in ask(databases, "gridward", "SELECT DISTINCT tablename FROM pg_policies")
    }
    assert {name for name, protected in tables.items() if protected} == with_policy


def test_every_public_table_is_guarded_against_writes(databases: Databases) -> None:
    guarded = {
        name
        for (name,) in ask(
            databases,
            "gridward",
            """
        SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE p.proname = 'refuse_public_writes' AND t.tgenabled IN ('O', 'A')
          AND t.tgtype = 2 + 4 + 8 + 16 + 32""",
        )
    }  # before insert, delete, update, truncate
    assert {name.removeprefix("gridward.") for name in guarded} == set(PUBLIC_TABLES) - {
        "migration"
    }  # which the application only reads


def test_public_tables_say_nothing_about_persons_or_targets(databases: Databases) -> None:
    columns = ask(
        databases,
        "gridward",
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'gridward'
          AND column_name IN ('person_no', 'target_no', 'imported_by', 'recorded_by', 'sign_in')""",
    )
    assert not {table for table, _ in columns} & set(PUBLIC_TABLES)


def test_views_ask_as_the_reader_and_nothing_is_materialised(databases: Databases) -> None:
    assert (
        ask(
            databases,
            "gridward",
            """
        SELECT relname FROM pg_class WHERE relnamespace = 'gridward'::regnamespace
          AND (relkind = 'm' OR (relkind = 'v' AND NOT coalesce(
                  'security_invoker=true' = ANY (reloptions)
                  OR 'security_invoker=on' = ANY (reloptions), false)))""",
        )
        == []
    )


def test_policies_ask_once_per_statement(databases: Databases) -> None:
    """`(SELECT f())` becomes an InitPlan; a bare call would run for every row."""
    for table, policy, using, check in ask(
        databases,
        "gridward",
        """
            SELECT tablename, policyname, coalesce(qual, ''), coalesce(with_check, '')
            FROM pg_policies WHERE schemaname = 'gridward'""",
    ):
        for call in re.finditer(
            r"(\w+ )?(?:gridward\.)?\b(\w*scope\w*|person|holds_role)\(", f"{using} {check}"
        ):
            assert call.group(1) == "SELECT ", f"{policy} on {table}: {call.group(0)}"


def test_nobody_sees_a_row_of_any_protected_table(databases: Databases, world: World) -> None:
    protected = [
        str(name)
        for (name,) in ask(
            databases,
            world.name,
            """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'gridward'::regnamespace AND relrowsecurity""",
        )
    ]
    for table in protected:
        held = ask(databases, world.name, f"SELECT count(*) FROM gridward.{table}")
        assert held[0][0], f"{table} is empty: the test would prove nothing"
        for nobody in (None, 999_999):
            with world.database.transaction_as(nobody) as tx:
                assert tx.value(f"SELECT count(*) FROM {table}") == 0, table


# -- who sees what ------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["building", "facility", "hazard", "register_row"])
def test_other_registers_follow_the_same_rule(world: World, table: str) -> None:
    rows = f"SELECT id FROM {table}"
    assert world.seen_by("chief111", rows) == {"in111"}
    assert world.seen_by("twin", rows) == {"in111", "in244"}
    assert world.seen_by("fire1", rows) == {"in111", "in112", "in122", "in133"}
    assert world.seen_by("leader", rows) == EVERYTHING
    assert world.seen_by(None, rows) == set()


@pytest.mark.parametrize(
    ("person", "units"),
    [
        ("chief111", {"in111"}),
        ("worker111", {"in111"}),
        ("manager11", {"in111", "in112"}),
        ("manager1", {"in111", "in112", "in122", "in133"}),
        ("manager12", {"in122"}),
        ("fire1", {"in111", "in112", "in122", "in133"}),
        ("twin", {"in111", "in244"}),
        ("fire", EVERYTHING),
        ("leader", EVERYTHING),
        ("admin", EVERYTHING),
        ("auditor", EVERYTHING),
        (SERVICE_PERSON, EVERYTHING),
    ],
)
def test_each_sees_exactly_their_territory(world: World, person: str, units: set[str]) -> None:
    assert world.seen_by(person) == units
    assert (
        world.seen_by(
            person,
            """SELECT u.id FROM target t
                                    JOIN unit u ON u.target_no = t.no""",
        )
        == units
    )
    assert world.seen_by(person, "SELECT target_name FROM inspection") == {
        f"Unit u{list(UNITS).index(unit)}" for unit in units
    }


def test_two_distant_grids_are_two_ranges_without_what_lies_between(world: World) -> None:
    with world.database.transaction_as(world.people["twin"]) as tx:
        row = tx.row("SELECT scope()::text AS numbers, scope_low() AS low, scope_high() AS high")
        first, second = grid_number(tx, "block:111"), grid_number(tx, "block:244")
    assert row is not None and row.numbers == f"{{[{first},{first + 1}),[{second},{second + 1})}}"
    assert (row.low, row.high) == (first, second)


def test_the_whole_city_has_bounds(world: World) -> None:
    """The bounds of an unbounded range are NULL and would show nothing."""
    with world.database.transaction_as(world.people["leader"]) as tx:
        row = tx.row("SELECT scope_low() AS low, scope_high() AS high")
    assert row == (0, 2_147_483_646)


@pytest.mark.parametrize(
    ("starts", "ends", "seen"),
    [
        (-1, None, True),
        (0, None, True),
        (0, 1, True),
        (-9, 1, True),
        (1, None, False),
        (1, 9, False),
        (-9, 0, False),
        (-9, -3, False),
    ],
)
def test_an_assignment_counts_on_its_days_only(
    world: World, starts: int, ends: int | None, seen: bool
) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        person = add_person(tx, "dated", "grid_chief", "block:122")
        tx.execute(
            "UPDATE assignment SET valid_from = current_date + %(starts)s::int, "
            "valid_until = current_date + %(ends)s::int WHERE person_no = %(person)s",
            starts=starts,
            ends=ends,
            person=person,
        )
        tx.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(person))
        assert [row.id for row in tx.rows("SELECT id FROM unit")] == (["in122"] if seen else [])
        found = identity.find_reader(tx)
        assert found is not None and found.roles == ({"grid_chief"} if seen else frozenset())
        tx.undo()


def test_one_assignment_that_ended_takes_nothing_from_another(world: World) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        person = add_person(tx, "moved", "grid_chief", "block:111")
        assign(tx, person, "block:244", starts=-9, ends=0)
        tx.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(person))
        assert [row.id for row in tx.rows("SELECT id FROM unit")] == ["in111"]
        tx.undo()


def test_a_disabled_person_sees_nothing(world: World, databases: Databases) -> None:
    person = world.people["manager12"]
    assert world.seen_by("manager12")
    databases.admin(world.name, f"UPDATE gridward.person SET active = false WHERE no = {person}")
    try:
        assert not world.seen_by("manager12")
        with world.database.transaction_as(person) as tx:
            assert identity.find_reader(tx) is None
    finally:
        databases.admin(world.name, f"UPDATE gridward.person SET active = true WHERE no = {person}")


def test_a_grid_without_anybody_is_seen_from_above_and_counted(world: World) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        block = grid_number(tx, "block:133")
        assert identity.who_answers(tx, [block], TODAY) == []
        counted = {row["level"]: row for row in examine(tx)["grids_without_anybody"]}
    assert counted["block"] == {"level": "block", "grids": 32, "without_anybody": 30}
    assert "in133" in world.seen_by("manager1") and "in133" not in world.seen_by("manager11")


# -- leftovers and establishments ---------------------------------------------------------


def test_leftovers_are_for_whole_city_readers_and_their_importer(world: World) -> None:
    importer = world.people["chief244"]
    with world.database.transaction_as(SERVICE_PERSON) as tx:  # an admin while importing
        tx.execute(
            "INSERT INTO assignment (person_no, role, valid_from) VALUES "
            "(%(person)s, 'admin', current_date)",
            person=importer,
        )
    with world.database.transaction_as(importer) as tx:
        add_units(tx, [(WEST - 0.5, SOUTH), (None, None)], prefix="mine")
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        tx.execute(
            "UPDATE assignment SET valid_until = current_date WHERE role = 'admin' "
            "AND person_no = %(person)s",
            person=importer,
        )
    assert world.seen_by("chief244") == {"in244", "mine0", "mine1"}
    assert {"mine0", "mine1"} <= world.seen_by("leader")
    for other in ("chief111", "manager1", "twin", "fire1"):
        assert not world.seen_by(other) & {"mine0", "mine1", "outside", "nowhere"}


def test_an_import_cannot_reach_into_anothers_territory(world: World) -> None:
    with (
        pytest.raises(InsufficientPrivilege),
        world.database.transaction_as(world.people["chief244"]) as tx,
    ):
        add_units(tx, [UNITS["in111"]], prefix="foreign")
    assert not {one for one in world.seen_by("leader") if one.startswith("foreign")}


def test_a_free_number_of_a_grid_belongs_to_its_readers(world: World, databases: Databases) -> None:
    """An establishment that gets its number later is seen at once, without a new territory."""
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        last = grid_number(tx, "block:114")
        span = tx.row("SELECT no, span_end FROM grid WHERE code = '11' AND depth = 2")
    assert span is not None and last + 1 < span.span_end
    databases.admin(
        world.name,
        f"""
        INSERT INTO gridward.grid (no, depth, code, kind, span_end)
        VALUES ({last + 1}, 3, 'mall', 'establishment', {last + 2})""",
    )
    where = "(SELECT target_no FROM gridward.unit WHERE id = 'in112')"
    databases.admin(
        world.name, f"UPDATE gridward.target SET grid_no = {last + 1} WHERE no = {where}"
    )
    try:
        for person in ("manager11", "manager1", "leader"):
            assert "in112" in world.seen_by(person)
        for person in ("chief111", "manager12", "chief244", "twin"):
            assert "in112" not in world.seen_by(person)
    finally:
        databases.admin(
            world.name,
            f"""
            UPDATE gridward.target SET grid_no =
                (SELECT no FROM gridward.grid WHERE depth = 3 AND code = '112')
            WHERE no = {where}""",
        )
        databases.admin(world.name, "DELETE FROM gridward.grid WHERE code = 'mall'")


# -- events -------------------------------------------------------------------------------


def test_an_event_follows_its_target_but_keeps_its_grid(world: World) -> None:
    unit = "SELECT target_name FROM inspection"
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        add_units(tx, [UNITS["in111"]], prefix="roamer")
        add_inspections(tx, [("roamer0", TODAY, "done")])
        before = grid_number(tx, "block:111")
    assert "Unit roamer0" in world.seen_by("chief111", unit)
    assert "Unit roamer0" not in world.seen_by("chief244", unit)
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        add_units(tx, [UNITS["in244"]], prefix="roamer")
    assert "Unit roamer0" not in world.seen_by("chief111", unit)
    assert "Unit roamer0" in world.seen_by("chief244", unit)
    with world.database.transaction_as(world.people["chief244"]) as tx:
        assert (
            tx.value("SELECT grid_no FROM inspection WHERE target_name = 'Unit roamer0'") == before
        )


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


# -- who one is ---------------------------------------------------------------------------


def test_the_setting_never_reaches_the_next_borrower(databases: Databases, world: World) -> None:
    """One connection, three borrowers: the second is nobody although the first was everybody."""
    pool = Database(databases.app_dsn(world.name), size=1)
    try:
        with pool.transaction_as(world.people["leader"]) as tx:
            assert tx.value("SELECT count(*) FROM unit") >= len(EVERYTHING)
            server_process = tx.value("SELECT pg_backend_pid()")
        with pytest.raises(ZeroDivisionError), pool.transaction_as(SERVICE_PERSON):
            raise ZeroDivisionError
        with pool.transaction_as(None) as tx:
            assert tx.value("SELECT pg_backend_pid()") == server_process
            assert tx.value("SELECT current_setting('gridward.person', true)") == ""
            assert tx.value("SELECT person()") is None
            assert tx.value("SELECT count(*) FROM unit") == 0
        with pool.transaction_as(world.people["leader"]) as tx:
            tx.undo()
            assert tx.value("SELECT count(*) FROM unit") == 0
    finally:
        pool.close()


def test_scope_is_always_that_of_the_person_of_the_transaction(world: World) -> None:
    """No function takes a person or a territory from its caller."""
    with world.database.transaction_as(world.people["chief111"]) as tx:
        taking = tx.rows("""
            SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS taken FROM pg_proc p
            WHERE p.pronamespace = 'gridward'::regnamespace AND p.pronargs > 0
            ORDER BY p.proname""")
        assert [
            tuple(row) for row in taking if row.proname not in HOUSEHOLD_FUNCTIONS | DUTY_FUNCTIONS
        ] == [
            ("audit_hash", "previous bytea, e audit_event"),
            ("building_places", "first bigint, last bigint"),  # in the scope of who asks
            ("change_own_password", "old_hash text, fresh_hash text"),
            ("holds_role", "wanted text[]"),
            ("move_assignments", "which integer, day date"),
            ("name_grams", "code text, name text, name_en text"),
            ("remove_second_factor", "wanted integer"),  # an admin's only
            ("search_text", "written text"),
            ("sign_handover", "which integer, whose integer, why text"),
            ("sign_in_locked_until", "wanted text, origin text"),
            ("sign_in_lookup", "wanted text"),
            ("sound_grams", "written text"),
            ("target_grams", "id text, name text, address text, class text"),
            ("text_grams", "written text"),
            ("token_lookup", "wanted text"),
            ("undo_handover", "which integer, why text"),
            ("whole_grams", "written text"),
        ]
        assert tx.value("SELECT holds_role('{admin,leader,auditor}')") is False
        assert tx.value("SELECT holds_role('{grid_chief}')") is True


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


def test_people_see_the_people_of_their_territory(world: World) -> None:
    people = "SELECT sign_in FROM person"
    assert world.seen_by("chief111", people) == {"chief111", "worker111", "twin"}
    assert world.seen_by("manager11", people) == {"chief111", "worker111", "twin", "manager11"}
    assert set(world.people) <= world.seen_by("leader", people)
    assert world.seen_by("leader", "SELECT action FROM audit_event") == set()
    assert "person_added" in world.seen_by("auditor", "SELECT action FROM audit_event")


def test_the_locating_shapes_are_everybodys(world: World) -> None:
    """A chief can be told in which grid a place lies, also where it is not the own one."""
    with world.database.transaction_as(world.people["chief111"]) as tx:
        answer = grids.locate(tx, *UNITS["in244"], TODAY)  # type: ignore[arg-type]
    assert [grid["code"] for grid in answer["grids"]] == ["2", "24", "244"]


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


def test_a_pair_is_seen_by_those_who_see_both(world: World) -> None:
    pairs = "SELECT reasons::text FROM unit_pair"
    assert world.seen_by("manager11", pairs) == {"{}"}
    assert world.seen_by("chief111", pairs) == set()
    assert world.seen_by("chief111", "SELECT kind FROM unit_event") == {"class_changed"}
    assert world.seen_by("chief244", "SELECT kind FROM unit_event") == set()


def test_decisions_and_claims_are_seen_where_their_target_lies(world: World) -> None:
    claims = "SELECT claimed FROM placement_claim"
    assert world.seen_by("chief111", claims) == world.seen_by("leader", claims) == {"112"}
    assert world.seen_by("chief244", claims) == set()
    for decisions in ("SELECT 1 FROM placement", "SELECT 1 FROM placement_event"):
        assert world.seen_by("leader", decisions) == {1}
        assert world.seen_by("chief111", decisions) == set()
    leader = world.people["leader"]
    with world.database.transaction_as(leader) as tx:
        for change in (
            "UPDATE placement SET grid_no = 1",
            "DELETE FROM placement",
            "UPDATE placement_claim SET claimed = 'x'",
            "DELETE FROM placement_claim",
        ):
            assert tx.execute(change) == 0, change


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
