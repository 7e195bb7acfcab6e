"""Statements on places and roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.registry.model import Placed, Register
from app.registry.rules import detail_row

SQL = Statements.beside(__file__)


class PlaceWriter:
    """The detail table of places and roads, of the one kind or the other."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        return {
            row.id: (row.target_no, row.content)
            for row in tx.rows(SQL.list_known_places, kind=self.register.kind, ids=list(ids))
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.insert_places,
            [self._row(row, tx.person) for row in rows],
            "(%(no)s, %(grid)s, %(person)s, %(kind)s, %(id)s, %(name)s, %(class)s, %(address)s, "
            "%(content)s, %(details)s, %(source)s)",
        )

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.update_places,
            [self._row(row, tx.person) for row in rows],
            "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s, %(details)s::jsonb"
            ", %(source)s::bytea)",
        )

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_former_places, numbers=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        tx.execute(SQL.restore_places, rows=orjson.dumps(list(rows)).decode())

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        tx.execute(SQL.delete_places, numbers=list(numbers))

    def _row(self, placed: Placed, person: int | None) -> dict[str, Any]:
        own = {"kind": self.register.kind, "source": placed.draft.source_shape}
        return detail_row(placed, person) | own
