"""The density of points adds up to the points, lies where they lie, and is that of the kernel."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from gis.density import SQUARE_KM, bands, kernel_density

PLACES = st.lists(
    st.tuples(st.floats(119.9, 120.1), st.floats(30.0, 30.2)), min_size=1, max_size=60
)


@settings(max_examples=25, deadline=None)
@given(PLACES, st.sampled_from([150.0, 500.0, 2000.0]))
def test_the_sum_of_the_density_is_the_number_of_points(
    places: list[tuple[float, float]], bandwidth: float
) -> None:
    found = kernel_density(*zip(*places, strict=True), bandwidth)
    assert found.points == pytest.approx(len(places))
    assert (found.values >= 0).all()


def test_it_is_the_sum_of_the_kernels_of_all_points() -> None:
    rng = np.random.default_rng(5)
    lon, lat = 120 + rng.random(40) * 0.05, 30 + rng.random(40) * 0.05
    found = kernel_density(lon, lat, 600)
    x, y = pyproj.Transformer.from_crs(4326, found.crs, always_xy=True).transform(lon, lat)
    rows, columns = found.values.shape
    east = found.west + (np.arange(columns) + 0.5) * found.cell
    north = found.south + (np.arange(rows) + 0.5) * found.cell
    away = (east[None, :, None] - x) ** 2 + (north[:, None, None] - y) ** 2
    plain = np.exp(-away / 2 / 600**2).sum(axis=2) / (2 * np.pi * 600**2) * SQUARE_KM
    # points are taken to the middle of cells a quarter of a bandwidth wide
    assert np.abs(found.values - plain).max() < 0.06 * plain.max()


def test_bands_lie_around_the_points_and_leave_nothing_out() -> None:
    found = kernel_density([120.0] * 9, [30.0] * 9, 300)
    low, high = bands(found, [1.0, 5.0], "EPSG:3857")
    x, y = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(120.0, 30.0)
    assert high.contains(shapely.Point(x, y)) and not low.contains(shapely.Point(x, y))
    assert low.intersection(high).area == pytest.approx(0, abs=1)
    back = pyproj.Transformer.from_crs(3857, found.crs, always_xy=True)
    area = sum(
        shapely.transform(band, back.transform, interleaved=False).area for band in (low, high)
    )
    assert area == pytest.approx((found.values >= 1).sum() * found.cell**2)
    assert all(band.is_empty for band in bands(found, [1e6], "EPSG:3857"))
