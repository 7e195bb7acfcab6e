"""Persons are seen by those who answer for them; everyone else gets counts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from psycopg2.errors import InsufficientPrivilege

from app.db.cluster import find_binaries
from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from app.residents import actions as residents, store
from app.residents.keyring import Keyring
from app.residents.sealing import sealed_row
from tests.builders import (
    SEALING,
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_person,
    grid_number,
    household,
    publish_city,
)
from tests.conftest import Databases

PLACES = {
    "in111": (WEST + 0.005, SOUTH + 0.005),
    "in112": (WEST + 0.025, SOUTH + 0.005),
    "in122": (WEST + 0.065, SOUTH + 0.005),
    "in211": (WEST + SIDE + 0.005, SOUTH + 0.005),
    "outside": (WEST - 1, SOUTH),
    "nowhere": (None, None),
}
PEOPLE = {
    "chief111": ("grid_chief", "block:111"),
    "worker11": ("grid_worker", "community:11"),
    "manager1": ("area_manager", "town:1"),
    "manager12": ("area_manager", "community:12"),
    "manager2": ("area_manager", "town:2"),
    "fire1": ("authority", "town:1"),
    "fire": ("authority", None),
    "leader1": ("leader", "town:1"),
    "leader": ("leader", None),
    "auditor": ("auditor", None),
    "admin": ("admin", None),
}
SEEN = {
    "chief111": {"in111"},
    "worker11": {"in111", "in112"},
    "manager1": {"in111", "in112"},  # community 12 has a manager of its own
    "manager12": {"in122"},
    "manager2": {"in211"},
}


class World:
    def __init__(self, name: str, database: Database) -> None:
        self.name, self.database = name, database
        with database.transaction_as(SERVICE_PERSON) as tx:
            publish_city(tx)
            self.numbers = add_households(tx, PLACES)
            self.people = {
                sign_in: add_person(tx, sign_in, role, grid)
                for sign_in, (role, grid) in PEOPLE.items()
            }

    def ask(self, person: str | None, sql: str, **values: Any) -> list[Any]:
        number = None if person is None else self.people[person]
        with self.database.transaction_as(number) as tx:
            return [row[0] for row in tx.rows(sql, **values)]


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[World]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    yield World(name, opened)
    opened.close()
    databases.drop(name)


# -- who sees what ------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
def test_households_are_seen_by_those_who_answer_for_them(world: World, person: str) -> None:
    seen = SEEN.get(person, set())
    assert set(world.ask(person, "SELECT id FROM household")) == seen
    numbers = {world.numbers[id_] for id_ in seen}
    assert set(world.ask(person, "SELECT household_no FROM resident")) == numbers


def test_a_manager_below_who_is_gone_leaves_the_part_to_the_one_above(world: World) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        tx.execute(
            "UPDATE assignment SET valid_until = current_date WHERE person_no = %(no)s",
            no=world.people["manager12"],
        )
        act_as(tx, world.people["manager1"])
        assert {row.id for row in tx.rows("SELECT id FROM household")} == {
            "in111",
            "in112",
            "in122",
        }
        tx.undo()


def test_the_own_deputy_below_takes_nothing_from_the_manager(world: World) -> None:
    """A manager who also answers for a part of the own area still sees it all."""
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        tx.execute(
            "UPDATE assignment SET person_no = %(new)s WHERE person_no = %(old)s",
            new=world.people["manager1"],
            old=world.people["manager12"],
        )
        act_as(tx, world.people["manager1"])
        assert tx.value("SELECT count(*) FROM household") == 3
        tx.undo()


def test_nobody_is_seen_through_anothers_eyes(world: World) -> None:
    with world.database.transaction_as(world.people["chief111"]) as tx:
        assert tx.value("SELECT count(*) FROM household") == 1
        tx.execute("SELECT set_config('gridward.viewer', '9', true)")
        assert tx.value("SELECT count(*) FROM household") == 0
        assert tx.value("SELECT count(*) FROM resident") == 0


def act_as(tx: Transaction, person: int) -> None:
    tx.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(person))


@pytest.mark.parametrize("person", PEOPLE)
def test_counts_are_those_of_the_territory(world: World, person: str) -> None:
    expected = {
        "chief111": 1, "worker11": 2, "manager1": 3, "manager12": 1, "manager2": 1, "fire1": 3,
        "leader1": 3,
    }  # fmt: skip
    counted = world.ask(person, "SELECT coalesce(sum(persons), 0) FROM household_count")[0]
    assert counted == expected.get(person, len(PLACES))


# -- who writes what ----------------------------------------------------------------------


@pytest.mark.parametrize("person", [one for one in PEOPLE if one != "admin"])
def test_only_an_admin_writes_and_only_through_the_functions(world: World, person: str) -> None:
    for call in (
        "SELECT put_households('[]')",
        "SELECT known_households('{in111}')",
        "SELECT sealed_households('{1}')",
        "SELECT households_of_other_keys('x', 1)",
        "SELECT remove_households('{1}')",
    ):
        with pytest.raises(InsufficientPrivilege, match="only an admin"):
            world.ask(person, call)
    assert world.ask(person, "SELECT key_id FROM household_keys()") == []


@pytest.mark.parametrize("person", ["chief111", "manager1", "admin"])
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO household SELECT * FROM household",
        "UPDATE household SET persons = 1",
        "DELETE FROM household",
        "INSERT INTO resident (household_no, grid_no, position, role) VALUES (1, 1, 2, 'contact')",
        "UPDATE resident SET role = 'contact'",
        "DELETE FROM resident",
        "INSERT INTO household_count VALUES (1, 'x', 1, 'x', 1, 1)",
        "UPDATE household_count SET persons = 1",
        "DELETE FROM household_count",
    ],
)
def test_nobody_writes_past_the_functions(world: World, person: str, sql: str) -> None:
    with (
        pytest.raises(InsufficientPrivilege, match="permission denied"),
        world.database.transaction_as(world.people[person]) as tx,
    ):
        tx.execute(sql)


def test_only_the_manager_who_answers_has_a_household_forgotten(world: World) -> None:
    no, foreign = world.numbers["in111"], world.numbers["in122"]
    for person in ("chief111", "worker11", "leader", "admin", "auditor", "fire"):
        with (
            pytest.raises(InsufficientPrivilege, match="only the manager"),
            world.database.transaction_as(world.people[person]) as tx,
        ):
            residents.forget(tx, [no], "moved", TODAY)
    with world.database.transaction_as(world.people["manager1"]) as tx:
        assert store.forget_households(tx, [no, foreign], TODAY) == [no]
        assert tx.value("SELECT count(*) FROM household") == 1
        assert tx.value("SELECT count(*) FROM resident WHERE household_no = %(no)s", no=no) == 0
        tombstone = tx.row("SELECT kind, valid_until FROM target WHERE no = %(no)s", no=no)
        assert tombstone == ("household", TODAY)
        tx.undo()


# -- sealing ------------------------------------------------------------------------------


def test_a_dump_of_the_database_holds_no_name_no_phone_and_no_door(
    world: World, databases: Databases
) -> None:
    dump = subprocess.run(
        [find_binaries() / "pg_dump", "--inserts", databases.cluster.dsn("gridward", world.name)],
        capture_output=True,
        check=True,
    ).stdout
    assert b"INSERT INTO gridward.household VALUES" in dump and b"in111" in dump
    for clear in (b"Name-in111", b"13800001234", b"door-in111"):
        for form in (clear, clear.hex().encode()):
            assert form not in dump, clear


def test_a_sealed_value_moved_to_another_household_does_not_open(world: World) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        rows = store.sealed_households(tx, [world.numbers["in111"], world.numbers["in112"]])
        one, other = rows[world.numbers["in111"]], rows[world.numbers["in112"]]
        store.put_households(tx, [one | {"door": other["door"]}])
        act_as(tx, world.people["chief111"])
        with pytest.raises(Exception, match="cannot be opened"):
            residents.household(tx, SEALING, world.numbers["in111"])
        tx.undo()


def test_another_key_is_taken_batch_by_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Keyring({**SEALING.keys, "f" * 12: bytes(32)}, "f" * 12)
    monkeypatch.setattr(residents, "REKEY_BATCH", 4)
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        before = store.sealed_households(tx, list(world.numbers.values()))
        assert [residents.rekey(tx, fresh) for _ in range(3)] == [4, 2, 0]
        assert store.keys_in_use(tx) == {"f" * 12: len(PLACES)}
        after = store.sealed_households(tx, list(world.numbers.values()))
        assert not {row["door"] for row in before.values()} & {
            row["door"] for row in after.values()
        }
        act_as(tx, world.people["chief111"])
        tx.person = world.people["chief111"]
        _, opened = residents.reveal(tx, fresh, world.numbers["in111"], "visit")
        assert (opened.door, opened.persons[0].name) == ("door-in111", "Name-in111")
        tx.undo()


def test_rows_as_they_are_come_back_exactly(world: World) -> None:
    """What undoing an import relies on."""
    no = world.numbers["in112"]
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        before = store.sealed_households(tx, [no])
        changed = household(no, "in112", persons=7, building="Elsewhere", guardian_name="Somebody")
        store.put_households(tx, [sealed_row(SEALING, changed)])
        assert store.sealed_households(tx, [no]) != before
        store.put_households(tx, list(before.values()))
        assert store.sealed_households(tx, [no]) == before
        tx.undo()


# -- counting -----------------------------------------------------------------------------


def faults(tx: Transaction) -> int:
    checks = {one["check"]: one["faults"] for one in examine(tx)["checks"]}
    return int(checks["households_counted"])


def test_counts_follow_every_change_and_doctor_would_notice(
    world: World, databases: Databases
) -> None:
    no = world.numbers["in111"]
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        assert faults(tx) == 0
        more = household(no, "in111", persons=4, class_key="disabled", building="Other")
        store.put_households(tx, [sealed_row(SEALING, more)])
        assert tx.value("SELECT persons FROM household_count WHERE class = 'disabled'") == 4
        assert faults(tx) == 0
        tx.execute(
            "UPDATE target SET grid_no = %(grid)s, tile_key = tile_key + 1 WHERE no = %(no)s",
            grid=grid_number(tx, "block:122"),
            no=no,
        )
        assert faults(tx) == 0
        store.remove_households(tx, [no, world.numbers["nowhere"]])
        assert faults(tx) == 0
        assert tx.value("SELECT sum(households) FROM household_count") == len(PLACES) - 2
        tx.undo()
    databases.admin(world.name, "UPDATE gridward.household_count SET persons = persons + 1")
    try:
        with world.database.transaction_as(SERVICE_PERSON) as tx:
            assert faults(tx) == len(PLACES)
    finally:
        databases.admin(world.name, "UPDATE gridward.household_count SET persons = persons - 1")


def test_what_a_leader_is_told_keeps_small_numbers_back(world: World) -> None:
    with world.database.transaction_as(SERVICE_PERSON) as tx:
        add_households(
            tx,
            {f"more{n}": PLACES["in211"] for n in range(3)},
            persons=3,
            class_key="none",
            expires_on=date(2027, 1, 1),
        )
        act_as(tx, world.people["leader"])
        told, parts = residents.told_counts(tx)
        towns = {grid_number(tx, f"town:{town}"): told for town in "12"}
        assert set(parts[residents.CITY]) == set(towns)
        assert told[residents.CITY].total == 13
        assert told[grid_number(tx, "town:1")].few
        assert told[grid_number(tx, "town:2")].total is None
        tx.undo()
