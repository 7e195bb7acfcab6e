"""Statements of the page of a grid."""

from __future__ import annotations

from datetime import date

from app.coverage.grid.model import Visit
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def list_last_visits(tx: Transaction, grid: int, on: date, limit: int) -> list[Visit]:
    return [Visit(*row) for row in tx.rows(SQL.list_last_visits, grid=grid, on=on, limit=limit)]
