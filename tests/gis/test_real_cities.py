"""What the data packs of Chicago and Tainan say about themselves, reproduced.

Nothing in gis knows these cities; the figures are those of the packs' READMEs.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from gis.boundaries import BoundaryLevel, BoundaryOptions, read_boundaries
from gis.crs import metric_crs
from gis.faults import Fault
from gis.locate import Locator
from gis.shapes import areas_m2, shapes_of
from gis.tiles import simplify_for_zoom
from gis.topology import (
    check_against_parents,
    check_siblings,
    holes_in_level,
    match_parents,
    parents_by_overlap,
)


def level_of(path: Path, *code_fields: str, **options: Any) -> BoundaryLevel:
    return read_boundaries(path, BoundaryOptions(code_fields=code_fields, **options))


def of_kind(faults: list[Fault], kind: str) -> list[float]:
    return [fault.area_m2 or 0.0 for fault in faults if fault.kind == kind]


@pytest.fixture(scope="module")
def chicago(real_data: Path) -> Path:
    return real_data / "chicago"


@pytest.fixture(scope="module")
def tainan(real_data: Path) -> Path:
    return real_data / "tainan" / "boundaries.gpkg"


def chicago_level(chicago: Path, layer: str, *codes: str, **options: Any) -> BoundaryLevel:
    return level_of(chicago / "boundaries.gpkg", *codes, layer=layer, **options)


def test_chicago_districts_need_dissolving(chicago: Path) -> None:
    (fault,) = chicago_level(chicago, "police_districts", "dist_num").faults
    assert (fault.kind, fault.code) == ("duplicate_code", "31")
    districts = chicago_level(chicago, "police_districts", "dist_num", dissolve=True)
    assert (districts.features, len(districts.frame), districts.faults) == (25, 23, [])


def test_chicago_sectors_in_districts(chicago: Path) -> None:
    districts = chicago_level(chicago, "police_districts", "dist_num", dissolve=True).frame
    sectors = chicago_level(
        chicago, "police_beats", "district", "sector", dissolve=True, parent_fields=("district",)
    )
    assert (sectors.features, len(sectors.frame), sectors.faults) == (277, 68, [])
    codes, faults = match_parents(sectors.frame["parent"].tolist(), districts["code"].tolist())
    assert len(faults) == 9
    for fault in faults:
        assert "leave out --parent-field to use the largest overlap" in fault.detail
    assert codes.count(None) > 0
    metric = metric_crs((-87.94, 41.64, -87.52, 42.02))
    by_overlap, faults = parents_by_overlap(sectors.frame, districts, metric=metric)
    assert faults == []
    assert by_overlap == [parent.lstrip("0") for parent in sectors.frame["parent"]]


def test_chicago_beats_nest_but_for_three(chicago: Path) -> None:
    metric = pyproj.CRS.from_epsg(26916)
    districts = chicago_level(chicago, "police_districts", "dist_num", dissolve=True).frame
    beats = chicago_level(
        chicago, "police_beats", "beat_num", dissolve=True, parent_fields=("district",)
    ).frame
    assert len(beats) == 275
    assert check_siblings(beats, metric=metric) == []
    parents = [parent.lstrip("0") for parent in beats["parent"]]
    faults = check_against_parents(beats, districts, parents, metric=metric)
    assert len(of_kind(faults, "sticks_out")) == 3
    everything = check_against_parents(beats, districts, parents, metric=metric, tolerance_m2=0)
    assert sum(of_kind(everything, "sticks_out")) == pytest.approx(235, rel=0.01)


def test_chicago_tracts_nest_only_nearly(chicago: Path) -> None:
    metric = pyproj.CRS.from_epsg(26916)
    areas = chicago_level(chicago, "community_areas", "code").frame
    tracts = chicago_level(chicago, "census_tracts", "code", parent_fields=("parent_code",)).frame
    parents, unmatched = match_parents(tracts["parent"].tolist(), areas["code"].tolist())
    assert unmatched == []
    faults = check_against_parents(tracts, areas, parents, metric=metric)
    outside = {fault.code: fault.area_m2 or 0 for fault in faults if fault.kind == "sticks_out"}
    size = dict(zip(tracts["code"], areas_m2(shapes_of(tracts), metric), strict=True))
    assert len(outside) == pytest.approx(592, rel=0.01)
    assert sum(area > 0.01 * size[code] for code, area in outside.items()) == pytest.approx(
        115, rel=0.01
    )
    assert sum(outside.values()) == pytest.approx(40.1e6, rel=0.01)
    # The 7.0 km² of the README are those in no tract at all: the city as the one parent.
    city = areas.assign(code="city").dissolve("code", as_index=False)
    faults = check_against_parents(tracts, city, ["city"] * len(tracts), metric=metric)
    assert sum(of_kind(faults, "gap")) == pytest.approx(7.0e6, rel=0.01)


def test_chicago_shapefiles_as_published(chicago: Path) -> None:
    feet = level_of(chicago / "original" / "community_areas_epsg3435.zip", "AREA_NUMBE")
    degrees = chicago_level(chicago, "community_areas", "code").frame.set_index("code").geometry
    assert (feet.source_crs, feet.features, feet.faults) == ("EPSG:3435", 77, [])
    for code, shape in zip(feet.frame["code"], feet.frame.geometry, strict=True):
        assert shape.intersection(degrees[code]).area > 0.98 * degrees[code].area
    beats = level_of(chicago / "original" / "police_beats_wgs84.zip", "BEAT_NUM", dissolve=True)
    assert (beats.features, len(beats.frame), beats.faults) == (277, 275, [])


def test_tainan_villages_were_simplified_apart(tainan: Path) -> None:
    metric = pyproj.CRS.from_epsg(3826)
    level = level_of(tainan, "VILLCODE", layer="villages", name_field="VILLNAME")
    assert [fault.kind for fault in level.faults] == ["invalid_geometry"]
    overlaps = of_kind(check_siblings(level.frame, metric=metric), "overlap")
    assert len(overlaps) == 1166
    assert sum(overlaps) == pytest.approx(54_158, rel=0.01)
    assert sum(of_kind(holes_in_level(level.frame, metric=metric), "gap")) == pytest.approx(
        55_900, rel=0.01
    )
    repaired = level_of(tainan, "VILLCODE", layer="villages", repair=True)
    assert [fault.severity for fault in repaired.faults] == ["warning"]
    assert repaired.frame.geometry.is_valid.all()


def test_tainan_blocks_nest_and_are_located_like_shapely(tainan: Path) -> None:
    metric = pyproj.CRS.from_epsg(3826)
    blocks = level_of(tainan, "CODEBASE", layer="stat_area_blocks", parent_fields=("CODE2",)).frame
    areas = level_of(tainan, "CODE2", layer="stat_area_l2").frame
    assert len(blocks) == 12_774
    assert len(check_siblings(blocks, metric=metric)) == 3
    parents, faults = parents_by_overlap(blocks, areas, metric=metric)
    assert (parents, faults) == (blocks["parent"].tolist(), [])

    shapes, codes = shapes_of(blocks), blocks["code"].tolist()
    locator = Locator(shapes, np.ones(len(codes)), codes, np.arange(1, len(codes) + 1))
    rng = np.random.default_rng(20)
    west, south, east, north = blocks.total_bounds
    corners = shapely.get_coordinates(shapes[rng.integers(0, len(codes), 30)])[::7]
    lon = np.concatenate([rng.uniform(west, east, 3000), corners[:, 0]])
    lat = np.concatenate([rng.uniform(south, north, 3000), corners[:, 1]])
    lowest: dict[int, str] = {}
    point, block = shapely.STRtree(shapes).query(shapely.points(lon, lat), predicate="intersects")
    for index, code in zip(point, (codes[each] for each in block), strict=True):
        lowest[index] = min(code, lowest.get(index, code), key=str.encode)
    found = locator.locate(lon, lat)
    assert {index: codes[found[index] - 1] for index in np.flatnonzero(found)} == lowest


def test_tainan_villages_are_drawn_although_they_do_not_fit(tainan: Path) -> None:
    shapes = shapes_of(level_of(tainan, "VILLCODE", layer="villages", repair=True).frame)
    for zoom in (0, 10):
        light = simplify_for_zoom(shapes, zoom, faulty=False)
        assert not shapely.is_empty(light).any()
        assert shapely.is_valid(light).all()
