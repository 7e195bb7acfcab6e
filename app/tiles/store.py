"""Statements that make vector tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from gis.tiles import KEY_ZOOM, Tile

SQL = Statements.beside(__file__)


def _tile(tx: Transaction, statement: str, tile: Tile, **values: Any) -> bytes:
    return bytes(tx.value(statement, z=tile.z, x=tile.x, y=tile.y, **values) or b"")


def _tile_of_points(tx: Transaction, statement: str, tile: Tile, **values: Any) -> bytes:
    first, last = tile.key_range
    return _tile(tx, statement, tile, first=first, last=last, **values)


def _shift(cell_zoom: int) -> int:
    """How far a key is shifted to become that of a cell of this zoom."""
    return 2 * (KEY_ZOOM - cell_zoom)


def grid_tile(tx: Transaction, edition: int, depth: int, tile: Tile) -> bytes:
    return _tile(tx, SQL.grid_tile, tile, edition=edition, depth=depth)


def backdrop_tile(tx: Transaction, tile: Tile) -> bytes:
    return _tile(tx, SQL.backdrop_tile, tile)


def unit_points_tile(tx: Transaction, tile: Tile, on: date, days: int) -> bytes:
    return _tile_of_points(tx, SQL.unit_points_tile, tile, on=on, days=days)


def register_points_tile(tx: Transaction, kind: str, tile: Tile, on: date) -> bytes:
    return _tile_of_points(tx, SQL.register_points_tile, tile, kind=kind, on=on)


def register_clusters_tile(
    tx: Transaction, kind: str, tile: Tile, cell_zoom: int, on: date
) -> bytes:
    return _tile_of_points(
        tx, SQL.register_clusters_tile, tile, kind=kind, on=on, shift=_shift(cell_zoom)
    )


def unit_clusters_tile(tx: Transaction, tile: Tile, cell_zoom: int, on: date) -> bytes:
    return _tile_of_points(tx, SQL.unit_clusters_tile, tile, on=on, shift=_shift(cell_zoom))


def resident_tile(tx: Transaction, tile: Tile, buildings: Sequence[Mapping[str, Any]]) -> bytes:
    """``buildings``: lon, lat and what the tile says of each."""
    return _tile(tx, SQL.resident_tile, tile, buildings=orjson.dumps(list(buildings)).decode())
