"""Statements on single visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.connection import Transaction
from app.db.statements import Statements
from app.inspections.visits.model import ChecklistVersion

SQL = Statements.beside(__file__)


def find_number(tx: Transaction, kind: str, id_: str, grid: int | None) -> int | None:
    found: int | None = tx.value(SQL.find_number, kind=kind, id=id_, grid=grid)
    return found


def find_target(tx: Transaction, no: int, on: date) -> Any | None:
    return tx.row(SQL.find_target, no=no, on=on)


def find_chief(tx: Transaction, grid: int, on: date) -> int | None:
    found: int | None = tx.value(SQL.find_chief, grid=grid, on=on)
    return found


def lock_correction(tx: Transaction, id_: UUID) -> None:
    """Held until the transaction ends."""
    tx.rows(SQL.lock_correction, id=str(id_))


def list_checklists(
    tx: Transaction, asked: Sequence[ChecklistVersion]
) -> dict[ChecklistVersion, Any]:
    """items, withdrawn_on of each that there is."""
    return {
        ChecklistVersion(row.programme_key, row.key, row.version): row
        for row in tx.rows(
            SQL.list_checklists,
            programmes=[one.programme for one in asked],
            keys=[one.key for one in asked],
            versions=[one.version for one in asked],
        )
    }


def list_unknown_programmes(tx: Transaction, keys: Sequence[str]) -> list[str]:
    return [row.key for row in tx.rows(SQL.list_unknown_programmes, keys=list(keys))]


def insert_visit(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """Whether it was new; False: there is an event with this id."""
    return tx.execute(SQL.insert_visit, **values) == 1


def find_visit(tx: Transaction, id_: UUID) -> Any | None:
    return tx.row(SQL.find_visit, id=str(id_))


def list_usable_photos(
    tx: Transaction, photos: Sequence[UUID], former: UUID | None
) -> dict[UUID, Any]:
    """By id: loose, carried."""
    rows = tx.rows(
        SQL.list_usable_photos,
        photos=[str(one) for one in photos],
        former=former and str(former),
    )
    return {UUID(str(row.id)): row for row in rows}


def show_photos(tx: Transaction, visit: UUID, photos: Sequence[UUID], former: UUID | None) -> int:
    """How many the visit shows now."""
    return tx.execute(
        SQL.show_photos,
        visit=str(visit),
        photos=[str(one) for one in photos],
        former=former and str(former),
    )


def list_photos(tx: Transaction, visits: Sequence[str]) -> dict[str, list[Any]]:
    """By visit: id, width, height, taken_at of each photo."""
    found: dict[str, list[Any]] = {}
    for row in tx.rows(SQL.list_photos, visits=list(visits)) if visits else ():
        found.setdefault(str(row.inspection_id), []).append(row)
    return found
