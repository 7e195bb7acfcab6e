"""The queue of what touches no grid: list it, decide, take decisions back; claims of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.grids.model import Grid
from app.grids.rules import is_named
from app.leftovers import store
from app.leftovers.model import (
    EVERYTHING,
    KINDS,
    STATES,
    Conflict,
    Counts,
    Decided,
    Decision,
    Queued,
    QueueFilter,
)
from app.registry import actions as registry
from app.spreadsheets import csv_bytes, xlsx_bytes
from gis.sketch import sketch_of

MOST_AT_ONCE = 2_000  # decided in one request, well within its time
SHOWN_POINTS = 3_000
SKETCH_WIDTH = 720.0
FILE_TYPES = {"csv": csv_bytes, "xlsx": lambda *table: xlsx_bytes("no-block", *table)}
DECISIONS = {
    "nearest": "leftovers_placed",
    "outside": "leftovers_outside",
    "back": "leftovers_taken_back",
}


def check_filter(wanted: QueueFilter) -> None:
    for name, value, words in (
        ("state", wanted.state, STATES),
        ("register", wanted.register, tuple(KINDS)),
    ):
        if value is not None and value not in words:
            raise Refusal(
                "%(name)s is %(value)s; use one of: %(words)s.",
                name=name,
                value=value[:40],
                words=", ".join(words),
            )


def queue(tx: Transaction, wanted: QueueFilter, after: int, limit: int) -> list[Queued]:
    """Rows by number, from the one after ``after`` on."""
    check_filter(wanted)
    return _with_grids(tx, store.list_queued(tx, _edition(tx), wanted, after, limit))


def _edition(tx: Transaction) -> int | None:
    active = grids.find_active(tx)
    return active.no if active else None


def _with_grids(tx: Transaction, rows: Sequence[Any]) -> list[Queued]:
    chains = _chains(tx, {number for row in rows for number in (row.nearest_no, row.grid_no)})
    return [
        Queued(row, chains.get(row.nearest_no, []), chains.get(row.grid_no, [])) for row in rows
    ]


def _chains(tx: Transaction, numbers: set[int | None]) -> dict[int, list[Grid]]:
    edition, asked = _edition(tx), sorted(number for number in numbers if number)
    return grids.chains(tx, edition, asked) if edition and asked else {}


def counts(tx: Transaction, wanted: QueueFilter = EVERYTHING) -> Counts:
    """By state, of the register and the batch that are asked for."""
    check_filter(wanted)
    return store.count_queued(tx, wanted.kind, wanted.batch)


def located(tx: Transaction) -> int:
    return store.count_located(tx)


def own_households(tx: Transaction) -> int:
    """Households of the reader's imports that touch no grid: how many, never which."""
    return store.count_own_households(tx)


def batches(tx: Transaction) -> list[Any]:
    return store.list_batches(tx)


def picture(tx: Transaction, wanted: QueueFilter) -> dict[str, Any] | None:
    """Where they lie beside the outlines of the city; None without a city or points."""
    points, edition = store.list_points(tx, wanted, SHOWN_POINTS), _edition(tx)
    if not points or edition is None:
        return None
    shapes = grids.outlines(tx, edition)
    sketch = sketch_of(shapes, SKETCH_WIDTH)
    placed: dict[str, list[tuple[float, float]]] = {}
    beyond = 0
    for state in wanted.states:
        x, y, out = sketch.place(
            np.array([point.lon for point in points if point.state == state], dtype=float),
            np.array([point.lat for point in points if point.state == state], dtype=float),
        )
        beyond += out
        placed[state] = [
            (round(float(a), 1), round(float(b), 1)) for a, b in zip(x, y, strict=True)
        ]
    return {
        "width": sketch.width,
        "height": round(sketch.height, 1),
        "paths": sketch.paths(shapes),
        "points": placed,
        "beyond": beyond,
    }


# -- decisions ------------------------------------------------------------------------------


