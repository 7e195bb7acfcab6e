"""The boundary files that are shipped: described, whole, and the demo city that they say."""

from __future__ import annotations

import tomllib
from hashlib import sha256

import pyogrio
import shapely

from app.demo.city import generate_city
from app.settings import PROJECT

FOLDER = PROJECT / "data" / "boundaries"


def test_every_file_is_described_and_unchanged() -> None:
    sources = tomllib.loads((FOLDER / "SOURCES.toml").read_text(encoding="utf-8"))["file"]
    shipped = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.geojson")}
    assert {source["path"] for source in sources} == shipped
    for source in sources:
        content = (FOLDER / source["path"]).read_bytes()
        assert sha256(content).hexdigest() == source["sha256"]
        frame = pyogrio.read_dataframe(FOLDER / source["path"])
        assert len(frame) == source["features"]
        assert str(frame.crs) == source["crs"]


def test_the_demo_city_on_disk_is_the_generated_one() -> None:
    for level, generated in generate_city().boundaries.items():
        stored = pyogrio.read_dataframe(FOLDER / "demo_city" / f"{level}.geojson")
        assert list(stored["code"]) == list(generated["code"])
        apart = shapely.hausdorff_distance(
            stored.geometry.to_numpy(), generated.geometry.to_numpy()
        )
        assert apart.max() < 1e-8  # degrees: the file keeps nine decimals, about 0.1 mm
        assert shapely.coverage_is_valid(stored.geometry.to_numpy())
