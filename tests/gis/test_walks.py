"""The order of a walk: short, whole, the same each time."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings as bounds, strategies as st

from gis.walks import _distances, _gains, _nearest_first, walk_length, walking_order

START = (118.0, 31.0)


def places(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return 118 + rng.random(count) / 50, 31 + rng.random(count) / 50


def distances(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return _distances(np.column_stack([np.append(START[0], lon), np.append(START[1], lat)]))


def walked(lon: np.ndarray, lat: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.append(0, walking_order(lon, lat, START, np.random.default_rng(seed)) + 1)


@pytest.mark.parametrize("seed", range(12))
def test_few_places_are_walked_in_the_shortest_way(seed: int) -> None:
    lon, lat = places(seed, 7)
    far = distances(lon, lat)
    shortest = min(walk_length(np.array([0, *one]), far) for one in permutations(range(1, 8)))
    assert walk_length(walked(lon, lat), far) <= shortest * 1.02


@given(seed=st.integers(0, 10_000), count=st.integers(0, 60))
@bounds(max_examples=40, deadline=None, database=None)
def test_every_place_once_and_no_turn_would_shorten_it(seed: int, count: int) -> None:
    lon, lat = places(seed, count)
    order, far = walked(lon, lat), distances(lon, lat)
    assert sorted(order) == list(range(count + 1)) and order[0] == 0
    assert walk_length(order, far) <= walk_length(_nearest_first(far), far) + 1e-6
    if count > 1:
        assert _gains(order, far).max() < 1e-3


@given(seed=st.integers(0, 10_000), count=st.integers(3, 25))
@bounds(max_examples=25, deadline=None, database=None)
def test_a_gain_is_what_the_turn_saves(seed: int, count: int) -> None:
    far = distances(*places(seed, count))
    order = np.append(0, np.random.default_rng(seed).permutation(count) + 1)
    gains = _gains(order, far)
    for first in range(1, count + 1):
        for last in range(first + 1, count + 1):
            turned = order.copy()
            turned[first : last + 1] = turned[first : last + 1][::-1]
            saved = walk_length(order, far) - walk_length(turned, far)
            assert gains[first, last] == pytest.approx(saved, abs=1e-6)


def test_the_same_seed_walks_the_same_way_and_many_places_are_no_trouble() -> None:
    lon, lat = places(3, 200)
    order = walked(lon, lat, 7)
    assert (order == walked(lon, lat, 7)).all()
    far = distances(lon, lat)
    assert walk_length(order, far) < 0.92 * walk_length(_nearest_first(far), far)


def test_places_on_top_of_each_other_are_walked_too() -> None:
    assert sorted(walking_order([118.0] * 9, [31.0] * 9, START, np.random.default_rng(0))) == list(
        range(9)
    )
