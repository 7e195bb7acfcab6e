"""What the geography tests share: repeatable examples, real cities, small frames."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import settings

ROOT = Path(__file__).parents[2]

settings.register_profile(
    "gridward-gis", derandomize=True, max_examples=40, deadline=None, database=None
)
settings.load_profile("gridward-gis")


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Any]:
    """Reads one file of golden numbers."""

    def read(name: str) -> Any:
        return json.loads((ROOT / "tests" / "golden" / f"{name}.json").read_text("utf-8"))

    return read


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real cities; the test is skipped where it is absent."""
    folder = Path(os.environ.get("GRIDWARD_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist (set GRIDWARD_REAL_DATA)")
    return folder


@pytest.fixture
def make_level() -> Callable[..., gpd.GeoDataFrame]:
    """Builds a level from code=shape pairs."""

    def make(shapes: dict[str, shapely.Geometry | None]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"code": list(shapes)}, geometry=list(shapes.values()), crs="EPSG:4326"
        )

    return make
