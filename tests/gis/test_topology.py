"""Overlaps, stick-outs, gaps and parents, on shapes whose areas are known."""

from collections.abc import Callable
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, strategies as st

from gis.errors import CrsMismatch
from gis.faults import said
from gis.topology import (
    Fault,
    check_against_parents,
    check_siblings,
    holes_in_level,
    match_parents,
    parents_by_overlap,
)

MakeLevel: TypeAlias = Callable[..., gpd.GeoDataFrame]

UTM = pyproj.CRS.from_epsg(32650)  # central meridian 117° E, scale 0.9996


def square(west: float, south: float, side: float = 0.01) -> shapely.Polygon:
    """About 853 m x 1110 m at this latitude."""
    return shapely.box(117 + west, 40 + south, 117 + west + side, 40 + south + side)


CELL_M2 = 947_500  # 0.01° x 0.01° at 40° N in UTM, to 0.1 %


def test_neighbours_that_fit_have_no_faults(make_level: MakeLevel) -> None:
    frame = make_level({"a": square(0, 0), "b": square(0.01, 0), "c": square(0, 0.01)})
    assert check_siblings(frame, metric=UTM) == []
    assert holes_in_level(frame, metric=UTM) == []


def test_an_overlap_is_one_fault_per_pair(make_level: MakeLevel) -> None:
    frame = make_level({"é": square(0.005, 0), "z": square(0, 0), "far": square(1, 1)})
    (fault,) = check_siblings(frame, metric=UTM)
    assert (fault.kind, fault.severity, fault.code) == ("overlap", "warning", "z")
    assert fault.area_m2 == pytest.approx(CELL_M2 / 2, rel=2e-3)
    assert "'z' and 'é'" in fault.detail
    assert square(0.005, 0, 0.005).buffer(0.005).contains(shapely.Point(fault.where))


@pytest.mark.parametrize(
    "inner", [square(0, 0), square(0.002, 0.002, 0.005), square(0, 0.002, 0.005)]
)
def test_equal_and_contained_shapes_overlap(make_level: MakeLevel, inner: shapely.Polygon) -> None:
    frame = make_level({"outer": square(0, 0), "inner": inner, "beside": square(0.01, 0)})
    assert [fault.code for fault in check_siblings(frame, metric=UTM)] == ["inner"]


def test_the_tolerance_decides(make_level: MakeLevel) -> None:
    frame = make_level({"a": square(0, 0), "b": square(0.0099999, 0)})  # 9 mm x 1.1 km
    (fault,) = check_siblings(frame, metric=UTM)
    assert fault.area_m2 is not None
    assert check_siblings(frame, metric=UTM, tolerance_m2=fault.area_m2 + 0.1) == []


def test_a_border_with_more_vertices_on_one_side_is_no_fault(make_level: MakeLevel) -> None:
    """Straight in degrees, such borders would drift apart if projected before the overlay."""
    parent = square(0, 0, 0.1)
    fine = shapely.segmentize(square(0, 0, 0.1), 0.001)
    beside = square(0.1, 0, 0.1)
    level = make_level({"a": fine, "b": beside})
    assert check_siblings(level, metric=UTM) == []
    assert check_against_parents(make_level({"a": fine}), make_level({"p": parent}), ["p"],
                                 metric=UTM) == []  # fmt: skip


def test_invalid_shapes_are_compared_as_repaired(make_level: MakeLevel) -> None:
    bow_tie = shapely.Polygon([(117, 40), (117.01, 40.01), (117.01, 40), (117, 40.01)])
    frame = make_level({"tie": bow_tie, "whole": square(0, 0)})
    (fault,) = check_siblings(frame, metric=UTM)
    assert fault.area_m2 == pytest.approx(CELL_M2 / 2, rel=2e-3)


def test_sticking_out_and_gaps(make_level: MakeLevel) -> None:
    parents = make_level({"p": square(0, 0), "q": square(0.01, 0), "childless": square(0, 0.01)})
    children = make_level(
        {"p1": square(0.002, 0), "q1": square(0.012, 0, 0.008), "orphan": square(0.5, 0)}
    )
    faults = check_against_parents(children, parents, ["p", "q", None], metric=UTM)
    found = {(fault.kind, fault.code): fault.area_m2 for fault in faults}
    assert found == {
        ("sticks_out", "p1"): pytest.approx(CELL_M2 * 0.2, rel=2e-3),
        ("gap", "p"): pytest.approx(CELL_M2 * 0.2, rel=2e-3),
        ("gap", "q"): pytest.approx(CELL_M2 * 0.36, rel=2e-3),
        ("gap", "childless"): pytest.approx(CELL_M2, rel=2e-3),
    }


def test_each_connected_gap_is_its_own_fault(make_level: MakeLevel) -> None:
    parents = make_level({"p": square(0, 0)})
    children = make_level({"m": shapely.box(117.004, 40, 117.006, 40.01)})
    faults = check_against_parents(children, parents, ["p"], metric=UTM)
    assert [(fault.kind, fault.code) for fault in faults] == [("gap", "p")] * 2
    places = sorted(fault.where for fault in faults if fault.where)
    assert places[0][0] < 117.004 < 117.006 < places[1][0]


