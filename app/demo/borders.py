"""Codes, names and geometries of the three levels of the demo city."""

import geopandas
import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from app.demo import names
from app.demo.network import Network
from app.demo.subdivision import Plan
from app.demo.terrain import ground_to_lonlat


def draw_boundaries(
    plan: Plan, network: Network, rng: np.random.Generator
) -> dict[str, GeoDataFrame]:
    """Return the frames of towns, communities and blocks; parents are unions of children."""
    town_codes = [f"{town + 1:02d}" for town in range(plan.towns.max() + 1)]
    community_codes = _numbered(plan.towns, plan.communities, town_codes)
    block_codes = _numbered(plan.communities, np.arange(len(plan.blocks)), community_codes)
    stems = names.community_stems(len(community_codes), rng)
    blocks = _level(
        block_codes,
        [community_codes[community] for community in plan.communities],
        _block_names(plan, network, stems, rng),
        shapely.transform(network.blocks, ground_to_lonlat),
    )
    communities = _level(
        community_codes,
        [code[:2] for code in community_codes],
        [names.community_name(stem) for stem in stems],
        _unions(blocks),
    )
    towns = _level(
        town_codes,
        [None] * len(town_codes),
        [names.town_name(stem) for stem in _town_stems(plan, network)],
        _unions(communities),
    )
    return {"town": towns, "community": communities, "block": blocks}


def _numbered(
    parent_of: NDArray[np.int64], child_of: NDArray[np.int64], parent_codes: list[str]
) -> list[str]:
    """Return the parent's code with 01, 02, … for each child, in plan order."""
    codes: list[str] = []
    counts = dict.fromkeys(parent_codes, 0)
    _, first = np.unique(child_of, return_index=True)
    for parent in parent_of[first]:
        code = parent_codes[parent]
        counts[code] += 1
        codes.append(f"{code}{counts[code]:02d}")
    return codes


def _level(
    codes: list[str],
    parents: list[str] | list[None],
    level_names: list[names.Bilingual],
    geometries: NDArray[np.object_],
) -> GeoDataFrame:
    return GeoDataFrame(
        {
            "code": codes,
            "name": [name.zh for name in level_names],
            "name_en": [name.en for name in level_names],
            "parent": parents,
        },
        geometry=geometries,
        crs="EPSG:4326",
    )


def _unions(children: GeoDataFrame) -> NDArray[np.object_]:
    """Join the children of each parent, in order of the parents' codes, edge by edge."""
    joined = children.dissolve("parent", method="coverage", sort=True)
    return np.asarray(geopandas.GeoSeries(joined.geometry).normalize().array, dtype=object)


def _block_names(
    plan: Plan, network: Network, stems: list[names.Bilingual], rng: np.random.Generator
) -> list[names.Bilingual]:
    middles = shapely.get_coordinates(shapely.centroid(network.blocks))
    found: list[names.Bilingual] = []
    for community, stem in enumerate(stems):
        own = middles[plan.communities == community]
        away = own - own.mean(axis=0)
        found += names.block_names(stem, list(np.arctan2(away[:, 1], away[:, 0])), rng)
    return found


def _town_stems(plan: Plan, network: Network) -> list[names.Bilingual]:
    """Give each town the next name of its bank."""
    north, south = iter(names.TOWNS_NORTH), iter(names.TOWNS_SOUTH)
    found = []
    for town in range(plan.towns.max() + 1):
        # On the plan the river is v = 0, so the sign of any block's v tells the bank.
        block = plan.blocks[int(np.argmax(plan.towns == town))]
        found.append(next(north if block.centroid.y > 0 else south))
    return found
