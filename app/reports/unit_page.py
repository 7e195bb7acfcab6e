"""What the page of a unit says: one line of time, and where each fact comes from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.inspections.visits.model import Recorded


def line_of_time(
    visits: Sequence[Recorded], events: Sequence[Any], unit: int, until: date, whole: bool
) -> list[dict[str, Any]]:
    """Visits and changes together, the latest first.

    ``visits`` is one page of them, from the day ``until`` backwards; where it is not the last one
    (``whole`` is false), older changes come with the next page.
    """
    since = date.min if whole or not visits else visits[-1].row.happened_on
    told = [
        *(_visit(one, unit) for one in visits),
        *(
            _event(row, unit)
            for row in events
            if row.happened_on <= until and (whole or row.happened_on > since)
        ),
    ]
    return sorted(told, key=lambda one: one["on"], reverse=True)


def _visit(one: Recorded, unit: int) -> dict[str, Any]:
    row = one.row
    told = bool(row.result or row.note or row.checklists or row.correction or one.photos)
    return {
        "on": row.happened_on,
        "kind": "visit",
        "outcome": row.outcome,
        "note": " · ".join(part for part in (row.result, row.note) if part),
        "who": row.recorded_by,
        "changes": [],
        "checklists": row.checklists,
        "answers": len(row.answers),
        "deviations": one.deviations,
        "photos": one.photos,
        "correction": row.correction,
        "at_other": row.unit_id if row.target_no != unit else None,
        "details": told or row.target_no != unit,
        "undone": False,
    }


def _event(row: Any, unit: int) -> dict[str, Any]:
    return {
        "on": row.happened_on,
        "kind": row.kind,
        "note": row.reason,
        "who": row.recorded_by,
        "changes": row.changes,
        "other_no": row.other_no,
        "at_other": row.unit_id if row.target_no != unit else None,
        "details": bool(row.changes or row.reason),
        "undone": row.undone,
    }


def last_words(events: Sequence[Any], unit: int) -> Mapping[str, Any]:
    """Field → the newest standing change of it by hand; the others are as the register had them."""
    found: dict[str, Any] = {}
    for event in events:
        if event.target_no == unit and not event.undone and event.kind != "taken_back":
            for field, _, _ in event.changes:
                found.setdefault(field, event)
    return found
