"""Statements on lists and pages of registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.reports.model import Counts, RowFilter

SQL = Statements.beside(__file__)


def list_rows(tx: Transaction, kind: str, wanted: RowFilter, after: str, limit: int) -> list[Any]:
    return tx.rows(SQL.list_rows, **asdict(wanted), kind=kind, after=after, limit=limit)


def count_rows(tx: Transaction, kind: str, wanted: RowFilter) -> Counts:
    found = tx.row(SQL.count_rows, **asdict(wanted), kind=kind)
    return Counts(*found) if found else Counts()


def list_other_classes(tx: Transaction, kind: str, known: Sequence[str]) -> list[str]:
    return [row.class_key for row in tx.rows(SQL.list_other_classes, kind=kind, known=list(known))]


def find_row(tx: Transaction, kind: str, no: int) -> Any | None:
    return tx.row(SQL.find_row, kind=kind, no=no)


def list_shapes(tx: Transaction, numbers: Sequence[int]) -> dict[int, bytes]:
    """Target → its shape as WKB."""
    return {row.no: bytes(row.shape) for row in tx.rows(SQL.list_shapes, numbers=list(numbers))}


def list_batches_of_target(tx: Transaction, no: int) -> list[Any]:
    """no, file_name, imported_at, undone_at, former; nothing for who may not see batches."""
    return tx.rows(SQL.list_batches_of_target, no=no)
