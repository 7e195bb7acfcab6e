"""Which coordinate reference system a file or a number is in, and the way to lon/lat.

Storage is EPSG:4326, longitude first.  CGCS2000 (EPSG:4490) agrees with it within
centimetres and passes through unchanged.  GCJ-02 and BD-09 have no EPSG code and are
declared by the words ``gcj02`` and ``bd09``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError

from gis.coordinates import bd09_to_wgs84, gcj02_to_wgs84
from gis.errors import BadCoordinate, CrsMismatch, UnknownCrs

Floats: TypeAlias = npt.NDArray[np.float64]
Bounds: TypeAlias = tuple[float, float, float, float]

STORAGE_CRS = "EPSG:4326"
# Names ("WGS 84") and PROJ strings are left out: the first are ambiguous, the second
# can drop a datum without saying so.
AUTHORITY_CODE = re.compile(r"(?:urn:ogc:def:crs:[\w.:]+|[a-z]+:\w+)", re.IGNORECASE)
WKT_START = re.compile(
    r"\s*(?:GEOGCS|PROJCS|COMPD_CS|GEOGCRS|GEODCRS|PROJCRS|COMPOUNDCRS|BOUNDCRS)\s*\[",
    re.IGNORECASE,
)
SAME_PLACE_DEGREES = 1e-6


@dataclass(frozen=True, slots=True)
class SourceCrs:
    """A declared system: an EPSG one, or one of the two Chinese shifts of WGS 84.

    `name` is what people read: 'EPSG:4548', 'gcj02', or the name inside a WKT;
    `definition` is what pyproj reads, for the shifts that of WGS 84.
    """

    name: str
    shift: Literal["none", "gcj02", "bd09"] = "none"
    definition: str = STORAGE_CRS

    @property
    def is_geographic(self) -> bool:
        """Whether the numbers are degrees."""
        return bool(pyproj.CRS.from_user_input(self.definition).is_geographic)


def parse_crs(text: str) -> SourceCrs:
    """The system that a person or a file names.

    Parameters
    ----------
    text : str
        'EPSG:4326', '4326', 'gcj02', 'bd09' in any case, a URN, or WKT.

    Returns
    -------
    SourceCrs

    Raises
    ------
    UnknownCrs
        No such code, or not a system of places on the ground.

    Examples
    --------
    >>> parse_crs("epsg:4326").name, parse_crs("4490").name, parse_crs("GCJ02").shift
    ('EPSG:4326', 'EPSG:4490', 'gcj02')
    """
    word = text.strip()
    if word.lower().replace("-", "") == "gcj02":
        return SourceCrs("gcj02", "gcj02")
    if word.lower().replace("-", "") == "bd09":
        return SourceCrs("bd09", "bd09")
    if word.isdecimal():
        word = f"EPSG:{word}"
    if not (AUTHORITY_CODE.fullmatch(word) or WKT_START.match(word)):
        raise _unknown(text)
    try:
        crs = pyproj.CRS.from_user_input(word).to_2d()
    except CRSError as error:
        raise _unknown(text) from error
    if not (crs.is_geographic or crs.is_projected):
        raise _unknown(text)
    return SourceCrs(describe_crs(crs), definition=crs.to_wkt())


def _unknown(text: str) -> UnknownCrs:
    return UnknownCrs(
        "The coordinate reference system '%(crs)s' is not known; give an EPSG code such as"
        " EPSG:4326 or EPSG:4548, or gcj02, or bd09.",
        crs=text[:200],
    )


def reconcile(found: str | None, declared: SourceCrs | None, bounds: Bounds) -> SourceCrs:
    """The system to read a file in, from what it says and what a person declares.

    Parameters
    ----------
    found : str or None
        What the file says: a code or WKT; None where it says nothing.
    declared : SourceCrs or None
    bounds : tuple of float
        (min x, min y, max x, max y) of the file's own numbers.

    Returns
    -------
    SourceCrs
        The declared one where both are given.

    Raises
    ------
    UnknownCrs
        Neither is given, or only the file's and it is not known.
    CrsMismatch
        The two put the same numbers at different places.  A shift of WGS 84 may be
        declared over any file in degrees: files cannot say gcj02 or bd09.

    Examples
    --------
    >>> reconcile("EPSG:4326", parse_crs("gcj02"), (116, 39, 117, 40)).name
    'gcj02'
    >>> reconcile("EPSG:3857", parse_crs("EPSG:4326"), (116, 39, 117, 40))
    Traceback (most recent call last):
    ...
    gis.errors.CrsMismatch: The file says EPSG:3857 but EPSG:4326 was declared; leave out --crs \
