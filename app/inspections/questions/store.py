"""Statements on questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.inspections.questions.model import Raised, Said, Stop

SQL = Statements.beside(__file__)
BATCH = 5_000


def insert_look(tx: Transaction, day: date) -> bool:
    """Whether nobody looked on that day before."""
    return tx.execute(SQL.insert_look, day=day) == 1


def list_stops(tx: Transaction, first: date, last: date) -> list[Stop]:
    return [
        Stop(
            UUID(row.id),
            row.person,
            row.target,
            row.grid,
            row.at,
            None if row.lon is None else (row.lon, row.lat),
        )
        for row in tx.rows(SQL.list_stops, first=first, last=last)
    ]


def list_same_photos(tx: Transaction, first: date, last: date) -> list[tuple[Stop, Stop]]:
    """The earlier visit and the later one."""
    return [
        (
            Stop(UUID(row.former_id), row.former_person, row.former_target, 0, row.former_at, None),
            Stop(UUID(row.id), row.person, row.target, row.grid, row.at, None),
        )
        for row in tx.rows(SQL.list_same_photos, first=first, last=last)
    ]


def count_plain(tx: Transaction, first: date, last: date) -> list[Any]:
    """person, parent, class_key, records, deviating."""
    return tx.rows(SQL.count_plain, first=first, last=last)


def stream_answered(tx: Transaction, first: date, last: date) -> Iterator[list[Any]]:
    """person, parent, class_key, outcome, checklists, answers."""
    return tx.stream(SQL.list_answered, "answered", BATCH, first=first, last=last)


def raise_question(tx: Transaction, raised: Raised, day: date) -> bool:
    """Whether it was new."""
    return bool(
        tx.value(
            SQL.raise_question,
            rule=raised.rule,
            key=raised.key,
            person=raised.person,
            grid=raised.grid,
            facts=orjson.dumps(raised.facts).decode(),
            day=day,
        )
    )


def list_questions(tx: Transaction, limit: int, no: int | None = None) -> list[Any]:
    return tx.rows(SQL.list_questions, limit=limit, no=no)


def list_answers(tx: Transaction, questions: Sequence[int]) -> list[Any]:
    return tx.rows(SQL.list_answers, questions=list(questions))


def list_visits(tx: Transaction, ids: Sequence[str]) -> list[Any]:
    return tx.rows(SQL.list_visits, ids=list(ids))


def count_open(tx: Transaction) -> int:
    return int(tx.value(SQL.count_open))


def insert_event(tx: Transaction, question: Any, said: Said) -> bool:
    """Whether it was new; False: the id is known, or the question is closed."""
    return (
        tx.execute(
            SQL.insert_event,
            id=str(said.id),
            question=question.no,
            person=question.person_no,
            kind=said.kind,
            words=said.words,
        )
        == 1
    )


def find_event(tx: Transaction, id_: UUID) -> Any | None:
    return tx.row(SQL.find_event, id=str(id_))
