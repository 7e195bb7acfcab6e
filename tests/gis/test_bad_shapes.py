"""Systems, coordinates and rows that are wrong: what, where, what to do."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from gis.boundaries import BoundaryLevel, BoundaryOptions, read_boundaries
from gis.crs import parse_crs
from gis.errors import BadCoordinate, CrsMismatch, GisError, UnknownCrs
from gis.faults import Fault

WEST, EAST = shapely.box(117, 40, 117.01, 40.01), shapely.box(117.01, 40, 117.02, 40.01)
BOW_TIE = shapely.Polygon([(117, 40), (117.01, 40.01), (117.01, 40), (117, 40.01)])


def frame_of(*shapes: shapely.Geometry | None, **columns: Any) -> gpd.GeoDataFrame:
    codes = {"CODE": [f"G{number}" for number in range(1, len(shapes) + 1)]}
    return gpd.GeoDataFrame({**codes, **columns}, geometry=list(shapes), crs="EPSG:4326")


def read(path: Path, **options: Any) -> BoundaryLevel:
    return read_boundaries(path, BoundaryOptions(**{"code_fields": ("CODE",), **options}))


def geojson(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "grids.geojson"
    path.write_text(frame.to_json(drop_id=True), encoding="utf-8")
    return path


def only_fault(path: Path, **options: Any) -> Fault:
    (fault,) = read(path, **options).faults
    return fault


# Systems and coordinates


def test_no_system_asks_for_one(tmp_path: Path) -> None:
    frame_of(WEST).to_file(tmp_path / "grids.shp")
    (tmp_path / "grids.prj").unlink()
    with pytest.raises(UnknownCrs, match="declare it with --crs"):
        read(tmp_path / "grids.shp")


def test_systems_that_disagree_are_both_named(tmp_path: Path) -> None:
    frame_of(WEST).to_crs(4548).to_file(tmp_path / "grids.gpkg")
    for declared in ("EPSG:4549", "EPSG:4326", "gcj02"):
        with pytest.raises(CrsMismatch, match=f"EPSG:4548 but {declared} was declared"):
            read(tmp_path / "grids.gpkg", crs=parse_crs(declared))


def test_projected_numbers_in_geojson(tmp_path: Path) -> None:
    text = frame_of(WEST, EAST).to_crs(4548).set_crs(4326, allow_override=True).to_json()
    (tmp_path / "grids.geojson").write_text(text)
    with pytest.raises(BadCoordinate, match=r"Row 1: .*x 5\d+\..*no longitude and latitude"):
        read(tmp_path / "grids.geojson")


def test_swapped_axes_are_recognised(tmp_path: Path) -> None:
    swapped = [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in (WEST, EAST)]
    with pytest.raises(BadCoordinate, match="Row 1.*latitude before longitude") as refusal:
        read(geojson(tmp_path, frame_of(*swapped)))
    assert refusal.value.details["swapped"] is True
    assert {refusal.value.details["x"], refusal.value.details["y"]} <= {40, 40.01, 117, 117.01}


def test_one_bad_row_is_named(tmp_path: Path) -> None:
    wild = shapely.box(1170, 40, 1171, 41)
    with pytest.raises(BadCoordinate, match="Row 2: the coordinates x 117[01]") as refusal:
        read(geojson(tmp_path, frame_of(WEST, wild)))
    assert refusal.value.details["row"] == 2


def test_north_before_east_in_a_projected_file(tmp_path: Path) -> None:
    frame = frame_of(WEST).to_crs(4548)
    frame["geometry"] = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    frame.to_file(tmp_path / "grids.gpkg")
    with pytest.raises(BadCoordinate, match="Row 1: .*x .east. comes? before y"):
        read(tmp_path / "grids.gpkg")


# Faults of rows


def test_rows_without_shape(tmp_path: Path) -> None:
    level = read(geojson(tmp_path, frame_of(WEST, None, shapely.Polygon())))
    assert [(fault.kind, fault.severity, fault.code) for fault in level.faults] == [
        ("empty_geometry", "error", "G2"),
        ("empty_geometry", "error", "G3"),
    ]
    assert "Row 2" in level.faults[0].detail
    assert (level.features, len(level.frame)) == (3, 1)


def test_rings_that_cannot_be_read(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"CODE": "A"},
        "geometry": {"type": "Polygon", "coordinates": [[[117, 40], [118, 41], [117, 41]]]},
    }
    path = tmp_path / "grids.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert only_fault(path).kind == "empty_geometry"


def test_points_and_lines_are_no_grids(tmp_path: Path) -> None:
    level = read(geojson(tmp_path, frame_of(WEST, shapely.Point(117.5, 40.5))))
    (fault,) = level.faults
    assert (fault.kind, fault.severity, fault.where) == ("not_polygon", "error", (117.5, 40.5))
    assert "Row 2 is a Point" in fault.detail


@pytest.mark.parametrize("code", ["", "  ", None])
def test_rows_without_code(tmp_path: Path, code: str | None) -> None:
    fault = only_fault(geojson(tmp_path, frame_of(WEST, EAST, CODE=["A", code])))
    assert (fault.kind, fault.severity, fault.code) == ("missing_code", "error", None)
    assert "Row 2" in fault.detail
    assert fault.where is not None


def test_heights_are_dropped_with_one_warning(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(shapely.force_3d(WEST, 12), shapely.force_3d(EAST, 13)))
    fault = only_fault(path)
    assert (fault.kind, fault.severity) == ("three_d", "warning")
    assert "2 rows" in fault.detail
    assert not read(path).frame.has_z.any()


def test_self_crossing_rings_show_what_repair_would_do(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(EAST, BOW_TIE))
    fault = only_fault(path)
    assert (fault.kind, fault.severity, fault.code) == ("invalid_geometry", "error", "G2")
    assert fault.where == (117.005, 40.005)
    # A bow tie of two triangles: their areas cancel before, and add up after.
    assert fault.area_m2 == pytest.approx(947_500 / 2, rel=2e-3)
    assert "Row 2 ('G2'): Self-intersection" in fault.detail
    assert "from 0." in fault.detail or "from 1" in fault.detail
    assert not read(path).frame.geometry.is_valid.all()


def test_repair_is_asked_for_and_reported(tmp_path: Path) -> None:
    level = read(geojson(tmp_path, frame_of(BOW_TIE)), repair=True)
    (fault,) = level.faults
    assert (fault.kind, fault.severity) == ("invalid_geometry", "warning")
    assert "was repaired" in fault.detail
    assert level.frame.geometry.is_valid.all()
    assert set(level.frame.geom_type) == {"MultiPolygon"}


def test_what_has_no_area_cannot_be_repaired(tmp_path: Path) -> None:
    flat = shapely.Polygon([(117, 40), (117.01, 40), (117.02, 40)])
    level = read(geojson(tmp_path, frame_of(flat)), repair=True)
    assert [(fault.kind, fault.severity) for fault in level.faults] == [
        ("invalid_geometry", "error")
    ]


def test_duplicate_codes_name_their_rows(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(WEST, EAST, CODE=["A", "A"]))
    fault = only_fault(path)
    assert (fault.kind, fault.severity, fault.code) == ("duplicate_code", "error", "A")
    assert "rows 1, 2; use --dissolve" in fault.detail


def test_parents_that_disagree_under_one_code(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(WEST, EAST, CODE=["A", "A"], UP=["1", "2"]))
    fault = only_fault(path, dissolve=True, parent_fields=("UP",))
    assert (fault.kind, fault.severity, fault.code) == ("parent_conflict", "error", "A")
    assert "'1', '2'" in fault.detail


def test_every_sentence_stays_short(tmp_path: Path) -> None:
    long = "长" * 10_000
    path = geojson(tmp_path, frame_of(WEST, BOW_TIE, CODE=[long, long], UP=["1", long]))
    level = read(path, dissolve=True, parent_fields=("UP",))
    assert max(len(fault.detail) for fault in level.faults) < 400
    for options in ({"code_fields": (long,)}, {"layer": long}, {"encoding": long}):
        with pytest.raises(GisError) as refusal:
            read(path, **options)
        assert len(refusal.value.message) < 400
