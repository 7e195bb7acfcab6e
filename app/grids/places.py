"""A place that somebody typed, checked before anything is asked of it."""

from __future__ import annotations

import math

import numpy as np

from app.errors import Refusal
from gis.crs import parse_crs, to_lonlat
from gis.errors import GisError


def checked_place(lon: float, lat: float, crs_name: str) -> tuple[float, float]:
    """A place on the earth in WGS 84, or a sentence that says why it is none."""
    try:
        crs = parse_crs(crs_name)
        if crs.is_geographic:
            if not (math.isfinite(lon) and math.isfinite(lat)):
                raise Refusal(
                    "Longitude and latitude must be numbers; %(lon)s, %(lat)s are not.",
                    lon=lon,
                    lat=lat,
                )
            if abs(lon) <= 90 < abs(lat) <= 180:
                raise Refusal(
                    "Longitude %(lon)s and latitude %(lat)s look swapped.", lon=lon, lat=lat
                )
            if abs(lon) > 180 or abs(lat) > 90:
                raise Refusal(
                    "Longitude %(lon)s, latitude %(lat)s is not a place on the earth: "
                    "longitude lies within ±180, latitude within ±90.",
                    lon=lon,
                    lat=lat,
                )
        found_lon, found_lat = to_lonlat(np.array([lon]), np.array([lat]), crs)
    except GisError as fault:
        raise Refusal(fault.sentence, **fault.values) from fault
    if not (np.isfinite(found_lon[0]) and np.isfinite(found_lat[0])):
        raise Refusal(
            "%(x)s, %(y)s is not a place on the earth when read as %(crs)s.",
            x=lon,
            y=lat,
            crs=crs.name,
        )
    return float(found_lon[0]), float(found_lat[0])
