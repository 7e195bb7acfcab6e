"""Keep the registers: bring rows in, take batches back, list, locate anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import actions as grids
from app.jobs.model import Progress
from app.registry import rules, store
from app.registry.model import (
    Batch,
    ImportReport,
    Placed,
    Register,
    RowError,
    Target,
    TargetDraft,
    UndoReport,
    UnitFilter,
)
from gis.locate import Locator
from gis.tiles import tile_key

RELOCATE_BATCH = 20_000


class DetailWriter(Protocol):
    """What the room of a register gives to the import: its fields and its detail table."""

    register: Register

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        """id → (target number, content digest) of those that are stored."""

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None: ...

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None: ...

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The rows as they are, with their `target_no`, as JSON keeps them."""

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put former rows back; what happened since may be a reason to refuse."""

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        """Take away rows that an undone batch created."""


UNITS: DetailWriter = store.UnitWriter()


def import_targets(
    tx: Transaction,
    writer: DetailWriter,
    drafts: Sequence[TargetDraft],
    errors: Sequence[RowError],
    rows: int,
    batch: Batch,
) -> ImportReport:
    """Write clean rows: new ones, changed ones; each located in the active edition.

    Answers the same counts whether the caller commits or rolls back.
    """
    store.lock_locating_shared(tx)
    edition = grids.find_active(tx)
    if edition is None:
        raise Refusal(
            "No boundaries are published yet; publish an edition first, so that every "
            "row finds its grid."
        )
    known = writer.known(tx, [draft.id for draft in drafts])
    written = [draft for draft in drafts if known.get(draft.id, (0, ""))[1] != draft.content]
    placed = _place(grids.locator(tx, edition.no), written, known) if written else []
    new = [row for row in placed if row.no == 0]
    changed = [row for row in placed if row.no > 0]
    report = ImportReport(
        rows=rows,
        created=len(new),
        updated=len(changed),
        unchanged=len(drafts) - len(placed),
        leftovers=sum(row.grid_no == 0 and row.draft.lon is not None for row in placed),
        unlocated=sum(row.draft.lon is None for row in placed),
        errors=errors,
    )
    if placed:
        _write(tx, writer, new, changed, batch, report)
    return report


def _place(
    locator: Locator, drafts: Sequence[TargetDraft], known: Mapping[str, tuple[int, str]]
) -> list[Placed]:
    numbers = locate_points(locator, drafts)
    return [
        Placed(known[draft.id][0] if draft.id in known else 0, number, key, draft)
        for draft, number, key in zip(drafts, numbers, _tile_keys(drafts), strict=True)
    ]


def _write(
    tx: Transaction,
    writer: DetailWriter,
    new: Sequence[Placed],
    changed: Sequence[Placed],
    batch: Batch,
    report: ImportReport,
) -> None:
    counts = report.counts()
    batch_no = store.insert_batch(tx, batch, counts)
    formers = _formers(tx, writer, [row.no for row in changed])
    store.update_targets(tx, changed, batch_no)
    writer.update(tx, changed)
    stored = store.insert_targets(tx, writer.register.kind, new, batch_no)
    writer.insert(tx, stored)
    store.insert_formers(tx, batch_no, formers | dict.fromkeys((row.no for row in stored), None))
    store.refresh_statistics(tx)
    action = f"{writer.register.key}_imported"
    audit.record(tx, action, batch.file_name, batch=batch_no, **counts)


def _formers(
    tx: Transaction, writer: DetailWriter, numbers: Sequence[int]
) -> dict[int, dict[str, Any] | None]:
    details = {row["target_no"]: row for row in writer.former(tx, numbers)}
    targets = store.list_former_targets(tx, numbers)
    return {no: {"target": targets[no], "detail": details[no]} for no in numbers}


def kind_of_batch(tx: Transaction, batch_no: int) -> str:
    """The key of its register, or what events it brought."""
    batch = store.find_batch(tx, batch_no)
    if batch is None:
        raise NotFound("There is no import batch %(no)s.", no=batch_no)
    return str(batch.kind)


def begin_undo(tx: Transaction, batch_no: int) -> UndoReport:
    """Mark the batch as undone: once, whoever else tries at the same moment."""
    batch = store.find_batch(tx, batch_no)
    if batch is None:
        raise NotFound("There is no import batch %(no)s.", no=batch_no)
    if not store.mark_undone(tx, batch_no):
        raise Conflict(
            "Batch %(no)s (%(file)s) is undone already.", no=batch_no, file=batch.file_name
        )
    return UndoReport(batch_no, batch.kind, batch.file_name)


def end_undo(tx: Transaction, report: UndoReport) -> UndoReport:
    """Note it; the planner learns of what changed."""
    store.refresh_statistics(tx)
    audit.record(tx, "batch_undone", report.file_name, **report.as_dict())
    return report


def undo_batch(tx: Transaction, batch_no: int, writer: DetailWriter) -> UndoReport:
    """Take a batch of a register back: what it created goes, what it changed is as before.

    Raises
    ------
    Refusal
        A later batch changed the same rows, or events refer to what it created.
    """
    store.lock_locating_shared(tx)
    report = begin_undo(tx, batch_no)
    formers = store.list_formers(tx, batch_no)
    later = store.find_later_batch(tx, batch_no)
    if later is not None:
        raise Refusal(
            "Batch %(no)s cannot be undone: batch %(later)s (%(file)s) changed %(rows)s of its "
            "rows after it. Undo batch %(later)s first.",
            no=batch_no,
            later=later.no,
            file=later.file_name,
            rows=later.rows,
        )
    removed = _remove(tx, writer, batch_no, [no for no, row in formers.items() if row is None])
    changed = {no: row for no, row in formers.items() if row is not None}
    if changed:
        _restore(tx, writer, changed)
    return end_undo(tx, replace(report, removed=removed, restored=len(changed)))


def _remove(tx: Transaction, writer: DetailWriter, batch_no: int, numbers: Sequence[int]) -> int:
    events = store.list_events_of_targets(tx, numbers)
    standing = [row for row in events if row.standing]
    if standing:
        raise Refusal(
            "Batch %(no)s cannot be undone: %(visits)s visits refer to %(rows)s of its rows "
            "(batch %(later)s is one of theirs). Take the visits back first.",
            no=batch_no,
            visits=sum(row.standing for row in standing),
            rows=len(standing),
            later=standing[0].batch_no or "–",
        )
    kept = {row.target_no for row in events}
    with store.refusing_references(batch_no):
        writer.delete(tx, numbers)
        store.delete_targets(tx, [no for no in numbers if no not in kept])
    store.withdraw_targets(tx, sorted(kept))
    return len(numbers)


def _restore(
    tx: Transaction, writer: DetailWriter, formers: Mapping[int, Mapping[str, Any]]
) -> None:
    """The former place may lie in another grid by now: it is located anew."""
    targets = {no: row["target"] for no, row in formers.items()}
    points = [(row["lon"], row["lat"]) for row in targets.values()]
    numbers = grids.locator(tx, grids.active_edition(tx).no).locate(
        np.array([lon for lon, _ in points], dtype=float),
        np.array([lat for _, lat in points], dtype=float),
    )
    store.restore_targets(
        tx,
        [
            row | {"no": no, "grid_no": int(number)}
            for (no, row), number in zip(targets.items(), numbers, strict=True)
        ],
    )
    writer.restore(tx, [row["detail"] for row in formers.values()])


def locate_points(locator: Locator, points: Sequence[TargetDraft | Target]) -> list[int]:
    """Grid numbers; 0 for what has no coordinates or touches no grid."""
    lon = np.array([np.nan if one.lon is None else one.lon for one in points], dtype=float)
    lat = np.array([np.nan if one.lat is None else one.lat for one in points], dtype=float)
    return [int(number) for number in locator.locate(lon, lat)]


def _tile_keys(drafts: Sequence[TargetDraft]) -> list[int | None]:
    placed = [position for position, draft in enumerate(drafts) if draft.lon is not None]
    keys: list[int | None] = [None] * len(drafts)
    found = tile_key(
        np.array([drafts[position].lon for position in placed], dtype=float),
        np.array([drafts[position].lat for position in placed], dtype=float),
    )
    for position, key in zip(placed, found, strict=True):
        keys[position] = int(key)
    return keys


def relocate(tx: Transaction, locator: Locator, progress: Progress) -> int:
    """Give every target the grid that it touches now; answers how many changed.

    Only the rows that change are written, batch by batch; events keep the grid of their moment.
    """
    total = store.count_points(tx)
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
        moved += store.update_grids_of_targets(tx, changes)
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


def targets_of(tx: Transaction, kind: str, ids: Sequence[str]) -> dict[str, Target]:
    """What the events about these targets need; unknown ids are absent, as are codes of grids that
    more than one level has.
    """
    if kind == "grid":
        return store.list_targets_of_grids(tx, ids)
    return store.list_targets_of_register(tx, kind, ids)


def note_batch(tx: Transaction, batch: Batch, counts: dict[str, Any]) -> int:
    return store.insert_batch(tx, batch, counts)


def refresh_statistics(tx: Transaction) -> None:
    """After many rows were written: the planner must know of them at once."""
    store.refresh_statistics(tx)


def lock_locating(tx: Transaction) -> None:
    """Hold the grids as they are until the transaction ends."""
    store.lock_locating_shared(tx)
