"""Small cities of squares, with defaults for everything that a test does not care about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import DraftShape
from app.grids.rules import parse_levels
from app.identity import actions as identity
from app.identity.actions import NewPerson
from app.imports.rules import INSPECTIONS
from app.inspections import actions as inspections
from app.inspections.actions import VisitBatch
from app.inspections.model import InspectionDraft
from app.jobs.model import no_progress
from app.publishing import actions as publishing
from app.publishing.actions import PublishRequest
from app.registry import actions as registry
from app.registry.actions import DetailWriter
from app.registry.model import Batch, ImportReport, TargetDraft
from app.registry.rules import content_digest
from app.residents import store as residents_store
from app.residents.keyring import Keyring
from app.residents.model import Household
from app.residents.sealing import sealed_row
from gis.tiles import tile_key

WEST, SOUTH, SIDE = 118.0, 31.0, 0.08  # degrees; a city of squares
TODAY = date(2026, 6, 30)
KEYS = ("town", "community", "block", "stairwell", "room")


def square_city(
    depth: int = 3, west: float = WEST, side: float = SIDE
) -> dict[str, list[DraftShape]]:
    """Each square is cut in four on every level: 1, 4, 16 … grids, codes `1`, `11` … `1111`."""
    levels: dict[str, list[DraftShape]] = {key: [] for key in KEYS[:depth]}

    def cut(code: str, x: float, y: float, size: float) -> None:
        key = KEYS[len(code) - 1]
        box = shapely.MultiPolygon([shapely.box(x, y, x + size, y + size)])
        levels[key].append(
            DraftShape(code, code[:-1] or None, f"格{code}", f"Grid {code}", shapely.to_wkb(box))
        )
        if len(code) < depth:
            for quarter in range(4):
                cut(
                    f"{code}{quarter + 1}",
                    x + size / 2 * (quarter % 2),
                    y + size / 2 * (quarter // 2),
                    size / 2,
                )

    for town in range(2):
        cut(str(town + 1), west + town * side, SOUTH, side)
    return levels


def publish_city(
    tx: Transaction,
    depth: int = 3,
    name: str = "first",
    shapes: dict[str, list[DraftShape]] | None = None,
    valid_from: date = date(2025, 1, 1),
) -> int:
    """Levels, shapes and a published edition; answers the edition's number."""
    if not grids.levels(tx):
        grids.set_levels(tx, parse_levels([f"{key}={key}/{key}" for key in KEYS[:depth]]))
    for key, held in (shapes or square_city(depth)).items():
        grids.fill_draft(tx, name, key, held)
    publishing.publish(
        tx, PublishRequest(name, valid_from, accept_warnings=True), TODAY, no_progress
    )
    return grids.edition_named(tx, name).no


def grid_number(tx: Transaction, reference: str) -> int:
    active = grids.find_active(tx)
    assert active is not None
    return grids.grid_named(tx, active.no, reference).no


def unit_draft(
    identity_: str,
    lon: float | None = WEST + 0.001,
    lat: float | None = SOUTH + 0.001,
    row: int = 2,
    name: str | None = None,
) -> TargetDraft:
    lat = None if lon is None else lat
    return TargetDraft(
        row,
        identity_,
        name or f"Unit {identity_}",
        "shop",
        "1 Test Street",
        lon,
        lat,
        lon,
        lat,
        content_digest(identity_, name, lon, lat),
    )


def add_units(
    tx: Transaction, places: Sequence[tuple[float | None, float | None]], prefix: str = "u"
) -> ImportReport:
    """Units `u0`, `u1` … at these places."""
    drafts = [
        unit_draft(f"{prefix}{position}", lon, lat, position + 2)
        for position, (lon, lat) in enumerate(places)
    ]
    return registry.import_targets(tx, registry.UNITS, drafts, [], len(drafts), batch("units"))


SEALING = Keyring({"0" * 12: bytes(range(32))}, "0" * 12)


def household(no: int, id_: str, **values: Any) -> Household:
    """A lone elderly person in building 1, unless told otherwise."""
    class_key = values.pop("class_key", "lone_elderly")
    defaults = {
        "building": "Building 1",
        "persons": 1,
        "evacuation": "needs_help",
        "legal_basis": "statutory_duty",
        "purpose": "fire_help",
        "expires_on": date(2027, 6, 30),
        "door": f"door-{id_}",
        "name": f"Name-{id_}",
        "phone": "13800001234",
    }
    return Household(no, id_, class_key, content_digest(id_, values), defaults | values)


