"""Points as each coordinate system would place them: the right one leaves none outside."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from app.imports.places import Points, candidates, readings
from gis.coordinates import wgs84_to_bd09, wgs84_to_gcj02
from gis.locate import Locator
from gis.sketch import sketch_of

CITY = shapely.box(118.5, 31.3, 118.7, 31.5)
MIDDLE = (118.6, 31.4)
rng = np.random.default_rng(3)
LON, LAT = rng.uniform(118.5001, 118.6999, 400), rng.uniform(31.3001, 31.4999, 400)


def points_of(x: np.ndarray, y: np.ndarray) -> Points:
    return Points(range(2, len(x) + 2), [""] * len(x), x, y)


def compared(x: np.ndarray, y: np.ndarray) -> dict[str, dict[str, int]]:
    points = points_of(x, y)
    locator = Locator([CITY], [1], ["1"], [7])
    names = candidates(points, MIDDLE, [])
    found = readings(points, names, locator, sketch_of([CITY], 320))
    return {one["crs"]: one for one in found}


def in_system(code: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(LON, LAT)
    return np.asarray(x), np.asarray(y)


@pytest.mark.parametrize(
    ("crs", "places"),
    [
        ("EPSG:4326", (LON, LAT)),
        ("gcj02", wgs84_to_gcj02(LON, LAT)),
        ("bd09", wgs84_to_bd09(LON, LAT)),
        ("EPSG:4548", in_system(4548)),
        ("EPSG:4549", in_system(4549)),
        ("EPSG:4528", in_system(4528)),
        ("EPSG:32650", in_system(32650)),
        ("EPSG:3857", in_system(3857)),
    ],
)
def test_the_system_of_the_numbers_is_offered_and_loses_fewest(
    crs: str, places: tuple[np.ndarray, np.ndarray]
) -> None:
    found = compared(*places)
    assert found[crs]["lost"] == 0
    assert min(one["lost"] for one in found.values()) == 0
    assert len(found[crs]["points"]) == 400 and found[crs]["beyond"] == 0  # type: ignore[arg-type]


def test_exchanged_numbers_are_noticed_and_missing_ones_are_not_lost() -> None:
    x, y = LAT.copy(), LON.copy()
    x[:10] = y[:10] = np.nan
    found = compared(x, y)["EPSG:4326"]
    assert (found["lost"], found["lost_swapped"]) == (390, 0)


def test_the_farthest_rows_come_first() -> None:
    x, y = LON.copy(), LAT.copy()
    x[17] += 5
    (first, *_) = compared(x, y)["EPSG:4326"]["farthest"]  # type: ignore[misc]
    assert (first["row"], round(first["km"] / 475)) == (19, 1)  # type: ignore[index]
