"""Boundary files that are right: every kind, code, name, system; the same frame comes out."""

import gzip
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gis.boundaries import BoundaryLevel, BoundaryOptions, list_layers, read_boundaries
from gis.coordinates import wgs84_to_gcj02
from gis.crs import parse_crs

WEST, EAST = shapely.box(117, 40, 117.01, 40.01), shapely.box(117.01, 40, 117.02, 40.01)
NAMES = ["中华街道", "平安街道"]


def two_grids(**columns: object) -> gpd.GeoDataFrame:
    fields = {"CODE": ["01", "02"], "NAME": NAMES, "EN": ["Zhonghua", None], "UP": ["1", "1"]}
    return gpd.GeoDataFrame({**fields, **columns}, geometry=[WEST, EAST], crs="EPSG:4326")


def read(path: Path, *code_fields: str, **options: object) -> BoundaryLevel:
    return read_boundaries(
        path,
        BoundaryOptions(code_fields=code_fields or ("CODE",), **options),  # type: ignore[arg-type]
    )


def shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str = "UTF-8") -> Path:
    path = folder / "grids.shp"
    frame.to_file(path, encoding=encoding)
    return path


def zipped(folder: Path, *stems: str, name: str = "packed.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for stem in stems:
            for part in folder.glob(f"{stem}.*"):
                if part.suffix != ".zip":
                    archive.write(part, f"inside/{part.name}")
    return folder / name


@pytest.fixture(params=["geojson", "json", "geojson.gz", "gpkg", "shp", "zip", "SHP"])
def any_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind, frame = request.param, two_grids()
    if kind in ("shp", "zip", "SHP"):
        path = shapefile(tmp_path, frame)
        if kind == "SHP":
            for part in list(tmp_path.iterdir()):
                part.rename(part.with_suffix(part.suffix.upper()))
            return path.with_suffix(".SHP")
        return path if kind == "shp" else zipped(tmp_path, "grids")
    path = tmp_path / f"grids.{kind}"
    if kind == "gpkg":
        frame.to_file(path)
        return path
    content = frame.to_json(to_wgs84=True).encode()
    path.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    return path


def test_every_kind_of_file_gives_the_same_level(any_kind: Path) -> None:
    level = read(
        any_kind, name_field="NAME", name_en_field="EN", parent_fields=("UP",),
        crs=parse_crs("EPSG:4326"),
    )  # fmt: skip
    assert (level.features, level.faults, level.source_crs) == (2, [], "EPSG:4326")
    frame = level.frame
    assert frame.crs == "EPSG:4326"
    columns = ["code", "name", "name_en", "parent", "rows", "geometry"]
    assert list(frame.columns) == columns
    assert frame.drop(columns="geometry").to_numpy().tolist() == [
        ["01", NAMES[0], "Zhonghua", "1", (1,)],
        ["02", NAMES[1], None, "1", (2,)],
    ]
    assert set(frame.geom_type) == {"MultiPolygon"}
    assert frame.geometry.iloc[0].equals(WEST)
    assert list_layers(any_kind) == ["grids"]
    if any_kind.suffix != ".shp":  # which has neighbours
        assert list_layers(Path("elsewhere") / any_kind.name, any_kind.read_bytes()) == ["grids"]


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:3857", "EPSG:32650"])
def test_projected_files_come_out_in_degrees(tmp_path: Path, crs: str) -> None:
    path = shapefile(tmp_path, two_grids().to_crs(crs))
    for declared in (None, parse_crs(crs)):
        level = read(path, crs=declared)
        assert level.source_crs == crs
        assert level.frame.geometry.iloc[0].hausdorff_distance(WEST) < 1e-9


def test_a_declared_system_fills_in_for_a_missing_prj(tmp_path: Path) -> None:
    path = shapefile(tmp_path, two_grids().to_crs("EPSG:4548"))
    path.with_suffix(".prj").unlink()
    level = read(path, crs=parse_crs("4548"))
    assert level.frame.geometry.iloc[1].hausdorff_distance(EAST) < 1e-9


def test_gcj02_is_declared_over_geojson(tmp_path: Path) -> None:
    shifted = two_grids()
    shifted["geometry"] = shapely.transform(
        shifted.geometry.to_numpy(), wgs84_to_gcj02, interleaved=False
    )
    shifted.to_file(tmp_path / "amap.geojson")
    level = read(tmp_path / "amap.geojson", crs=parse_crs("gcj02"))
    assert level.source_crs == "gcj02"
    # GDAL writes GeoJSON with 7 decimals, about 1 cm.
    assert level.frame.geometry.iloc[0].hausdorff_distance(WEST) < 2e-7


@pytest.mark.parametrize("encoding", ["GBK", "Big5", "UTF-8"])
def test_the_encoding_may_be_declared_by_the_file_or_the_person(
    tmp_path: Path, encoding: str
) -> None:
    names = ["中正區", "大安區"]
    path = shapefile(tmp_path, two_grids(NAME=names), encoding=encoding)
    assert read(path, name_field="NAME").frame["name"].tolist() == names
    path.with_suffix(".cpg").unlink()
    assert read(path, name_field="NAME", encoding=encoding).frame["name"].tolist() == names


def test_a_declared_encoding_wins_over_a_wrong_cpg(tmp_path: Path) -> None:
    path = shapefile(tmp_path, two_grids(), encoding="GBK")
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    assert read(path, name_field="NAME", encoding="gb2312").frame["name"].tolist() == NAMES


def test_the_language_byte_of_the_table_is_believed(tmp_path: Path) -> None:
    path = shapefile(tmp_path, two_grids(), encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0x4D
    path.with_suffix(".dbf").write_bytes(table)
    assert read(path, name_field="NAME").frame["name"].tolist() == NAMES


def test_chinese_field_and_layer_names(tmp_path: Path) -> None:
    frame = two_grids().rename(columns={"CODE": "编码", "NAME": "名称"})
    frame.to_file(tmp_path / "村界.shp", encoding="GBK")
    path = zipped(tmp_path, "村界")
    level = read(path, "编码", name_field="名称", layer="村界")
    assert level.frame["name"].tolist() == NAMES


def test_geojson_in_gbk_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = two_grids().to_json(ensure_ascii=False)
    (tmp_path / "gbk.geojson").write_bytes(text.encode("gbk"))
    (tmp_path / "bom.geojson").write_bytes(text.encode("utf-8-sig"))
    for name, encoding in (("gbk", "gbk"), ("bom", None)):
        level = read(tmp_path / f"{name}.geojson", name_field="NAME", encoding=encoding)
        assert level.frame["name"].tolist() == NAMES


def test_layers_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    two_grids().to_file(path, layer="towns")
    two_grids(CODE=["7", "8"]).to_file(path, layer="blocks")
    notes = pd.DataFrame({"note": ["a table without shapes is no layer"]})
    pyogrio.write_dataframe(notes, path, layer="notes", append=True)
    assert sorted(list_layers(path)) == ["blocks", "towns"]
    assert read(path, layer="blocks").frame["code"].tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([1, 2], ["1", "2"]),
        ([1.0, 2.0], ["1", "2"]),
        ([1.5, 2.0], ["1.5", "2"]),
        ([" 01 ", "1.0"], ["01", "1.0"]),
        ([110101001001, 110101001002], ["110101001001", "110101001002"]),
    ],
)
@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_codes_are_taken_as_written(
    tmp_path: Path, kind: str, values: list[object], codes: list[str]
) -> None:
    path = tmp_path / f"grids.{kind}"
    two_grids(CODE=values).to_file(path)
    assert read(path).frame["code"].tolist() == codes


