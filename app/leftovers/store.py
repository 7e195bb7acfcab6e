"""Statements on the queue, on decisions and on claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.leftovers.model import Counts, QueueFilter

SQL = Statements.beside(__file__)


def list_queued(
    tx: Transaction,
    edition: int | None,
    wanted: QueueFilter,
    after: int,
    limit: int,
    numbers: Sequence[int] | None = None,
) -> list[Any]:
    return tx.rows(
        SQL.list_queued,
        edition=edition,
        after=after,
        limit=limit,
        numbers=None if numbers is None else list(numbers),
        states=wanted.states,
        kind=wanted.kind,
        batch=wanted.batch,
    )


def count_queued(tx: Transaction, kind: str | None, batch: int | None) -> Counts:
    found = tx.row(SQL.count_queued, kind=kind, batch=batch)
    return Counts(*found) if found else Counts()


def count_located(tx: Transaction) -> int:
    return int(tx.value(SQL.count_located))


def count_own_households(tx: Transaction) -> int:
    return int(tx.value(SQL.count_own_households))


def list_points(tx: Transaction, wanted: QueueFilter, limit: int) -> list[Any]:
    """state, lon, lat."""
    return tx.rows(
        SQL.list_points, states=wanted.states, kind=wanted.kind, batch=wanted.batch, limit=limit
    )


def list_batches(tx: Transaction) -> list[Any]:
    """no, file_name; of the batches that the reader may see."""
    return tx.rows(SQL.list_batches)


# -- decisions ------------------------------------------------------------------------------


def put_placements(
    tx: Transaction, placed: Mapping[int, int | None], kind: str, reason: str | None
) -> None:
    """Target → grid, None for outside; the decision and its event."""
    rows = [{"no": no, "grid": grid, "reason": reason} for no, grid in placed.items()]
    tx.many(SQL.put_placements, rows, "(%(no)s::bigint, %(grid)s::int, %(reason)s::text)")
    _insert_events(tx, placed, kind, reason)


def delete_placements(tx: Transaction, located: Mapping[int, int], reason: str | None) -> None:
    """Target → the grid that its point touches."""
    tx.execute(SQL.delete_placements, numbers=list(located))
    _insert_events(tx, located, "taken_back", reason)


def _insert_events(
    tx: Transaction, grids: Mapping[int, int | None] | Mapping[int, int], kind: str, why: str | None
) -> None:
    tx.many(
        SQL.insert_placement_events,
        [
            {"no": no, "kind": kind, "grid": grid, "person": tx.person, "reason": why}
            for no, grid in grids.items()
        ],
        "(%(no)s, %(kind)s, %(grid)s, %(person)s, %(reason)s)",
    )


def move_targets(tx: Transaction, grids: Mapping[int, int]) -> None:
    tx.many(
        SQL.move_targets,
        [{"no": no, "grid": grid} for no, grid in grids.items()],
        "(%(no)s::bigint, %(grid)s::int)",
    )


# -- claims, and what lies in no grid of the deepest level ----------------------------------


def list_claims(tx: Transaction, settled: bool) -> list[Any]:
    return tx.rows(SQL.list_claims, settled=settled)


def settle_claims(tx: Transaction, numbers: Sequence[int]) -> int:
    return tx.execute(SQL.settle_claims, numbers=list(numbers))


def reopen_claims(tx: Transaction, numbers: Sequence[int]) -> int:
    return tx.execute(SQL.reopen_claims, numbers=list(numbers))


def count_above_deepest(tx: Transaction, edition: int) -> list[Any]:
    """grid_no, units, buildings, facilities, hazards, places, roads."""
    return tx.rows(SQL.count_above_deepest, edition=edition)


def list_above_deepest(tx: Transaction, edition: int, grid: int | None) -> list[Any]:
    return tx.rows(SQL.list_above_deepest, edition=edition, grid=grid)
