"""Which tile answers which question."""

from __future__ import annotations

import gzip
from datetime import date

from app.db.connection import Transaction
from app.errors import NotFound
from app.facilities.rules import BUILDINGS, FACILITIES
from app.grids import actions as grids
from app.hazards.rules import HAZARDS
from app.places.rules import PLACES, ROADS
from app.residents import actions as residents
from app.residents.rules import sign_of
from app.tiles import store
from gis.tiles import KEY_ZOOM, Tile

SINGLE_UNITS_FROM = 15  # zoom; further out units are counted per cell
SINGLE_ROWS_FROM = 14  # of other registers, which are sparser
PERSONS_FROM = 13  # further out nothing: sums of small numbers would betray them
CELL_STEPS = 3  # a cell is the tile's side ÷ 2³: 64 of 512 pixels
COMPRESSION = 6
DRAWN = (PLACES.kind, ROADS.kind)  # near by their lines and areas are drawn too
# word of the address → kind of the targets
KINDS = {one.key: one.kind for one in (HAZARDS, FACILITIES, BUILDINGS, PLACES, ROADS)}


def tile_at(z: int, x: int, y: int) -> Tile:
    """The tile, or the answer that there is none."""
    try:
        return Tile(z, x, y)
    except ValueError:
        raise NotFound("There is no tile %(z)s/%(x)s/%(y)s.", z=z, x=x, y=y) from None


def grid_tile(tx: Transaction, edition_name: str, level_key: str, tile: Tile) -> bytes:
    """Shapes and labels of one level in a published edition, gzipped; never changes."""
    edition = grids.edition_named(tx, edition_name)
    if edition.state == "draft":
        raise NotFound("Edition %(name)s is not published yet.", name=edition_name[:80])
    level = grids.level_named(tx, level_key)
    return gzip.compress(store.grid_tile(tx, edition.no, level.depth, tile), COMPRESSION, mtime=0)


def backdrop_tile(tx: Transaction, tile: Tile) -> bytes:
    return gzip.compress(store.backdrop_tile(tx, tile), COMPRESSION, mtime=0)


def unit_tile(tx: Transaction, tile: Tile, on: date, days: int) -> bytes:
    """Units in the reader's territory: single ones near by, counts per cell from afar."""
    if tile.z >= SINGLE_UNITS_FROM:
        return store.unit_points_tile(tx, tile, on, days)
    return store.unit_clusters_tile(tx, tile, min(tile.z + CELL_STEPS, KEY_ZOOM), on)


def register_tile(tx: Transaction, key: str, tile: Tile, on: date) -> bytes:
    """Rows of another register in the reader's territory, in the same way."""
    kind = KINDS[key]
    if tile.z >= SINGLE_ROWS_FROM:
        points = store.register_points_tile(tx, kind, tile, on)
        return points + store.register_shapes_tile(tx, kind, tile, on) if kind in DRAWN else points
    return store.register_clusters_tile(tx, kind, tile, min(tile.z + CELL_STEPS, KEY_ZOOM), on)


def resident_tile(tx: Transaction, tile: Tile) -> bytes:
    """Persons per building, as the list of residents tells them the same reader."""
    if tile.z < PERSONS_FROM:
        return b""
    buildings = residents.buildings_within(tx, *tile.key_range)
    chains = residents.titles(tx, sorted({one.grid_no for one in buildings}))
    return store.resident_tile(
        tx,
        tile,
        [
            {
                "lon": one.lon,
                "lat": one.lat,
                "name": one.building,
                "told": sign_of(one.told),
                "persons": one.told.total,
                "households": one.households,
                "grid": grid.reference,
                "grid_name": grid.name,
                "grid_name_en": grid.name_en,
            }
            for one in buildings
            for grid in chains.get(one.grid_no, ())[-1:]
        ],
    )