def test_a_hole_less_its_island(make_level: MakeLevel) -> None:
    ring = shapely.difference(square(0, 0, 0.03), square(0.01, 0.01))
    island = square(0.012, 0.012, 0.005)
    (fault,) = holes_in_level(make_level({"ring": ring, "island": island}), metric=UTM)
    assert (fault.kind, fault.code) == ("gap", None)
    assert fault.area_m2 == pytest.approx(CELL_M2 * 0.75, rel=2e-3)
    assert not island.contains(shapely.Point(fault.where))


def test_empty_levels(make_level: MakeLevel) -> None:
    empty, parents = make_level({}), make_level({"p": square(0, 0)})
    assert check_siblings(empty, metric=UTM) == []
    assert holes_in_level(empty, metric=UTM) == []
    assert [fault.kind for fault in check_against_parents(empty, parents, [], metric=UTM)] == [
        "gap"
    ]
    assert parents_by_overlap(empty, parents, metric=UTM) == ([], [])


def test_another_system_is_refused(make_level: MakeLevel) -> None:
    wrong = make_level({"a": square(0, 0)}).to_crs(3857)
    for check in (check_siblings, holes_in_level):
        with pytest.raises(CrsMismatch, match="EPSG:3857"):
            check(wrong, metric=UTM)
    with pytest.raises(CrsMismatch):
        parents_by_overlap(make_level({}), wrong, metric=UTM)


def test_the_largest_overlap_wins_and_ties_go_to_the_lower_code(make_level: MakeLevel) -> None:
    parents = make_level(
        {"b": square(0, 0), "a": square(0.01, 0), "twin": square(0, 0.01), "Twin": square(0, 0.01)}
    )
    children = make_level(
        {
            "in b": square(0.001, 0.001, 0.005),
            "mostly a": square(0.008, 0, 0.005),
            "half and half": shapely.box(117.005, 40.002, 117.015, 40.004),
            "in both twins": square(0.001, 0.011, 0.005),
            "touches only": square(0.02, 0, 0.005),
        }
    )
    codes, faults = parents_by_overlap(children, parents, metric=UTM)
    assert codes == ["b", "a", "a", "Twin", None]
    (fault,) = faults
    assert (fault.kind, fault.severity, fault.code) == ("no_overlap", "error", "touches only")


def test_values_match_exactly_or_not_at_all() -> None:
    codes, faults = match_parents(["A1", "a1", "A2", None, ""], ["A1", "A2", "A3"])
    assert codes == ["A1", None, "A2", None, None]
    assert [(fault.kind, fault.severity) for fault in faults] == [("parent_unmatched", "error")] * 2
    assert "empty for 2 grids" in faults[0].detail
    assert "'A1'" in faults[1].detail


def test_leading_zeros_are_explained_but_not_repaired() -> None:
    codes, faults = match_parents(["01", "02", "01", "10"], ["1", "2", "10"])
    assert codes == [None, None, None, "10"]
    assert len(faults) == 2
    assert "of 2 grids" in faults[0].detail
    for fault in faults:
        assert "leading zeros" in fault.detail
        assert "leave out --parent-field to use the largest overlap" in fault.detail


def test_zeros_are_not_blamed_when_they_explain_only_some() -> None:
    _, faults = match_parents(["01", "99"], ["1", "2"])
    assert not any("leading zeros" in fault.detail for fault in faults)


def test_many_or_long_values_stay_quick_and_short() -> None:
    values = ["x" * 10_000, *(f"value {number}" for number in range(3000))]
    _, faults = match_parents(values, [f"code {number}" for number in range(3000)])
    assert len(faults) == 3001
    assert max(len(fault.detail) for fault in faults) < 300


def test_the_json_form_is_rounded() -> None:
    fault = Fault("gap", "warning", None, 12.3456, (116.123456789, 39.9), said("…"))
    assert fault.as_dict() == {
        "kind": "gap", "severity": "warning", "code": None, "area_m2": 12.3,
        "where": [116.123457, 39.9], "detail": "…",
    }  # fmt: skip
    assert Fault("missing_code", "error", None, None, None, said("…")).as_dict()["where"] is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12))
def test_overlaps_equal_those_of_all_pairs(corners: list[tuple[int, int]]) -> None:
    shapes = [square(x / 400, y / 400) for x, y in corners]
    frame = gpd.GeoDataFrame(
        {"code": [f"{index:02}" for index in range(len(shapes))]}, geometry=shapes, crs="EPSG:4326"
    )
    expected = sum(
        shapes[left].intersection(shapes[right]).area > 1e-12
        for left in range(len(shapes))
        for right in range(left)
    )
    faults = check_siblings(frame, metric=UTM)
    assert len(faults) == expected
    assert all(np.isfinite(fault.area_m2 or np.nan) for fault in faults)


def test_a_sentence_is_of_one_or_of_several_and_keeps_its_values() -> None:
    _, faults = match_parents(["X", "Y", "Y"], ["A1"])
    assert [fault.detail for fault in faults] == [
        "The parent 'X' of 1 grid does not exist.",
        "The parent 'Y' of 2 grids does not exist.",
    ]
    assert faults[1].said.values == {"parent": "Y", "count": 2}
    assert (
        faults[1].said.as_dict()["many"]
        == "The parent '%(parent)s' of %(count)s grids does not exist."
    )
