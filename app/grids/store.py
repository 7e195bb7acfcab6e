"""Statements on levels, editions, drafts and grids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.grids.model import DraftShape, Edition, Grid, Level
from gis.topology import Fault

SQL = Statements.beside(__file__)


def find_city_name(tx: Transaction, language: str) -> str | None:
    found = tx.value(SQL.find_city_name, language=language)
    return None if found is None else str(found)


def set_city_name(tx: Transaction, language: str, name: str) -> None:
    tx.execute(SQL.set_city_name, language=language, name=name)


def list_levels(tx: Transaction) -> list[Level]:
    return [Level(*row) for row in tx.rows(SQL.list_levels)]


def count_grids(tx: Transaction) -> int:
    """Numbered grids and draft shapes together: while there are any, levels stand."""
    return int(tx.value(SQL.count_grids))


def replace_levels(tx: Transaction, levels: Sequence[Level]) -> None:
    tx.execute(SQL.delete_levels)
    for level in levels:
        tx.execute(
            SQL.insert_level,
            depth=level.depth,
            key=level.key,
            name_zh=level.name_zh,
            name_en=level.name_en,
        )


def rename_levels(tx: Transaction, levels: Sequence[Level]) -> None:
    for level in levels:
        tx.execute(SQL.rename_level, key=level.key, name_zh=level.name_zh, name_en=level.name_en)


def list_editions(tx: Transaction) -> list[Edition]:
    return [Edition(*row) for row in tx.rows(SQL.list_editions)]


def find_edition(tx: Transaction, name: str) -> Edition | None:
    row = tx.row(SQL.find_edition, name=name)
    return Edition(*row) if row else None


def find_edition_on(tx: Transaction, on: date) -> Edition | None:
    row = tx.row(SQL.find_edition_on, on=on)
    return Edition(*row) if row else None


def lock_edition(tx: Transaction, name: str) -> Edition | None:
    """The edition as it is once nobody else works on it; held until the transaction ends."""
    row = tx.row(SQL.lock_edition, name=name)
    return Edition(*row) if row else None


def insert_draft(tx: Transaction, name: str) -> Edition | None:
    """The new draft, or None where another session has just made it."""
    row = tx.row(SQL.insert_draft, name=name)
    return Edition(*row) if row else None


def copy_active_into_draft(tx: Transaction, draft: int) -> None:
    tx.execute(SQL.copy_active_into_draft, draft=draft)
    tx.execute(SQL.copy_active_faults_into_draft, draft=draft)


def replace_draft_level(
    tx: Transaction, edition: int, depth: int, shapes: Sequence[DraftShape]
) -> None:
    tx.execute(SQL.delete_draft_level, edition=edition, depth=depth)
    tx.many(
        SQL.insert_draft_shapes,
        [
            {
                "edition": edition,
                "depth": depth,
                "code": shape.code,
                "parent": shape.parent_code,
                "name": shape.name,
                "name_en": shape.name_en,
                "wkb": shape.wkb,
            }
            for shape in shapes
        ],
        "(%(edition)s, %(depth)s, %(code)s, %(parent)s, %(name)s, %(name_en)s, "
        "ST_GeomFromWKB(%(wkb)s, 4326))",
    )


def list_draft_shapes(tx: Transaction, edition: int, depth: int | None = None) -> list[Any]:
    """depth, code, parent_code, name, name_en, wkb; of one level or of all."""
    return tx.rows(SQL.list_draft_shapes, edition=edition, depth=depth)


def count_draft_shapes(tx: Transaction, edition: int) -> dict[int, int]:
    return {row.depth: row.shapes for row in tx.rows(SQL.count_draft_shapes, edition=edition)}


def delete_draft_shapes(tx: Transaction, edition: int) -> None:
    tx.execute(SQL.delete_draft_shapes, edition=edition)


def replace_faults(
    tx: Transaction,
    edition: int,
    depth: int,
    faults: Sequence[Fault],
    kinds: Sequence[str] | None = None,
) -> None:
    """Put these faults in the place of the level's, or only of its faults of some kinds."""
    tx.execute(
        SQL.delete_faults,
        edition=edition,
        depth=depth,
        kinds=None if kinds is None else list(kinds),
    )
    tx.many(
        SQL.insert_faults,
        [
            {
                "edition": edition,
                "depth": depth,
                "kind": fault.kind,
                "severity": fault.severity,
                "code": fault.code,
                "area": fault.area_m2,
                "lon": fault.where[0] if fault.where else None,
                "lat": fault.where[1] if fault.where else None,
                "detail": fault.detail,
                "said": orjson.dumps(fault.said.as_dict()).decode(),
            }
            for fault in faults
        ],
        "(%(edition)s, %(depth)s, %(kind)s, %(severity)s, %(code)s, %(area)s, %(lon)s, "
        "%(lat)s, %(detail)s, %(said)s::jsonb)",
    )


