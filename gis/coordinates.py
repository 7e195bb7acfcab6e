"""GCJ-02 and BD-09, the shifted coordinates of Chinese map services, to and from WGS 84.

GCJ-02 is WGS 84 moved by a smooth function of the place (32–675 m within China);
BD-09 is GCJ-02 moved once more.  No official formula exists: these are the public,
reverse-engineered ones.  They invert exactly against themselves and agree with the
providers to metres, not centimetres.

There is no "inside China" test: whoever calls has declared the system, and a box would
leave the places beside its edge a few hundred metres wrong without a word.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Shift: TypeAlias = Callable[[Floats, Floats], tuple[Floats, Floats]]

KRASOVSKY_RADIUS_M = 6_378_245.0
KRASOVSKY_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943_23
BD09_ANGLE = np.pi * 3000 / 180
BD09_OFFSET = (0.0065, 0.006)
INVERSION_STEPS = 8  # each step gains about two digits; five already reach 1e-7 m


def wgs84_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 of WGS 84 positions.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS 84 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        GCJ-02 degrees.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02([116.391], [39.905])
    >>> print(f"{lon[0]:.8f} {lat[0]:.8f}")
    116.39724070 39.90640102
    """
    lon, lat = _pair(lon, lat)
    shift_lon, shift_lat = _gcj02_shift(lon, lat)
    return lon + shift_lon, lat + shift_lat


def gcj02_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """WGS 84 of GCJ-02 positions, the exact inverse of `wgs84_to_gcj02`.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        GCJ-02 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84([116.39724070], [39.90640102])
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    116.391000 39.905000
    """
    return _invert(wgs84_to_gcj02, *_pair(lon, lat))


def gcj02_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 of GCJ-02 positions.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        GCJ-02 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        BD-09 degrees.

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09([116.39724070], [39.90640102])
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    116.403616 39.912744
    """
    lon, lat = _pair(lon, lat)
    reach = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD09_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD09_ANGLE)
    return reach * np.cos(angle) + BD09_OFFSET[0], reach * np.sin(angle) + BD09_OFFSET[1]


def bd09_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 of BD-09 positions, the exact inverse of `gcj02_to_bd09`.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        BD-09 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        GCJ-02 degrees.

    Examples
    --------
    >>> lon, lat = bd09_to_gcj02([116.40361601], [39.91274444])
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    116.397241 39.906401
    """
    return _invert(gcj02_to_bd09, *_pair(lon, lat))


def wgs84_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 of WGS 84 positions.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS 84 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        BD-09 degrees.

    Examples
    --------
    >>> lon, lat = wgs84_to_bd09([126.63], [45.75])
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    126.642503 45.757826
    """
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """WGS 84 of BD-09 positions, the exact inverse of `wgs84_to_bd09`.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        BD-09 degrees.  NaN stays NaN.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees.

    Examples
    --------
    >>> lon, lat = bd09_to_wgs84([126.64250312], [45.75782566])
    >>> print(f"{lon[0]:.6f} {lat[0]:.6f}")
    126.630000 45.750000
    """
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _pair(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _invert(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The place that `shift` moves to (lon, lat): a fixed point, since shifts vary slowly."""
    found_lon, found_lat = lon, lat
    for _ in range(INVERSION_STEPS):
        moved_lon, moved_lat = shift(found_lon, found_lat)
        found_lon, found_lat = found_lon - (moved_lon - lon), found_lat - (moved_lat - lat)
    return found_lon, found_lat


def _gcj02_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 minus WGS 84 in degrees: metres from two wave sums, over the Krasovsky ellipsoid."""
    east, north = lon - 105, lat - 35
    root = np.sqrt(np.abs(east))
    ripple = _waves(east, (20, 6), (20, 2))
    north_m = (
        -100 + 2 * east + 3 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * root
        + ripple + _waves(north, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    )  # fmt: skip
    east_m = (
        300 + east + 2 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * root
        + ripple + _waves(east, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    )  # fmt: skip
    latitude = np.radians(lat)
    flatness = 1 - KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    parallel_m = KRASOVSKY_RADIUS_M / np.sqrt(flatness) * np.cos(latitude)
    meridian_m = KRASOVSKY_RADIUS_M * (1 - KRASOVSKY_ECCENTRICITY_SQUARED) / flatness**1.5
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _waves(degrees: Floats, *waves: tuple[float, float]) -> Floats:
    """Two thirds of a sum of sines: pairs of (metres, half turns per degree)."""
    total = np.zeros_like(degrees)
    for height, turns in waves:
        total = total + height * np.sin(degrees * np.pi * turns)
    return total * (2 / 3)
