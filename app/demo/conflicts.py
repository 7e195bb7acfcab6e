"""What a newcomer is to find among the leftovers: land that no block has yet, and rows whose file
names another grid than the one they lie in."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from app.demo.city import DemoCity
from app.demo.people import demo_people
from app.registry.model import TargetDraft

NEW_LAND = 7  # units on the land that was built over and belongs to no block yet
HALF_WIDTH, HALF_HEIGHT = 0.0009, 0.0007  # degrees: a plot of some 170 m by 150 m
CLAIMS = 9


def blocks_with_new_land(city: DemoCity) -> gpd.GeoDataFrame:
    """The blocks, one of them without a plot of its land where some units stand."""
    blocks = city.boundaries["block"].copy()
    chief = next(one.grid_code for one in demo_people(city) if one.role == "grid_chief")
    placed = city.units[city.units["lon"].notna()]
    points = shapely.points(placed["lon"], placed["lat"])
    tree = shapely.STRtree(points)
    shapes = blocks.geometry.to_numpy()
    for place, (code, shape) in enumerate(zip(blocks["code"], shapes, strict=True)):
        middle = shape.representative_point()
        plot = shapely.box(
            middle.x - HALF_WIDTH,
            middle.y - HALF_HEIGHT,
            middle.x + HALF_WIDTH,
            middle.y + HALF_HEIGHT,
        )
        on_it = len(tree.query(plot, predicate="contains"))
        if code != chief and on_it == NEW_LAND and shape.contains_properly(plot):
            shapes[place] = shape.difference(plot)
            return blocks.set_geometry(gpd.GeoSeries(shapes, index=blocks.index, crs=blocks.crs))
    raise ValueError("no block has such a plot")


def neighbours_claimed(city: DemoCity, drafts: Sequence[TargetDraft]) -> dict[str, str]:
    """Of the rows nearest to the edge of their block: id → the neighbour that the file names."""
    blocks = city.boundaries["block"]
    shapes, names = blocks.geometry.to_numpy(), blocks["name"].to_numpy()
    points = shapely.points([(one.lon, one.lat) for one in drafts])
    tree = shapely.STRtree(shapes)
    row, own = tree.query(points, predicate="within")
    to_edge = shapely.distance(points[row], shapely.boundary(shapes[own]))
    claimed: dict[str, str] = {}
    for place in np.argsort(to_edge)[:CLAIMS]:
        near = tree.query(points[row[place]], predicate="dwithin", distance=to_edge[place] * 1.01)
        others = [one for one in near if one != own[place]]
        if others:
            claimed[drafts[row[place]].id] = str(names[others[0]])
    return claimed
