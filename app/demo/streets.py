"""Streets along the borders of the plan, embankment roads, bridges and the water."""

from dataclasses import dataclass

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely import LineString

from app.demo import names
from app.demo.network import Network
from app.demo.subdivision import Plan
from app.demo.terrain import Terrain, Warp, ground_to_lonlat

AVENUE, STREET, LANE = 1, 2, 3
#: Street of a cut by its depth; borders between blocks are lanes where anything runs there.
RANK_OF_DEPTH = {1: AVENUE, 2: STREET, 3: LANE}
SHARE_OF_LANES = 0.8
#: Shorter pieces, left over where water cuts a street, are not drawn (km).
SHORTEST_STREET = 0.12
#: How far streets keep from a lake, in km.
LAKE_SHORE = 0.02
#: Least distance between two bridges, and how many there may be.
BRIDGE_SPACING, BRIDGES = 1.25, 7


@dataclass(frozen=True)
class Streets:
    """Ground lines (km) with rank and name; `addressed` is False for bridges."""

    lines: NDArray[np.object_]
    ranks: NDArray[np.int64]
    names: list[names.Bilingual]
    addressed: NDArray[np.bool_]

    def as_frame(self) -> GeoDataFrame:
        """Return the streets in WGS84."""
        return GeoDataFrame(
            {
                "kind": "road",
                "rank": self.ranks,
                "name": [name.zh for name in self.names],
                "name_en": [name.en for name in self.names],
            },
            geometry=shapely.transform(self.lines, ground_to_lonlat),
            crs="EPSG:4326",
        )


def lay_streets(
    plan: Plan, network: Network, terrain: Terrain, warp: Warp, rng: np.random.Generator
) -> Streets:
    """Lay one street along each cut, from end to end, except through water."""
    # Streets end on the embankment roads, and a little before a lake.
    lake_zones = [lake.buffer(LAKE_SHORE) for lake in terrain.lakes]
    wet = _bend(warp, [terrain.river_zone, *lake_zones])
    dry_lines: list[shapely.Geometry] = []
    ranks: list[int] = []
    for index, cut in enumerate(plan.cuts):
        rank = RANK_OF_DEPTH.get(cut.depth)
        if rank is None or (rank == LANE and rng.random() > SHARE_OF_LANES):
            continue
        border = shapely.union_all(network.edges[network.edge_cuts == index])
        pieces = _long_pieces(border.difference(shapely.union_all(wet)))
        dry_lines += pieces
        ranks += [rank] * len(pieces)
    embankments = [piece for line in _embankments(terrain, warp) for piece in _long_pieces(line)]
    bridges = list(_bend(warp, _bridges(plan, terrain)))
    lines = np.array([*dry_lines, *embankments, *bridges], dtype=object)
    all_ranks = np.array(ranks + [AVENUE] * (len(embankments) + len(bridges)))
    return Streets(
        lines=lines,
        ranks=all_ranks,
        names=[
            *names.street_names(ranks, rng),
            *names.embankment_names(len(embankments)),
            *names.bridge_names(len(bridges)),
        ],
        addressed=np.arange(len(lines)) < len(lines) - len(bridges),
    )


def water_frame(terrain: Terrain, warp: Warp) -> GeoDataFrame:
    """Return river and lakes in WGS84."""
    bodies = _bend(warp, [terrain.river, *terrain.lakes])
    return GeoDataFrame(
        {
            "kind": "water",
            "name": [name.zh for name in names.WATERS],
            "name_en": [name.en for name in names.WATERS],
        },
        geometry=shapely.transform(bodies, ground_to_lonlat),
        crs="EPSG:4326",
    )


def water_on_ground(terrain: Terrain, warp: Warp) -> shapely.Geometry:
    """Return all water as one ground geometry (km)."""
    return shapely.union_all(_bend(warp, [terrain.river, *terrain.lakes]))


def _bend(warp: Warp, shapes: list[shapely.Geometry]) -> NDArray[np.object_]:
    return warp.bend_geometries(shapely.segmentize(np.array(shapes, dtype=object), 0.05))


def _embankments(terrain: Terrain, warp: Warp) -> list[shapely.Geometry]:
    within = [line.intersection(terrain.outline) for line in terrain.embankments]
    return list(_bend(warp, within))


def _bridges(plan: Plan, terrain: Terrain) -> list[shapely.Geometry]:
    """Carry streets that end at the river across it, avenues first, well apart."""
    meetings = sorted(
        (cut.depth, u)
        for cut in plan.cuts
        if cut.depth in (1, 2)
        for u, v in cut.line.coords
        if abs(v) < 1e-6
    )
    chosen: list[float] = []
    for _depth, u in meetings:
        if len(chosen) < BRIDGES and all(abs(u - other) > BRIDGE_SPACING for other in chosen):
            chosen.append(u)
    return [
        LineString([(u, -2.0), (u, 2.0)]).intersection(terrain.river_zone) for u in sorted(chosen)
    ]


def _long_pieces(line: shapely.Geometry) -> list[LineString]:
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    return [
        piece
        for piece in shapely.get_parts(merged)
        if piece.geom_type == "LineString" and piece.length >= SHORTEST_STREET
    ]
