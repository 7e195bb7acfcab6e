"""Pure decisions of a publication: how a level is drawn, what versions an edition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

LEAST_PIXELS = 64  # a median grid narrower than this on the screen is not drawn yet
METRES_PER_PIXEL = 78_271.517  # at zoom 0 on the equator with 512-pixel tiles
DEEPEST_SIMPLIFIED = 14  # from here on the shapes are drawn as they are
MOST_ZOOM = 16


def first_zooms(areas_m2: Sequence[npt.NDArray[np.float64]], latitude: float) -> list[int]:
    """The zoom from which each level is shown, top down: when its grids can be told apart."""
    zooms: list[int] = []
    for areas in areas_m2:
        side = math.sqrt(float(np.median(areas))) if len(areas) else 1.0
        resolution = METRES_PER_PIXEL * math.cos(math.radians(latitude))
        wanted = math.ceil(math.log2(max(LEAST_PIXELS * resolution / max(side, 1.0), 1.0)))
        least = zooms[-1] + 1 if zooms else 0
        zooms.append(0 if not zooms else min(max(wanted, least), MOST_ZOOM))
    return zooms


def simplified_zooms(first: int, following: int | None) -> list[int]:
    """The zooms for which a level's shapes are kept simplified.

    Every second zoom of its band, and one below, for whoever looks at it from further away.
    """
    last = DEEPEST_SIMPLIFIED if following is None else min(following + 1, DEEPEST_SIMPLIFIED)
    lowest = max(first - 2, 6) if first else 8
    return list(range(min(lowest, last), last + 1, 2))


def digest_of(shapes: Iterable[tuple[int, str, str | None, str, str | None, bytes]]) -> str:
    """One word for all that an edition is; it changes when any shape, name or parent does."""
    total = sha256()
    for depth, code, parent, name, name_en, wkb in shapes:
        total.update(f"{depth}\x1f{code}\x1f{parent}\x1f{name}\x1f{name_en}\x1f".encode())
        total.update(wkb)
    return total.hexdigest()[:16]
