"""Statements of the search: pieces, what shares them, and what that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.search.model import Piece

SQL = Statements.beside(__file__)


def list_pieces(tx: Transaction, text: str) -> list[Any]:
    """part, gram of the text as it would be stored."""
    return tx.rows(SQL.list_pieces, text=text)


def list_readings(tx: Transaction, characters: Sequence[str]) -> dict[str, list[str]]:
    return {
        row.character: row.readings for row in tx.rows(SQL.list_readings, characters=characters)
    }


def list_target_candidates(
    tx: Transaction, pieces: Sequence[Piece], bound: int, limit: int, within: int | None = None
) -> list[Any]:
    """no and the slots matched by part, the most first; of a grid and all below it, or of all."""
    return tx.rows(
        SQL.list_target_candidates, **_columns(pieces), bound=bound, limit=limit, within=within
    )


def list_grid_candidates(
    tx: Transaction, pieces: Sequence[Piece], bound: int, limit: int
) -> list[Any]:
    return tx.rows(SQL.list_grid_candidates, **_columns(pieces), bound=bound, limit=limit)


def list_person_candidates(
    tx: Transaction, pieces: Sequence[Piece], bound: int, limit: int
) -> list[Any]:
    return tx.rows(SQL.list_person_candidates, **_columns(pieces), bound=bound, limit=limit)


def _columns(pieces: Sequence[Piece]) -> dict[str, list[Any]]:
    return {
        "grams": [piece.gram for piece in pieces],
        "parts": [piece.part for piece in pieces],
        "slots": [piece.slot for piece in pieces],
    }


def list_targets(tx: Transaction, numbers: Sequence[int], on: date) -> list[Any]:
    return tx.rows(SQL.list_targets, numbers=list(numbers), on=on)


def list_assignments(
    tx: Transaction,
    on: date,
    limit: int,
    people: Sequence[int] | None = None,
    roles: Sequence[str] | None = None,
    grids: Sequence[int] | None = None,
) -> list[Any]:
    """Of these persons, with one of these roles, for these grids; None asks for all."""
    return tx.rows(
        SQL.list_assignments,
        on=on,
        limit=limit,
        people=None if people is None else list(people),
        roles=None if roles is None else list(roles),
        grids=None if grids is None else list(grids),
    )
