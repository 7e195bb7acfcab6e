"""Declared systems: what is accepted, what is refused, and the axis order."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from gis.crs import metric_crs, parse_crs, reconcile, require_lonlat, to_lonlat
from gis.errors import BadCoordinate, CrsMismatch, UnknownCrs

BEIJING = (116.0, 39.0, 117.0, 40.0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:4326", "EPSG:4326"),
        (" epsg:4490 ", "EPSG:4490"),
        ("4326", "EPSG:4326"),
        ("GCJ02", "gcj02"),
        ("gcj-02", "gcj02"),
        ("Bd09", "bd09"),
        ("EPSG:4979", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::3857", "EPSG:3857"),
        (pyproj.CRS.from_epsg(4548).to_wkt(), "EPSG:4548"),
        (pyproj.CRS.from_epsg(3435).to_wkt("WKT1_ESRI"), "EPSG:3435"),
    ],
)
def test_accepted_names(text: str, name: str) -> None:
    assert parse_crs(text).name == name


@pytest.mark.parametrize(
    "text", ["", "WGS 84", "EPSG:1", "+proj=longlat", "EPSG:5773", "EPSG:4978", "²", "x" * 10_000]
)
def test_refused_names(text: str) -> None:
    with pytest.raises(UnknownCrs) as refusal:
        parse_crs(text)
    assert refusal.value.code == "unknown_crs"
    assert "EPSG:4326" in refusal.value.message
    assert len(refusal.value.message) < 300


def test_longitude_comes_first_although_the_register_says_north() -> None:
    lon, lat = to_lonlat([601307.848], [4389112.971], parse_crs("EPSG:4548"))
    np.testing.assert_allclose([lon[0], lat[0]], [118.18, 39.63], atol=1e-8)
    lon, lat = to_lonlat([116.4], [39.9], parse_crs("EPSG:4490"))
    assert (lon[0], lat[0]) == (116.4, 39.9)


def test_missing_coordinates_stay_missing() -> None:
    lon, lat = to_lonlat([np.nan, 601307.848], [4389112.971, np.nan], parse_crs("EPSG:4548"))
    assert np.isnan(lon).all()
    assert np.isnan(lat).all()


def test_a_coordinate_without_a_place_names_its_index() -> None:
    with pytest.raises(BadCoordinate, match="Coordinate 2 .*EPSG:4548") as refusal:
        to_lonlat([601307.848, 1e30], [4389112.971, 1e30], parse_crs("EPSG:4548"))
    assert refusal.value.details["index"] == 1


def test_a_frame_in_another_system_is_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs="EPSG:3857")
    with pytest.raises(CrsMismatch, match="EPSG:3857.*EPSG:4326"):
        require_lonlat(frame)
    with pytest.raises(CrsMismatch, match="no declared system"):
        require_lonlat(frame.set_crs(None, allow_override=True))
    require_lonlat(frame.set_crs("OGC:CRS84", allow_override=True))


@pytest.mark.parametrize(
    ("bounds", "epsg"),
    [
        (BEIJING, 32650),
        ((-87.94, 41.64, -87.52, 42.02), 32616),
        ((151.0, -34.0, 151.4, -33.7), 32756),
        ((180.0, 1.0, 180.0, 1.0), 32660),
    ],
)
def test_the_metric_system_of_a_place(bounds: tuple[float, float, float, float], epsg: int) -> None:
    assert metric_crs(bounds).to_epsg() == epsg


def test_no_metric_system_without_bounds() -> None:
    with pytest.raises(BadCoordinate):
        metric_crs((np.nan, np.nan, np.nan, np.nan))


def test_a_declaration_fills_in_but_never_contradicts() -> None:
    assert reconcile(None, parse_crs("EPSG:4548"), BEIJING).name == "EPSG:4548"
    assert reconcile("EPSG:4326", None, BEIJING).name == "EPSG:4326"
    assert reconcile("EPSG:4326", parse_crs("EPSG:4490"), BEIJING).name == "EPSG:4490"
    assert reconcile("EPSG:4490", parse_crs("bd09"), BEIJING).name == "bd09"
    with pytest.raises(UnknownCrs, match="--crs"):
        reconcile(None, None, BEIJING)
    with pytest.raises(CrsMismatch, match="EPSG:4548.*gcj02"):
        reconcile("EPSG:4548", parse_crs("gcj02"), BEIJING)
    with pytest.raises(CrsMismatch, match="EPSG:4326.*EPSG:4548"):
        reconcile("EPSG:4326", parse_crs("EPSG:4548"), BEIJING)
