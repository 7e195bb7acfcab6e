"""Households as a file: masked for those who answer for them, counts for the others."""

from __future__ import annotations

from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids.model import Grid
from app.reports.files import TYPES, File, table_file
from app.residents import actions as residents
from app.residents.model import HouseholdFilter, Told
from app.residents.rules import NEED_CLASSES, REASONS
from app.settings import Settings

PAGE = 1_000
FORMATS = ("csv", "xlsx", "gpkg")
FORMATS_WITHOUT_MAP = ("csv", "xlsx")
FIELDS = ("id", "building", "class", "persons", "evacuation", "expires_on", "lon", "lat")
OPEN_FIELDS = ("door", "name", "phone")


def export_masked(tx: Transaction, settings: Settings, wanted: HouseholdFilter, kind: str) -> File:
    """Without names, phones and doors."""
    _check_kind(kind, FORMATS)
    rows = [[row[field] for field in FIELDS] for row in _every(tx, settings, wanted)]
    audit.record(tx, "residents_exported", kind, rows=len(rows), names=False)
    name = f"households-{settings.today().isoformat()}.{kind}"
    return table_file(name, kind, "households", FIELDS, rows)


def export_open(
    tx: Transaction, settings: Settings, wanted: HouseholdFilter, kind: str, reason: str
) -> File:
    """With names: who took them, when and why stands in every row and in the log."""
    _check_kind(kind, FORMATS_WITHOUT_MAP)
    if reason not in REASONS:
        raise Refusal("Choose the reason why the name is needed; it is written down.")
    keys = residents.keyring(settings)
    mark = f"{tx.person} · {settings.now():%Y-%m-%d %H:%M} · {reason}"
    rows = []
    for row in _every(tx, settings, wanted):
        _, opened = residents.opened(tx, keys, row["no"])
        first = next((one for one in opened.persons if one.role == "resident"), None)
        named = [opened.door, first and first.name, first and first.phone]
        rows.append([*(row[field] for field in FIELDS), *named, mark])
    audit.record(tx, "residents_exported", kind, rows=len(rows), names=True, reason=reason)
    name = f"households-with-names-{settings.today().isoformat()}.{kind}"
    return table_file(name, kind, "households", [*FIELDS, *OPEN_FIELDS, "taken_by"], rows)


def export_counts(tx: Transaction, settings: Settings, within: Grid | None, kind: str) -> File:
    """What the page of counts tells, and no more."""
    _check_kind(kind, FORMATS_WITHOUT_MAP)
    place = within.no if within else residents.CITY
    told, parts = residents.told_counts(tx, [within.no] if within else ())
    inner = [part for part in parts.get(place, ()) if part in told]
    grids = residents.titles(tx, [part for part in inner if isinstance(part, int)])
    rows: list[list[Any]] = []
    for part in inner:
        grid = None if isinstance(part, tuple) else grids[part][-1]
        code, name = (grid.reference, grid.name) if grid else (None, part[1])
        rows.append([code, name, _total(told[part]), *_classes(told[part])])
    audit.record(tx, "residents_exported", kind, rows=len(rows), counts=True)
    file = f"persons-{settings.today().isoformat()}.{kind}"
    return table_file(file, kind, "persons", ["grid", "place", "persons", *NEED_CLASSES], rows)


def _every(tx: Transaction, settings: Settings, wanted: HouseholdFilter) -> list[dict[str, Any]]:
    keys = residents.keyring(settings)
    rows: list[dict[str, Any]] = []
    after = ""
    while page := residents.list_households(tx, keys, wanted, after, PAGE):
        rows += page
        after = page[-1]["id"]
    return rows


def _check_kind(kind: str, kinds: tuple[str, ...]) -> None:
    if kind not in kinds or kind not in TYPES:
        raise NotFound("Households are exported as %(kinds)s.", kinds=", ".join(kinds))


def _total(told: Told) -> int | str:
    return told.total if told.total is not None else "<5" if told.few else "not told"


def _classes(told: Told) -> list[int | str]:
    return [0 if told.total == 0 else told.classes.get(key, "not told") for key in NEED_CLASSES]
