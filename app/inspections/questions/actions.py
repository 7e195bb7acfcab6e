"""Look for records that look unlikely, ask, answer and close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.db.connection import Transaction
from app.errors import Conflict, NotFound
from app.inspections.questions import rules, store
from app.inspections.questions.model import Kept, Said
from app.inspections.visits import actions as visits
from app.programmes.rules import period_around

DAYS = 7  # phones without a network send late
MONTHS = 3  # in which nothing was found


@dataclass(frozen=True)
class Question:
    """A question as it is shown: its row, the visits it is about, what was answered."""

    row: Any
    visits: Sequence[Any]
    answers: Sequence[Any]


def look_daily(tx: Transaction, today: date) -> int:
    """The first time of a day; answers how many questions are new."""
    return look(tx, today, DAYS) if store.insert_look(tx, today) else 0


def look(tx: Transaction, today: date, days: int) -> int:
    """At the records of these days, and at months without any finding; each is asked once."""
    first = today - timedelta(days=days)
    stops = store.list_stops(tx, first, today)
    raised = [
        *rules.too_fast(stops),
        *rules.too_many(stops),
        *rules.same_photos(store.list_same_photos(tx, first, today)),
        *rules.never_anything(_tallies(tx, *_months(today)), _months(today)),
    ]
    return sum(store.raise_question(tx, one, today) for one in raised)


def _months(today: date) -> tuple[date, date]:
    """The last full months."""
    last = today.replace(day=1) - timedelta(days=1)
    first = last
    for _ in range(MONTHS - 1):
        first = period_around("month", first)[0] - timedelta(days=1)
    return first.replace(day=1), last


def _tallies(tx: Transaction, first: date, last: date) -> dict[tuple[int, int, str], Kept]:
    held: dict[tuple[int, int, str], Kept] = defaultdict(lambda: Kept(0, 0))
    for row in store.count_plain(tx, first, last):
        held[row.person, row.parent, row.class_key] += Kept(row.records, row.deviating)
    for batch in store.stream_answered(tx, first, last):
        for one in visits.recorded_many(tx, batch):
            odd = one.row.outcome != "done" or bool(one.deviations)
            held[one.row.person, one.row.parent, one.row.class_key] += Kept(1, int(odd))
    return dict(held)


def questions(tx: Transaction, limit: int) -> list[Question]:
    """Those that concern the reader, the open ones first."""
    rows = store.list_questions(tx, limit)
    named = sorted({id_ for row in rows for id_ in row.facts.get("visits", ())})
    known = {row.id: row for row in store.list_visits(tx, named)} if named else {}
    answers: dict[int, list[Any]] = defaultdict(list)
    for answer in store.list_answers(tx, [row.no for row in rows]):
        answers[answer.question_no].append(answer)
    return [
        Question(
            row,
            [known[id_] for id_ in row.facts.get("visits", ()) if id_ in known],
            answers[row.no],
        )
        for row in rows
    ]


def count_open(tx: Transaction) -> int:
    """Of the questions that concern the reader."""
    return store.count_open(tx)


def say(tx: Transaction, no: int, said: Said) -> None:
    """Answer or close; the same id again is the same."""
    rows = store.list_questions(tx, 1, no)
    if not rows:
        raise NotFound("There is no such question for you.")
    known = store.find_event(tx, said.id)
    if known is None:
        rules.check_said(said, rows[0], tx.person or 0)
        if store.insert_event(tx, rows[0], said):
            return
        known = store.find_event(tx, said.id)
    if known is None or tuple(known) != (no, said.kind, said.words, tx.person):
        raise Conflict("This question was closed meanwhile.")
