"""Statements on hand-overs, and on what is open in a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.handover.model import HandoverRequest

SQL = Statements.beside(__file__)


def count_targets(tx: Transaction, grid: int | None, on: date) -> dict[str, int]:
    """By kind, in the grid and below it."""
    return {row.kind: row.targets for row in tx.rows(SQL.count_targets, grid=grid, on=on)}


def count_open_hazards(tx: Transaction, grid: int | None) -> int:
    return int(tx.value(SQL.count_open_hazards, grid=grid))


def count_tests_overdue(tx: Transaction, grid: int | None, on: date) -> int:
    return int(tx.value(SQL.count_tests_overdue, grid=grid, on=on))


def count_unfinished_jobs(tx: Transaction, person: int) -> int:
    return int(tx.value(SQL.count_unfinished_jobs, person=person))


def list_open_handovers_of(tx: Transaction, person: int) -> list[int]:
    return [row.no for row in tx.rows(SQL.list_open_handovers_of, person=person)]


def list_handovers(tx: Transaction, before: int | None, limit: int) -> list[Any]:
    return tx.rows(SQL.list_handovers, before=before, limit=limit)


def find_handover(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_handover, no=no)


def list_parts(tx: Transaction, no: int) -> list[Any]:
    return tx.rows(SQL.list_parts, no=no)


def list_events(tx: Transaction, no: int) -> list[Any]:
    return tx.rows(SQL.list_events, no=no)


def find_prepared(tx: Transaction, assignments: Sequence[int]) -> int | None:
    """The open hand-over that moves one of these assignments already."""
    found = tx.value(SQL.list_parts_prepared, assignments=list(assignments))
    return None if found is None else int(found)


def insert_handover(tx: Transaction, asked: HandoverRequest) -> int:
    no = int(
        tx.value(
            SQL.insert_handover,
            giver=asked.giver,
            happens_on=asked.happens_on,
            note=asked.note,
        )
    )
    tx.execute(SQL.insert_prepared, handover=no)
    return no


def insert_part(
    tx: Transaction, handover: int, assignment: int, taker: int, open_work: Mapping[str, int]
) -> None:
    tx.execute(
        SQL.insert_part,
        handover=handover,
        assignment=assignment,
        taker=taker,
        open=orjson.dumps(open_work).decode(),
    )


def sign(tx: Transaction, handover: int, whose: int, reason: str | None) -> str:
    """`signed`; `moved` with the last signature; `ended` where nothing can move any more."""
    return str(tx.value(SQL.sign, handover=handover, whose=whose, reason=reason))


def undo(tx: Transaction, handover: int, reason: str | None) -> None:
    tx.rows(SQL.undo, handover=handover, reason=reason)
