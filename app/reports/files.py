"""A table as a file: for spreadsheets, and for programs that draw maps."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from app.spreadsheets import csv_bytes, xlsx_bytes

DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON"}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
}


@dataclass(frozen=True)
class File:
    name: str
    type: str
    content: bytes


def table_file(
    name: str,
    kind: str,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    about: Sequence[Sequence[str]] = (),
    shapes: Sequence[shapely.Geometry | None] = (),
) -> File:
    """``header`` has `lon` and `lat` where a map file is asked for; ``title`` names the layer.

    ``about`` says what the table is: below it, or on a sheet of its own. Where a row has one of
    the ``shapes``, that is drawn instead of the point.
    """
    if kind == "csv":
        return File(name, TYPES[kind], csv_bytes(header, rows, about))
    if kind == "xlsx":
        return File(name, TYPES[kind], xlsx_bytes(title, header, rows, about))
    frame = _map_frame(header, rows)
    if any(shapes):
        frame.geometry = list(shapes)
    return File(name, TYPES[kind], _map_file(title, frame, kind))


def _map_frame(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> gpd.GeoDataFrame:
    columns: dict[str, list[Any]] = {
        name: [_plain(row[place]) for row in rows] for place, name in enumerate(header)
    }
    frame = gpd.GeoDataFrame(
        columns,
        crs="EPSG:4326",
        geometry=gpd.points_from_xy(
            [float("nan") if lon is None else lon for lon in columns["lon"]],
            [float("nan") if lat is None else lat for lat in columns["lat"]],
        ),
    )
    frame.geometry = frame.geometry.where(~frame["lon"].isna(), None)
    return frame


def _map_file(title: str, frame: gpd.GeoDataFrame, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{title}.{kind}"
        frame.to_file(path, driver=DRIVERS[kind], layer=title)
        return path.read_bytes()


def _plain(value: Any) -> Any:
    """Days as text: a column in which some are missing has no type for them."""
    return value.isoformat() if isinstance(value, date) else value
