"""The overdue stops of a territory as bands of density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# stops per square kilometre at which a band begins; fixed, so that the maps of two months compare
BREAKS = (2, 10, 25, 50, 100)
BANDWIDTHS = (250, 500, 1000)  # metres
BANDWIDTH = 500


@dataclass(frozen=True)
class Overdue:
    """``paths``: one for each of BREAKS, in metres of the map's projection, north up; empty where
    it is nowhere so dense.
    """

    stops: int
    bandwidth: int
    paths: Sequence[str]
