"""In which order to walk over places, from where one stands."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Order: TypeAlias = npt.NDArray[np.int64]

EARTH_M = 6_371_000
KICKS = 40  # times that a finished walk is broken up and improved again; fewer for long ones
NOTHING = 1e-6  # metres; a gain below it is rounding


def walking_order(
    lon: npt.ArrayLike, lat: npt.ArrayLike, start: tuple[float, float], rng: np.random.Generator
) -> Order:
    """A short walk that begins at ``start`` and ends at the last place.

    Always the nearest place that is left, then improved by turning stretches around (2-opt) until
    no turn shortens it; then broken up at three places and improved again, and the shorter kept.
    As the crow flies: what rivers and walls add is not known.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        EPSG:4326, within a few kilometres of each other.
    start : (float, float)
        Longitude and latitude from where one sets out.
    rng : numpy.random.Generator
        The same seed gives the same walk.

    Returns
    -------
    (n,) array of int
        Positions of the places in the order of the walk.

    References
    ----------
    Croes 1958, "A Method for Solving Traveling-Salesman Problems"; Martin, Otto and Felten 1991
    for the break at three places.

    Examples
    --------
    >>> import numpy as np
    >>> walking_order([118.3, 118.1, 118.2], [31, 31, 31], (118, 31), np.random.default_rng(1))
    array([1, 2, 0])
    """
    places = np.column_stack(
        [np.append(start[0], np.asarray(lon, float)), np.append(start[1], np.asarray(lat, float))]
    )
    far = _distances(places)
    best = _improved(_nearest_first(far), far)
    length = walk_length(best, far)
    for _ in range(min(KICKS, 3000 // best.size) if best.size > 4 else 0):
        tried = _improved(_broken_up(best, rng), far)
        tried_length = walk_length(tried, far)
        if tried_length < length - NOTHING:
            best, length = tried, tried_length
    return best[1:] - 1


def walk_length(order: Order, far: Floats) -> float:
    """Metres along the walk; ``far`` holds the distance of each pair of places."""
    return float(far[order[:-1], order[1:]].sum())


def _distances(places: Floats) -> Floats:
    """(n, n) metres between places (lon, lat), on the plane that touches the first one."""
    across = np.cos(np.radians(places[0, 1]))
    plane = np.radians(places) * (EARTH_M * across, EARTH_M)
    step = plane[:, None, :] - plane[None, :, :]
    return np.asarray(np.hypot(step[..., 0], step[..., 1]))


def _nearest_first(far: Floats) -> Order:
    """From place 0 always to the nearest one that is left."""
    left = far.copy()
    order = np.zeros(len(far), dtype=np.int64)
    for step in range(1, len(far)):
        left[:, order[step - 1]] = np.inf
        order[step] = left[order[step - 1]].argmin()
    return order


def _improved(order: Order, far: Floats) -> Order:
    """Turn the stretch that gains most, until none gains. The first place stays the first."""
    order = order.copy()
    while order.size > 2:
        gains = _gains(order, far)
        first, last = divmod(int(gains.argmax()), order.size)
        if gains[first, last] <= NOTHING:
            break
        order[first : last + 1] = order[first : last + 1][::-1]
    return order


def _gains(order: Order, far: Floats) -> Floats:
    """(n, n) metres that are saved by turning the stretch from i to j, for 1 ≤ i < j.

    The walk ends at its last place: what comes after it costs nothing.
    """
    between = far[np.ix_(order, order)]
    after = np.pad(between, ((0, 0), (0, 1)))[:, 1:]  # [a, j]: from a to the place after j
    before = np.roll(between, 1, axis=0)  # [i, b]: from the place before i to b
    steps = np.append(np.diagonal(between, 1), 0.0)  # [j]: from j to the place after j
    gains = np.roll(steps, 1)[:, None] + steps[None, :] - before - after
    gains[0] = -np.inf
    gains[np.tril_indices(order.size)] = -np.inf
    return np.asarray(gains)


def _broken_up(order: Order, rng: np.random.Generator) -> Order:
    """Two neighbouring stretches change places: what no turn of one stretch undoes."""
    one, two, three = np.sort(rng.choice(np.arange(1, order.size), 3, replace=False))
    return np.concatenate([order[:one], order[two:three], order[one:two], order[three:]])
