"""Tile keys: one unbroken range per tile, the same edges everywhere, light shapes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, strategies as st

from gis.errors import BadCoordinate
from gis.tiles import (
    KEY_ZOOM,
    MAX_LATITUDE,
    Tile,
    interleave,
    label_places,
    simplify_for_zoom,
    tile_key,
)

TILES = st.integers(0, KEY_ZOOM).flatmap(
    lambda z: st.builds(
        Tile, st.just(z), st.integers(0, (1 << z) - 1), st.integers(0, (1 << z) - 1)
    )
)
POINTS = st.tuples(st.floats(-180, 180), st.floats(-MAX_LATITUDE, MAX_LATITUDE))


def test_golden_tiles(golden: Callable[[str], Any]) -> None:
    numbers = golden("tiles")
    for row in numbers["quadkeys"]:
        assert interleave(*row["tile"][1:]) == int(row["quadkey"], base=4)
    for row in numbers["tile_of_point"]:
        first, last = Tile(*row["tile"]).key_range
        assert first <= tile_key(*row["point"]) <= last
    for row in numbers["bounds"]:
        tile = Tile(*row["tile"])
        np.testing.assert_allclose(tile.bounds_lonlat, row["lonlat"], rtol=1e-12)
        np.testing.assert_allclose(tile.bounds_mercator, row["mercator"], rtol=1e-9)


@given(TILES.filter(lambda tile: tile.z < KEY_ZOOM))
def test_the_range_of_a_tile_is_exactly_that_of_its_children(tile: Tile) -> None:
    children = sorted(
        Tile(tile.z + 1, 2 * tile.x + right, 2 * tile.y + down).key_range
        for right in (0, 1)
        for down in (0, 1)
    )
    assert (children[0][0], children[-1][1]) == tile.key_range
    assert all(
        before[1] + 1 == after[0] for before, after in zip(children, children[1:], strict=False)
    )


@given(POINTS)
def test_a_point_lies_in_the_bounds_of_its_tile(point: tuple[float, float]) -> None:
    key = int(tile_key(*point))
    x, y = (sum((key >> (2 * bit + odd) & 1) << bit for bit in range(16)) for odd in (0, 1))
    west, south, east, north = Tile(16, x, y).bounds_lonlat
    assert west - 1e-9 <= point[0] <= east + 1e-9
    assert south - 1e-9 <= point[1] <= north + 1e-9


def test_the_edges_of_the_world_belong_to_the_last_tiles() -> None:
    corners = tile_key([-180, 180, -180, 180], [MAX_LATITUDE] * 2 + [-MAX_LATITUDE] * 2)
    last = (1 << KEY_ZOOM) - 1
    assert corners.tolist() == interleave([0, last, 0, last], [0, 0, last, last]).tolist()
    assert corners.dtype == np.int64


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(np.nan, 0), (0, np.nan), (180.1, 0), (0, 85.06), (0, -90), (np.inf, 0), (0, -np.inf)],
)
def test_beyond_the_web_map_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(BadCoordinate, match="Point 2") as refusal:
        tile_key([0, lon], [0, lat])
    assert refusal.value.details["index"] == 1


@pytest.mark.parametrize("z_x_y", [(-1, 0, 0), (0, 1, 0), (3, 0, 8), (3, -1, 0), (17, 0, 0)])
def test_impossible_tiles_are_refused(z_x_y: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=f"no tile z={z_x_y[0]}"):
        Tile(*z_x_y)


def wavy_neighbours() -> np.ndarray:
    """Two shapes with one winding border."""
    along = np.linspace(0, 0.1, 200)
    border = np.stack([116.05 + 0.0002 * np.sin(along * 900), 39.9 + along], axis=1)
    west = shapely.Polygon([(116.0, 39.9), *border, (116.0, 40.0)])
    east = shapely.Polygon([(116.1, 39.9), *border, (116.1, 40.0)])
    return np.array([west, east], dtype=object)


@pytest.mark.parametrize("zoom", [8, 11, 14])
def test_shared_borders_stay_shared(zoom: int) -> None:
    shapes = wavy_neighbours()
    light = simplify_for_zoom(shapes, zoom, faulty=False)
    assert shapely.coverage_is_valid(light)
    assert shapely.get_num_coordinates(light).sum() < shapely.get_num_coordinates(shapes).sum()
    half_pixel = 2 * 20037508.342789244 / 512 / 2**zoom / 2
    exact = simplify_for_zoom(shapes, 22, faulty=True)
    assert (shapely.hausdorff_distance(light, exact) <= 8 * half_pixel).all()


@pytest.mark.parametrize("faulty", [True, False])
def test_small_and_faulty_shapes_survive(faulty: bool) -> None:
    dot = shapely.Point(116.0, 40.0).buffer(1e-5)
    overlapping = shapely.box(116.0, 40.0, 116.1, 40.1)
    shapes = np.array([dot, overlapping, None, shapely.Polygon()], dtype=object)
    light = simplify_for_zoom(shapes, 0, faulty=faulty)
    assert not shapely.is_empty(light[:2]).any()
    assert shapely.is_valid(light[:2]).all()
    assert light[2] is None
    assert light[3].is_empty


def test_shapes_beyond_the_web_map_are_refused() -> None:
    with pytest.raises(BadCoordinate):
        simplify_for_zoom(np.array([shapely.box(0, 80, 1, 89)], dtype=object), 3, faulty=False)


@given(
    st.lists(st.floats(0.1, 1), min_size=5, max_size=12),
    st.floats(-60, 60),
    st.sampled_from([1e-4, 1e-2, 1]),
)
def test_a_name_stands_inside_where_it_has_most_room(
    spokes: list[float], lat: float, size: float
) -> None:
    around = np.linspace(0, 2 * np.pi, len(spokes), endpoint=False)
    corners = np.array(spokes)[:, None] * np.stack([np.cos(around), np.sin(around)], axis=1)
    star = shapely.Polygon(size * corners + [116.0, lat])
    lon, lat_found = label_places(np.array([star], dtype=object))
    place = shapely.Point(lon[0], lat_found[0])
    assert star.contains(place)
    room = star.exterior.distance(place)
    inside = shapely.points(np.random.default_rng(7).uniform(-size, size, (300, 2)) + [116.0, lat])
    inside = inside[shapely.contains(star, inside)]
    stretch = 1 / np.cos(np.radians(abs(lat) + size))  # the map's degrees are not square
    rooms = shapely.distance(star.exterior, inside)
    assert not inside.size or rooms.max() <= stretch * (room + 2 * size / 100) + 1e-12


def test_what_has_no_shape_has_no_place_for_a_name() -> None:
    shapes = np.array([None, shapely.box(116.0, 40.0, 116.1, 40.1), shapely.Polygon()])
    lon, lat = label_places(shapes)
    assert np.isnan(lon).tolist() == np.isnan(lat).tolist() == [True, False, True]
    assert label_places(shapes[:0])[0].tolist() == []
