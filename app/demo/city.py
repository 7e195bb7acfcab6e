"""The demo city: Jichuan (霁川市) on the Ji River. It does not exist.

Land, streets, names, units, visits and people are invented from a seed; nothing was taken from
a real city, and the coordinates, near 118.6° E 31.4° N, only give it a place on the globe.
"""

import numpy as np

from app.demo import names
from app.demo.borders import draw_boundaries
from app.demo.inspections import generate_inspections
from app.demo.model import LEVELS, DemoCity
from app.demo.network import build_network
from app.demo.streets import lay_streets, water_frame, water_on_ground
from app.demo.subdivision import divide_city
from app.demo.terrain import CENTRE, ground_to_lonlat, make_terrain, make_warp
from app.demo.units import settle_units

__all__ = ["LEVELS", "DemoCity", "generate_city", "generate_inspections"]


def generate_city(seed: int = 20) -> DemoCity:
    """Invent the city: the same seed gives the same city."""
    # One stream per step, so that a change in one step leaves the others as they are.
    land, division, naming, paving, settling = np.random.default_rng(seed).spawn(5)
    warp, terrain = make_warp(land), make_terrain(land)
    plan = divide_city(terrain, division)
    network = build_network(plan, warp)
    boundaries = draw_boundaries(plan, network, naming)
    streets = lay_streets(plan, network, terrain, warp, paving)
    water = water_on_ground(terrain, warp)
    units, unit_blocks = settle_units(network, streets, water, boundaries, settling)
    lon, lat = ground_to_lonlat(warp.to_ground(np.array([CENTRE])))[0]
    return DemoCity(
        name=names.CITY.zh,
        name_en=names.CITY.en,
        centre=(float(lon), float(lat)),
        boundaries=boundaries,
        streets=streets.as_frame(),
        water=water_frame(terrain, warp),
        units=units,
        unit_blocks=unit_blocks,
    )
