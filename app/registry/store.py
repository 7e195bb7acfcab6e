"""Statements on targets and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import orjson
from psycopg2.errors import ForeignKeyViolation

from app.db.connection import Transaction
from app.db.statements import Statements
from app.errors import Refusal
from app.registry.model import Batch, Placed, Target, UnitFilter
from app.registry.rules import UNITS, detail_row

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


class UnitWriter:
    """The detail table of units."""

    register = UNITS

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        return {
            row.id: (row.target_no, row.content)
            for row in tx.rows(SQL.list_known_units, ids=list(ids))
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.insert_units,
            [detail_row(row, tx.person) for row in rows],
            "(%(no)s, %(grid)s, %(person)s, %(id)s, %(name)s, %(class)s, %(address)s, "
            "%(content)s, %(details)s)",
        )

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        tx.many(
            SQL.update_units,
            [detail_row(row, tx.person) for row in rows],
            "(%(no)s::bigint, %(name)s, %(class)s, %(address)s, %(content)s, %(details)s::jsonb)",
        )

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_former_units, numbers=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        tx.execute(SQL.restore_units, rows=orjson.dumps(list(rows)).decode())

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        tx.execute(SQL.delete_units, numbers=list(numbers))


def insert_targets(tx: Transaction, kind: str, rows: Sequence[Placed], batch: int) -> list[Placed]:
    """The same rows with the numbers that they got."""
    numbers = tx.many(
        SQL.insert_targets,
        [_target_row(row) | {"kind": kind, "person": tx.person, "batch": batch} for row in rows],
        "(%(kind)s, %(grid)s, %(key)s, coalesce(ST_GeomFromWKB(%(shape)s::bytea, 4326), "
        "ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326)), %(x)s, %(y)s, "
        "%(person)s, %(batch)s)",
        fetch=True,
    )
    return [replace(row, no=number) for row, (number,) in zip(rows, numbers, strict=True)]


def update_targets(tx: Transaction, rows: Sequence[Placed], batch: int) -> None:
    tx.many(
        SQL.update_targets,
        [_target_row(row) | {"batch": batch} for row in rows],
        "(%(no)s::bigint, %(grid)s::int, %(key)s::bigint, %(shape)s::bytea, %(lon)s::float8, "
        "%(lat)s::float8, %(x)s::float8, %(y)s::float8, %(batch)s::int)",
    )


def _target_row(placed: Placed) -> dict[str, Any]:
    draft = placed.draft
    return {
        "no": placed.no,
        "grid": placed.grid_no,
        "key": placed.tile_key,
        "shape": draft.shape,
        "lon": draft.lon,
        "lat": draft.lat,
        "x": draft.x,
        "y": draft.y,
    }


# -- taking a batch back ------------------------------------------------------------------


def list_former_targets(tx: Transaction, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {row.no: row.former for row in tx.rows(SQL.list_former_targets, numbers=list(numbers))}


def insert_formers(
    tx: Transaction, batch: int, formers: Mapping[int, Mapping[str, Any] | None]
) -> None:
    tx.many(
        SQL.insert_formers,
        [
            {
                "batch": batch,
                "no": number,
                "former": None if former is None else orjson.dumps(former).decode(),
            }
            for number, former in formers.items()
        ],
        "(%(batch)s, %(no)s, %(former)s::jsonb)",
    )


def list_formers(tx: Transaction, batch: int) -> dict[int, dict[str, Any] | None]:
    """Target number → how it was, None for what the batch created."""
    return {row.target_no: row.former for row in tx.rows(SQL.list_formers, batch=batch)}


def find_batch(tx: Transaction, batch: int) -> Any | None:
    """no, kind, file_name, imported_at, undone_at."""
    return tx.row(SQL.find_batch, batch=batch)


def mark_undone(tx: Transaction, batch: int) -> bool:
    """Whether it stood until now."""
    return tx.execute(SQL.mark_undone, batch=batch) == 1


def find_later_batch(tx: Transaction, batch: int) -> Any | None:
    """no, file_name, imported_at, rows."""
    return tx.row(SQL.find_later_batch, batch=batch)


def list_events_of_targets(tx: Transaction, numbers: Sequence[int]) -> list[Any]:
    """target_no, standing, batch_no."""
    return tx.rows(SQL.list_events_of_targets, numbers=list(numbers))


def restore_targets(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.many(
        SQL.restore_targets,
        rows,
        "(%(no)s::bigint, %(grid_no)s::int, %(tile_key)s::bigint, %(geom)s::text, "
        "%(source_x)s::float8, %(source_y)s::float8, %(valid_from)s::date, "
        "%(valid_until)s::date, %(batch_no)s::int)",
    )


def delete_targets(tx: Transaction, numbers: Sequence[int]) -> None:
    tx.execute(SQL.delete_targets, numbers=list(numbers))


def withdraw_targets(tx: Transaction, numbers: Sequence[int]) -> None:
    tx.execute(SQL.withdraw_targets, numbers=list(numbers))


@contextmanager
def refusing_references(batch: int) -> Iterator[None]:
    """What other records refer to stays, and the sentence says which records."""
    try:
        yield
    except ForeignKeyViolation as fault:
        raise Refusal(
            "Batch %(no)s cannot be undone: later records (%(table)s) refer to what it created. "
            "Take those back first.",
            no=batch,
            table=fault.diag.table_name or "?",
        ) from fault


# -- locating, lists ----------------------------------------------------------------------


def stream_points(tx: Transaction, size: int) -> Iterator[list[Any]]:
    """no, grid_no, lon, lat of every target with a place, in batches."""
    return tx.stream(SQL.stream_points, "points", size)


def update_grids_of_targets(tx: Transaction, moved: Sequence[tuple[int, int]]) -> int:
    """How many are elsewhere now: where a decision keeps a target, it stays."""
    found = tx.many(
        SQL.update_grids_of_targets,
        [{"no": no, "grid": grid} for no, grid in moved],
        "(%(no)s::bigint, %(grid)s::int)",
        fetch=True,
    )
    return sum(went for (went,) in found)


def list_units(tx: Transaction, wanted: UnitFilter, after: str, limit: int) -> list[Any]:
    return tx.rows(SQL.list_units, **asdict(wanted), after=after, limit=limit)


def count_units(tx: Transaction, wanted: UnitFilter) -> int:
    return int(tx.value(SQL.count_units, **asdict(wanted)))


def find_unit(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_unit, no=no)


def count_points(tx: Transaction) -> int:
    """Targets of every kind that have a place."""
    return int(tx.value(SQL.count_points))


def list_targets_of_register(tx: Transaction, kind: str, ids: Sequence[str]) -> dict[str, Target]:
    rows = tx.rows(SQL.list_targets_of_register, kind=kind, ids=list(ids))
    return {row.id: _target(row) for row in rows}


def list_targets_of_grids(tx: Transaction, codes: Sequence[str]) -> dict[str, Target]:
    """Of grids of the active edition, by code or level:code."""
    return {row.id: _target(row) for row in tx.rows(SQL.list_targets_of_grids, codes=list(codes))}


def _target(row: Any) -> Target:
    return Target(row.no, row.grid_no, row.name, row.class_key, row.lon, row.lat)
