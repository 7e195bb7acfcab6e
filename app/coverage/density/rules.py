"""Bands of density as paths of a drawing."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from app.coverage.density.model import BREAKS, Overdue
from gis.density import bands, kernel_density

MAP = "EPSG:3857"


def overdue(lon: Sequence[float], lat: Sequence[float], bandwidth: int) -> Overdue:
    if not lon:
        return Overdue(0, bandwidth, [""] * len(BREAKS))
    found = bands(kernel_density(lon, lat, bandwidth), BREAKS, MAP)
    return Overdue(len(lon), bandwidth, [path_of(band) for band in found])


def path_of(band: shapely.Geometry) -> str:
    """To whole metres; the second coordinate grows to the south, as in the sketch of grids."""
    rings = [
        ring
        for part in shapely.get_parts(band)
        for ring in (part.exterior, *part.interiors)
        if not part.is_empty
    ]
    return "".join(
        "M" + "L".join(f"{x:.0f} {-y:.0f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings
    )
