"""The invented land: an outline, a river with an island, two lakes, and where people live.

Everything is laid out on a *plan*, where the river is the straight line v = 0 and streets are
straight: u runs along the river, v across it (north is positive), both in kilometres. `Warp`
then bends the plan into the *ground* (also kilometres) and the ground into longitude and
latitude, so that the streets follow the river as they do in a grown city.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

Floats = NDArray[np.float64]

#: Where the city is said to be, and the kilometres in one degree there.
ORIGIN = (118.6, 31.4)
KM_PER_DEGREE = (111.32 * float(np.cos(np.radians(ORIGIN[1]))), 110.87)

#: How far the river is drawn beyond the city on both sides, in km from the centre.
RIVER_REACH = 16.0
#: Distance of the embankment roads from the water, in km.
EMBANKMENT = 0.06
#: The old town and the newer centre on the south bank, on the plan.
CENTRE, SECOND_CENTRE = (-0.4, 1.1), (1.4, -1.5)
#: Degrees by which the whole city is turned, so that nothing runs due north by design.
TURN = 11.0


@dataclass(frozen=True)
class Warp:
    """A smooth one-to-one map from the plan to the ground."""

    phases: Floats

    def bend(self, u: Floats) -> tuple[Floats, Floats]:
        """Return how far the river lies from its straight line, and the slope, at `u`."""
        heights, lengths = (1.1, 0.25), (10.5, 4.9)
        offset, slope = np.zeros_like(u), np.zeros_like(u)
        for height, length, phase in zip(heights, lengths, self.phases, strict=False):
            turn = 2 * np.pi / length
            offset = offset + height * np.sin(turn * u + phase)
            slope = slope + height * turn * np.cos(turn * u + phase)
        return offset, slope

    def to_ground(self, plan: Floats) -> Floats:
        """Bend (n, 2) plan coordinates into ground coordinates, both in km."""
        u, v = plan[:, 0], plan[:, 1]
        offset, slope = self.bend(u)
        # The bend fades with the distance from the river; cross streets lean so that they
        # meet the water at about a right angle.
        x = u - 0.65 * slope * v * np.exp(-((v / 2.0) ** 2))
        y = v + offset * np.exp(-((v / 4.2) ** 2))
        a, b, c, d = self.phases[2:6]
        wobble_x = 0.05 * np.sin(2.3 * y + 0.9 * x + a) + 0.02 * np.sin(5.1 * y + b)
        wobble_y = 0.05 * np.sin(2.1 * x - 0.7 * y + c) + 0.02 * np.sin(4.7 * x + d)
        cosine, sine = np.cos(np.radians(TURN)), np.sin(np.radians(TURN))
        x, y = x + wobble_x, y + wobble_y
        return np.column_stack([cosine * x - sine * y, sine * x + cosine * y])

    def bend_geometries(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Bend plan geometries; a vertex that two of them share stays one and the same."""
        plan, places = np.unique(shapely.get_coordinates(geometries), axis=0, return_inverse=True)
        bent: NDArray[np.object_] = shapely.set_coordinates(
            geometries.copy(), self.to_ground(plan)[places.reshape(-1)]
        )
        return bent


@dataclass(frozen=True)
class Terrain:
    """Outline and water on the plan; `river_zone` is the river up to its embankment roads."""

    outline: Polygon
    river: Polygon
    river_zone: Polygon
    embankments: tuple[LineString, LineString]
    lakes: tuple[Polygon, Polygon]

    @property
    def water(self) -> shapely.Geometry:
        """All water as one geometry."""
        return shapely.union_all([self.river, *self.lakes])


def ground_to_lonlat(ground: Floats) -> Floats:
    """Turn (n, 2) ground kilometres into degrees, rounded to about a centimetre."""
    degrees: Floats = np.round(np.asarray(ORIGIN) + ground / np.asarray(KM_PER_DEGREE), 7)
    return degrees


def make_warp(rng: np.random.Generator) -> Warp:
    """Draw a warp: the bends keep their size, their places vary a little."""
    phases = np.concatenate([[0.9, 2.2] + rng.normal(0, 0.15, 2), rng.uniform(0, 2 * np.pi, 4)])
    return Warp(phases)


def make_terrain(rng: np.random.Generator) -> Terrain:
    """Draw the outline of the city, its river, island and lakes."""
    reach = np.arange(-RIVER_REACH, RIVER_REACH + 0.01, 0.05)
    island_at = rng.uniform(2.0, 2.6)
    north, south = _shores(reach, island_at)
    embankments = (
        LineString(np.column_stack([reach, north + EMBANKMENT])),
        LineString(np.column_stack([reach, south - EMBANKMENT])),
    )
    return Terrain(
        outline=_blob((0.0, 0.3), (7.4, 5.4), rng, roughness=0.055, finest=29),
        river=_between(reach, north, south).difference(_island(island_at)),
        river_zone=_between(reach, north + EMBANKMENT, south - EMBANKMENT),
        embankments=embankments,
        lakes=(
            _blob((-3.9, 2.9), (0.75, 0.42), rng, roughness=0.14, finest=7),
            _blob((3.7, -2.5), (0.5, 0.6), rng, roughness=0.14, finest=7),
        ),
    )


def population_density(plan: Floats) -> Floats:
    """Return how densely built (n, 2) plan places are: two centres, thinning outwards."""

    def around(middle: tuple[float, float], reach: float) -> Floats:
        squared = ((plan - np.array(middle)) ** 2).sum(axis=1)
        return np.asarray(1.0 / (1.0 + squared / reach**2) ** 1.25)

    return around(CENTRE, 1.7) + 0.4 * around(SECOND_CENTRE, 1.4) + 0.008


def _shores(reach: Floats, island_at: float) -> tuple[Floats, Floats]:
    """Return v of the north and the south shore; the north one makes room for the island."""
    swell = 0.035 * np.sin(reach * 1.1) + 0.02 * np.sin(reach * 2.7 + 1.0)
    room = 0.36 * np.exp(-(((reach - island_at) / 0.95) ** 4))
    return 0.17 + swell + room, -0.17 - swell


def _between(reach: Floats, north: Floats, south: Floats) -> Polygon:
    ring = np.vstack([np.column_stack([reach, north]), np.column_stack([reach, south])[::-1]])
    return Polygon(ring)


def _island(island_at: float) -> Polygon:
    """Draw a drop, blunt upstream: the main channel stays south of it."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    half_width = 0.105 * (1 - 0.35 * np.cos(turn))
    return Polygon(
        np.column_stack([island_at + 0.68 * np.cos(turn), 0.32 + half_width * np.sin(turn)])
    )


def _blob(
    centre: tuple[float, float],
    radii: tuple[float, float],
    rng: np.random.Generator,
    *,
    roughness: float,
    finest: int,
) -> Polygon:
    """Draw a rounded shape that no ruler made: an ellipse with up to `finest` waves around it."""
    turn = np.linspace(0, 2 * np.pi, 260, endpoint=False)
    waves = np.array([2, 3, 4, 5, 7, 11, 18, 29])
    heights = roughness * np.array([0.6, 1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.12])
    heights = np.where(waves <= finest, heights, 0.0)
    phases = rng.uniform(0, 2 * np.pi, len(waves))
    radius = 1 + (heights * np.cos(np.outer(turn, waves) + phases)).sum(axis=1)
    return Polygon(
        np.column_stack(
            [
                centre[0] + radii[0] * radius * np.cos(turn),
                centre[1] + radii[1] * radius * np.sin(turn),
            ]
        )
    )
