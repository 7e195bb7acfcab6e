"""Which registers have lists of one form, and what changed in a row from batch to batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.errors import Refusal
from app.facilities.rules import BUILDINGS, FACILITIES, FACILITY_STATES, is_overdue
from app.hazards.rules import HAZARD_STATES, HAZARDS, SETTLED_STATES
from app.places.rules import PLACES, ROADS
from app.registry.model import Register
from app.reports.model import RowFilter, RowList

OVERDUE, UNSETTLED = "overdue", "unsettled"
LISTS: Mapping[str, RowList] = {
    "hazards": RowList(
        HAZARDS,
        {UNSETTLED: ("Not settled", "未销案"), **HAZARD_STATES},
        ("state", "found_on"),
    ),
    "facilities": RowList(
        FACILITIES,
        {OVERDUE: ("Test overdue", "检测逾期"), **FACILITY_STATES},
        ("state", "test_due"),
    ),
    "buildings": RowList(BUILDINGS, {}, ("floors",)),
    "places": RowList(PLACES, {}, ("area_m2",)),
    "roads": RowList(ROADS, {}, ("length_m",)),
}
# what a history compares, in this order; the place as the file wrote it
COMPARED = ("name", "class", "address", "state", "floors", "test_due", "found_on")


def check_filter(asked: RowList, wanted: RowFilter) -> None:
    """Refuse a state that this register does not know."""
    if wanted.state != "all" and wanted.state not in asked.states:
        raise Refusal(
            "state is %(state)s; use one of: %(states)s.",
            state=wanted.state[:40],
            states=", ".join(("all", *asked.states)),
        )


def choice_name(register: Register, key: str, value: str, language: str) -> str:
    """The word for a class or state; one that is no choice is shown as the file wrote it."""
    field = register.field(key)
    names = field.choices.get(value) if field else None
    return value if names is None else names[0 if language == "en" else 1]


def choices(asked: RowList, others: Sequence[str], language: str) -> dict[str, dict[str, str]]:
    """What the two lists of the filter offer: key → word."""
    place = 0 if language == "en" else 1
    field = asked.register.field("class")
    known = {key: names[place] for key, names in field.choices.items()} if field else {}
    return {
        "class": known | {word: word for word in others},
        "state": {key: names[place] for key, names in asked.states.items()},
    }


def measures(row: Any) -> dict[str, float | None]:
    """Metres and square metres to the decimetre: maps are not better than that."""
    found = {"length_m": row.length_m, "area_m2": row.area_m2}
    return {key: None if size is None else round(size, 1) for key, size in found.items()}


def row_words(asked: RowList, row: Any, on: date, language: str) -> dict[str, Any]:
    """A row with its class and state in the reader's words."""
    facts: dict[str, Any] = row._asdict() | measures(row)
    state = row.state and choice_name(asked.register, "state", row.state, language)
    return facts | {
        "class_name": choice_name(asked.register, "class", row.class_key, language),
        "state_name": state,
        "overdue": is_overdue(row.test_due, on),
        "settled": row.state in SETTLED_STATES,
    }


def row_facts(asked: RowList, row: Any, on: date) -> dict[str, Any]:
    """A row for programs: the same keys for every register, its own ones among them."""
    facts = row._asdict() | measures(row)
    own = {name: facts[name] for name in asked.columns}
    overdue = {"overdue": is_overdue(row.test_due, on)} if "test_due" in own else {}
    return {
        "no": row.no,
        "id": row.id,
        "name": row.name,
        "class": row.class_key,
        **own,
        **overdue,
        "address": row.address,
        "lon": row.lon,
        "lat": row.lat,
        "details": row.details,
    }


@dataclass(frozen=True)
class Step:
    """What one batch did to a row: created it, or changed these fields from what they were."""

    batch: int
    file_name: str
    at: datetime
    undone: bool
    created: bool
    changes: Sequence[tuple[str, Any, Any]]


def history(batches: Sequence[Any], present: Mapping[str, Any]) -> list[Step]:
    """The newest first.  ``batches``: no, file_name, imported_at, undone_at, former, by number.

    What a batch wrote stands in the former values of the next one that changed the row; an
    undone batch wrote what is gone.
    """
    steps: list[Step] = []
    after = dict(present)
    for row in reversed(batches):
        undone = row.undone_at is not None
        before = None if row.former is None else _facts(row.former)
        changes = [] if undone or before is None else _changes(before, after)
        steps.append(
            Step(row.no, row.file_name, row.imported_at, undone, row.former is None, changes)
        )
        if before is not None and not undone:
            after = before
    return steps


def _facts(former: Mapping[str, Any]) -> dict[str, Any]:
    detail, target = former["detail"], former["target"]
    own = {key: detail.get(key) for key in COMPARED}
    return own | {
        "details": detail.get("details") or {},
        "place": (target["source_x"], target["source_y"]),
    }


def present_facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row in the form of a former one."""
    own = {key: row.get("class_key" if key == "class" else key) for key in COMPARED}
    days = {key: day.isoformat() for key in ("test_due", "found_on") if (day := own[key])}
    return own | days | {"details": row["details"], "place": (row["source_x"], row["source_y"])}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    found = [
        (key, before[key], after[key]) for key in (*COMPARED, "place") if before[key] != after[key]
    ]
    old, new = before["details"], after["details"]
    labels = [label for label in {**old, **new} if old.get(label) != new.get(label)]
    return found + [(label, old.get(label), new.get(label)) for label in labels]
