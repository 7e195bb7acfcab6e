"""A city of squares with units, visits, households and people of every role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.db.connection import Database, Transaction
from app.facilities import actions as facilities
from app.hazards import actions as hazards
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.people import actions as people
from app.people.model import CoverRequest
from app.places import actions as places
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


def build_world(name: str, database: Database) -> World:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        found = settle(tx)
        note_changes(tx)
        identity.create_token(tx, "chief111", "round")
    with database.transaction_as(found["chief111"]) as tx:
        tx.execute("INSERT INTO session (person_no, address, agent) VALUES (person(), 'x', 'x')")
        tx.execute("INSERT INTO second_factor (person_no, secret) VALUES (person(), 'x')")
        tx.execute("INSERT INTO recovery_code (person_no, digest) VALUES (person(), 'x')")
    return World(name, database, found)


def settle(tx: Transaction) -> dict[str, int]:
    add_units(tx, list(UNITS.values()))
    rename = {f"u{position}": unit for position, unit in enumerate(UNITS)}
    for old, new in rename.items():
        tx.execute("UPDATE unit SET id = %(new)s WHERE id = %(old)s", new=new, old=old)
    add_inspections(tx, [(unit, TODAY - timedelta(days=3), "done") for unit in UNITS])
    add_households(tx, {f"h-{unit}": place for unit, place in UNITS.items()})
    for writer in (facilities.BUILDINGS, facilities.FACILITIES, hazards.HAZARDS, places.PLACES):
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
        "INSERT INTO establishment (grid_no, target_no, made_by) "
        "SELECT grid_no, target_no, person() FROM unit WHERE grid_no > 0 ORDER BY id LIMIT 1",
        "INSERT INTO placement (target_no, geom, decided_by) SELECT t.no, t.geom, person() "
        "FROM target t JOIN unit u ON u.target_no = t.no WHERE u.id = 'outside'",
        "INSERT INTO placement_event (target_no, kind, recorded_by) "
        "SELECT target_no, 'outside', person() FROM placement",
        "INSERT INTO placement_claim (target_no, claimed) "
        "SELECT target_no, '112' FROM unit WHERE id = 'in111'",
        "INSERT INTO import_plan (register, path, file_name, file_sha256, created_by) "
        "VALUES ('units', 'x', 'x', 'x', person())",
        "INSERT INTO photo (id, original, picture, thumbnail, width, height, uploaded_by) "
        "SELECT i.id, repeat('0', 64), repeat('0', 64), repeat('0', 64), 1, 1, person() "
        "FROM inspection i",
        "INSERT INTO inspection_photo (inspection_id, photo_id, position) "
        "SELECT i.id, i.id, 1 FROM inspection i",
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
        "INSERT INTO check_rule (programme_key, visits, days, set_by) "
        "VALUES ('fire', 5, 14, person())",
        "INSERT INTO check_sample (programme_key, period, first_day, last_day, seed, size, "
        "automatic, drawn_on, expires_on, drawn_by) VALUES "
        "('fire', '2026', '2026-01-01', '2026-12-31', 1, 1, false, '2026-06-30', '2026-07-14', "
        "person())",
        "SELECT freeze_sample(s.no, ARRAY[i.id], ARRAY[true]) FROM check_sample s, inspection i "
        "JOIN unit u ON u.target_no = i.target_no AND u.id = 'in111' "
        "WHERE i.happened_on = '2026-06-27'",
        "INSERT INTO check_event (id, sample_no, inspection_id, target_no, recorder_no, kind, "
        "checker_no, happened_on, recorded_by) SELECT gen_random_uuid(), c.sample_no, "
        "c.inspection_id, c.target_no, c.recorder_no, 'assigned', p.no, '2026-06-30', person() "
        "FROM check_claim c, person p WHERE p.sign_in = 'worker111'",
        "SELECT raise_question('burst', 'burst x', person(), 1, '{}', '2026-06-30')",
        "INSERT INTO question_event (id, question_no, person_no, kind, words, recorded_by) "
        "SELECT gen_random_uuid(), no, person_no, 'answer', 'x', person() FROM question",
        "INSERT INTO question_look (day) VALUES ('2026-06-30')",
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
