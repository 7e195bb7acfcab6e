"""Statements on the list of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.programmes.model import DutyPeriod

SQL = Statements.beside(__file__)


def list_open_duties(
    tx: Transaction, asked: Sequence[tuple[int, int, int, DutyPeriod]], today: date
) -> list[Any]:
    """turn, target_no; asked by (turn, rule, grid, period)."""
    return tx.rows(
        SQL.list_open_duties,
        turns=[turn for turn, _, _, _ in asked],
        rules=[rule for _, rule, _, _ in asked],
        sinces=[period.since for _, _, _, period in asked],
        dues=[period.due_on for _, _, _, period in asked],
        graces=[period.grace_until for _, _, _, period in asked],
        grids=[grid for _, _, grid, _ in asked],
        today=today,
    )


def list_targets(tx: Transaction, numbers: Sequence[int], today: date) -> dict[int, Any]:
    """By number."""
    return {row.no: row for row in tx.rows(SQL.list_targets, numbers=list(numbers), today=today)}


def list_recorded(tx: Transaction, today: date, limit: int) -> list[Any]:
    """id, target_no, kind, name, outcome, happened_at, note."""
    return tx.rows(SQL.list_recorded, today=today, limit=limit)


def find_middle(tx: Transaction, grids: Sequence[int]) -> tuple[float, float] | None:
    row = tx.row(SQL.find_middle, grids=list(grids))
    return (row.lon, row.lat) if row else None
