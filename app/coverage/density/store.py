"""Where stops lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def list_places(tx: Transaction, targets: Sequence[int]) -> list[Any]:
    """no, lon, lat of those that lie somewhere and hold no persons."""
    return tx.rows(SQL.list_places, targets=list(targets))
