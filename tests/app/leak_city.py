"""The city of the leak test: its units carry their block's code in id and name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

import numpy as np
import shapely

from app.attachments import actions as attachments
from app.db.connection import Database
from app.facilities import actions as facilities
from app.hazards import actions as hazards
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.imports.rules import INSPECTIONS
from app.inspections.checks import actions as checks
from app.inspections.checks.model import Wish
from app.places import actions as places
from app.programmes import actions as programmes
from app.registry import actions as registry
from app.registry.model import TargetDraft
from app.residents import actions as residents
from app.settings import Settings
from gis.tiles import KEY_ZOOM, Tile, tile_key
from tests import builders, pictures
from tests.builders import SOUTH, WEST
from tests.conftest import PASSWORD

PER_BLOCK = 3
WRITERS = {
    "units": registry.UNITS,
    "hazards": hazards.HAZARDS,
    "facilities": facilities.FACILITIES,
    "buildings": facilities.BUILDINGS,
    "places": places.PLACES,
    "roads": places.ROADS,
}
REGISTERS = ("hazards", "facilities", "buildings", "places", "roads")
FIRE = """
[programme]
key = "fire"
name_zh = "消防"
name_en = "Fire"
purpose_zh = "查"
purpose_en = "Look"
legal_basis = "x"

[classes.units]
kind = "unit"

[checklists.block_round]
name_zh = "表"
name_en = "List"
items = [{ key = "door", kind = "yes_no", zh = "门", en = "Door" }]

[rules.monthly]
name_zh = "每月"
name_en = "Monthly"
level = "lowest"
role = "grid_chief"
class = "units"
period = "month"
source = "x"
"""
VISITED = date(2026, 6, 1)
PHOTOGRAPHED = ("111", "133", "211")
SIDE = 0.02  # degrees; small, so that few tiles cover it


@dataclass(frozen=True)
class Asker:
    """A reader, and the beginnings of the codes that lie in the reader's territory."""

    name: str
    role: str
    grids: Sequence[str]

    @property
    def sees_persons(self) -> bool:
        return self.role in ("grid_chief", "grid_worker", "area_manager")

    @property
    def supervises(self) -> bool:
        return self.role not in ("grid_chief", "grid_worker")

    def owns(self, code: str) -> bool:
        if code.startswith("person "):
            return False
        whole_city = not self.grids
        if code in ("out", "nowhere"):
            return whole_city
        return whole_city or any(code.startswith(grid.partition(":")[2]) for grid in self.grids)


ASKERS = (
    Asker("blockchief", "grid_chief", ("block:111",)),
    Asker("worker", "grid_worker", ("community:21",)),
    Asker("distant", "grid_chief", ("block:111", "block:244")),
    Asker("manager", "area_manager", ("town:1",)),
    Asker("bureau", "authority", ()),
    Asker("head", "leader", ()),
    Asker("reviewer", "auditor", ()),
    Asker("operator", "admin", ()),
)


def photo_id(code: str) -> UUID:
    """Of the photo of the visit to the first unit of a block."""
    return uuid5(INSPECTIONS, f"photo of {code}")


