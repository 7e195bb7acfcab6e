"""Grids and locating, for programs and for the map."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint

from app.grids import actions
from app.grids.parameters import (
    GridProperties,
    Grids,
    GridsQuery,
    LocateBody,
    Located,
    LocatedMany,
    LocateQuery,
)
from app.grids.places import checked_place
from app.http import settings, transaction
from app.web.api import api, next_page
from app.web.api_types import Feature

blueprint = Blueprint("grids", __name__)


@api(
    blueprint,
    "/locate",
    permission="grids.read",
    query=LocateQuery,
    answer=Located,
    example="/locate?lon=118.78&lat=31.04",
)
def locate(query: LocateQuery) -> Located:
    """The grids of a point, from the top down.

    A point on a border belongs to the grid with the lower code. In no grid: `grids` is empty and
    `nearest` names the nearest one.
    """
    lon, lat = checked_place(query.lon, query.lat, query.crs)
    with transaction() as tx:
        return Located(**actions.locate(tx, lon, lat, query.on or settings().today()))


@api(
    blueprint,
    "/locate",
    method="POST",
    permission="grids.read",
    body=LocateBody,
    answer=LocatedMany,
    example='{"points": [[118.78, 31.04], [118.8, 31.05]], "crs": "EPSG:4326"}',
)
def locate_many(body: LocateBody) -> LocatedMany:
    """The grids of many points, in the order in which they were sent."""
    places = [checked_place(lon, lat, body.crs) for lon, lat in body.points]
    with transaction() as tx:
        found = actions.locate_many(
            tx,
            [lon for lon, _ in places],
            [lat for _, lat in places],
            body.on or settings().today(),
        )
    return LocatedMany([Located(**one) for one in found])


@api(
    blueprint,
    "/grids",
    permission="grids.read",
    query=GridsQuery,
    answer=Grids,
    geojson=Grids,
    example="/grids?level=town&limit=2",
)
def list_grids(query: GridsQuery) -> Grids:
    """Grids with their shapes, as GeoJSON; visible to everyone who may sign in."""
    with transaction() as tx:
        edition = actions.edition_on(tx, query.on or settings().today())
        if query.level is not None:
            actions.level_named(tx, query.level)
        inside = actions.grid_named(tx, edition.no, query.within).no if query.within else None
        rows = actions.list_grids(tx, edition.no, query.level, inside, query.after, query.limit)
    following = rows[-1].no if len(rows) == query.limit else None
    return Grids([feature(row) for row in rows], next_page(following), edition=edition.name)


def feature(row: Any) -> Feature[GridProperties]:
    return Feature(
        row.no,
        orjson.Fragment(row.geometry) if row.geometry else None,
        GridProperties(
            row.depth,
            row.level,
            row.code,
            row.name,
            row.name_en,
            row.area_m2 and round(row.area_m2, 1),
        ),
    )
