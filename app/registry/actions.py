"""Keep the register of units: bring rows in, list them, locate them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.jobs.model import Progress
from app.registry import rules, store
from app.registry.model import Batch, ImportReport, RowError, Target, UnitDraft, UnitFilter
from gis.locate import Locator
from gis.tiles import tile_key

RELOCATE_BATCH = 20_000


def import_units(
    tx: Transaction, units: Sequence[UnitDraft], errors: Sequence[RowError], rows: int, batch: Batch
) -> ImportReport:
    """Write clean rows: new ones, changed ones; each located in the active edition.

    Answers the same counts whether the caller commits or rolls back.
    """
    store.lock_locating_shared(tx)
    edition = grids.find_active(tx)
    if edition is None:
        raise Refusal(
            "No boundaries are published yet; publish an edition first, so that every "
            "unit finds its grid."
        )
    known = store.list_known_units(tx, [unit.id for unit in units])
    new = [unit for unit in units if unit.id not in known]
    changed = [unit for unit in units if unit.id in known and known[unit.id][1] != unit.content]
    numbers = (
        locate_points(grids.locator(tx, edition.no), [*new, *changed]) if new or changed else []
    )
    leftovers = sum(
        1
        for unit, grid in zip([*new, *changed], numbers, strict=True)
        if grid == 0 and unit.lon is not None
    )
    report = ImportReport(
        rows=rows,
        created=len(new),
        updated=len(changed),
        unchanged=len(units) - len(new) - len(changed),
        leftovers=leftovers,
        unlocated=sum(unit.lon is None for unit in [*new, *changed]),
        errors=errors,
    )
    if new or changed:
        _write(tx, new, changed, numbers, known, batch, report)
    return report


def _write(
    tx: Transaction,
    new: list[UnitDraft],
    changed: list[UnitDraft],
    numbers: list[int],
    known: dict[str, tuple[int, str]],
    batch: Batch,
    report: ImportReport,
) -> None:
    counts = report.as_dict() | {"errors": len(report.errors)}
    batch_no = store.insert_batch(tx, batch, counts)
    cut = len(new)
    store.insert_units(tx, new, numbers[:cut], _tile_keys(new), batch_no)
    store.update_units(
        tx,
        [known[unit.id][0] for unit in changed],
        changed,
        numbers[cut:],
        _tile_keys(changed),
        batch_no,
    )
    store.refresh_statistics(tx)
    audit.record(tx, "units_imported", batch.file_name, batch=batch_no, **counts)


def locate_points(locator: Locator, units: Sequence[UnitDraft | Target]) -> list[int]:
    """Grid numbers; 0 for what has no coordinates or touches no grid."""
    lon = np.array([np.nan if unit.lon is None else unit.lon for unit in units], dtype=float)
    lat = np.array([np.nan if unit.lat is None else unit.lat for unit in units], dtype=float)
    return [int(number) for number in locator.locate(lon, lat)]


def _tile_keys(units: Sequence[UnitDraft]) -> list[int | None]:
    placed = [position for position, unit in enumerate(units) if unit.lon is not None]
    keys: list[int | None] = [None] * len(units)
    found = tile_key(
        np.array([units[position].lon for position in placed], dtype=float),
        np.array([units[position].lat for position in placed], dtype=float),
    )
    for position, key in zip(placed, found, strict=True):
        keys[position] = int(key)
    return keys


def relocate(tx: Transaction, locator: Locator, progress: Progress) -> int:
    """Give every target the grid that it touches now; answers how many changed.

    Only the rows that change are written, batch by batch; events keep the grid of their moment.
    """
    counts = store.count_targets_by_place(tx)
    total = counts.located + counts.leftovers
    done = moved = 0
    for batch in store.stream_points(tx, RELOCATE_BATCH):
        numbers = locator.locate(
            np.array([row.lon for row in batch]), np.array([row.lat for row in batch])
        )
        changes = [
            (row.no, int(number))
            for row, number in zip(batch, numbers, strict=True)
            if row.grid_no != number
        ]
        store.update_grids_of_targets(tx, changes)
        moved += len(changes)
        done += len(batch)
        progress(done, total, "Locating every point")
    store.refresh_statistics(tx)
    return moved


def list_units(tx: Transaction, wanted: UnitFilter, after: str, limit: int) -> list[Any]:
    """Rows by id, from the one after ``after`` on."""
    if wanted.state not in rules.STATES:
        raise Refusal(
            "state is %(state)s; use one of: %(states)s.",
            state=wanted.state[:40],
            states=", ".join(rules.STATES),
        )
    return store.list_units(tx, wanted, after, limit)


def count_units(tx: Transaction, wanted: UnitFilter) -> int:
    return store.count_units(tx, wanted)


def unit(tx: Transaction, no: int) -> Any:
    found = store.find_unit(tx, no)
    if found is None:
        raise NotFound("There is no unit %(no)s in your area.", no=no)
    return found


def leftovers(tx: Transaction, kind: str | None, after: str, limit: int) -> list[dict[str, Any]]:
    """What waits without a grid, each with the nearest grid as a suggestion."""
    rows = store.list_leftovers(tx, kind, after, limit)
    active = grids.find_active(tx)
    placed = [row for row in rows if row.lon is not None]
    near: dict[int, tuple[int, float]] = {}
    titles = {}
    if active and placed:
        # the suggestion is a grid of the top level: the others need not be loaded
        numbers, metres = grids.locator(tx, active.no, depth=1).nearest(
            np.array([row.lon for row in placed]), np.array([row.lat for row in placed])
        )
        near = {
            row.no: (int(number), float(distance))
            for row, number, distance in zip(placed, numbers, metres, strict=True)
        }
        titles = grids.chains(tx, active.no, sorted({number for number, _ in near.values()}))
    return [
        row._asdict()
        | {
            "nearest": titles[near[row.no][0]][-1] if row.no in near else None,
            "distance_m": round(near[row.no][1], 1) if row.no in near else None,
        }
        for row in rows
    ]


def counts_by_place(tx: Transaction) -> Any:
    return store.count_targets_by_place(tx)


def targets_of_units(tx: Transaction, ids: Sequence[str]) -> dict[str, Target]:
    """What the events about these units need; unknown ids are absent."""
    return store.list_targets_of_units(tx, ids)


def note_batch(tx: Transaction, batch: Batch, counts: dict[str, Any]) -> int:
    return store.insert_batch(tx, batch, counts)


def refresh_statistics(tx: Transaction) -> None:
    """After many rows were written: the planner must know of them at once."""
    store.refresh_statistics(tx)


def lock_locating(tx: Transaction) -> None:
    """Hold the grids as they are until the transaction ends."""
    store.lock_locating_shared(tx)
