"""Everybody sees their territory and nothing else."""

from __future__ import annotations

import pytest
from psycopg2.errors import InsufficientPrivilege

from app.db.connection import Database
from app.grids import actions as grids
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    add_units,
    grid_number,
)
from tests.conftest import Databases
from tests.db.world import EVERYTHING, UNITS, World, assign

# -- who sees what ------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["building", "facility", "hazard", "place", "register_row"])
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
