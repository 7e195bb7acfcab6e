"""Where the points of a file would lie in each coordinate system that its numbers may be in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gis.coordinates import wgs84_to_gcj02
from gis.crs import SourceCrs, metric_crs, parse_crs, to_lonlat
from gis.errors import BadCoordinate
from gis.locate import Locator
from gis.sketch import Sketch
from gis.tiles import MAX_LATITUDE

Floats: TypeAlias = npt.NDArray[np.float64]
DEGREES = ("EPSG:4326", "gcj02", "bd09")
SHOWN_POINTS = 400
FARTHEST = 10
METRES_PER_DEGREE = 111_195.0
FIRST_MERIDIAN, LAST_MERIDIAN = 75, 135
BY_MERIDIAN, BY_ZONE = 4534, 4513  # CGCS2000 in 3° zones, without and with the zone's number
WIDE_EASTING = 10_000_000  # an easting beyond it begins with the number of its zone


@dataclass(frozen=True)
class Points:
    """The numbers of a file; NaN where a row has none."""

    rows: Sequence[int]
    names: Sequence[str]
    x: Floats
    y: Floats

    @property
    def given(self) -> int:
        return int((np.isfinite(self.x) & np.isfinite(self.y)).sum())


def candidates(points: Points, middle: tuple[float, float], also: Sequence[str]) -> list[str]:
    """The systems that numbers of this size are usually in around a city, the declared first."""
    size = np.nanmax(np.abs(np.concatenate([points.x, points.y, [0.0]])))
    if size <= 180:
        return list(dict.fromkeys([*also, *DEGREES]))
    lon, lat = middle
    meridian = min(max(round(lon / 3) * 3, FIRST_MERIDIAN), LAST_MERIDIAN)
    near = [
        one
        for one in (meridian, meridian - 3, meridian + 3)
        if FIRST_MERIDIAN <= one <= LAST_MERIDIAN
    ]
    first = BY_ZONE if np.nanmax(np.concatenate([points.x, [0.0]])) > WIDE_EASTING else BY_MERIDIAN
    zones = [f"EPSG:{first + (one - FIRST_MERIDIAN) // 3}" for one in near]
    utm = metric_crs((lon, lat, lon, lat)).to_epsg()
    return list(dict.fromkeys([*also, *zones, f"EPSG:{utm}", "EPSG:3857"]))


def readings(
    points: Points, names: Sequence[str], locator: Locator, sketch: Sketch
) -> list[dict[str, Any]]:
    """Of each system: how many points touch no grid, where they lie, and which lie farthest."""
    return [_reading(points, parse_crs(name), locator, sketch) for name in names]


def _reading(points: Points, crs: SourceCrs, locator: Locator, sketch: Sketch) -> dict[str, Any]:
    lon, lat = on_earth(points.x, points.y, crs)
    swapped = lost_points(locator, *on_earth(points.y, points.x, crs))
    missing = len(points.rows) - points.given
    x, y, beyond = sketch.place(lon, lat)
    chosen = evenly(len(x), SHOWN_POINTS)
    return {
        "crs": crs.name,
        "lost": lost_points(locator, lon, lat) - missing,
        "lost_swapped": swapped - missing,
        "beyond": beyond,
        "points": [
            [round(float(one), 1), round(float(two), 1)]
            for one, two in zip(x[chosen], y[chosen], strict=True)
        ],
        "farthest": [
            {
                "row": points.rows[place],
                "name": points.names[place],
                "lon": round(float(lon[place]), 6),
                "lat": round(float(lat[place]), 6),
                "km": round(metres / 1000, 1),
            }
            for place, metres in farthest(lon, lat, FARTHEST)
        ],
    }


def on_earth(x: Floats, y: Floats, crs: SourceCrs) -> tuple[Floats, Floats]:
    """Longitude and latitude; NaN for what is no place in this system."""
    if crs.is_geographic:
        possible = (np.abs(x) <= 180) & (np.abs(y) <= MAX_LATITUDE)
        x, y = np.where(possible, x, np.nan), np.where(possible, y, np.nan)
    try:
        lon, lat = to_lonlat(x, y, crs)
    except BadCoordinate:
        return np.full_like(x, np.nan), np.full_like(y, np.nan)
    possible = (np.abs(lon) <= 180) & (np.abs(lat) <= MAX_LATITUDE)
    return np.where(possible, lon, np.nan), np.where(possible, lat, np.nan)


def lost_points(locator: Locator, lon: Floats, lat: Floats) -> int:
    """How many touch no grid; what is no number touches none."""
    return int((locator.locate(lon, lat) == 0).sum())


def farthest(lon: Floats, lat: Floats, most: int) -> list[tuple[int, float]]:
    """(place in the list, metres) of what lies farthest from where most lie."""
    given = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not given.size:
        return []
    middle_lon, middle_lat = np.median(lon[given]), np.median(lat[given])
    east = (lon[given] - middle_lon) * np.cos(np.radians(middle_lat))
    metres = np.hypot(east, lat[given] - middle_lat) * METRES_PER_DEGREE
    order = np.argsort(-metres, kind="stable")[:most]
    return [(int(given[place]), float(metres[place])) for place in order]


def evenly(count: int, most: int) -> npt.NDArray[np.int64]:
    """Positions of at most so many of a list, spread over all of it."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64) if count else np.arange(0)


def shift_metres(lon: float, lat: float) -> int:
    """How far GCJ-02 lies from WGS 84 at a place."""
    moved_lon, moved_lat = wgs84_to_gcj02([lon], [lat])
    east = (moved_lon[0] - lon) * np.cos(np.radians(lat))
    return round(float(np.hypot(east, moved_lat[0] - lat)) * METRES_PER_DEGREE)
