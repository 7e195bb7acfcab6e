"""The Chinese shifts: golden vectors, exact inverses, no value lost."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from gis import coordinates

CITIES = st.tuples(st.floats(74, 134), st.floats(18, 53))
MICROMETRE = 1e-11  # degrees


@pytest.mark.parametrize("shifted", ["gcj02", "bd09"])
def test_golden_vectors(golden: Callable[[str], Any], shifted: str) -> None:
    cities = golden("gcj02_bd09")["cities"]
    wgs84 = np.array([city["wgs84"] for city in cities]).T
    expected = np.array([city[shifted] for city in cities]).T
    there = getattr(coordinates, f"wgs84_to_{shifted}")(*wgs84)
    back = getattr(coordinates, f"{shifted}_to_wgs84")(*there)
    np.testing.assert_allclose(there, expected, rtol=0, atol=6e-9)
    np.testing.assert_allclose(back, wgs84, rtol=0, atol=MICROMETRE)


def test_bd09_is_one_step_from_gcj02(golden: Callable[[str], Any]) -> None:
    cities = golden("gcj02_bd09")["cities"]
    gcj02 = np.array([city["gcj02"] for city in cities]).T
    bd09 = np.array([city["bd09"] for city in cities]).T
    np.testing.assert_allclose(coordinates.gcj02_to_bd09(*gcj02), bd09, rtol=0, atol=2e-8)
    np.testing.assert_allclose(coordinates.bd09_to_gcj02(*bd09), gcj02, rtol=0, atol=2e-8)


@given(CITIES)
def test_round_trips_are_exact(point: tuple[float, float]) -> None:
    lon, lat = np.array([point[0]]), np.array([point[1]])
    for name in ("gcj02", "bd09"):
        there = getattr(coordinates, f"wgs84_to_{name}")(lon, lat)
        back = getattr(coordinates, f"{name}_to_wgs84")(*there)
        np.testing.assert_allclose(back, [lon, lat], rtol=0, atol=MICROMETRE)


def test_the_shift_is_no_box_around_china() -> None:
    lon, lat = coordinates.gcj02_to_wgs84([-87.63], [41.88])
    assert abs(lon[0] + 87.63) > 0.001
    assert np.isfinite(lat).all()


def test_missing_stays_missing_and_the_rest_is_untouched() -> None:
    lon, lat = coordinates.bd09_to_wgs84([np.nan, 116.404], [39.9, 39.91])
    assert np.isnan(lon[0])
    assert np.isnan(lat[0])
    assert np.isfinite([lon[1], lat[1]]).all()


def test_the_callers_arrays_are_not_changed() -> None:
    lon, lat = np.array([116.4]), np.array([39.9])
    coordinates.gcj02_to_wgs84(lon, lat)
    assert (lon[0], lat[0]) == (116.4, 39.9)
