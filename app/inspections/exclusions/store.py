"""Statements on exclusions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.inspections.exclusions.model import Request
from app.inspections.exclusions.rules import LONGEST_NOTE, ends

SQL = Statements.beside(__file__)


def insert_exclusion(tx: Transaction, request: Request) -> None:
    tx.execute(
        SQL.insert_exclusion,
        target=request.target,
        programme=request.wish.programme,
        reason=request.reason,
        note=(request.note or "")[:LONGEST_NOTE],
        inspection=str(request.inspection),
        since=request.since,
        until=ends(request),
    )


def list_exclusions(
    tx: Transaction,
    state: str,
    within: int | None,
    on: date,
    after: int,
    limit: int,
    numbers: Sequence[int] | None = None,
) -> list[Any]:
    return tx.rows(
        SQL.list_exclusions,
        state=state,
        within=within,
        on=on,
        after=after,
        limit=limit,
        numbers=None if numbers is None else list(numbers),
    )


def count_exclusions(tx: Transaction, within: int | None, on: date) -> dict[str, int]:
    return {
        row.state: row.exclusions for row in tx.rows(SQL.count_exclusions, within=within, on=on)
    }


def decide_exclusions(
    tx: Transaction, numbers: Sequence[int], decision: str, note: str | None
) -> int:
    """How many were decided; the others were decided before, or are the decider's own."""
    return tx.execute(SQL.decide_exclusions, numbers=list(numbers), decision=decision, note=note)
