"""What the demo generator hands over: the invented city and the people in it."""

from dataclasses import dataclass

import pandas as pd
from geopandas import GeoDataFrame

#: The level keys of the demo city, widest first.
LEVELS = ("town", "community", "block")


@dataclass(frozen=True, eq=False)
class DemoCity:
    """An invented city, in WGS84. No place, firm or person in it exists.

    Attributes
    ----------
    name, name_en
        Of the city.
    centre
        Longitude and latitude of the old town.
    boundaries
        Per level key a frame with ``code, name, name_en, parent, geometry``; each level is
        an exact coverage and the union of the level below.
    streets
        ``kind, rank, name, name_en, geometry`` (LineString); rank 1 avenue, 2 street, 3 lane.
    water
        ``kind, name, name_en, geometry``: the river with its island left out, and two lakes.
    units
        ``id, name, class, address, lon, lat``; a few lie outside the city, a few have no
        coordinates.
    unit_blocks
        The block code of each unit, by unit id, also where ``units`` lacks the coordinates;
        empty for those outside the city.
    """

    name: str
    name_en: str
    centre: tuple[float, float]
    boundaries: dict[str, GeoDataFrame]
    streets: GeoDataFrame
    water: GeoDataFrame
    units: pd.DataFrame
    unit_blocks: pd.Series


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who answers for a grid, or for the whole city when the grid is None.

    People without ``sign_in`` fill the desks of the city but cannot enter.
    """

    sign_in: str | None
    name: str
    name_en: str
    role: str
    grid_level: str | None
    grid_code: str | None
    language: str