def build_city(database: Database, settings: Settings) -> dict[str, int]:
    """A square city with units in every block, leftovers, visits, households and the askers.

    Answers the target number of each unit and household by its id.
    """
    with database.transaction_as(SERVICE_PERSON) as tx:
        builders.publish_city(tx, 3, shapes=builders.square_city(3, side=SIDE))
        drafts = []
        for code, x, y in blocks():
            drafts += [
                builders.unit_draft(
                    f"unit-{code}-{n}",
                    x + (n + 1) * SIDE / 40,
                    y + SIDE / 16,
                    name=f"Name-{code}-{n}",
                )
                for n in range(PER_BLOCK)
            ]
        drafts += [
            builders.unit_draft(f"unit-out-{n}", WEST - 1.5, SOUTH, name=f"Name-out-{n}")
            for n in range(2)
        ]
        drafts += [builders.unit_draft("unit-nowhere-0", None, None, name="Name-nowhere-0")]
        for key, writer in WRITERS.items():
            rows = drafts if key == "units" else [registered(key, draft) for draft in drafts]
            registry.import_targets(tx, writer, rows, [], len(rows), builders.batch(key))
        builders.add_inspections(tx, [(draft.id, VISITED, "done") for draft in drafts])
        programmes.set_programme(tx, FIRE, date(2026, 1, 1), date(2026, 1, 1))
        homes = {code: (x + SIDE / 8, y + SIDE / 8) for code, x, y in blocks()}
        homes |= {"out": (WEST - 1.5, SOUTH)}
        houses: dict[str, int] = {}
        for code, place in homes.items():
            houses |= builders.add_households(
                tx,
                {f"house-{code}": place},
                residents.keys_for_writing(tx, settings),
                name=f"Person-{code}",
                phone=f"Phone-{code}",
                door=f"Door-{code}",
                building=f"Building {code}",
                expires_on=date(2026, 6, 1),
            )
        for asker in ASKERS:
            first = asker.grids[0] if asker.grids else None
            builders.add_person(tx, asker.name, asker.role, first, PASSWORD)
            for more in asker.grids[1:]:
                identity.assign(
                    tx, asker.name, builders.grid_number(tx, more), asker.role, date(2025, 1, 1)
                )
        found = registry.targets_of(tx, "unit", [draft.id for draft in drafts])
        numbers = {key: target.no for key, target in found.items()}
        builders.add_exclusions(tx, list(numbers.values()), VISITED)
        # every located visit of the year
        wish = Wish("fire", "2026", None, PER_BLOCK * len(blocks()), 30)
        checks.draw(tx, wish, seed=1, today=VISITED)
        for code in PHOTOGRAPHED:
            kept = attachments.keep(tx, settings, photo_id(code), "x", pictures.photo((90, 60)))
            tx.execute(
                "INSERT INTO inspection_photo (inspection_id, photo_id, position) "
                "VALUES (%(visit)s::uuid, %(photo)s::uuid, 1)",
                visit=str(uuid5(INSPECTIONS, f"v-unit-{code}-0-{VISITED}-done")),
                photo=str(kept.id),
            )
        for key, writer in WRITERS.items():
            known = writer.known(tx, [f"{key}-{draft.id}" for draft in drafts])
            numbers |= {identity_: no for identity_, (no, _) in known.items()}
    return numbers | houses


def registered(key: str, unit: TargetDraft) -> TargetDraft:
    """A row of another register at the unit's place, which betrays itself in the same way."""
    return replace(
        unit,
        id=f"{key}-{unit.id}",
        values={"found_on": date(2026, 6, 1), "state": "open"} if key == "hazards" else {},
        details={"kept": unit.name},
        shape=_short_line(unit) if key == "roads" and unit.lon is not None else None,
    )


def _short_line(unit: TargetDraft) -> bytes:
    """With three corners, of which the middle one, at the unit, is the point that decides."""
    lon, lat = unit.lon or 0.0, unit.lat or 0.0
    line = shapely.LineString([(lon - 0.0001, lat), (lon, lat), (lon + 0.0001, lat)])
    return bytes(shapely.to_wkb(line))


def blocks() -> list[tuple[str, float, float]]:
    """Code and south-west corner of each block of the square city."""
    found = []
    for town in range(2):
        for first in range(4):
            for second in range(4):
                x = WEST + town * SIDE + SIDE / 2 * (first % 2) + SIDE / 4 * (second % 2)
                y = SOUTH + SIDE / 2 * (first // 2) + SIDE / 4 * (second // 2)
                found.append((f"{town + 1}{first + 1}{second + 1}", x, y))
    return found


def tile_of(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place."""
    key = int(tile_key(np.array([lon]), np.array([lat]))[0])
    x = sum((key >> 2 * bit & 1) << bit for bit in range(KEY_ZOOM))
    y = sum((key >> 2 * bit + 1 & 1) << bit for bit in range(KEY_ZOOM))
    return Tile(zoom, x >> KEY_ZOOM - zoom, y >> KEY_ZOOM - zoom)
