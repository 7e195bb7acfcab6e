"""Statements on persons, what they answer for, who stands in and where nobody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.people.model import Assignment, CoverRequest, GapQuestion, PeopleFilter, RequiredRoles

SQL = Statements.beside(__file__)


def list_people(tx: Transaction, wanted: PeopleFilter, after: str, limit: int) -> list[Any]:
    """no, sign_in, name, organisation, active, signed_in_at."""
    return tx.rows(
        SQL.list_people,
        after=after,
        limit=limit,
        on=wanted.on,
        state=wanted.state,
        role=wanted.role,
        within=wanted.within,
        text=wanted.text,
    )


def count_people(tx: Transaction, wanted: PeopleFilter) -> int:
    return int(
        tx.value(
            SQL.count_people,
            on=wanted.on,
            state=wanted.state,
            role=wanted.role,
            within=wanted.within,
            text=wanted.text,
        )
    )


def find_person(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_person, no=no)


def suggest_people(tx: Transaction, text: str) -> list[Any]:
    return tx.rows(SQL.suggest_people, text=text)


def suggest_grids(tx: Transaction, text: str) -> list[Any]:
    return tx.rows(SQL.suggest_grids, text=text)


def list_assignments(tx: Transaction, people: Sequence[int]) -> list[Any]:
    return tx.rows(SQL.list_assignments, people=list(people))


def find_assignment(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_assignment, no=no)


def hold_people(tx: Transaction, people: Sequence[int]) -> None:
    tx.rows(SQL.hold_people, people=list(people))


def find_same_assignment(tx: Transaction, person: int, wanted: Assignment) -> Any | None:
    return tx.row(
        SQL.find_same_assignment,
        person=person,
        grid=wanted.grid_no,
        role=wanted.role,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
    )


def end_assignment(tx: Transaction, no: int, valid_until: date) -> None:
    tx.execute(SQL.end_assignment, no=no, valid_until=valid_until)


def rename_person(tx: Transaction, no: int, name: str, organisation: str | None) -> None:
    tx.execute(SQL.rename_person, no=no, name=name, organisation=organisation)


def reactivate_person(tx: Transaction, no: int) -> None:
    tx.execute(SQL.reactivate_person, no=no)


def count_admins(tx: Transaction, other_than: int, on: date) -> int:
    return int(tx.value(SQL.count_admins, other_than=other_than, on=on))


def count_people_by_role(tx: Transaction, on: date) -> list[Any]:
    return tx.rows(SQL.count_people_by_role, on=on)


def find_required_roles(tx: Transaction) -> RequiredRoles | None:
    found = tx.value(SQL.find_required_roles)
    return None if found is None else orjson.loads(found)


def set_required_roles(tx: Transaction, wanted: RequiredRoles) -> None:
    tx.execute(SQL.set_required_roles, value=orjson.dumps(wanted).decode())


def list_gaps(tx: Transaction, asked: GapQuestion, wanted: RequiredRoles) -> list[Any]:
    """no, depth, level, code, name, name_en, role, starts, since, ends."""
    return tx.rows(
        SQL.list_gaps,
        on=asked.on,
        ahead=asked.ahead,
        level=asked.level,
        within=asked.within,
        grid=asked.grid,
        wanted=orjson.dumps(wanted).decode(),
    )


def list_covers(tx: Transaction, people: Sequence[int], since: date) -> list[Any]:
    return tx.rows(SQL.list_covers, people=list(people), since=since)


def find_cover(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_cover, no=no)


def list_overlapping_covers(tx: Transaction, asked: CoverRequest, deputy: int) -> list[Any]:
    return tx.rows(
        SQL.list_overlapping_covers,
        person=asked.person,
        deputy=deputy,
        valid_from=asked.valid_from,
        valid_until=asked.valid_until,
    )


def list_assignments_covered(tx: Transaction, asked: CoverRequest) -> list[int]:
    rows = tx.rows(
        SQL.list_assignments_covered,
        assignments=list(asked.assignments),
        valid_from=asked.valid_from,
        valid_until=asked.valid_until,
    )
    return [row.covers_no for row in rows]


def insert_cover(tx: Transaction, asked: CoverRequest, deputy: int) -> int:
    return int(
        tx.value(
            SQL.insert_cover,
            person=asked.person,
            deputy=deputy,
            valid_from=asked.valid_from,
            valid_until=asked.valid_until,
            keeps_scope=asked.keeps_scope,
            note=asked.note,
        )
    )


def insert_cover_assignments(
    tx: Transaction, cover: int, deputy: int, assignments: Sequence[int]
) -> None:
    tx.execute(
        SQL.insert_cover_assignments, cover=cover, deputy=deputy, assignments=list(assignments)
    )


def resume_assignments(tx: Transaction, cover: int, assignments: Sequence[int]) -> None:
    tx.execute(SQL.resume_assignments, cover=cover, assignments=list(assignments))


def interrupt_assignments(tx: Transaction, cover: int, assignments: Sequence[int]) -> None:
    tx.execute(SQL.interrupt_assignments, cover=cover, assignments=list(assignments))


def end_cover(tx: Transaction, no: int, valid_until: date) -> None:
    tx.execute(SQL.end_cover, no=no, valid_until=valid_until)
    tx.execute(SQL.end_cover_assignments, no=no, valid_until=valid_until)
    tx.execute(SQL.resume_earlier, no=no, valid_from=valid_until)
