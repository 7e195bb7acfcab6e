"""Files, fields and texts that are wrong: each refusal says what, where, what to do."""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from gis.boundaries import BoundaryLevel, BoundaryOptions, list_layers, read_boundaries
from gis.errors import (
    BadValue,
    FieldMissing,
    LayerMissing,
    UnreadableFile,
    WrongEncoding,
)

WEST, EAST = shapely.box(117, 40, 117.01, 40.01), shapely.box(117.01, 40, 117.02, 40.01)


def frame_of(*shapes: shapely.Geometry | None, **columns: Any) -> gpd.GeoDataFrame:
    codes = {"CODE": [f"G{number}" for number in range(1, len(shapes) + 1)]}
    return gpd.GeoDataFrame({**codes, **columns}, geometry=list(shapes), crs="EPSG:4326")


def read(path: Path, **options: Any) -> BoundaryLevel:
    return read_boundaries(path, BoundaryOptions(**{"code_fields": ("CODE",), **options}))


def geojson(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "grids.geojson"
    path.write_text(frame.to_json(drop_id=True), encoding="utf-8")
    return path


# Files that cannot be read at all


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("grids.xlsx", b"PK", "not a kind of file that is accepted.*.gpkg"),
        ("grids.geojson", b"", "should begin with {"),
        ("grids.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>", "should begin with {"),
        ("grids.geojson", b'{"type": "FeatureCollection", "features": [', "JSON at line 1"),
        ("grids.json", b'{"rows": 3}', "holds no GeoJSON features"),
        ("grids.geojson.gz", b"not gzip", "gz file is broken"),
        ("grids.geojson.gz", gzip.compress(b"{}" * 500, mtime=0)[:-9], "gz file is broken"),
        ("grids.gpkg", b"SQLite format 3\0" + b"0" * 200, "GPKG file is broken"),
        ("grids.gpkg", b"hello", "not a GeoPackage"),
        ("grids.zip", b"hello", "zip file is broken"),
        ("grids.shp", b"hello", ".shx file of the Shapefile is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=sentence) as refusal:
        read(tmp_path / name)
    assert refusal.value.code == "unreadable"
    assert "vsimem" not in refusal.value.message


def test_absent_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder.gpkg").mkdir()
    for name in ("absent.gpkg", "folder.gpkg"):
        with pytest.raises(UnreadableFile, match=f"'{name}' cannot be read"):
            read(tmp_path / name)


def test_deep_nesting_is_refused_without_a_crash(tmp_path: Path) -> None:
    (tmp_path / "deep.geojson").write_text('{"features": ' + "[" * 100_000)
    with pytest.raises(UnreadableFile):
        read(tmp_path / "deep.geojson")


@pytest.mark.parametrize("member", ["/etc/grids.shp", "../grids.shp", "a/../../b.shp", "C:\\x.shp"])
def test_archives_that_leave_their_place(tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(member, b"")
    with pytest.raises(UnreadableFile, match="a name that leaves the archive"):
        read(tmp_path / "bad.zip")


def test_archives_that_unpack_without_end(tmp_path: Path) -> None:
    blanks = bytes(20_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("grids.shp", blanks)
    (tmp_path / "bomb.geojson.gz").write_bytes(gzip.compress(blanks))
    for name in ("bomb.zip", "bomb.geojson.gz"):
        with pytest.raises(UnreadableFile, match="2 GB or 200 times"):
            read(tmp_path / name)


def test_archives_without_a_shapefile(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "readme.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
        archive.writestr("__MACOSX/._grids.shp", "shadow")
    with pytest.raises(UnreadableFile, match="holds no Shapefile"):
        read(tmp_path / "readme.zip")


def test_several_layers_are_listed(tmp_path: Path) -> None:
    frame = frame_of(WEST)
    for layer in ("towns", "blocks"):
        frame.to_file(tmp_path / "city.gpkg", layer=layer)
        frame.to_file(tmp_path / f"{layer}.shp")
    with zipfile.ZipFile(tmp_path / "city.zip", "w") as archive:
        for part in tmp_path.glob("*.[sdp][hbr][xpfj]"):
            archive.write(part, part.name)
    for name in ("city.gpkg", "city.zip"):
        assert sorted(list_layers(tmp_path / name)) == ["blocks", "towns"]
        for missing in (None, "villages"):
            with pytest.raises(LayerMissing, match="--layer: ") as refusal:
                read(tmp_path / name, layer=missing)
            assert "towns" in refusal.value.message
            assert "blocks" in refusal.value.message
        assert len(read(tmp_path / name, layer="towns").frame) == 1


def test_missing_parts_of_a_shapefile(tmp_path: Path) -> None:
    frame_of(WEST).to_file(tmp_path / "grids.shp")
    (tmp_path / "grids.dbf").unlink()
    with pytest.raises(UnreadableFile, match=".dbf file of the Shapefile is missing"):
        read(tmp_path / "grids.shp")


# Fields and text


@pytest.mark.parametrize(
    "options",
    [
        {"code_fields": ("code",)},
        {"name_field": "code"},
        {"name_en_field": "code"},
        {"parent_fields": ("CODE", "code")},
    ],
)
def test_missing_fields_are_refused_with_those_that_exist(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = geojson(tmp_path, frame_of(WEST, NAME=["x"]))
    with pytest.raises(FieldMissing, match="no field 'code'; the fields are CODE, NAME"):
        read(path, **options)


def test_no_code_field_at_all(tmp_path: Path) -> None:
    with pytest.raises(FieldMissing, match="No code field is named; the fields are CODE"):
        read(geojson(tmp_path, frame_of(WEST)), code_fields=())


def test_numbers_too_long_to_be_exact(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(WEST, CODE=[1.2345678901234567e18]))
    with pytest.raises(BadValue, match="Row 1: field 'CODE'.*save it as text"):
        read(path)


def test_null_characters_never_shorten_a_code(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(WEST, CODE=["A\0B"]))
    with pytest.raises(UnreadableFile, match="null characters"):
        read(path)


NAMES = {"NAME": ["中华街道", "平安街道"]}


def test_gbk_without_a_declaration_names_the_encodings_to_try(tmp_path: Path) -> None:
    path = tmp_path / "grids.shp"
    frame_of(WEST, EAST, **NAMES).to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    with pytest.raises(WrongEncoding, match="Row 1.*gb18030 '中华街道'.*--encoding"):
        read(path, name_field="NAME")
    assert len(read(path).frame) == 2  # the unreadable field was not asked for


@pytest.mark.parametrize("claim", ["UTF-8", "ISO-8859-1", "klingon"])
def test_gbk_that_claims_to_be_something_else(tmp_path: Path, claim: str) -> None:
    path = tmp_path / "grids.shp"
    frame_of(WEST, EAST, **NAMES).to_file(path, encoding="GBK")
    path.with_suffix(".cpg").write_text(claim)
    with pytest.raises(WrongEncoding, match="--encoding"):
        read(path, name_field="NAME")


def test_wrong_declarations(tmp_path: Path) -> None:
    path = tmp_path / "grids.shp"
    frame_of(WEST, EAST, **NAMES).to_file(path, encoding="GBK")
    for encoding in ("utf-8", "latin1", "klingon"):
        with pytest.raises(WrongEncoding):
            read(path, name_field="NAME", encoding=encoding)
    frame_of(WEST).to_file(tmp_path / "grids.gpkg")
    with pytest.raises(WrongEncoding, match="always UTF-8"):
        read(tmp_path / "grids.gpkg", encoding="gbk")


def test_geojson_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    text = frame_of(WEST, EAST, **NAMES).to_json(ensure_ascii=False, indent=1)
    path.write_bytes(text.encode("gbk"))
    with pytest.raises(WrongEncoding, match=r"Line \d+.*not utf-8.*gb18030 '中华"):
        read(path, name_field="NAME")


@pytest.mark.parametrize("garbled", ["ÖÐ»ª½ÖµÀ", "ä¸\xadå\x8d\x8eè¡\x97", "中\ufffd街道", "CafÃ©"])
def test_text_that_was_spoilt_before(tmp_path: Path, garbled: str) -> None:
    path = geojson(tmp_path, frame_of(WEST, EAST, NAME=["fine", garbled]))
    with pytest.raises(WrongEncoding, match="Row 2.*wrong encoding"):
        read(path, name_field="NAME")


def test_accented_names_are_no_fault(tmp_path: Path) -> None:
    path = geojson(tmp_path, frame_of(WEST, EAST, NAME=["Zürich", "São Paulo à côté"]))
    assert read(path, name_field="NAME").frame["name"].tolist() == ["Zürich", "São Paulo à côté"]
