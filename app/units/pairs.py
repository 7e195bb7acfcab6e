"""Statements on pairs of units that may be one, and on their mergers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np

from app.db.connection import Transaction
from app.db.statements import Statements
from app.units.matching import REACH_M, Likeness
from app.units.model import UnitPair
from gis.tiles import adjoining_keys

SQL = Statements.beside(__file__)
STREAMED = 20_000


def list_likenesses(tx: Transaction, on: date) -> tuple[dict[int, Likeness], list[int]]:
    """Every unit that exists on the day, and the tile keys of those with a place."""
    rows = tx.rows(SQL.list_likenesses, on=on)
    likenesses = {row.no: Likeness(row.no, row.name, row.address, row.credit_code) for row in rows}
    return likenesses, [row.tile_key for row in rows if row.tile_key is not None]


def stream_near_units(
    tx: Transaction, keys: Sequence[int], on: date
) -> Iterator[tuple[int, int, float]]:
    """Two units and the metres between them, for all that lie within reach of each other."""
    near = adjoining_keys(np.array(keys, dtype=np.int64))
    for batch in tx.stream(
        SQL.stream_near_units,
        "near_units",
        STREAMED,
        here=near[:, 0].tolist(),
        there=near[:, 1].tolist(),
        on=on,
        reach=REACH_M,
    ):
        yield from ((row.first, row.second, row.metres) for row in batch)


def list_decided_pairs(tx: Transaction) -> set[tuple[int, int]]:
    return {(row.first_no, row.second_no) for row in tx.rows(SQL.list_decided_pairs)}


def replace_open_pairs(tx: Transaction, pairs: Iterable[UnitPair]) -> None:
    tx.execute(SQL.delete_open_pairs)
    tx.many(
        SQL.insert_pairs,
        [
            {
                "first": pair.first,
                "second": pair.second,
                "score": pair.score,
                "reasons": list(pair.reasons),
                "distance": pair.distance_m,
            }
            for pair in pairs
        ],
        "(%(first)s, %(second)s, %(score)s, %(reasons)s, %(distance)s)",
    )


def decide_pair(tx: Transaction, first: int, second: int, state: str, note: str | None) -> int:
    return tx.execute(SQL.decide_pair, first=first, second=second, state=state, note=note)


def list_pairs(tx: Transaction, state: str, after: tuple[float, int, int], limit: int) -> list[Any]:
    score, first, second = after
    return tx.rows(
        SQL.list_pairs, state=state, score=score, first=first, second=second, limit=limit
    )


def count_pairs(tx: Transaction) -> Any:
    """open, different, found_at."""
    return tx.row(SQL.count_pairs)


def list_compared(tx: Transaction, units: Sequence[int]) -> dict[int, Any]:
    return {row.no: row for row in tx.rows(SQL.list_compared, units=list(units))}


def list_children(tx: Transaction, no: int) -> list[int]:
    return [row.target_no for row in tx.rows(SQL.list_children, no=no)]


def merge_target(tx: Transaction, keep: int, gone: int, on: date) -> None:
    tx.execute(SQL.merge_target, keep=keep, gone=gone, on=on)
    tx.execute(SQL.note_whether_merged, keep=keep)


def separate_target(tx: Transaction, keep: int, gone: int) -> None:
    tx.execute(SQL.separate_target, gone=gone)
    tx.execute(SQL.note_whether_merged, keep=keep)


def update_children(tx: Transaction, children: Sequence[int], former: int, parent: int) -> None:
    """Those that still are parts of the former become parts of the other."""
    tx.execute(SQL.update_children, children=list(children), former=former, parent=parent)


def find_merger(tx: Transaction, keep: int, gone: int) -> Any | None:
    return tx.row(SQL.find_merger, keep=keep, gone=gone)
