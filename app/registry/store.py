"""Statements on targets and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.registry.model import Batch, Target, UnitDraft, UnitFilter

SQL = Statements.beside(__file__)


def lock_locating_shared(tx: Transaction) -> None:
    tx.execute(SQL.lock_locating_shared)


def refresh_statistics(tx: Transaction) -> None:
    """Tell the planner of many new rows at once."""
    tx.rows(SQL.refresh_statistics)


def insert_batch(tx: Transaction, batch: Batch, counts: Mapping[str, Any]) -> int:
    return int(
        tx.value(SQL.insert_batch, **asdict(batch), counts=orjson.dumps(dict(counts)).decode())
    )


def list_known_units(tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """id → (target number, content digest)."""
    return {
        row.id: (row.target_no, row.content) for row in tx.rows(SQL.list_known_units, ids=list(ids))
    }


def insert_units(
    tx: Transaction,
    units: Sequence[UnitDraft],
    grids: Sequence[int],
    keys: Sequence[int | None],
    batch: int,
) -> None:
    placed = [
        {
            "grid": grid,
            "key": key,
            "lon": unit.lon,
            "lat": unit.lat,
            "x": unit.x,
            "y": unit.y,
            "person": tx.person,
            "batch": batch,
        }
        for unit, grid, key in zip(units, grids, keys, strict=True)
    ]
    numbers = tx.many(
        SQL.insert_targets,
        placed,
        "('unit', %(grid)s, %(key)s, CASE WHEN %(lon)s::float8 IS NULL THEN NULL ELSE "
        "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) END, %(x)s, %(y)s, %(person)s, "
        "%(batch)s)",
        fetch=True,
    )
    tx.many(
        SQL.insert_units,
        [
            _content(unit) | {"no": number[0], "grid": grid, "person": tx.person}
            for unit, number, grid in zip(units, numbers, grids, strict=True)
        ],
        "(%(no)s, %(grid)s, %(person)s, %(id)s, %(name)s, %(class)s, %(address)s, %(content)s)",
    )


def update_units(
    tx: Transaction,
    numbers: Sequence[int],
    units: Sequence[UnitDraft],
    grids: Sequence[int],
    keys: Sequence[int | None],
    batch: int,
) -> None:
    tx.many(
        SQL.update_targets,
        [
            {
                "no": number,
                "grid": grid,
                "key": key,
                "lon": unit.lon,
                "lat": unit.lat,
                "x": unit.x,
                "y": unit.y,
                "batch": batch,
            }
            for number, unit, grid, key in zip(numbers, units, grids, keys, strict=True)
        ],
        "(%(no)s::bigint, %(grid)s::int, %(key)s::bigint, %(lon)s::float8, %(lat)s::float8, "
        "%(x)s::float8, %(y)s::float8, %(batch)s::int)",
    )
    tx.many(
        SQL.update_units,
        [_content(unit) | {"no": number} for number, unit in zip(numbers, units, strict=True)],
        "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s)",
    )


def _content(unit: UnitDraft) -> dict[str, Any]:
    return {
        "id": unit.id,
        "name": unit.name,
        "class": unit.class_key,
        "address": unit.address,
        "content": unit.content,
    }


def stream_points(tx: Transaction, size: int) -> Iterator[list[Any]]:
    """no, grid_no, lon, lat of every target with a place, in batches."""
    return tx.stream(SQL.stream_points, "points", size)


def update_grids_of_targets(tx: Transaction, moved: Sequence[tuple[int, int]]) -> None:
    tx.many(
        SQL.update_grids_of_targets,
        [{"no": no, "grid": grid} for no, grid in moved],
        "(%(no)s::bigint, %(grid)s::int)",
    )


def list_units(tx: Transaction, wanted: UnitFilter, after: str, limit: int) -> list[Any]:
    return tx.rows(SQL.list_units, **asdict(wanted), after=after, limit=limit)


def count_units(tx: Transaction, wanted: UnitFilter) -> int:
    return int(tx.value(SQL.count_units, **asdict(wanted)))


def find_unit(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_unit, no=no)


def list_leftovers(tx: Transaction, kind: str | None, after: str, limit: int) -> list[Any]:
    return tx.rows(SQL.list_leftovers, kind=kind, after=after, limit=limit)


def count_targets_by_place(tx: Transaction) -> Any:
    """located, leftovers, unlocated."""
    return tx.row(SQL.count_targets_by_place)


def list_targets_of_units(tx: Transaction, ids: Sequence[str]) -> dict[str, Target]:
    return {
        row.id: Target(row.no, row.grid_no, row.name, row.class_key, row.lon, row.lat)
        for row in tx.rows(SQL.list_targets_of_units, ids=list(ids))
    }
