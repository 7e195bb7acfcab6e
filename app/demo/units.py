"""Five thousand invented units: where they stand, what they are and how they are addressed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from app.demo.names import Bilingual
from app.demo.network import Network
from app.demo.streets import Streets
from app.demo.subdivision import share_out
from app.demo.terrain import Floats, ground_to_lonlat
from app.demo.wording import CLASS_SHARES, name_units

UNITS, OUTSIDE, WITHOUT_PLACE = 5_000, 8, 12
#: Possible places drawn along streets in all, and within each block.
FRONTAGE_DRAWS, INNER_DRAWS = 60_000, 60
#: Draws along the streets of a block from which on its streets are no limit to its units.
AMPLE_FRONTAGE = 130
#: Length of street between two house numbers of one side, in km.
HOUSE_STEP = 0.012
#: Classes from the quiet edge of a city to its busiest streets.
_QUIET_TO_BUSY = (
    "warehouse",
    "workshop",
    "other",
    "rental",
    "school",
    "key_unit",
    "clinic",
    "shop",
    "restaurant",
    "hotel",
    "entertainment",
)


@dataclass(frozen=True)
class Sites:
    """Places for units: (n, 2) ground km, index of the block (-1 outside), on a street or not."""

    places: Floats
    blocks: NDArray[np.int64]
    frontage: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.int64]) -> "Sites":
        """Return only the chosen sites, in that order."""
        return Sites(self.places[chosen], self.blocks[chosen], self.frontage[chosen])


def settle_units(
    network: Network,
    streets: Streets,
    water: shapely.Geometry,
    boundaries: dict[str, GeoDataFrame],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the units and, by unit id, the block each belongs to ('' outside the city)."""
    inside = _fill_blocks(_possible_sites(network, streets, water, rng), len(network.blocks), rng)
    sites = _with_outside(inside, network, water, rng)
    sites = sites.take(_reading_order(sites))
    classes = _classes(sites, rng)
    lonlat = ground_to_lonlat(sites.places)
    lonlat[_chosen_without_place(sites, rng)] = np.nan
    ids = [f"U{number:05d}" for number in range(1, len(classes) + 1)]
    frame = pd.DataFrame(
        {
            "id": ids,
            "name": name_units(classes, _places_of(sites, boundaries), rng),
            "class": classes,
            "address": _addresses(sites.places, streets),
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
        }
    )
    codes = np.append(boundaries["block"]["code"].to_numpy(dtype=object), "")
    return frame, pd.Series(codes[sites.blocks], index=pd.Index(ids, name="id"), name="block")


def _possible_sites(
    network: Network, streets: Streets, water: shapely.Geometry, rng: np.random.Generator
) -> Sites:
    """Draw far more dry places than needed: along the streets and within each block."""
    along = _beside_streets(streets, rng)
    inner = _within_blocks(network.blocks, rng)
    places = np.vstack([along, inner])
    frontage = np.arange(len(places)) < len(along)
    shapely.prepare(water)
    dry = ~shapely.intersects_xy(water, places)
    places, frontage = places[dry], frontage[dry]
    blocks = _block_of_each(places, network.blocks)
    return Sites(places[blocks >= 0], blocks[blocks >= 0], frontage[blocks >= 0])


def _beside_streets(streets: Streets, rng: np.random.Generator) -> Floats:
    """Draw places 8 to 30 m beside the streets, on either side."""
    lines = streets.lines[streets.addressed]
    ranks = streets.ranks[streets.addressed]
    weights = shapely.length(lines) * np.array([0.0, 1.2, 1.5, 1.0])[ranks]
    chosen = lines[rng.choice(len(lines), FRONTAGE_DRAWS, p=weights / weights.sum())]
    at = rng.random(FRONTAGE_DRAWS) * shapely.length(chosen)
    here, along = _points_and_directions(chosen, at)
    aside = np.column_stack([-along[:, 1], along[:, 0]])
    distance = rng.uniform(0.008, 0.03, FRONTAGE_DRAWS) * rng.choice([-1.0, 1.0], FRONTAGE_DRAWS)
    places: Floats = here + aside * distance[:, None]
    return places


def _points_and_directions(lines: NDArray[np.object_], at: Floats) -> tuple[Floats, Floats]:
    """Return the point at each distance along its line, and the unit vector onwards."""
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, at))
    back = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(at - 0.02, 0)))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, at + 0.02))
    along = ahead - back
    return here, along / np.linalg.norm(along, axis=1, keepdims=True)


def _within_blocks(blocks: NDArray[np.object_], rng: np.random.Generator) -> Floats:
    """Draw places in the box of each block; most fall into the block."""
    bounds = np.repeat(shapely.bounds(blocks), INNER_DRAWS, axis=0)
    low, high = bounds[:, :2], bounds[:, 2:]
    return np.asarray(low + rng.random(low.shape) * (high - low))