def add_households(
    tx: Transaction,
    places: Mapping[str, tuple[float | None, float | None]],
    keys: Keyring = SEALING,
    **values: Any,
) -> dict[str, int]:
    """Households at these places, located and sealed; answers their target numbers by id."""
    active = grids.find_active(tx)
    assert active is not None
    drafts = [unit_draft(id_, lon, lat) for id_, (lon, lat) in places.items()]
    located = registry.locate_points(grids.locator(tx, active.no), drafts)
    numbers = {
        draft.id: tx.value(
            "INSERT INTO target (kind, grid_no, tile_key, geom, imported_by) "
            "SELECT 'household', %(grid)s, %(key)s, CASE WHEN %(lon)s::float8 IS NULL THEN NULL "
            "ELSE ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) END, person() RETURNING no",
            grid=grid,
            key=None
            if draft.lon is None
            else int(tile_key(np.array([draft.lon]), np.array([draft.lat]))[0]),
            lon=draft.lon,
            lat=draft.lat,
        )
        for draft, grid in zip(drafts, located, strict=True)
    }
    residents_store.put_households(
        tx,
        [sealed_row(keys, household(no, id_, **values)) for id_, no in numbers.items()],
    )
    return numbers


def add_row(
    tx: Transaction,
    writer: DetailWriter,
    identity_: str,
    place: tuple[float | None, float | None] = (WEST + 0.001, SOUTH + 0.001),
    **values: Any,
) -> ImportReport:
    """One row of any register; `name`, `class_key` and `details` are taken as they are."""
    own = {key: values.pop(key) for key in ("name", "class_key", "details") if key in values}
    draft = replace(
        unit_draft(identity_, *place),
        **own,
        values=values,
        content=content_digest(identity_, place, own, values),
    )
    return registry.import_targets(tx, writer, [draft], [], 1, batch(writer.register.key))


def batch(kind: str) -> Batch:
    return Batch(kind, "test.csv", "0" * 64, "EPSG:4326")


def add_inspections(tx: Transaction, visits: Sequence[tuple[str, date, str]]) -> ImportReport:
    """(unit, day, outcome) each."""
    drafts = []
    for position, (unit, day, outcome) in enumerate(visits):
        moment = datetime.combine(day, datetime.min.time(), ZoneInfo("Asia/Shanghai"))
        name = f"v-{unit}-{day}-{outcome}"
        drafts.append(
            InspectionDraft(
                position + 2,
                uuid5(INSPECTIONS, name),
                name,
                unit,
                moment,
                day,
                outcome,
                None,
                content_digest(unit, day, outcome),
            )
        )
    return inspections.import_inspections(
        tx, drafts, [], len(drafts), VisitBatch(batch("inspections"))
    )


def add_exclusions(tx: Transaction, targets: Sequence[int], since: date) -> None:
    """One request for each of these targets, half a year long."""
    tx.many(
        "INSERT INTO exclusion (target_no, reason, note, valid_from, valid_until, asked_by) "
        "VALUES %s",
        [{"no": no, "since": since, "person": tx.person} for no in targets],
        "(%(no)s, 'locked', 'always shut', %(since)s, %(since)s::date + 180, %(person)s)",
    )


def add_programme(tx: Transaction, key: str, lists: Mapping[str, Sequence[Any]]) -> None:
    """A programme with the first version of each checklist."""
    tx.execute(
        "INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, "
        "source, set_by) VALUES (%(key)s, %(key)s, %(key)s, '', '', '', '', person())",
        key=key,
    )
    for name, items in lists.items():
        tx.execute(
            "INSERT INTO checklist (programme_key, key, version, name_zh, name_en, items, "
            "valid_from) VALUES (%(programme)s, %(key)s, 1, %(key)s, %(key)s, %(items)s, "
            "'2025-01-01')",
            programme=key,
            key=name,
            items=json.dumps(items),
        )


def add_rule(tx: Transaction, programme: str, key: str, **values: Any) -> int:
    """Each block's chief looks at every unit monthly, unless told otherwise; answers its number."""
    defaults = {
        "depth": 3,
        "role": "grid_chief",
        "target_kind": "unit",
        "period": "month",
        "grace_days": 0,
        "checklist_key": None,
        "valid_from": date(2025, 1, 1),
        "valid_until": None,
    }
    return int(
        tx.value(
            "INSERT INTO duty_rule (programme_key, key, name_zh, name_en, depth, role, "
            "target_kind, period, grace_days, checklist_key, source, valid_from, valid_until) "
            "VALUES (%(programme)s, %(key)s, %(key)s, %(key)s, %(depth)s, %(role)s, "
            "%(target_kind)s, %(period)s, %(grace_days)s, %(checklist_key)s, '', %(valid_from)s, "
            "%(valid_until)s) RETURNING no",
            programme=programme,
            key=key,
            **defaults | values,
        )
    )


def add_person(
    tx: Transaction,
    sign_in: str,
    role: str = "grid_chief",
    grid: str | None = None,
    password: str | None = None,
) -> int:
    place = grid_number(tx, grid) if grid else None
    return identity.add_person(
        tx,
        NewPerson(sign_in, sign_in.title(), role, place, password, password_kind="own"),
        date(2025, 1, 1),
    )
