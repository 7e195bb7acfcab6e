"""Ask that a target is not counted for a while, and decide on it as a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import Grid
from app.inspections.exclusions import rules, store
from app.inspections.exclusions.model import Decided, Request

MOST_AT_ONCE = 2_000


@dataclass(frozen=True)
class ListQuestion:
    """Which exclusions a list shows, as of a day."""

    state: str
    within: int | None
    on: date


def ask(tx: Transaction, request: Request) -> None:
    rules.check_request(request)
    store.insert_exclusion(tx, request)


def exclusions(tx: Transaction, asked: ListQuestion, after: int, limit: int) -> list[Any]:
    """By number, from the one after the given one on."""
    rules.check_state(asked.state)
    return store.list_exclusions(tx, asked.state, asked.within, asked.on, after, limit)


def counts(tx: Transaction, within: int | None, on: date) -> dict[str, int]:
    """By state."""
    return store.count_exclusions(tx, within, on)


def titles(tx: Transaction, rows: Sequence[Any]) -> dict[int, list[Grid]]:
    """Grid → the grids from the top down to it."""
    active = grids.find_active(tx)
    numbers = sorted({row.grid_no for row in rows if row.grid_no})
    return grids.chains(tx, active.no, numbers) if active and numbers else {}


def decide(
    tx: Transaction,
    asked: ListQuestion,
    numbers: Sequence[int] | None,
    decision: str,
    note: str | None,
) -> Decided:
    """Accept or decline the ticked requests, or all of the list.

    Raises
    ------
    Refusal
        Nothing was chosen, the list is too long for one request, or all are the decider's own.
    """
    rules.check_decision(decision)
    if numbers is not None and not numbers:
        raise Refusal("Nothing is ticked. Tick the rows that are meant, or choose the whole list.")
    rows = store.list_exclusions(tx, "open", asked.within, asked.on, 0, MOST_AT_ONCE + 1, numbers)
    if len(rows) > MOST_AT_ONCE:
        raise Refusal(
            "More than %(most)s requests are decided one part after the other: choose a grid, or "
            "tick rows.",
            most=MOST_AT_ONCE,
        )
    if rows and all(row.own for row in rows):
        raise Refusal("You asked for these yourself; a second person has to decide on them.")
    done = store.decide_exclusions(tx, [row.no for row in rows], decision, note)
    if done:
        audit.record(tx, f"exclusions_{decision}", None, rows=done, reason=note)
    return Decided(done, (len(rows) if numbers is None else len(set(numbers))) - done)
