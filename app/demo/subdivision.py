"""Cut the plan of the city into towns, communities and blocks of about equal population."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon

from app.demo.terrain import CENTRE, Floats, Terrain, population_density

#: Longer than any line through the city, in km.
BEYOND = 60.0
#: Spacing of the places that stand for the population, in km.
SAMPLE_STEP = 0.07

TOWNS_NORTH, TOWNS_SOUTH = 6, 4
COMMUNITIES, BLOCKS = 105, 349


@dataclass(frozen=True)
class Cut:
    """A line along which a part of the city was divided.

    `depth` says what it divides: 0 the two banks (the middle of the river), 1 towns,
    2 communities, 3 blocks.
    """

    line: LineString
    depth: int


@dataclass(frozen=True)
class Region:
    """A part of the plan with the sample places in it and their share of the population."""

    polygon: Polygon
    places: Floats
    mass: Floats


@dataclass(frozen=True)
class Plan:
    """The blocks on the plan, each with the index of its town and of its community."""

    blocks: list[Polygon]
    towns: NDArray[np.int64]
    communities: NDArray[np.int64]
    cuts: list[Cut]


def divide_city(terrain: Terrain, rng: np.random.Generator) -> Plan:
    """Divide the city: banks, towns, communities, blocks.

    Towns lie on one bank each. Every cut is straight on the plan and balances population, so
    blocks are small in the centre and wide outside.
    """
    city = _whole_city(terrain)
    banks, river_line = _cut_at(city, 0.0, 0.0)
    cuts = [Cut(river_line, 0)]
    shares = [bank.mass.sum() for bank in banks]
    communities_per_bank = share_out(COMMUNITIES, shares)
    towns: list[tuple[Region, int]] = []
    for bank, town_count, total in zip(
        banks, (TOWNS_NORTH, TOWNS_SOUTH), communities_per_bank, strict=True
    ):
        sizes = share_out(total, rng.uniform(0.75, 1.25, town_count))
        regions = _subdivide(bank, sizes, 0.0, rng, cuts=cuts, depth=1)
        towns += list(zip(regions, sizes, strict=True))
    # The town with the old centre is number one; the others follow outwards.
    towns.sort(key=lambda town: town[0].polygon.centroid.distance(Point(CENTRE)))
    return _divide_towns(towns, cuts, rng)


def share_out(total: int, weights: Sequence[float] | Floats, *, least: int = 0) -> list[int]:
    """Share `total` things by weight with the largest remainders; nobody gets below `least`."""
    portions = np.asarray(weights, dtype=float)
    exact = portions / portions.sum() * (total - least * len(portions))
    shares = np.floor(exact).astype(int)
    missing = total - least * len(portions) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return [int(share) + least for share in shares]


def _divide_towns(
    towns: list[tuple[Region, int]], cuts: list[Cut], rng: np.random.Generator
) -> Plan:
    sizes = share_out(BLOCKS, rng.uniform(0.5, 1.6, COMMUNITIES), least=2)
    blocks: list[Polygon] = []
    town_of: list[int] = []
    community_of: list[int] = []
    community = 0
    for town, (region, count) in enumerate(towns):
        # Each town has its own direction of streets, more so the further out it is.
        angle = rng.normal(0, 2.5 + 1.2 * town)
        block_counts = sizes[community : community + count]
        for part, block_count in zip(
            _subdivide(region, block_counts, angle, rng, cuts=cuts, depth=2),
            block_counts,
            strict=True,
        ):
            weights = rng.uniform(0.75, 1.25, block_count)
            for leaf in _subdivide(part, weights, angle, rng, cuts=cuts, depth=3):
                blocks.append(leaf.polygon)
                town_of.append(town)
                community_of.append(community)
            community += 1
    return Plan(blocks, np.array(town_of), np.array(community_of), cuts)


def _whole_city(terrain: Terrain) -> Region:
    """Spread sample places over the dry land of the city."""
    west, south, east, north = terrain.outline.bounds
    columns, rows = np.meshgrid(
        np.arange(west, east, SAMPLE_STEP), np.arange(south, north, SAMPLE_STEP)
    )
    # Shear the rows a little: places exactly in line would fall on one side of a cut together.
    places = np.column_stack([(columns + rows * 0.037).ravel(), (rows + columns * 0.029).ravel()])
    dry = terrain.outline.difference(terrain.water)
    shapely.prepare(dry)
    places = places[shapely.contains_xy(dry, places)]
    return Region(terrain.outline, places, population_density(places))


def _subdivide(
    region: Region,
    weights: Sequence[float] | Floats,
    angle: float,
    rng: np.random.Generator,
    *,
    cuts: list[Cut],
    depth: int,
) -> list[Region]:
    """Divide a region into len(weights) parts, in order; adds its lines to `cuts`."""
    if len(weights) == 1:
        return [region]
    running = np.cumsum(np.asarray(weights, dtype=float))
    middle = int(np.argmin(np.abs(running[:-1] - running[-1] / 2))) + 1
    halves, line = _best_halves(region, running[middle - 1] / running[-1], angle, rng)
    cuts.append(Cut(line, depth))
    parts: list[Region] = []
    for half, half_weights in zip(halves, (weights[:middle], weights[middle:]), strict=True):
        parts += _subdivide(half, half_weights, angle, rng, cuts=cuts, depth=depth)
    return parts


def _best_halves(
    region: Region, share: float, angle: float, rng: np.random.Generator
) -> tuple[tuple[Region, Region], LineString]:
    """Try cuts in both directions of the streets and keep the one with the rounder halves."""
    best: tuple[tuple[Region, Region], LineString] | None = None
    best_shape = -1.0
    for tilt in (angle, angle + 90, angle, angle + 90, angle + 30, angle + 120, angle + 60):
        direction = np.radians(tilt + rng.normal(0, 2.5))
        across = region.places @ np.array([-np.sin(direction), np.cos(direction)])
        halves, line = _cut_at(region, direction, _weighted_quantile(across, region.mass, share))
        shape = min(_roundness(half.polygon) for half in halves)
        if tilt not in (angle, angle + 90):
            shape *= 0.6  # slanting streets are the last resort
        if shape > best_shape and isinstance(line, LineString):
            best, best_shape = (halves, line), shape
    if best is None:
        raise ValueError("no straight cut divides this region into two pieces; use another seed")
    return best


def _cut_at(
    region: Region, direction: float, offset: float
) -> tuple[tuple[Region, Region], LineString]:
    """Cut a region by the line with this direction (radians) at this signed distance from 0."""
    along = np.array([np.cos(direction), np.sin(direction)])
    normal = np.array([-along[1], along[0]])
    start, end = normal * offset - along * BEYOND, normal * offset + along * BEYOND
    left = region.places @ normal >= offset
    halves = tuple(
        Region(
            region.polygon.intersection(Polygon([start, end, end + away, start + away])),
            region.places[side],
            region.mass[side],
        )
        for side, away in ((left, normal * BEYOND), (~left, -normal * BEYOND))
    )
    return (halves[0], halves[1]), region.polygon.intersection(LineString([start, end]))


def _weighted_quantile(values: Floats, mass: Floats, share: float) -> float:
    """Return the value above which `share` of the mass lies."""
    order = np.argsort(-values, kind="stable")
    running = np.cumsum(mass[order])
    place = min(int(np.searchsorted(running, share * running[-1])), len(order) - 2)
    return float((values[order[place]] + values[order[place + 1]]) / 2)


def _roundness(polygon: shapely.Geometry) -> float:
    """Return 1 for a circle, less for anything thinner, below 0 for a shape in pieces."""
    if not isinstance(polygon, Polygon) or polygon.is_empty:
        return -2.0
    return float(4 * np.pi * polygon.area / polygon.length**2)
