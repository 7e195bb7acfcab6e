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


def grid_tile(tx: Transaction, edition: int, depth: int, tile: Tile) -> bytes:
    return bytes(
        tx.value(SQL.grid_tile, edition=edition, depth=depth, z=tile.z, x=tile.x, y=tile.y)
    )


def backdrop_tile(tx: Transaction, tile: Tile) -> bytes:
    return bytes(tx.value(SQL.backdrop_tile, z=tile.z, x=tile.x, y=tile.y))


def unit_points_tile(tx: Transaction, tile: Tile, on: date, days: int) -> bytes:
    first, last = tile.key_range
    return bytes(
        tx.value(
            SQL.unit_points_tile,
            z=tile.z,
            x=tile.x,
            y=tile.y,
            first=first,
            last=last,
            on=on,
            days=days,
        )
        or b""
    )


def register_points_tile(tx: Transaction, kind: str, tile: Tile, on: date) -> bytes:
    first, last = tile.key_range
    return bytes(
        tx.value(
            SQL.register_points_tile,
            kind=kind,
            z=tile.z,
            x=tile.x,
            y=tile.y,
            first=first,
            last=last,
            on=on,
        )
        or b""
    )


def register_shapes_tile(tx: Transaction, kind: str, tile: Tile, on: date) -> bytes:
    return bytes(
        tx.value(SQL.register_shapes_tile, kind=kind, z=tile.z, x=tile.x, y=tile.y, on=on) or b""
    )


def register_clusters_tile(
    tx: Transaction, kind: str, tile: Tile, cell_zoom: int, on: date
) -> bytes:
    first, last = tile.key_range
    return bytes(
        tx.value(
            SQL.register_clusters_tile,
            kind=kind,
            z=tile.z,
            x=tile.x,
            y=tile.y,
            first=first,
            last=last,
            on=on,
            shift=2 * (KEY_ZOOM - cell_zoom),
        )
        or b""
    )


def unit_clusters_tile(tx: Transaction, tile: Tile, cell_zoom: int, on: date) -> bytes:
    first, last = tile.key_range
    return bytes(
        tx.value(
            SQL.unit_clusters_tile,
            z=tile.z,
            x=tile.x,
            y=tile.y,
            first=first,
            last=last,
            on=on,
            shift=2 * (KEY_ZOOM - cell_zoom),
        )
        or b""
    )


def resident_tile(tx: Transaction, tile: Tile, buildings: Sequence[Mapping[str, Any]]) -> bytes:
    """``buildings``: lon, lat and what the tile says of each."""
    return bytes(
        tx.value(
            SQL.resident_tile,
            z=tile.z,
            x=tile.x,
            y=tile.y,
            buildings=orjson.dumps(list(buildings)).decode(),
        )
        or b""
    )
