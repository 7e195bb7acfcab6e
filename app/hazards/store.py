"""Statements on hazards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.hazards.rules import HAZARDS
from app.registry.model import Placed
from app.registry.rules import detail_row

SQL = Statements.beside(__file__)


class HazardWriter:
    """The detail table of hazards."""

    register = HAZARDS

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        return {
            row.id: (row.target_no, row.content)
            for row in tx.rows(SQL.list_known_hazards, ids=list(ids))
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.insert_hazards,
            [_hazard_row(row, tx.person) for row in rows],
            "(%(no)s, %(grid)s, %(person)s, %(id)s, %(name)s, %(class)s, %(address)s, "
            "%(content)s, %(details)s, %(state)s, %(found_on)s)",
        )

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.update_hazards,
            [_hazard_row(row, tx.person) for row in rows],
            "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s, %(details)s::jsonb"
            ", %(state)s::text, %(found_on)s::date)",
        )

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_former_hazards, numbers=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        tx.execute(SQL.restore_hazards, rows=orjson.dumps(list(rows)).decode())

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        tx.execute(SQL.delete_hazards, numbers=list(numbers))


def _hazard_row(placed: Placed, person: int | None) -> dict[str, Any]:
    values = placed.draft.values
    return detail_row(placed, person) | {
        "state": values.get("state") or "reported",
        "found_on": values["found_on"],
    }
