"""Statements of the demo: its stage, and the backdrop of streets and water."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def find_stage(tx: Transaction) -> str | None:
    """The last stage that is whole, or None where no demo was begun."""
    found = tx.value(SQL.find_stage)
    return None if found is None else str(found)


def set_stage(tx: Transaction, stage: str) -> None:
    tx.execute(SQL.set_stage, value=stage)


def has_data(tx: Transaction) -> bool:
    return bool(tx.value(SQL.has_data))


def replace_backdrop(tx: Transaction, features: Sequence[dict[str, Any]]) -> None:
    tx.execute(SQL.delete_backdrop)
    tx.many(
        SQL.insert_backdrop,
        features,
        "(%(kind)s, %(rank)s, %(name)s, %(name_en)s, "
        "ST_Transform(ST_GeomFromWKB(%(wkb)s, 4326), 3857))",
    )


def list_near_units(tx: Transaction, limit: int) -> list[int]:
    """Of the reader's own area."""
    return [row.no for row in tx.rows(SQL.list_near_units, limit=limit)]


def insert_rounds(
    tx: Transaction, programme: str, classes: Sequence[str], first: date, last: date, days: int
) -> None:
    """Of the blocks (`block`), and of places and roads of these classes."""
    tx.execute(
        SQL.insert_rounds,
        programme=programme,
        classes=list(classes),
        first=first,
        last=last,
        days=days,
    )
