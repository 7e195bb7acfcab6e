"""Small pictures without a map: where points lie beside the outlines of a city."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

Floats: TypeAlias = npt.NDArray[np.float64]

MARGIN = 0.12  # of the city's width, so that what lies just outside is still seen
DEFAULT_BOX = (73.0, 18.0, 135.0, 54.0)  # where nothing is known: China


@dataclass(frozen=True, slots=True)
class Sketch:
    """A frame in degrees and its size on paper.

    Parameters
    ----------
    west, south, east, north : float
        EPSG:4326 degrees.
    width, height : float
        Of the picture; its shape is that of the ground at the frame's middle.
    """

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float

    def place(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats, int]:
        """Where points lie in the picture.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,)
            NaN is left out.

        Returns
        -------
        x, y : ndarray of float64, shape (m,)
            From the upper left corner, of the m points within the frame.
        beyond : int
            How many lie outside it.

        Examples
        --------
        >>> x, y, beyond = sketch_of([shapely.box(0, 0, 1, 1)], 100).place([0.5, 9], [0.5, 9])
        >>> round(x[0]), round(y[0]), beyond
        (50, 50, 1)
        """
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        given = np.isfinite(lon) & np.isfinite(lat)
        x = (lon[given] - self.west) / (self.east - self.west) * self.width
        y = (self.north - lat[given]) / (self.north - self.south) * self.height
        within = (x >= 0) & (x <= self.width) & (y >= 0) & (y <= self.height)
        return x[within], y[within], int((~within).sum())

    def paths(self, shapes: Sequence[shapely.Geometry]) -> list[str]:
        """The outlines as SVG paths, no finer than half a unit of the picture.

        Examples
        --------
        >>> sketch_of([shapely.box(0, 0, 1, 1)], 100).paths([shapely.box(0, 0, 1, 1)])
        ['M90.3 90.3 L90.3 9.7 L9.7 9.7 L9.7 90.3 Z']
        """
        fine = (self.east - self.west) / self.width / 2
        return [
            path
            for shape in shapely.simplify(np.asarray(shapes, dtype=object), fine)
            if (path := " ".join(self._ring(part.exterior) for part in shapely.get_parts(shape)))
        ]

    def _ring(self, ring: shapely.LinearRing) -> str:
        x, y = shapely.get_coordinates(ring).T
        across = (x - self.west) / (self.east - self.west) * self.width
        down = (self.north - y) / (self.north - self.south) * self.height
        corners = [f"{one:.1f} {two:.1f}" for one, two in zip(across, down, strict=True)]
        return f"M{' L'.join(corners[:-1])} Z"


def sketch_of(shapes: Sequence[shapely.Geometry], width: float) -> Sketch:
    """A frame around shapes with a margin.

    Parameters
    ----------
    shapes : sequence of polygons
        EPSG:4326; where there is none the frame is a wide one.
    width : float

    Returns
    -------
    Sketch

    Examples
    --------
    >>> sketch = sketch_of([shapely.box(0, 60, 1, 61)], 100)
    >>> round(sketch.west, 2), round(sketch.height)
    (-0.12, 203)
    """
    bounds = shapely.total_bounds(np.asarray(shapes, dtype=object)) if shapes else DEFAULT_BOX
    west, south, east, north = (float(side) for side in bounds)
    margin_x, margin_y = MARGIN * (east - west), MARGIN * (north - south)
    west, east, south, north = west - margin_x, east + margin_x, south - margin_y, north + margin_y
    across = (east - west) * np.cos(np.radians((south + north) / 2))
    return Sketch(west, south, east, north, width, float(width * (north - south) / across))
