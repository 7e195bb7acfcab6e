"""Fifteen hundred invented households that may need help: nobody lives there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256

import numpy as np

from app.db.connection import Transaction
from app.demo.model import DemoCity
from app.demo.people import demo_people, invent_names
from app.registry import actions as registry
from app.registry.model import Batch, TargetDraft
from app.registry.rules import content_digest
from app.residents import actions as residents
from app.settings import Settings

HOUSEHOLDS, BUILDINGS = 1_500, 380
OF_THE_CHIEF = 24  # households in the block of the demo chief
NAMES = 600
#: Share of each kind of help, and how many live there at most.
KINDS = {
    "lone_elderly": (0.30, 1),
    "elderly_couple": (0.22, 2),
    "disabled": (0.14, 4),
    "chronic_needs_help": (0.12, 4),
    "hardship": (0.12, 5),
    "bedridden": (0.06, 3),
    "child_alone": (0.04, 3),
}
EVACUATION = {
    "lone_elderly": ("self", "needs_help"),
    "elderly_couple": ("self", "needs_help"),
    "disabled": ("needs_help",),
    "chronic_needs_help": ("needs_help",),
    "hardship": ("self", "unknown"),
    "bedridden": ("bedridden",),
    "child_alone": ("needs_help", "self"),
}


def write_households(tx: Transaction, city: DemoCity, settings: Settings, seed: int = 23) -> None:
    """Sealed with the deployment's key, like any import."""
    drafts = invent_households(city, settings.today(), np.random.default_rng(seed))
    registry.import_targets(
        tx,
        residents.register(settings),
        drafts,
        [],
        len(drafts),
        Batch("residents", "invented demo city", sha256(b"demo").hexdigest(), "EPSG:4326"),
    )


def invent_households(city: DemoCity, today: date, rng: np.random.Generator) -> list[TargetDraft]:
    """By building, as a register grows; each building stands where the city has an address."""
    sites = _sites(city, rng)
    names = [zh for zh, _ in invent_names(NAMES, rng)]
    shares = np.array([share for share, _ in KINDS.values()])
    kinds = np.array(list(KINDS))[rng.choice(len(KINDS), len(sites), p=shares / shares.sum())]
    drafts = []
    for number, (building, lon, lat) in enumerate(sites, 1):
        kind = str(kinds[number - 1])
        values = {
            "building": building,
            "persons": int(rng.integers(1, KINDS[kind][1] + 1)) if kind != "elderly_couple" else 2,
            "evacuation": _one(EVACUATION[kind], rng),
            "door": f"{rng.integers(1, 4)} 单元 {rng.integers(1, 7)}0{rng.integers(1, 5)} 室",
            "phone": _phone(rng),
            # one in thirty has been kept for too long and waits to be deleted
            "expires_on": today + timedelta(days=int(rng.integers(-12, 353))),
        }
        if kind == "child_alone":
            values |= {"guardian_name": _one(names, rng), "guardian_phone": _phone(rng)}
        elif rng.random() < 0.6:
            values |= {"contact_name": _one(names, rng), "contact_phone": _phone(rng)}
        name = _one(names, rng)
        digest = content_digest(name, kind, lon, lat, *values.values())
        drafts.append(
            TargetDraft(
                number, f"H{number:05d}", name, kind, None, lon, lat, lon, lat, digest, values
            )
        )
    return drafts


def _sites(city: DemoCity, rng: np.random.Generator) -> list[tuple[str, float, float]]:
    """Building, longitude and latitude of each household, building by building."""
    units = city.units.assign(block=city.unit_blocks.reindex(city.units["id"]).to_numpy())
    units = units[units["lon"].notna() & (units["block"] != "")]
    chief = next(one.grid_code for one in demo_people(city) if one.role == "grid_chief")
    own = units[units["block"] == chief]
    others = units[units["block"] != chief]
    chosen = others.iloc[rng.choice(len(others), BUILDINGS, replace=False)]
    weights = rng.lognormal(0.0, 0.9, BUILDINGS)
    counts = rng.multinomial(HOUSEHOLDS - OF_THE_CHIEF, weights / weights.sum())
    here = rng.multinomial(OF_THE_CHIEF, np.full(4, 0.25))
    rows = [*zip(own.head(4).itertuples(), here, strict=True)]
    rows += [*zip(chosen.itertuples(), counts, strict=True)]
    return [
        (f"{row.address}住宅楼", float(row.lon), float(row.lat))
        for row, count in rows
        for _ in range(int(count))
    ]


def _one(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]


def _phone(rng: np.random.Generator) -> str:
    """A number that no network gives out: nobody's phone rings."""
    return f"100{rng.integers(0, 10**8):08d}"
