"""Statements on visit events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from app.db.connection import Transaction
from app.db.statements import Statements
from app.inspections.model import InspectionFilter

SQL = Statements.beside(__file__)


def list_known_inspections(tx: Transaction, ids: Sequence[UUID]) -> dict[str, Any]:
    """id → content digest, and whether it was voided, of those that are stored already."""
    return {
        str(row.id): row
        for row in tx.rows(SQL.list_known_inspections, ids=[str(one) for one in ids])
    }


def insert_inspections(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.many(
        SQL.insert_inspections,
        rows,
        "(%(id)s::uuid, %(target)s, %(outcome)s, %(result)s, %(happened_at)s, "
        "%(happened_on)s, %(person)s, %(grid)s, %(edition)s, %(early)s, %(name)s, %(class)s, "
        "%(external_id)s, %(content)s, %(batch)s, %(programmes)s::text[])",
    )


def void_batch(tx: Transaction, batch: int) -> int:
    """How many events were voided."""
    return tx.execute(SQL.void_batch, batch=batch)


def list_inspections_of_target(
    tx: Transaction, target: int, before: date, before_id: str, limit: int
) -> list[Any]:
    return tx.rows(
        SQL.list_inspections_of_target,
        target=target,
        before=before,
        before_id=before_id,
        limit=limit,
    )


def find_day_of_inspection(tx: Transaction, id_: UUID) -> date | None:
    found: date | None = tx.value(SQL.find_day_of_inspection, id=str(id_))
    return found


def list_inspections(
    tx: Transaction,
    wanted: InspectionFilter,
    after_day: date | None,
    after: UUID | None,
    limit: int,
) -> list[Any]:
    return tx.rows(
        SQL.list_inspections,
        **asdict(wanted),
        after_day=after_day,
        after=after and str(after),
        limit=limit,
    )


def last_inspection_within(tx: Transaction, grid: int, on: date) -> date | None:
    found: date | None = tx.value(SQL.last_inspection_within, grid=grid, on=on)
    return found