def decide(
    tx: Transaction, wanted: QueueFilter, numbers: Sequence[int] | None, decision: Decision
) -> Decided:
    """Decide on these rows of the list, or on all of it; what the decision does not fit is left.

    Raises
    ------
    Refusal
        Nothing was chosen, or the list is too long for one request.
    """
    check_filter(wanted)
    if decision.kind not in DECISIONS:
        raise Refusal("Choose what is to be done with these rows.")
    if numbers is not None and not numbers:
        raise Refusal("Nothing is ticked. Tick the rows that are meant, or choose the whole list.")
    registry.lock_locating(tx)
    edition = grids.active_edition(tx).no
    rows = store.list_queued(tx, edition, wanted, 0, MOST_AT_ONCE + 1, numbers)
    if len(rows) > MOST_AT_ONCE:
        raise Refusal(
            "More than %(most)s rows are decided one part after the other: filter by register "
            "or batch, or tick rows.",
            most=MOST_AT_ONCE,
        )
    done = _DECIDE[decision.kind](tx, rows, decision)
    # a row that somebody else decided meanwhile is no longer in the list
    asked = len(rows) if numbers is None else len(set(numbers))
    if done:
        audit.record(
            tx,
            DECISIONS[decision.kind],
            wanted.register or "",
            rows=done,
            left=asked - done,
            metres=decision.most_m,
            reason=decision.reason,
        )
    return Decided(done, asked - done)


def _place_nearest(tx: Transaction, rows: Sequence[Any], decision: Decision) -> int:
    most = float("inf") if decision.most_m is None else decision.most_m
    chosen = {
        row.no: int(row.nearest_no)
        for row in rows
        if row.state in ("leftover", "outside")
        and row.nearest_no is not None
        and row.distance_m <= most
    }
    store.put_placements(tx, chosen, "placed", decision.reason)
    store.move_targets(tx, chosen)
    return len(chosen)


def _call_outside(tx: Transaction, rows: Sequence[Any], decision: Decision) -> int:
    chosen = [row.no for row in rows if row.state in ("leftover", "placed")]
    store.put_placements(tx, dict.fromkeys(chosen), "outside", decision.reason)
    store.move_targets(tx, dict.fromkeys(chosen, 0))
    return len(chosen)


def _take_back(tx: Transaction, rows: Sequence[Any], decision: Decision) -> int:
    """As if nothing had been decided: each lies where its point lies today."""
    back = {
        row.no: grids.grid_at(tx, row.lon, row.lat)
        for row in rows
        if row.state in ("outside", "placed")
    }
    store.delete_placements(tx, back, decision.reason)
    store.move_targets(tx, back)
    return len(back)


_DECIDE = {"nearest": _place_nearest, "outside": _call_outside, "back": _take_back}


# -- claims of files ------------------------------------------------------------------------


def conflicts(tx: Transaction, settled: bool) -> list[Conflict]:
    """Targets whose file names another grid; it is over as soon as the two agree."""
    rows = store.list_claims(tx, settled)
    chains = _chains(tx, {row.grid_no for row in rows})
    return [
        Conflict(row, chain)
        for row in rows
        if not is_named(row.claimed, chain := chains.get(row.grid_no, []))
    ]


def settle(tx: Transaction, numbers: Sequence[int]) -> int:
    """Keep the located grid; a later change of it opens the question again."""
    _refuse_nothing(numbers)
    done = store.settle_claims(tx, numbers)
    audit.record(tx, "claims_settled", "", rows=done)
    return done


def reopen(tx: Transaction, numbers: Sequence[int]) -> int:
    _refuse_nothing(numbers)
    done = store.reopen_claims(tx, numbers)
    audit.record(tx, "claims_reopened", "", rows=done)
    return done


def _refuse_nothing(numbers: Sequence[int]) -> None:
    if not numbers:
        raise Refusal("Nothing is ticked. Tick the rows that are meant.")


# -- in a grid, but in none of the deepest level --------------------------------------------


def above_deepest(tx: Transaction) -> list[tuple[list[Grid], Any]]:
    """The chain of each grid that holds something directly, and how much of each register."""
    edition = _edition(tx)
    rows = store.count_above_deepest(tx, edition) if edition else []
    chains = _chains(tx, {row.grid_no for row in rows})
    return [(chains[row.grid_no], row) for row in rows if row.grid_no in chains]


def export_above_deepest(tx: Transaction, reference: str | None, kind: str) -> bytes:
    if kind not in FILE_TYPES:
        raise NotFound("Lists are exported as %(kinds)s.", kinds=", ".join(FILE_TYPES))
    edition = grids.active_edition(tx).no
    grid = grids.grid_named(tx, edition, reference) if reference else None
    rows = store.list_above_deepest(tx, edition, grid.no if grid else None)
    chains = _chains(tx, {row.grid_no for row in rows})
    audit.record(tx, "leftovers_exported", kind, rows=len(rows), within=reference)
    header = ["register", "id", "name", "address", "lon", "lat", "grid", "grid_name"]
    return FILE_TYPES[kind](
        header,
        [
            [row.kind, row.id, row.name, row.address, row.lon, row.lat, leaf.reference, leaf.name]
            for row in rows
            for leaf in chains.get(row.grid_no, [])[-1:]
        ],
    )
