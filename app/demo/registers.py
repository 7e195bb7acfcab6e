"""Invented buildings, facilities and hazards beside the units of the demo city."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from app.demo.city import DemoCity
from app.demo.people import demo_people
from app.facilities.rules import BUILDING_CLASSES, FACILITY_CLASSES
from app.hazards.rules import HAZARD_CLASSES
from app.registry.model import TargetDraft
from app.registry.rules import row_digest

BUILDINGS, HAZARDS = 600, 400
FACILITIES = {
    "hydrant": 62,
    "water_source": 8,
    "extinguisher_point": 24,
    "mini_station": 14,
    "fire_station": 5,
    "charging": 7,
}
DAYS_OF_HAZARDS = 300
OF_THE_CHIEF = 4
ASIDE = 0.00018  # degrees, some 20 m: a thing stands beside a unit, not in it
_BUILDING_SHARES = (0.42, 0.12, 0.08, 0.14, 0.07, 0.05, 0.06, 0.05, 0.01)
_HAZARD_SHARES = (0.2, 0.18, 0.08, 0.17, 0.14, 0.05, 0.08, 0.07, 0.03)
_HIGHEST = {"residential": 33, "office": 28, "mixed": 24, "commercial": 8, "public": 9}


class Sites:
    """Addressed places inside the city, a fresh one for each thing."""

    def __init__(self, city: DemoCity, rng: np.random.Generator) -> None:
        inside = city.unit_blocks[city.unit_blocks != ""].index
        placed = city.units[city.units["lon"].notna() & city.units["id"].isin(inside)]
        chief = next(one for one in demo_people(city) if one.role == "grid_chief")
        own = placed["id"].map(city.unit_blocks) == chief.grid_code
        self._own = np.flatnonzero(own)
        self._others = np.flatnonzero(~own)
        self._rows = placed.to_dict("records")
        self._rng = rng

    def take(self, count: int) -> list[tuple[str, float, float]]:
        """Address, longitude and latitude; some are in the demo chief's block."""
        near = self._rng.choice(self._own, OF_THE_CHIEF, replace=False)
        far = self._rng.choice(self._others, count - OF_THE_CHIEF, replace=False)
        chosen = self._rng.permutation(np.concatenate([near, far]))
        aside = self._rng.uniform(-ASIDE, ASIDE, (count, 2))
        return [
            (
                str(self._rows[place]["address"]),
                round(float(self._rows[place]["lon"] + x), 6),
                round(float(self._rows[place]["lat"] + y), 6),
            )
            for place, (x, y) in zip(chosen, aside, strict=True)
        ]


def invent_buildings(city: DemoCity, seed: int = 21) -> list[TargetDraft]:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(BUILDING_CLASSES), BUILDINGS, p=_BUILDING_SHARES)
    drafts = []
    for row, (kind, site) in enumerate(zip(kinds, Sites(city, rng).take(BUILDINGS), strict=True)):
        floors = int(rng.integers(1, _HIGHEST.get(kind, 4) + 1))
        name = f"{site[0].replace(' ', '')}{BUILDING_CLASSES[kind][1]}"
        year = {"建成年份": str(int(rng.integers(1982, 2025)))}
        drafts.append(
            _draft(row, f"B{row + 1:05d}", name, str(kind), site, {"floors": floors}, year)
        )
    return drafts


def invent_facilities(city: DemoCity, today: date, seed: int = 22) -> list[TargetDraft]:
    rng = np.random.default_rng(seed)
    kinds = [kind for kind, count in FACILITIES.items() for _ in range(count)]
    drafts = []
    for row, (kind, site) in enumerate(zip(kinds, Sites(city, rng).take(len(kinds)), strict=True)):
        state = str(
            rng.choice(
                ["working", "faulty", "out_of_service", "unknown"], p=[0.82, 0.08, 0.05, 0.05]
            )
        )
        due = today + timedelta(days=int(rng.integers(-60, 360)))
        values: dict[str, Any] = {"state": "working" if kind == "fire_station" else state}
        if kind in ("hydrant", "water_source", "extinguisher_point"):
            values["test_due"] = due
        more = _facility_details(kind, rng)
        name = f"{site[0].replace(' ', '')}{FACILITY_CLASSES[kind][1]}"
        drafts.append(_draft(row, f"F{row + 1:05d}", name, kind, site, values, more))
    return drafts


def _facility_details(kind: str, rng: np.random.Generator) -> dict[str, str]:
    if kind == "hydrant":
        return {
            "管径": f"DN{int(rng.choice([100, 150, 200]))}",
            "形式": str(rng.choice(["地上式", "地下式"])),
        }
    if kind == "extinguisher_point":
        return {"灭火器数量": str(int(rng.integers(4, 24)))}
    if kind in ("mini_station", "fire_station"):
        return {"人数": str(int(rng.integers(6, 38)))}
    return {}


def invent_hazards(city: DemoCity, today: date, seed: int = 23) -> list[TargetDraft]:
    """The older, the more of them are settled."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(HAZARD_CLASSES), HAZARDS, p=_HAZARD_SHARES)
    ages = np.sort(rng.integers(0, DAYS_OF_HAZARDS, HAZARDS))[::-1]
    drafts = []
    for row, (kind, site) in enumerate(zip(kinds, Sites(city, rng).take(HAZARDS), strict=True)):
        age = int(ages[row])
        values = {"found_on": today - timedelta(days=age), "state": _state(age, rng)}
        name = f"{site[0].replace(' ', '')}{HAZARD_CLASSES[kind][1]}"
        source = {"发现方式": str(rng.choice(["日常巡查", "居民举报", "专项检查"]))}
        drafts.append(_draft(row, f"H{row + 1:05d}", name, str(kind), site, values, source))
    return drafts


def _state(age: int, rng: np.random.Generator) -> str:
    if age < 4:
        return "reported"
    shares: Sequence[float] = (
        (0.15, 0.5, 0.2, 0.13, 0.02) if age < 30 else (0.0, 0.08, 0.04, 0.83, 0.05)
    )
    return str(rng.choice(["reported", "open", "corrected", "closed", "dismissed"], p=shares))


def _draft(
    row: int,
    identity: str,
    name: str,
    kind: str,
    site: tuple[str, float, float],
    values: dict[str, Any],
    details: dict[str, str],
) -> TargetDraft:
    address, lon, lat = site
    digest = row_digest((name, kind, address, lon, lat, "EPSG:4326"), values, details)
    return TargetDraft(
        row + 2, identity, name, kind, address, lon, lat, lon, lat, digest, values, details
    )
