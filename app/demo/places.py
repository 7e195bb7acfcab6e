"""The demo city's streets as roads, and its squares and waste points."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import shapely

from app.demo.city import DemoCity
from app.demo.registers import Sites
from app.demo.streets import AVENUE, LANE, STREET
from app.places.rules import PLACE_CLASSES
from app.registry.model import TargetDraft
from app.registry.rules import row_digest
from gis.tables import representative_points

ROAD_CLASS = {AVENUE: "main", STREET: "branch", LANE: "lane"}
PLACES = {"waste_point": 84, "waste_station": 5, "toilet": 16, "market": 9, "green": 12}
SQUARES = 6
HALF_SQUARE = 0.0004  # degrees, some 40 m
SWEPT_DAILY = ("main", "waste_point", "waste_station")
SWEPT_WEEKLY = ("branch", "lane")


def invent_roads(city: DemoCity) -> list[TargetDraft]:
    """Every street, from end to end; one name may belong to several pieces."""
    return [
        _drawn(row, f"R{row + 1:05d}", street.name, ROAD_CLASS[int(street.rank)], street.geometry)
        for row, street in enumerate(city.streets.itertuples())
    ]


def invent_places(city: DemoCity, seed: int = 24) -> list[TargetDraft]:
    """Points beside units, and a few squares with an outline."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind, count in PLACES.items() for _ in range(count)] + ["square"] * SQUARES
    drafts = []
    for row, (kind, site) in enumerate(zip(kinds, Sites(city, rng).take(len(kinds)), strict=True)):
        address, lon, lat = site
        name = f"{address.replace(' ', '')}{PLACE_CLASSES[kind][1]}"
        shape = shapely.Point(lon, lat)
        if kind == "square":
            shape = shapely.box(
                lon - HALF_SQUARE, lat - HALF_SQUARE, lon + HALF_SQUARE, lat + HALF_SQUARE
            )
        drafts.append(_drawn(row, f"P{row + 1:05d}", name, kind, shape, address))
    return drafts


def _drawn(
    row: int,
    identity: str,
    name: str,
    kind: str,
    shape: Any,
    address: str | None = None,
) -> TargetDraft:
    xs, ys, others = representative_points(np.array([shape], dtype=object))
    lon, lat = float(xs[0]), float(ys[0])
    whole = bytes(shapely.to_wkb(shape)) if others else None
    drawn = (sha256(whole).hexdigest(),) if whole else ()
    digest = row_digest((name, kind, address, lon, lat, "EPSG:4326", *drawn), {}, {})
    return TargetDraft(
        row + 2, identity, name, kind, address, lon, lat, lon, lat, digest,
        shape=whole, source_shape=whole,
    )  # fmt: skip
