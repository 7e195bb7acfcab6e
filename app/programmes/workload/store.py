"""Statements on people and their work."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.programmes.model import DutyRule

SQL = Statements.beside(__file__)


def list_holders(tx: Transaction, depth: int, on: date) -> dict[tuple[int, str], int]:
    """(grid, role) → people."""
    rows = tx.rows(SQL.list_holders, depth=depth, on=on)
    return {(row.grid_no, row.role): row.people for row in rows}


def count_targets_by_grid(tx: Transaction, rule: DutyRule, on: date) -> dict[int, int]:
    rows = tx.rows(
        SQL.count_targets_by_grid,
        depth=rule.depth,
        kind=rule.target_kind,
        classes=list(rule.classes),
        importances=list(rule.importances),
        on=on,
    )
    return {row.grid_no: row.targets for row in rows}


def list_grids(tx: Transaction, depth: int) -> list[Any]:
    """no, code, name, name_en, by code."""
    return tx.rows(SQL.list_grids, depth=depth)
