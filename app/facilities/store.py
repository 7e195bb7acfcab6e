"""Statements on buildings and facilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.facilities.rules import BUILDINGS, FACILITIES
from app.registry.model import Placed
from app.registry.rules import detail_row

SQL = Statements.beside(__file__)


class BuildingWriter:
    """The detail table of buildings."""

    register = BUILDINGS

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        return {
            row.id: (row.target_no, row.content)
            for row in tx.rows(SQL.list_known_buildings, ids=list(ids))
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.insert_buildings,
            [_building_row(row, tx.person) for row in rows],
            "(%(no)s, %(grid)s, %(person)s, %(id)s, %(name)s, %(class)s, %(address)s, "
            "%(content)s, %(details)s, %(floors)s)",
        )

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.update_buildings,
            [_building_row(row, tx.person) for row in rows],
            "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s, %(details)s::jsonb"
            ", %(floors)s::smallint)",
        )

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_former_buildings, numbers=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        tx.execute(SQL.restore_buildings, rows=orjson.dumps(list(rows)).decode())

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        tx.execute(SQL.delete_buildings, numbers=list(numbers))


def _building_row(placed: Placed, person: int | None) -> dict[str, Any]:
    values = placed.draft.values
    return detail_row(placed, person) | {"floors": values.get("floors")}


class FacilityWriter:
    """The detail table of facilities."""

    register = FACILITIES

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        return {
            row.id: (row.target_no, row.content)
            for row in tx.rows(SQL.list_known_facilities, ids=list(ids))
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.insert_facilities,
            [_facility_row(row, tx.person) for row in rows],
            "(%(no)s, %(grid)s, %(person)s, %(id)s, %(name)s, %(class)s, %(address)s, "
            "%(content)s, %(details)s, %(state)s, %(test_due)s)",
        )

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.update_facilities,
            [_facility_row(row, tx.person) for row in rows],
            "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s, %(details)s::jsonb"
            ", %(state)s::text, %(test_due)s::date)",
        )

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_former_facilities, numbers=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        tx.execute(SQL.restore_facilities, rows=orjson.dumps(list(rows)).decode())

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        tx.execute(SQL.delete_facilities, numbers=list(numbers))


def _facility_row(placed: Placed, person: int | None) -> dict[str, Any]:
    values = placed.draft.values
    return detail_row(placed, person) | {
        "state": values.get("state") or "unknown",
        "test_due": values.get("test_due"),
    }