def _block_of_each(places: Floats, blocks: NDArray[np.object_]) -> NDArray[np.int64]:
    found = np.full(len(places), -1, dtype=np.int64)
    points, containing = shapely.STRtree(blocks).query(shapely.points(places), predicate="within")
    found[points] = containing
    return found


def _fill_blocks(sites: Sites, block_count: int, rng: np.random.Generator) -> Sites:
    """Choose as many sites in each block as it shall have units: most along its streets."""
    possible = np.bincount(sites.blocks[sites.frontage], minlength=block_count)
    # A block with little street has room for few; otherwise all its units would stand in a heap.
    room = np.clip(possible / AMPLE_FRONTAGE, 0.25, 1.0)
    weights = room * rng.lognormal(0.0, 0.55, block_count)
    counts = np.array(share_out(UNITS - OUTSIDE, weights, least=2))
    # A random rank within the block, the places inside blocks pushed back.
    order = rng.random(len(sites.blocks)) + np.where(sites.frontage, 0.0, 0.35)
    by_block = np.lexsort([order, sites.blocks])
    starts = np.searchsorted(sites.blocks[by_block], np.arange(block_count))
    rank = np.arange(len(by_block)) - starts[sites.blocks[by_block]]
    chosen = by_block[rank < counts[sites.blocks[by_block]]]
    if len(chosen) != UNITS - OUTSIDE:
        raise ValueError(f"only {len(chosen)} places were found for units; use another seed")
    return sites.take(chosen)


def _with_outside(
    sites: Sites, network: Network, water: shapely.Geometry, rng: np.random.Generator
) -> Sites:
    """Add a few units between 100 and 500 m beyond the outline of the city."""
    city = shapely.union_all(network.blocks)
    ring = city.buffer(0.5).difference(city.buffer(0.1)).difference(water)
    shapely.prepare(ring)
    west, south, east, north = ring.bounds
    draws = np.column_stack([rng.uniform(west, east, 4_000), rng.uniform(south, north, 4_000)])
    draws = draws[shapely.contains_xy(ring, draws)][:OUTSIDE]
    return Sites(
        np.vstack([sites.places, draws]),
        np.append(sites.blocks, np.full(OUTSIDE, -1)),
        np.append(sites.frontage, np.zeros(OUTSIDE, dtype=bool)),
    )


def _reading_order(sites: Sites) -> NDArray[np.int64]:
    """Order as a register grows: block by block; those outside come last."""
    last = np.iinfo(np.int64).max
    return np.argsort(np.where(sites.blocks < 0, last, sites.blocks), kind="stable")


def _classes(sites: Sites, rng: np.random.Generator) -> list[str]:
    """Give out the exact shares: warehouses to quiet edges, restaurants to busy streets."""
    middle = np.median(sites.places, axis=0)
    remote = np.minimum(np.linalg.norm(sites.places - middle, axis=1) / 6.0, 1.2)
    busy = np.where(sites.frontage, 0.7, 0.0) - remote + rng.normal(0, 0.55, len(remote))
    counts = share_out(len(busy), [CLASS_SHARES[kind] for kind in _QUIET_TO_BUSY])
    classes = np.empty(len(busy), dtype=object)
    classes[np.argsort(busy, kind="stable")] = np.repeat(_QUIET_TO_BUSY, counts)
    return [str(kind) for kind in classes]


def _places_of(sites: Sites, boundaries: dict[str, GeoDataFrame]) -> list[Bilingual]:
    """Return the place each unit is called after: its community, outside the city the river."""
    communities = boundaries["community"]
    stems = {
        code: Bilingual(zh.removesuffix("社区"), en.removesuffix(" Community"))
        for code, zh, en in communities[["code", "name", "name_en"]].itertuples(index=False)
    }
    parents = boundaries["block"]["parent"].tolist()
    beyond = Bilingual("霁江", "Ji River")
    return [beyond if block < 0 else stems[parents[block]] for block in sites.blocks]


def _addresses(places: Floats, streets: Streets) -> list[str]:
    """Address by the nearest street: numbers grow along it, odd ones on its left."""
    lines = streets.lines[streets.addressed]
    names = [name.zh for name, has in zip(streets.names, streets.addressed, strict=True) if has]
    points = shapely.points(places)
    nearest = shapely.STRtree(lines).nearest(points)
    at = shapely.line_locate_point(lines[nearest], points)
    here, along = _points_and_directions(lines[nearest], at)
    away = places - here
    left = along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0] > 0
    numbers = 2 * np.floor(at / HOUSE_STEP).astype(int) + np.where(left, 1, 2)
    return [f"{names[street]} {number} 号" for street, number in zip(nearest, numbers, strict=True)]


def _chosen_without_place(sites: Sites, rng: np.random.Generator) -> NDArray[np.int64]:
    """Choose the units whose coordinates nobody wrote down, among those inside the city."""
    return rng.choice(np.flatnonzero(sites.blocks >= 0), WITHOUT_PLACE, replace=False)
