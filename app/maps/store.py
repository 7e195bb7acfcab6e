"""Statements of the map page."""

from __future__ import annotations

from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def find_backdrop_version(tx: Transaction) -> str | None:
    """A word that changes with the backdrop, or None where there is none."""
    found = tx.value(SQL.backdrop_version)
    return None if found is None else str(found)
