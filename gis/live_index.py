"""An index that changes while it is used: each point meets those that came before it."""

import math

import rtree.index

METRES_PER_DEGREE = 111_195.0  # of a meridian


class Neighbourhood:
    """Points by their order of arrival, and which of them lie near a place.

    Parameters
    ----------
    metres : float
        How near is near, to about one per cent.

    Examples
    --------
    >>> seen = Neighbourhood(20)
    >>> seen.meet(118.0, 31.0), seen.meet(118.0001, 31.0), seen.meet(118.01, 31.0)
    ([], [0], [])
    """

    def __init__(self, metres: float) -> None:
        self._metres = metres
        self._index = rtree.index.Index()
        self._places: list[tuple[float, float]] = []

    def meet(self, lon: float, lat: float) -> list[int]:
        """Take a point in, and answer the earlier ones within reach, the nearest first.

        Parameters
        ----------
        lon, lat : float
            EPSG:4326 degrees; latitudes below 89.

        Returns
        -------
        list of int
            Numbers of arrival, from 0.
        """
        north = self._metres / METRES_PER_DEGREE
        east = north / math.cos(math.radians(lat))
        box = (lon - east, lat - north, lon + east, lat + north)
        near = sorted(
            (self._distance(lon, lat, number), number) for number in self._index.intersection(box)
        )
        self._index.insert(len(self._places), (lon, lat, lon, lat))
        self._places.append((lon, lat))
        return [number for distance, number in near if distance <= self._metres]

    def _distance(self, lon: float, lat: float, number: int) -> float:
        other_lon, other_lat = self._places[number]
        east = (lon - other_lon) * math.cos(math.radians(lat))
        return math.hypot(east, lat - other_lat) * METRES_PER_DEGREE
