"""The database and the library find the same grids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from app.db.connection import Transaction
from app.grids import actions as grids, store as grid_store
from app.grids.model import DraftShape
from tests.builders import (
    SIDE,
    SOUTH,
    WEST,
    publish_city,
    square_city,
)


def test_the_database_and_the_library_locate_alike(tx: Transaction) -> None:
    """Random points, points on borders and corners, points outside: one rule, two forms."""
    edition = publish_city(tx, depth=4, shapes=ragged_city())
    chance = np.random.default_rng(7)
    rows = grid_store.list_shapes(tx, edition)
    corners = shapely.get_coordinates(
        shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    )
    starts = corners[chance.integers(0, len(corners) - 1, 600)]
    middles = (corners[:-1] + corners[1:])[chance.integers(0, len(corners) - 1, 600)] / 2
    anywhere = chance.uniform(
        (WEST - 0.05, SOUTH - 0.05), (WEST + 2 * SIDE + 0.05, SOUTH + SIDE + 0.05), (800, 2)
    )
    points = np.vstack([starts, middles, anywhere])
    expected = grids.locator(tx, edition).locate(points[:, 0], points[:, 1])
    found = [grid_store.locate(tx, edition, float(lon), float(lat)) for lon, lat in points]
    assert len(found) == 2_000 and 0 in found
    assert found == expected.tolist()


def ragged_city() -> dict[str, list[DraftShape]]:
    """Four levels with a missing block, and codes whose byte order is not their number's."""
    levels = square_city(4)
    names = {"1111": "乙", "1112": "甲", "1113": "Z", "1114": "a"}
    levels["stairwell"] = [
        replace(one, code=names.get(one.code, one.code))
        for one in levels["stairwell"]
        if not one.code.startswith("122")
    ]
    levels["block"] = [one for one in levels["block"] if one.code != "122"]
    return levels


def test_both_name_the_same_nearest_grid(tx: Transaction) -> None:
    edition = publish_city(tx)
    chance = np.random.default_rng(8)
    lon = WEST + chance.uniform(-0.5, 0.6, 40)
    lat = SOUTH - chance.uniform(0.01, 0.4, 40)
    expected, metres = grids.locator(tx, edition).nearest(lon, lat)
    for position in range(len(lon)):
        found = grid_store.nearest_grid(tx, edition, float(lon[position]), float(lat[position]))
        assert found is not None and found.no == expected[position]
        assert found.distance_m == pytest.approx(metres[position], rel=1e-3)
