"""Grids and locating, for programs and for the map."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.grids import actions
from app.grids.places import checked_place
from app.http import (
    date_of,
    date_parameter,
    float_parameter,
    integer_parameter,
    json_answer,
    route,
    settings,
    text_parameter,
    transaction,
)

blueprint = Blueprint("grids", __name__)
MOST_POINTS = 2_000
MOST_GRIDS = 5_000


@route(blueprint, "/api/v1/locate", permission="grids.read")
def locate() -> ResponseReturnValue:
    lon, lat = checked_place(
        float_parameter("lon"), float_parameter("lat"), text_parameter("crs") or "EPSG:4326"
    )
    with transaction() as tx:
        return json_answer(actions.locate(tx, lon, lat, date_parameter("on", settings().today())))


@route(blueprint, "/api/v1/locate", permission="grids.read", methods=["POST"])
def locate_many() -> ResponseReturnValue:
    """`{"points": [[lon, lat], …], "crs": …, "on": …}` → the chain of each, in order."""
    body = request.get_json(silent=True)
    body = body if isinstance(body, dict) else {}
    points = body.get("points")
    if not isinstance(points, list) or len(points) > MOST_POINTS:
        raise Refusal(
            'Send {"points": [[lon, lat], …]} with at most %(most)s points.', most=MOST_POINTS
        )
    on = date_of(str(body["on"]), "on") if body.get("on") else settings().today()
    crs = str(body.get("crs") or "EPSG:4326")
    places = [
        checked_place(*pair_of(point, position), crs) for position, point in enumerate(points, 1)
    ]
    with transaction() as tx:
        found = actions.locate_many(tx, [lon for lon, _ in places], [lat for _, lat in places], on)
    return json_answer({"points": found})


def pair_of(point: Any, position: int) -> tuple[float, float]:
    """Two numbers of the body; anything else is refused by its place in the list."""
    try:
        lon, lat = point
        return float(lon), float(lat)
    except (TypeError, ValueError, OverflowError):
        raise Refusal("Point %(position)s is not [lon, lat].", position=position) from None


@route(blueprint, "/api/v1/grids", permission="grids.read")
def list_grids() -> ResponseReturnValue:
    """A GeoJSON collection, keyset-paged by grid number with `after`."""
    limit = integer_parameter("limit", 500, 1, MOST_GRIDS)
    after = integer_parameter("after", 0, 0, 2**31 - 1)
    level, within = text_parameter("level"), text_parameter("within")
    with transaction() as tx:
        edition = actions.edition_on(tx, date_parameter("on", settings().today()))
        if level is not None:
            actions.level_named(tx, level)
        inside = actions.grid_named(tx, edition.no, within).no if within else None
        rows = actions.list_grids(tx, edition.no, level, inside, after, limit)
    features = [feature(row) for row in rows]
    following = rows[-1].no if len(rows) == limit else None
    return json_answer(
        {
            "type": "FeatureCollection",
            "edition": edition.name,
            "next": following,
            "features": features,
        },
        mimetype="application/geo+json",
    )


def feature(row: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.no,
        "geometry": orjson.loads(row.geometry) if row.geometry else None,
        "properties": {
            "depth": row.depth,
            "level": row.level,
            "code": row.code,
            "name": row.name,
            "name_en": row.name_en,
            "area_m2": row.area_m2 and round(row.area_m2, 1),
        },
    }
