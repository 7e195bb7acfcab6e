"""Text of unknown encoding is offered in each that fits; layers bring their places along."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, strategies as st

from app.errors import Refusal
from app.imports import encodings
from app.imports.encodings import offers
from app.imports.sources import Reading
from app.imports.tables import read_table

TEXTS = {
    "utf-8": "编号,名称\n1,朝阳区便民超市\n2,Zürich\n",
    "gb18030": "编号,名称,地址\n1,朝阳区便民超市,建设路12号\n2,东城街道办事处,人民大街\n",
    "big5": "編號,名稱\n1,臺南市便利商店\n2,東區區公所,中正路\n",
    "latin-1": "id,name\n1,Café Zürich\n2,Straße des Friedens\n",
    "utf-16": "编号,名称\n1,朝阳区便民超市\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_right_encoding_is_offered_first(encoding: str) -> None:
    offered = offers(TEXTS[encoding].encode(encoding))
    assert offered[0].encoding == encoding
    told = [line for line in TEXTS[encoding].splitlines() if not line.isascii()]
    assert list(offered[0].lines) == told[:4]


def test_the_same_lines_are_shown_in_every_encoding() -> None:
    offered = {offer.encoding: offer.lines for offer in offers(TEXTS["gb18030"].encode("gbk"))}
    assert set(offered) >= {"gb18030", "latin-1"} and "utf-8" not in offered
    assert len({len(lines) for lines in offered.values()}) == 1
    assert offered["latin-1"][1].startswith("1,") and offered["gb18030"][1] != offered["latin-1"][1]


def test_a_sample_is_never_cut_within_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding in ("gb18030", "utf-8", "utf-16"):
        content = ("编号,名称\n" + "朝阳区,超市\n" * 50).encode(encoding)
        for size in range(200, 216):
            monkeypatch.setattr(encodings, "SAMPLED_BYTES", size)
            assert offers(content)[0].encoding == encoding, size


@given(st.binary(max_size=400))
def test_any_bytes_are_offered_in_some_encoding(content: bytes) -> None:
    for offer in offers(content):
        assert offer.lines or offer.encoding == "utf-8"


def test_the_command_line_refuses_to_guess(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXTS["gb18030"].encode("gb18030"))
    with pytest.raises(Refusal, match=r"would read as gb18030 “编号,名称,地址”, .*--encoding"):
        read_table(path)
    assert list(read_table(path, Reading("gbk")).fields) == ["编号", "名称", "地址"]
    path.write_bytes(TEXTS["latin-1"].encode("latin-1"))
    with pytest.raises(Refusal, match="latin-1 “1,Café Zürich”"):
        read_table(path)
    path.write_bytes(TEXTS["utf-16"].encode("utf-16"))  # says so itself
    assert list(read_table(path).fields) == ["编号", "名称"]


# -- layers -------------------------------------------------------------------------------


def test_features_bring_their_place_as_two_fields(tmp_path: Path) -> None:
    features = [
        {"n": 1, "name": "店", "shape": {"type": "Point", "coordinates": [118.5, 31.25]}},
        {"n": None, "name": "=1+1", "shape": None},
        {"n": 3, "name": None, "shape": shapely.geometry.mapping(shapely.box(0, 0, 2, 2))},
    ]
    path = tmp_path / "t.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"n": one["n"], "name": one["name"]},
                        "geometry": one["shape"],
                    }
                    for one in features
                ],
            }
        ),
        encoding="utf-8",
    )
    table = read_table(path)
    assert list(table.fields) == ["n", "name", "point.x", "point.y"]
    assert list(table.numbered()) == [
        (1, ["1", "店", "118.5", "31.25"]),
        (2, ["", "=1+1", "", ""]),
        (3, ["3", "", "1.0", "1.0"]),
    ]
    assert table.crs == "EPSG:4326"
    assert "1 features are lines or areas" in table.notes[0].message


def test_a_geopackage_has_layers_and_its_own_system(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    for layer in ("shops", "schools"):
        frame = gpd.GeoDataFrame(
            {"id": ["a"]}, geometry=[shapely.Point(500000, 3430000)], crs="EPSG:4548"
        )
        frame.to_file(path, layer=layer, driver="GPKG")
    table = read_table(path, Reading(sheet="schools"))
    assert table.crs == "EPSG:4548" and list(table.rows) == [["a", "500000.0", "3430000.0"]]
    with pytest.raises(Exception, match="2 layers with shapes"):
        read_table(path)
