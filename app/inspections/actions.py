"""Record visits; they are events, and events are never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.grids.model import Edition
from app.inspections import store
from app.inspections.model import InspectionDraft, InspectionFilter
from app.registry import actions as registry
from app.registry.model import Batch, ImportReport, RowError, Target, UndoReport

GRID = "grid"
KINDS = ("unit", GRID, "facility", "building", "place", "road")  # whose visits a file may bring


@dataclass(frozen=True)
class VisitBatch:
    """Where a file of visits came from, and what holds for all of them."""

    file: Batch
    kind: str = "unit"  # of the targets
    programme: str | None = None  # the only one they count for; None: every one


def import_inspections(
    tx: Transaction,
    drafts: Sequence[InspectionDraft],
    errors: Sequence[RowError],
    rows: int,
    batch: VisitBatch,
) -> ImportReport:
    """Append events; one that is stored with the same content is counted, not repeated."""
    registry.lock_locating(tx)
    targets = registry.targets_of(tx, batch.kind, sorted({draft.target for draft in drafts}))
    drafts, known = _beside_voided(tx, drafts)
    found = list(errors)
    new: list[InspectionDraft] = []
    unchanged = 0
    for draft in drafts:
        stored = known.get(str(draft.id))
        if draft.target not in targets:
            found.append(_unknown(draft, batch.kind))
        elif stored is None:
            new.append(draft)
        elif stored == draft.content:
            unchanged += 1
        else:
            found.append(
                RowError(
                    draft.row,
                    "id",
                    draft.external_id[:80],
                    "This inspection is stored with other content; events are never changed.",
                )
            )
    report = ImportReport(
        rows=rows,
        created=len(new),
        unchanged=unchanged,
        leftovers=_count_leftovers(new, targets),
        unlocated=sum(targets[draft.target].lon is None for draft in new if batch.kind != GRID),
        errors=sorted(found, key=lambda error: error.row),
    )
    if new:
        _append(tx, new, targets, batch, report)
    return report


def _unknown(draft: InspectionDraft, kind: str) -> RowError:
    where = draft.row, "target", draft.target[:80]
    if kind == GRID:
        return RowError(
            *where, "There is no grid with this code, or two levels have it: write level:code."
        )
    if kind == "unit":
        return RowError(*where, "There is no unit with this id; import the units first.")
    return RowError(*where, "There is nothing with this id; import the register first.")


def _beside_voided(
    tx: Transaction, drafts: Sequence[InspectionDraft]
) -> tuple[list[InspectionDraft], dict[str, str]]:
    """Drafts, and id → content of those that are stored.

    A voided event keeps its id for ever; the same visit written again takes the next one.
    """
    settled: list[InspectionDraft] = []
    stored: dict[str, str] = {}
    open_drafts = list(drafts)
    while open_drafts:
        known = store.list_known_inspections(tx, [draft.id for draft in open_drafts])
        voided = {id_ for id_, row in known.items() if row.voided}
        stored |= {id_: row.content for id_, row in known.items() if id_ not in voided}
        settled += [draft for draft in open_drafts if str(draft.id) not in voided]
        open_drafts = [
            replace(draft, id=uuid5(draft.id, "again"))
            for draft in open_drafts
            if str(draft.id) in voided
        ]
    return sorted(settled, key=lambda draft: draft.row), stored


def undo_batch(tx: Transaction, batch_no: int) -> UndoReport:
    """Append a `voided` event for each visit of the batch; figures no longer count them."""
    registry.lock_locating(tx)
    report = registry.begin_undo(tx, batch_no)
    return registry.end_undo(tx, replace(report, voided=store.void_batch(tx, batch_no)))


def _count_leftovers(drafts: Sequence[InspectionDraft], targets: dict[str, Target]) -> int:
    return sum(
        targets[draft.target].grid_no == 0 and targets[draft.target].lon is not None
        for draft in drafts
    )


def _append(
    tx: Transaction,
    drafts: Sequence[InspectionDraft],
    targets: dict[str, Target],
    batch: VisitBatch,
    report: ImportReport,
) -> None:
    counts = report.counts()
    batch_no = registry.note_batch(tx, batch.file, counts)
    places = _places_then(tx, drafts, targets, batch.kind == GRID)
    store.insert_inspections(
        tx,
        [
            {
                "id": str(draft.id),
                "target": targets[draft.target].no,
                "outcome": draft.outcome,
                "result": draft.result,
                "happened_at": draft.happened_at,
                "happened_on": draft.happened_on,
                "person": tx.person,
                "grid": grid,
                "edition": edition.no if edition else None,
                "early": bool(
                    edition and edition.valid_from and draft.happened_on < edition.valid_from
                ),
                "name": targets[draft.target].name,
                "class": targets[draft.target].class_key,
                "external_id": draft.external_id,
                "content": draft.content,
                "batch": batch_no,
                "programmes": [batch.programme] if batch.programme else [],
            }
            for draft, (edition, grid) in zip(drafts, places, strict=True)
        ],
    )
    registry.refresh_statistics(tx)
    audit.record(tx, "inspections_imported", batch.file.file_name, batch=batch_no, **counts)


def _places_then(
    tx: Transaction,
    drafts: Sequence[InspectionDraft],
    targets: dict[str, Target],
    are_grids: bool,
) -> list[tuple[Edition | None, int]]:
    """For each event the edition of its day and the grid that its target had in it."""
    published = [one for one in grids.editions(tx) if one.valid_from is not None]
    then = [_edition_of(published, draft.happened_on) for draft in drafts]
    grid_in: dict[int, dict[str, int]] = {}
    for edition in {one.no: one for one in then if one}.values():
        if edition.state == "active" or are_grids:
            grid_in[edition.no] = {key: target.grid_no for key, target in targets.items()}
        else:
            numbers = registry.locate_points(grids.locator(tx, edition.no), list(targets.values()))
            grid_in[edition.no] = dict(zip(targets, numbers, strict=True))
    return [
        (edition, grid_in[edition.no][draft.target] if edition else 0)
        for draft, edition in zip(drafts, then, strict=True)
    ]


def _edition_of(published: Sequence[Edition], day: date) -> Edition | None:
    """The edition that held on the day; before the first one, the first that held at all."""
    for edition in sorted(published, key=lambda one: one.valid_from or date.min):
        if (
            edition.valid_until is None
            or max(day, edition.valid_from or date.min) < edition.valid_until
        ):
            return edition
    return None


def inspections_of(
    tx: Transaction, target: int, before: date, before_id: str, limit: int
) -> list[Any]:
    """The newest first, from the one before the given place on."""
    return store.list_inspections_of_target(tx, target, before, before_id, limit)


def inspections(
    tx: Transaction, wanted: InspectionFilter, after: UUID | None, limit: int
) -> list[Any]:
    """Visits to units by day and id, from the one after the given one on."""
    day = store.find_day_of_inspection(tx, after) if after else None
    if after and day is None:
        raise NotFound("There is no inspection %(id)s in your area.", id=after)
    return store.list_inspections(tx, wanted, day, after, limit)


def last_inspection_within(tx: Transaction, grid: int, on: date) -> date | None:
    return store.last_inspection_within(tx, grid, on)