def test_fields_are_joined_without_separator(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    two_grids(DISTRICT=["01", "12"], SECTOR=[1, 2]).to_file(path)
    level = read(path, "DISTRICT", "SECTOR", parent_fields=("UP", "SECTOR"))
    assert level.frame["code"].tolist() == ["011", "122"]
    assert level.frame["parent"].tolist() == ["11", "12"]


def test_dissolving_joins_rows_and_keeps_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    two_grids(CODE=["A", "A"], NAME=[None, "Old Town"]).to_file(path)
    level = read(path, name_field="NAME", parent_fields=("UP",), dissolve=True)
    assert (level.features, level.faults, len(level.frame)) == (2, [], 1)
    row = level.frame.iloc[0]
    assert (row["code"], row["name"], row["parent"], row["rows"]) == ("A", "Old Town", "1", (1, 2))
    assert row["geometry"].equals(shapely.union(WEST, EAST))
    assert shapely.get_num_geometries(row["geometry"]) == 1


def test_enclaves_stay_parts_of_one_grid(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    far = shapely.box(118, 40, 118.01, 40.01)
    frame = gpd.GeoDataFrame(
        {"CODE": ["A"]}, geometry=[shapely.MultiPolygon([WEST, far])], crs="EPSG:4326"
    )
    frame.to_file(path)
    level = read(path)
    assert level.faults == []
    assert shapely.get_num_geometries(level.frame.geometry.iloc[0]) == 2


def test_an_empty_file_is_an_empty_level(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ValueError, match="no field 'CODE'"):
        read(path)
    two_grids().iloc[:0].to_file(tmp_path / "empty.gpkg")
    level = read(tmp_path / "empty.gpkg")
    assert (len(level.frame), level.features, level.faults) == (0, 0, [])


def test_frames_keep_none_and_plain_types(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    two_grids().to_file(path)
    frame = read(path).frame
    assert frame["name"].tolist() == [None, None]
    assert frame["parent"].tolist() == [None, None]
    assert all(frame[column].dtype == object for column in ("code", "name", "name_en", "rows"))
    json.dumps(frame["rows"].tolist())
    assert np.array_equal(frame.index, [0, 1])
