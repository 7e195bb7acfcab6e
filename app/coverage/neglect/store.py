"""Statements on the time since the last visit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.coverage.neglect.model import Neglect, NeglectQuestion
from app.coverage.neglect.rules import CLASSES
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def list_neglect_by_grid(tx: Transaction, asked: NeglectQuestion) -> dict[int, Neglect]:
    """Only grids with any target."""
    values = asdict(asked)
    values.pop("within")
    return {row[0]: Neglect(*row[1:]) for row in tx.rows(SQL.neglect_by_grid, **values)}


def list_neglected(
    tx: Transaction, asked: NeglectQuestion, state: str, limit: int, offset: int
) -> list[Any]:
    """target_no, kind, id, name, name_en, last_on, days, grid_level, grid_code, grid_name,
    grid_name_en."""
    never = state in ("targets", "never")
    least, most = CLASSES.get(state, (0, 2**31 - 1) if state == "targets" else (1, 0))
    return tx.rows(
        SQL.list_neglected,
        **asdict(asked),
        never=never,
        least=least,
        most=most,
        limit=limit,
        offset=offset,
    )
