"""Vector tiles."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.db.connection import Database
from app.http import (
    SESSION_ONLY,
    database,
    date_parameter,
    integer_parameter,
    route,
    settings,
    transaction,
)
from app.registry.rules import INSPECTED_DAYS
from app.tiles import actions

blueprint = Blueprint("tiles", __name__)
MVT = "application/vnd.mapbox-vector-tile"
FOR_EVER = "private, max-age=31536000, immutable"
# about 20 kB a tile: some 40 MB in each server process at the most
KEPT_TILES = 2048


@lru_cache(maxsize=KEPT_TILES)
def _kept_grid_tile(
    store: Database, edition: str, level: str, place: tuple[int, int, int], version: str
) -> bytes:
    """``version`` is the edition's digest: what was kept of another is never answered."""
    with store.transaction_as(None) as tx:
        return actions.grid_tile(tx, edition, level, actions.tile_at(*place))


@lru_cache(maxsize=KEPT_TILES)
def _kept_backdrop_tile(store: Database, place: tuple[int, int, int], version: str) -> bytes:
    with store.transaction_as(None) as tx:
        return actions.backdrop_tile(tx, actions.tile_at(*place))


@route(
    blueprint, "/tiles/grids/<edition>/<level>/<int:z>/<int:x>/<int:y>.mvt", permission=SESSION_ONLY
)
def grid_tile(edition: str, level: str, z: int, x: int, y: int) -> ResponseReturnValue:
    version = request.args.get("v", "")
    content = _kept_grid_tile(database(), edition, level, (z, x, y), version)
    return _answer(content, FOR_EVER if version else "private, no-cache", packed=True)


@route(blueprint, "/tiles/backdrop/<int:z>/<int:x>/<int:y>.mvt", permission=SESSION_ONLY)
def backdrop_tile(z: int, x: int, y: int) -> ResponseReturnValue:
    version = request.args.get("v", "")
    content = _kept_backdrop_tile(database(), (z, x, y), version)
    return _answer(content, FOR_EVER if version else "private, no-cache", packed=True)


@route(blueprint, "/tiles/units/<int:z>/<int:x>/<int:y>.mvt", permission="units.read")
def unit_tile(z: int, x: int, y: int) -> ResponseReturnValue:
    tile = actions.tile_at(z, x, y)
    on = date_parameter("on", settings().today())
    days = integer_parameter("days", INSPECTED_DAYS, 1, 3660)
    with transaction() as tx:
        content = actions.unit_tile(tx, tile, on, days)
    return _answer(content, "private, no-store", packed=False)


@route(
    blueprint,
    f"/tiles/<any({','.join(actions.KINDS)}):key>/<int:z>/<int:x>/<int:y>.mvt",
    permission="registers.read",
)
def register_tile(key: str, z: int, x: int, y: int) -> ResponseReturnValue:
    tile = actions.tile_at(z, x, y)
    on = date_parameter("on", settings().today())
    with transaction() as tx:
        content = actions.register_tile(tx, key, tile, on)
    return _answer(content, "private, no-store", packed=False)


@route(blueprint, "/tiles/residents/<int:z>/<int:x>/<int:y>.mvt", permission="residents.read")
def resident_tile(z: int, x: int, y: int) -> ResponseReturnValue:
    tile = actions.tile_at(z, x, y)
    with transaction() as tx:
        content = actions.resident_tile(tx, tile)
    return _answer(content, "private, no-store", packed=False)


def _answer(content: bytes, caching: str, packed: bool) -> Response:
    response = Response(content, mimetype=MVT)
    response.headers["Cache-Control"] = caching
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
