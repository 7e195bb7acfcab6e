"""Statements on households, the persons in them and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.residents.model import HouseholdFilter, Notice, RetentionCheck

SQL = Statements.beside(__file__)


def known_households(tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """id → (target number, content digest)."""
    return {
        row.id: (row.target_no, row.content) for row in tx.rows(SQL.known_households, ids=list(ids))
    }


def sealed_households(tx: Transaction, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The rows as they are, sealed values in hex, by target number."""
    found = tx.rows(SQL.sealed_households, numbers=list(numbers))
    return {row.target_no: row.household for row in found}


def list_households_of_other_keys(tx: Transaction, present: str, most: int) -> list[int]:
    return [row.no for row in tx.rows(SQL.households_of_other_keys, present=present, most=most)]


def keys_in_use(tx: Transaction) -> dict[str, int]:
    """Key id → how many households it seals."""
    return {row.key_id: row.households for row in tx.rows(SQL.keys_in_use)}


def put_households(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows in the form of ``sealed_households``."""
    tx.rows(SQL.put_households, rows=orjson.dumps(list(rows)).decode())


def remove_households(tx: Transaction, numbers: Sequence[int]) -> None:
    tx.rows(SQL.remove_households, numbers=list(numbers))


def forget_households(tx: Transaction, numbers: Sequence[int], on: date) -> list[int]:
    return [row.no for row in tx.rows(SQL.forget_households, numbers=list(numbers), on=on)]


def sees_persons(tx: Transaction) -> bool:
    return bool(tx.value(SQL.own_numbers))


def list_households(tx: Transaction, wanted: HouseholdFilter, after: str, limit: int) -> list[Any]:
    return tx.rows(SQL.list_households, **asdict(wanted), after=after, limit=limit)


def count_households(tx: Transaction, wanted: HouseholdFilter) -> Any:
    """households, persons."""
    return tx.row(SQL.count_households, **asdict(wanted))


def find_household(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_household, no=no)


def list_residents(tx: Transaction, no: int) -> list[Any]:
    return tx.rows(SQL.list_residents, no=no)


def list_counts(tx: Transaction) -> dict[int, dict[str, int]]:
    """Persons by class of each grid that holds any."""
    found: dict[int, dict[str, int]] = {}
    for row in tx.rows(SQL.list_counts):
        found.setdefault(row.grid_no, {})[row.class_key] = row.persons
    return found


def list_places(tx: Transaction) -> dict[int, int | None]:
    """Grid → the one above it, for all that hold households or lie above one."""
    return {row.grid_no: row.parent_no for row in tx.rows(SQL.list_places)}


def list_buildings(tx: Transaction, grids: Sequence[int]) -> list[Any]:
    """grid_no, building, tile_key, counts by class."""
    return tx.rows(SQL.list_buildings, grids=list(grids))


def list_own_buildings(tx: Transaction, first: int, last: int) -> list[Any]:
    """grid_no, building, tile_key, households, persons, lon, lat."""
    return tx.rows(SQL.list_own_buildings, first=first, last=last)


def list_building_places(tx: Transaction, first: int, last: int) -> list[Any]:
    """grid_no, building, tile_key, lon, lat in the reader's whole territory."""
    return tx.rows(SQL.list_building_places, first=first, last=last)


def find_notice(tx: Transaction) -> Notice | None:
    row = tx.row(SQL.find_notice)
    return Notice(*row) if row else None


def insert_notice(tx: Transaction, notice: Notice) -> None:
    tx.execute(SQL.insert_notice, **asdict(notice))


def count_due(tx: Transaction, on: date) -> int:
    return int(tx.value(SQL.count_due, on=on))


def expire_households(tx: Transaction, on: date, most: int) -> int:
    return int(tx.value(SQL.expire_households, on=on, most=most))


def insert_check(tx: Transaction, on: date, due: int) -> int | None:
    """The number of the day's check; None where there was one already."""
    number: int | None = tx.value(SQL.insert_check, on=on, due=due)
    return number


def list_checks(tx: Transaction, limit: int) -> list[RetentionCheck]:
    """The latest first."""
    return [RetentionCheck(*row) for row in tx.rows(SQL.list_checks, limit=limit)]


def decide_check(tx: Transaction, no: int, removed: int) -> None:
    tx.execute(SQL.decide_check, no=no, removed=removed)
