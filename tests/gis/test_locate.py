"""The locating rule, against a slow reading of it, in schemes of 2, 3 and 5 levels."""

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from hypothesis import given, strategies as st

from gis.errors import BadCoordinate
from gis.locate import Locator


@dataclass(frozen=True)
class Scheme:
    """Squares split into four at each level; one shape is missing, one child has a hole."""

    shapes: list[shapely.Geometry | None]
    depths: list[int]
    codes: list[str]
    numbers: list[int]

    def locator(self) -> Locator:
        return Locator(self.shapes, self.depths, self.codes, self.numbers)

    def slowly(self, lon: float, lat: float) -> int:
        """The rule of the module's first paragraph, word for word."""
        touching = [
            (-depth, code.encode(), number)
            for shape, depth, code, number in zip(
                self.shapes, self.depths, self.codes, self.numbers, strict=True
            )
            if shape is not None and shape.intersects(shapely.Point(lon, lat))
        ]
        return min(touching)[2] if touching else 0


def scheme_of(levels: int) -> Scheme:
    squares = [("", 116.0, 40.0, 1.0)]
    shapes: list[shapely.Geometry | None] = []
    depths, codes = [], []
    for depth in range(1, levels + 1):
        squares = [
            # Codes of mixed case, length and script: byte order is not that of words.
            (code + name, west + right * side / 2, south + up * side / 2, side / 2)
            for code, west, south, side in squares[: 16 if depth < 4 else 8]
            for name, right, up in [("b", 0, 0), ("B", 1, 0), ("é", 0, 1), ("区", 1, 1)]
        ]
        for code, west, south, side in squares:
            shapes.append(shapely.box(west, south, west + side, south + side))
            depths.append(depth)
            codes.append(code)
    shapes[-1] = None
    shapes[-2] = shapely.difference(shapes[-2], shapely.centroid(shapes[-2]).buffer(0.001))
    return Scheme(shapes, depths, codes, [5 * number + 3 for number in range(len(shapes))])


SCHEMES = {levels: scheme_of(levels) for levels in (2, 3, 5)}
# Multiples of 1/64 fall on borders and corners of every level.
ON_LINES = st.integers(-8, 72).map(lambda step: step / 64)
ANYWHERE = st.floats(-0.2, 1.2)
POINTS = st.lists(st.tuples(ON_LINES | ANYWHERE, ON_LINES | ANYWHERE), min_size=1, max_size=60)


@pytest.mark.parametrize("levels", SCHEMES)
@given(points=POINTS)
def test_the_rule(levels: int, points: list[tuple[float, float]]) -> None:
    lon, lat = (np.array(points) + (116.0, 40.0)).T
    expected = [SCHEMES[levels].slowly(*point) for point in zip(lon, lat, strict=True)]
    assert SCHEMES[levels].locator().locate(lon, lat).tolist() == expected


def test_corner_border_outside_and_missing() -> None:
    squares = [shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)]
    locator = Locator(squares, [1, 1, 1, 1], ["d", "c", "b", "a"], [4, 3, 2, 1])
    found = locator.locate([1, 1, 0.5, 5, np.nan, 1], [1, 0.5, 0.5, 5, 1, np.nan])
    assert found.tolist() == [1, 2, 4, 0, 0, 0]
    assert found.dtype == np.int32


def test_a_point_in_a_town_without_blocks_belongs_to_the_town() -> None:
    town, block = shapely.box(0, 0, 2, 2), shapely.box(0, 0, 1, 1)
    locator = Locator([town, block], [1, 2], ["z", "a"], [1, 2])
    assert locator.locate([1.5, 0.5], [1.5, 0.5]).tolist() == [1, 2]


def test_many_points_in_several_chunks_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gis.locate.CHUNK", 1000)
    scheme = SCHEMES[3]
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(115.9, 117.1, 5000), rng.uniform(39.9, 41.1, 5000)
    found = scheme.locator().locate(lon, lat)
    for index in range(0, 5000, 50):
        assert found[index] == scheme.slowly(lon[index], lat[index])


def test_an_empty_locator_finds_nothing() -> None:
    for locator in (Locator([], [], [], []), Locator([None], [1], ["a"], [9])):
        assert locator.locate([0.0, np.nan], [0.0, 0.0]).tolist() == [0, 0]
        numbers, metres = locator.nearest([0.0], [0.0])
        assert (numbers.tolist(), np.isnan(metres).tolist()) == ([0], [True])
    assert SCHEMES[2].locator().locate([], []).tolist() == []


@pytest.mark.parametrize(("lon", "lat"), [(180.5, 0), (39.9, 116.4), (0, -90.01), (np.inf, 0)])
def test_beyond_the_world_names_the_point(lon: float, lat: float) -> None:
    for ask in (SCHEMES[2].locator().locate, SCHEMES[2].locator().nearest):
        with pytest.raises(BadCoordinate, match="Point 3") as refusal:
            ask([0, 0, lon], [0, 0, lat])
        assert refusal.value.details["index"] == 2


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="same length"):
        Locator([None], [1, 2], ["a"], [1])
    with pytest.raises(ValueError, match="one length"):
        SCHEMES[2].locator().locate([1.0, 2.0], [1.0])


def test_the_nearest_is_a_top_grid_by_true_distance() -> None:
    # At 60° north a degree of longitude is half as long: the eastern town is nearer.
    east, north = shapely.box(11.5, 59, 12, 61), shapely.box(9, 61.0, 11, 62)
    inner = shapely.box(11.5, 59.9, 11.6, 60.1)
    locator = Locator([inner, north, east], [2, 1, 1], ["i", "n", "e"], [30, 20, 10])
    numbers, metres = locator.nearest([10.0, 11.7, np.nan], [60.0, 60.0, 60.0])
    assert numbers.tolist() == [10, 10, 0]
    # Golden: 1.5 degrees of the parallel 60° on WGS 84 are 83.7 km (55.8 km a degree).
    assert metres[0] == pytest.approx(83_700, rel=0.002)
    assert metres[1] == 0
    assert np.isnan(metres[2])
