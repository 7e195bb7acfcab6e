"""How densely points lie: a kernel over a metric raster, and its bands as shapes to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gis.crs import metric_crs

Floats: TypeAlias = npt.NDArray[np.float64]

REACH = 4  # bandwidths; beyond them the kernel holds less than a thousandth of a point
CELLS_A_BANDWIDTH = 4
MOST_CELLS = 512  # on a side; a larger place gets coarser cells
SQUARE_KM = 1_000_000


@dataclass(frozen=True)
class Density:
    """Points per square kilometre. ``values[0, 0]`` is the cell whose south-west corner is
    ``(west, south)``, in metres of ``crs``; cells are squares of ``cell`` metres.
    """

    values: Floats
    west: float
    south: float
    cell: float
    bandwidth: float
    crs: pyproj.CRS

    @property
    def points(self) -> float:
        """What the raster adds up to: as many as there were points."""
        return float(self.values.sum()) * self.cell**2 / SQUARE_KM


def kernel_density(lon: npt.ArrayLike, lat: npt.ArrayLike, bandwidth: float) -> Density:
    """Gaussian kernel density on a raster in the metric system of the place, by FFT.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        EPSG:4326; at least one point.
    bandwidth : float
        Standard deviation of the kernel in metres.

    Returns
    -------
    Density
        With a margin of four bandwidths, so that nothing of any point is cut off. Each point is
        taken to the middle of its cell, a quarter of a bandwidth wide or, in a large place, wider.

    References
    ----------
    Silverman, B. W. (1982). Kernel density estimation using the fast Fourier transform. Applied
    Statistics 31(1), 93-99.

    Examples
    --------
    >>> found = kernel_density([120.0, 120.01, 120.01], [30.0, 30.0, 30.0], 500)
    >>> round(found.points, 6)
    3.0
    >>> round(float(found.values.max()), 2)
    1.37
    """
    longitudes, latitudes = np.asarray(lon, float), np.asarray(lat, float)
    box = (longitudes.min(), latitudes.min(), longitudes.max(), latitudes.max())
    crs = metric_crs(box)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(longitudes, latitudes)
    margin = REACH * bandwidth
    extent = max(np.ptp(x), np.ptp(y)) + 2 * margin
    cell = max(bandwidth / CELLS_A_BANDWIDTH, extent / MOST_CELLS)
    reach = ceil(margin / cell)
    west, south = x.min() - (reach + 0.5) * cell, y.min() - (reach + 0.5) * cell
    columns, rows = ((x - west) // cell).astype(int), ((y - south) // cell).astype(int)
    counts = np.zeros((rows.max() + reach + 1, columns.max() + reach + 1))
    np.add.at(counts, (rows, columns), 1)
    values = _spread(counts, np.arange(-reach, reach + 1) * cell / bandwidth, reach)
    return Density(values * SQUARE_KM / cell**2, west, south, cell, bandwidth, crs)


def _spread(counts: Floats, steps: Floats, reach: int) -> Floats:
    """Each count over its surroundings; the kernel adds up to one, and the margin of zeros keeps
    it from coming round on the other side.
    """
    kernel = np.exp(-(steps**2) / 2)
    kernel /= kernel.sum()
    shape = [size + 2 * reach for size in counts.shape]
    transformed = np.fft.rfft2(counts, shape)
    transformed *= np.fft.fft(kernel, shape[0])[:, None] * np.fft.rfft(kernel, shape[1])[None, :]
    spread = np.fft.irfft2(transformed, shape)
    rows, columns = counts.shape
    inside = spread[reach : reach + rows, reach : reach + columns]
    return np.asarray(np.maximum(inside, 0))  # rounding may leave a hair below nothing


def bands(density: Density, breaks: Sequence[float], crs: str) -> list[shapely.Geometry]:
    """The area of each class of density, from one break to the next, in another system.

    Parameters
    ----------
    breaks : sequence of float
        Ascending, in points per square kilometre; what lies below the first is in no band.
    crs : str
        Of the answer, like EPSG:3857.

    Returns
    -------
    list of shapely.Geometry
        One multipolygon for each break, possibly empty.
    """
    classes = np.digitize(density.values, breaks)
    transformer = pyproj.Transformer.from_crs(density.crs, crs, always_xy=True)
    found = []
    for number in range(1, len(breaks) + 1):
        cells = _runs(classes == number, density)
        whole = shapely.union_all(cells) if len(cells) else shapely.MultiPolygon()
        found.append(shapely.transform(whole, transformer.transform, interleaved=False))
    return found


def _runs(chosen: npt.NDArray[np.bool_], density: Density) -> npt.NDArray[np.object_]:
    """The chosen cells as boxes, neighbours in a row as one."""
    edges = np.diff(np.pad(chosen.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, first = np.nonzero(edges == 1)
    _, last = np.nonzero(edges == -1)
    west, south, cell = density.west, density.south, density.cell
    boxes: npt.NDArray[np.object_] = shapely.box(
        west + first * cell, south + rows * cell, west + last * cell, south + (rows + 1) * cell
    )
    return boxes
