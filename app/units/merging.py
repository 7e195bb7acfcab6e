"""Decide on units that may be one, merge them and separate them again.

A merger keeps both histories. The one that goes ends on the day and lies from then on where the
other lies; its visits stay its own and count, from that day on, as visits to the one that stays.
Figures of earlier days do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.registry import actions as registry
from app.units import actions, pairs, store
from app.units.actions import Held
from app.units.model import Change, UnitEvent

FIRST = (2.0, 0, 0)  # before every pair: no score is above 1


def call_different(tx: Transaction, first: int, second: int, note: str | None) -> None:
    """Two units after all: the pair does not come back."""
    _decide(tx, first, second, "different", note)


def call_open(tx: Transaction, first: int, second: int) -> None:
    """Take a decision back: the pair waits again."""
    _decide(tx, first, second, "open", None)


def _decide(tx: Transaction, first: int, second: int, state: str, note: str | None) -> None:
    if not pairs.decide_pair(tx, first, second, state, note):
        raise NotFound("This pair is not on the list any more.")
    audit.record(tx, f"pair_{state}", None, first=first, second=second, note=note)


def waiting(
    tx: Transaction, state: str, after: tuple[float, int, int], limit: int
) -> list[tuple[Any, Any, Any]]:
    """(pair, first unit, second unit), the likeliest first."""
    found = pairs.list_pairs(tx, state, after, limit)
    compared = pairs.list_compared(
        tx, sorted({no for pair in found for no in (pair.first, pair.second)})
    )
    return [(pair, compared[pair.first], compared[pair.second]) for pair in found]


def counts(tx: Transaction) -> Any:
    return pairs.count_pairs(tx)


def merge(tx: Transaction, change: Change, gone: int, gone_version: int, today: date) -> None:
    """Keep the unit of the change; the other becomes a part of its history."""
    if gone == change.unit:
        raise Refusal("A unit cannot be merged into itself.")
    keep = actions.hold(tx, change, today)
    other = actions.hold(tx, replace(change, unit=gone, version=gone_version), today)
    _check_merger(tx, keep, other)
    children = pairs.list_children(tx, gone)
    pairs.merge_target(tx, change.unit, gone, change.on)
    pairs.update_children(tx, children, gone, change.unit)
    _note(
        tx,
        change,
        keep,
        other.row,
        {"unit": dict(other.former), "children": children},
    )


def _check_merger(tx: Transaction, keep: Held, other: Held) -> None:
    if keep.row.valid_until is not None:
        raise Refusal("The unit that stays is closed; open it again first.")
    if other.row.has_merged:
        raise Refusal(
            "Other units were merged into %(name)s; merge the other way round, or separate "
            "those first.",
            name=other.row.name,
        )
    if keep.row.lon is None and other.row.lon is not None:
        raise Refusal("The unit that stays has no coordinates; keep the other one instead.")
    if keep.row.no in _above(tx, other) or other.row.no in _above(tx, keep):
        raise Refusal("One is a part of the other; take it out of there first.")


def _above(tx: Transaction, held: Held) -> list[int]:
    return [one.no for one in store.list_ancestors(tx, held.row.no)]


def _note(tx: Transaction, change: Change, keep: Held, other: Any, former: dict[str, Any]) -> None:
    version = store.raise_version(tx, change.unit)
    changes: Sequence[tuple[str, Any, Any]] = [("merged", f"{other.id} {other.name}", None)]
    store.insert_event(
        tx,
        UnitEvent(
            change.unit, "merged", change.on, change.reason, changes, former, version, other.no
        ),
    )
    audit.record(
        tx,
        "unit_merged",
        keep.row.id,
        unit=change.unit,
        other=other.no,
        on=change.on,
        reason=change.reason,
    )


def separate(tx: Transaction, change: Change, today: date) -> int:
    """Undo a merger exactly; the change names the one that had gone. Answers the other's number."""
    registry.lock_locating(tx)
    gone = store.lock_unit(tx, change.unit)
    if gone is None:
        raise NotFound("There is no unit %(no)s in your area.", no=change.unit)
    if gone.merged_into is None:
        raise Refusal("This unit was not merged into another one.")
    if gone.version != change.version:
        raise Conflict(
            "Somebody changed this unit while you were at it; nothing of yours was written. "
            "Look at the present state and enter your change again."
        )
    keep = store.lock_unit(tx, gone.merged_into)
    merger = pairs.find_merger(tx, gone.merged_into, gone.no)
    if keep is None or merger is None:
        raise NotFound("There is no unit %(no)s in your area.", no=gone.merged_into)
    pairs.separate_target(tx, keep.no, gone.no)
    actions.put_back(tx, {gone.no: merger.former["unit"]})
    pairs.update_children(tx, merger.former["children"], keep.no, gone.no)
    version = store.raise_version(tx, keep.no)
    store.insert_event(
        tx,
        UnitEvent(
            keep.no,
            "unmerged",
            today,
            change.reason,
            [("merged", None, f"{gone.id} {gone.name}")],
            {},
            version,
            gone.no,
            merger.no,
        ),
    )
    audit.record(tx, "unit_separated", keep.id, unit=keep.no, other=gone.no, reason=change.reason)
    return int(keep.no)