to use the file's, or correct the file.
    """
    if declared is None:
        if found is None:
            raise UnknownCrs(
                "The file does not say its coordinate reference system; declare it with --crs,"
                " for example --crs EPSG:4326, --crs EPSG:4548, --crs gcj02 or --crs bd09."
            )
        return parse_crs(found)
    if found is None:
        return declared
    own = parse_crs(found)
    agree = own.is_geographic if declared.shift != "none" else _same_places(own, declared, bounds)
    if not agree:
        raise CrsMismatch(
            "The file says %(found)s but %(declared)s was declared; leave out --crs to use"
            " the file's, or correct the file.",
            found=own.name,
            declared=declared.name,
        )
    return declared


def _same_places(own: SourceCrs, declared: SourceCrs, bounds: Bounds) -> bool:
    """Whether both put the corners of the file at the same places, to about 0.1 m.

    Names and parameters are no test: the same system is written in many ways.
    """
    x, y = np.array(bounds)[[0, 0, 2, 2]], np.array(bounds)[[1, 3, 1, 3]]
    try:
        here, there = to_lonlat(x, y, own), to_lonlat(x, y, declared)
    except BadCoordinate:
        return False
    return bool(np.allclose(here, there, rtol=0, atol=SAME_PLACE_DEGREES, equal_nan=True))


def to_lonlat(x: npt.ArrayLike, y: npt.ArrayLike, crs: SourceCrs) -> tuple[Floats, Floats]:
    """Longitude and latitude of coordinates in a declared system.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        East (or longitude) first whatever axis order the system's register has.
        NaN stays NaN.
    crs : SourceCrs

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        EPSG:4326 degrees.  Degrees are passed on even where they are no place on
        earth; those who store or locate them refuse.

    Raises
    ------
    BadCoordinate
        A finite coordinate that the system cannot place; names the first index.

    Examples
    --------
    >>> lon, lat = to_lonlat([601307.848], [4389112.971], parse_crs("EPSG:4548"))
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    118.180000 39.630000
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if crs.shift == "gcj02":
        return gcj02_to_wgs84(x, y)
    if crs.shift == "bd09":
        return bd09_to_wgs84(x, y)
    usable = np.isfinite(x) & np.isfinite(y)
    lon, lat = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    lon[usable], lat[usable] = _to_lonlat(crs.definition).transform(x[usable], y[usable])
    lost = np.flatnonzero(usable & ~(np.isfinite(lon) & np.isfinite(lat)))
    if lost.size:
        first = int(lost[0])
        raise BadCoordinate(
            "Coordinate %(number)s (x %(x)s, y %(y)s) is no place in %(crs)s; check the system"
            " and that x (east) comes before y (north).",
            index=first,
            number=first + 1,
            crs=crs.name,
            x=float(x.flat[first]),
            y=float(y.flat[first]),
        )
    return lon, lat


@lru_cache(maxsize=16)
def _to_lonlat(definition: str) -> pyproj.Transformer:
    # always_xy: half of the Chinese registers list north first, files hardly ever do.
    return pyproj.Transformer.from_crs(definition, STORAGE_CRS, always_xy=True)


def require_lonlat(frame: gpd.GeoDataFrame) -> None:
    """Refuse a frame that is not in EPSG:4326.

    Parameters
    ----------
    frame : GeoDataFrame

    Raises
    ------
    CrsMismatch
        Naming the frame's system and the one required.

    Examples
    --------
    >>> require_lonlat(gpd.GeoDataFrame(geometry=[], crs="EPSG:3857"))
    Traceback (most recent call last):
    ...
    gis.errors.CrsMismatch: The frame is in EPSG:3857 but EPSG:4326 is required.
    """
    if frame.crs is not None and frame.crs.equals(STORAGE_CRS, ignore_axis_order=True):
        return
    found = "no declared system" if frame.crs is None else describe_crs(frame.crs)
    raise CrsMismatch(
        "The frame is in %(found)s but %(required)s is required.",
        found=found,
        required=STORAGE_CRS,
    )


def describe_crs(crs: pyproj.CRS) -> str:
    """The code of a system, or its name where it has none.

    Examples
    --------
    >>> describe_crs(pyproj.CRS.from_epsg(3826))
    'EPSG:3826'
    """
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(crs.name)


def metric_crs(bounds: Bounds) -> pyproj.CRS:
    """A system in metres for the place: the UTM zone of the centre.

    Parameters
    ----------
    bounds : tuple of float
        (west, south, east, north) in EPSG:4326 degrees.

    Returns
    -------
    pyproj.CRS
        Areas are true within 0.1 % for anything the size of a city.

    Raises
    ------
    BadCoordinate
        Bounds that are not numbers, or not on earth.

    Examples
    --------
    >>> metric_crs((-87.94, 41.64, -87.52, 42.02)).to_epsg()
    32616
    >>> metric_crs((151.0, -34.0, 151.4, -33.7)).to_epsg()
    32756
    """
    west, south, east, north = (float(side) for side in bounds)
    lon, lat = (west + east) / 2, (south + north) / 2
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise BadCoordinate(
            "The bounds %(bounds)s are no place on earth.",
            bounds=[west, south, east, north],
        )
    zone = min(int((lon + 180) // 6) + 1, 60)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)
