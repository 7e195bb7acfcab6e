"""Statements on coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from app.coverage.model import InspectedQuestion
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def list_inspected_by_grid(tx: Transaction, asked: InspectedQuestion, depth: int) -> list[Any]:
    """no, code, name, name_en, units, inspected; only grids inside the reader's territory."""
    return tx.rows(SQL.inspected_by_grid, **asdict(asked), depth=depth)


def count_inspected_within(tx: Transaction, asked: InspectedQuestion) -> Any:
    """units, inspected among what the reader may see."""
    return tx.row(SQL.inspected_within, **asdict(asked))


def count_units_directly_in(tx: Transaction, grid: int, on: date) -> int:
    return int(tx.value(SQL.units_directly_in, grid=grid, on=on))


def list_grids_in_territory(tx: Transaction, grids: Sequence[int]) -> set[int]:
    return {row.no for row in tx.rows(SQL.grids_in_territory, grids=list(grids))}
