"""Lists, pages and files of buildings, facilities and hazards: one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.grids.model import Grid
from app.reports import rules, store
from app.reports.files import TYPES, File, table_file
from app.reports.model import Counts, RowFilter, RowList
from app.reports.rules import LISTS, Step
from app.spreadsheets import safe_cell
from gis.footprints import text_of_shape

PAGE = 5_000


def list_named(key: str) -> RowList:
    if key not in LISTS:
        raise NotFound(
            "There is no register %(key)s; use one of: %(keys)s.",
            key=key[:40],
            keys=", ".join(LISTS),
        )
    return LISTS[key]


def list_rows(
    tx: Transaction, asked: RowList, wanted: RowFilter, after: str, limit: int
) -> list[Any]:
    """Rows by id, from the one after ``after`` on."""
    rules.check_filter(asked, wanted)
    return store.list_rows(tx, asked.kind, wanted, after, limit)


def count_rows(tx: Transaction, asked: RowList, wanted: RowFilter) -> Counts:
    return store.count_rows(tx, asked.kind, wanted)


def other_classes(tx: Transaction, asked: RowList) -> list[str]:
    field = asked.register.field("class")
    return store.list_other_classes(tx, asked.kind, list(field.choices) if field else [])


def row(tx: Transaction, asked: RowList, no: int) -> Any:
    found = store.find_row(tx, asked.kind, no)
    if found is None:
        raise NotFound("There is nothing with number %(no)s in this register of your area.", no=no)
    return found


def history(tx: Transaction, found: Any) -> list[Step]:
    """What the batches did to the row, for those who may see batches."""
    present = rules.present_facts(found._asdict())
    return rules.history(store.list_batches_of_target(tx, found.no), present)


def leaves(tx: Transaction, numbers: set[int]) -> dict[int, Grid]:
    """The deepest grid of each number."""
    active = grids.find_active(tx)
    chains = grids.chains(tx, active.no, sorted(numbers)) if active and numbers else {}
    return {number: chain[-1] for number, chain in chains.items()}


def export_rows(tx: Transaction, asked: RowList, wanted: RowFilter, kind: str) -> File:
    """Every row of the filter that the reader may see, with the grid of each level."""
    key = asked.register.key
    if kind not in TYPES:
        raise NotFound("Lists are exported as %(kinds)s.", kinds=", ".join(TYPES))
    found: list[Any] = []
    after = ""
    while page := list_rows(tx, asked, wanted, after, PAGE):
        after = page[-1].id
        found += page
    shapes = shapes_of(tx, asked, found)
    header, rows = _table(tx, asked, found, shapes if kind == "csv" else {})
    audit.record(
        tx,
        f"{key}_exported",
        kind,
        rows=len(rows),
        on=wanted.on,
        state=wanted.state,
        within=wanted.within,
    )
    drawn = [shapes.get(row.no) for row in found]
    return table_file(
        f"{key}-{wanted.on.isoformat()}.{kind}", kind, key, header, rows, shapes=drawn
    )


def shapes_of(tx: Transaction, asked: RowList, rows: Sequence[Any]) -> dict[int, shapely.Geometry]:
    """Target → its point, line or area, where the register has more than points."""
    if not asked.register.shapes:
        return {}
    found = store.list_shapes(tx, [row.no for row in rows])
    return dict(zip(found, shapely.from_wkb(list(found.values())), strict=True))


def _table(
    tx: Transaction, asked: RowList, found: Sequence[Any], shapes: Mapping[int, shapely.Geometry]
) -> tuple[list[str], list[list[Any]]]:
    """The further columns that files brought stand last, under the names that they had.

    With the shapes as texts the table can be imported again.
    """
    levels = [level.key for level in grids.levels(tx)]
    active = grids.find_active(tx)
    numbers = sorted({row.grid_no for row in found if row.grid_no})
    chains = grids.chains(tx, active.no, numbers) if active else {}
    own = ["id", "name", "class", *asked.columns, "address", "lon", "lat"]
    own += ["wkt"] * bool(shapes)
    header = [*own, *(f"grid_{key}" for key in levels)]
    labels = list(dict.fromkeys(label for row in found for label in row.details))
    taken = {name.casefold() for name in header}
    names = [safe_cell(f"{label} *" if label.casefold() in taken else label) for label in labels]
    rows = []
    for row in found:
        codes = {grid.level: grid.code for grid in chains.get(row.grid_no, ())}
        facts = (
            row._asdict()
            | rules.measures(row)
            | {"class": row.class_key, "wkt": text_of_shape(shapes.get(row.no))}
        )
        rows.append(
            [
                *(facts[name] for name in own),
                *(codes.get(key) for key in levels),
                *(row.details.get(label) for label in labels),
            ]
        )
    return [*header, *names], rows