def list_faults(tx: Transaction, edition: int, limit: int) -> list[Any]:
    return tx.rows(SQL.list_faults, edition=edition, limit=limit)


def count_faults(tx: Transaction, edition: int) -> list[Any]:
    """kind, severity, faults, area_m2."""
    return tx.rows(SQL.count_faults, edition=edition)


def list_shapes(tx: Transaction, edition: int, depth: int | None = None) -> list[Any]:
    """no, depth, code, wkb of every grid with a polygon, of one level or of all."""
    return tx.rows(SQL.list_shapes, edition=edition, depth=depth)


def locate(tx: Transaction, edition: int, lon: float, lat: float) -> int:
    """The number of the point's grid, 0 where it touches none."""
    return int(tx.value(SQL.locate, edition=edition, lon=lon, lat=lat) or 0)


def nearest_grid(tx: Transaction, edition: int, lon: float, lat: float) -> Any | None:
    return tx.row(SQL.nearest_grid, edition=edition, lon=lon, lat=lat)


def list_chains(tx: Transaction, edition: int, grids: Sequence[int]) -> dict[int, list[Grid]]:
    """For each grid the grids from the top level down to itself."""
    chains: dict[int, list[Grid]] = {}
    for row in tx.rows(SQL.list_chains, edition=edition, grids=list(grids)):
        chains.setdefault(row.leaf_no, []).append(Grid(*row[1:]))
    return chains


def find_grids_by_code(tx: Transaction, edition: int, code: str, level: str | None) -> list[Grid]:
    return [
        Grid(*row)
        for row in tx.rows(SQL.find_grids_by_code, edition=edition, code=code, level=level)
    ]


def list_grids(
    tx: Transaction, edition: int, level: str | None, within: int | None, after: int, limit: int
) -> list[Any]:
    return tx.rows(
        SQL.list_grids, edition=edition, level=level, within=within, after=after, limit=limit
    )


def find_grid_shape(tx: Transaction, edition: int, grid: int) -> Any | None:
    return tx.row(SQL.find_grid_shape, edition=edition, grid=grid)


def list_children(tx: Transaction, edition: int, parent: int | None) -> list[Grid]:
    return [Grid(*row) for row in tx.rows(SQL.list_children, edition=edition, parent=parent)]


def bounds_of_grids(
    tx: Transaction, edition: int, grids: Sequence[int] | None
) -> tuple[float, float, float, float] | None:
    """west, south, east, north of these grids, or of the whole city for None."""
    row = tx.row(SQL.bounds_of_grids, edition=edition, grids=None if grids is None else list(grids))
    return tuple(row) if row and row.west is not None else None


def list_edition_levels(tx: Transaction, edition: int) -> list[Any]:
    """depth, key, name_zh, name_en, grids, min_zoom."""
    return tx.rows(SQL.list_edition_levels, edition=edition)


def count_grids_without_anybody(tx: Transaction) -> list[Any]:
    return tx.rows(SQL.count_grids_without_anybody)
