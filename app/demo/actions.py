"""Writes the invented city into an empty database, in stages that each are whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid5

import pandas as pd
import shapely

from app.db.connection import Database, Transaction
from app.demo import store
from app.demo.checks import draw_sample, write_answers
from app.demo.city import DemoCity, generate_city, generate_inspections
from app.demo.conflicts import blocks_with_new_land, neighbours_claimed
from app.demo.duties import write_duties
from app.demo.households import write_households
from app.demo.model import DemoPerson
from app.demo.people import demo_people, demo_staff
from app.demo.places import SWEPT_DAILY, SWEPT_WEEKLY, invent_places, invent_roads
from app.demo.registers import invent_buildings, invent_facilities, invent_hazards
from app.demo.unit_lives import choose_lives, live, without_closed_days
from app.errors import Refusal
from app.facilities import actions as facilities
from app.grids import actions as grids
from app.grids.model import DraftShape
from app.grids.rules import parse_levels
from app.hazards import actions as hazards
from app.identity import actions as identity
from app.identity.actions import NewPerson
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.rules import INSPECTIONS
from app.inspections import actions as inspections
from app.inspections.actions import VisitBatch
from app.inspections.model import InspectionDraft
from app.jobs.model import Progress
from app.places import actions as places
from app.programmes import actions as programmes
from app.publishing import actions as publishing
from app.publishing.actions import PublishRequest
from app.registry import actions as registry
from app.registry.model import Batch, TargetDraft
from app.registry.rules import content_digest
from app.settings import Settings

EDITION = "demo"
SCHEME = ("town=街道/Subdistrict", "community=社区/Community", "block=小区/Block")
DAYS_OF_HISTORY = 570  # a little more than the 18 months of inspections
PROGRAMMES = {"fire": DAYS_OF_HISTORY, "visits": 90, "sanitation": 60}  # days since they began
STAGES = (
    "people",
    "city",
    "programmes",
    "units",
    "registers",
    "households",
    "inspections",
    "rounds",
    "duties",
    "sample",
    "answers",
)


def prepare(tx: Transaction, password: str, today: date) -> bool:
    """The first stage, at once: levels and the people who can sign in.

    Answers whether there is a demo city that still has to be filled.
    """
    stage = store.find_stage(tx)
    if stage is not None:
        return stage != STAGES[-1]
    if store.has_data(tx):
        return False
    city = generate_city()
    grids.set_levels(tx, parse_levels(SCHEME))
    grids.name_city(tx, {"zh_Hans": city.name, "en": city.name_en})
    for person in demo_people(city):
        if person.grid_code is None:
            _add_person(tx, person, None, password, today)
    store.set_stage(tx, STAGES[0])
    return True


def demo_password(settings: Settings) -> str:
    """One for all demo people, made at the first start; printed, never in the code."""
    return settings.key("demo_password", identity.make_password)


def fill(database: Database, settings: Settings, progress: Progress) -> dict[str, Any]:
    """The other stages, each in one transaction: interrupted, the next run goes on from there."""
    progress(1, 100, "Inventing the city")
    city = generate_city()
    stages: dict[str, Callable[[Transaction], None]] = {
        "city": lambda tx: _write_city(tx, city, settings, progress),
        "programmes": lambda tx: _write_programmes(tx, settings.today()),
        "units": lambda tx: _write_units(tx, city, settings.today()),
        "registers": lambda tx: _write_registers(tx, city, settings.today()),
        "households": lambda tx: write_households(tx, city, settings),
        "inspections": lambda tx: _write_inspections(tx, city, settings),
        "rounds": lambda tx: _write_rounds(tx, settings.today()),
        "duties": lambda tx: write_duties(tx, city, settings.today()),
        "sample": lambda tx: draw_sample(tx, city, settings.today()),
        "answers": lambda tx: write_answers(database, settings),
    }
    words = {
        "city": "Drawing the grids",
        "programmes": "Setting the programmes",
        "units": "Registering the units",
        "registers": "Placing buildings, facilities, roads and hazards",
        "households": "Sealing the households",
        "inspections": "Recording eighteen months of inspections",
        "rounds": "Walking through the blocks",
        "duties": "Sending two people on leave",
        "sample": "Drawing visits to look at again",
        "answers": "Looking at them again",
    }
    for position, (stage, write) in enumerate(stages.items()):
        progress(5 + 90 * position // len(stages), 100, words[stage])
        with database.transaction_as(SERVICE_PERSON) as tx:
            done = store.find_stage(tx)
            if done is None:
                raise Refusal(
                    "This database holds a city of its own; the demo is only written "
                    "into an empty one."
                )
            if STAGES.index(done) < STAGES.index(stage):
                write(tx)
                store.set_stage(tx, stage)
    return {"city": city.name, "units": len(city.units)}


def _write_city(tx: Transaction, city: DemoCity, settings: Settings, progress: Progress) -> None:
    for key, frame in (city.boundaries | {"block": blocks_with_new_land(city)}).items():
        shapes = [
            DraftShape(row.code, row.parent, row.name, row.name_en, wkb)
            for row, wkb in zip(frame.itertuples(), shapely.to_wkb(_multi(frame)), strict=True)
        ]
        grids.fill_draft(tx, EDITION, key, shapes)
    _write_backdrop(tx, city)
    first_day = settings.today() - timedelta(days=DAYS_OF_HISTORY)
    request = PublishRequest(EDITION, first_day, accept_warnings=False)
    publishing.publish(
        tx,
        request,
        settings.today(),
        lambda done, total, words: progress(5 + 20 * done // total, 100, words),
    )
    _write_people(tx, city, settings)


def _multi(frame: Any) -> list[shapely.MultiPolygon]:
    return [
        shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        for shape in frame.geometry
    ]


def _write_backdrop(tx: Transaction, city: DemoCity) -> None:
    store.replace_backdrop(
        tx,
        [
            {
                "kind": row.kind,
                "rank": getattr(row, "rank", 1),
                "name": row.name,
                "name_en": row.name_en,
                "wkb": shapely.to_wkb(row.geometry),
            }
            for frame in (city.water, city.streets)
            for row in frame.itertuples()
        ],
    )


def _write_people(tx: Transaction, city: DemoCity, settings: Settings) -> None:
    edition = grids.edition_named(tx, EDITION)
    password = demo_password(settings)
    for person in (*demo_people(city), *demo_staff(city)):
        if person.grid_code is None:
            continue
        grid = grids.grid_named(tx, edition.no, f"{person.grid_level}:{person.grid_code}")
        _add_person(tx, person, grid.no, password if person.sign_in else None, settings.today())


def _add_person(
    tx: Transaction, person: DemoPerson, grid_no: int | None, password: str | None, today: date
) -> None:
    sign_in = person.sign_in or f"desk-{person.grid_level}-{person.grid_code}"
    identity.add_person(
        tx,
        NewPerson(sign_in, person.name, person.role, grid_no, password, password_kind="shown"),
        today - timedelta(days=DAYS_OF_HISTORY),
    )


def _write_programmes(tx: Transaction, today: date) -> None:
    """All that are shipped, in force long enough that the history has duties."""
    for name, days in PROGRAMMES.items():
        programmes.set_programme(tx, programmes.shipped(name), today, today - timedelta(days=days))
    programmes.set_calendar(tx, list(programmes.shipped_years().values()))


def _write_rounds(tx: Transaction, today: date) -> None:
    """The blocks' own duties, a fire check each week and cleaning each day, and sweeping."""
    monday = today - timedelta(days=today.weekday())
    began = monday - timedelta(weeks=DAYS_OF_HISTORY // 7)
    store.insert_rounds(tx, "fire", ["block"], began, today, 7)
    begins = today - timedelta(days=PROGRAMMES["sanitation"])
    store.insert_rounds(tx, "sanitation", ["block", *SWEPT_DAILY], begins, today, 1)
    weekly = begins - timedelta(days=begins.weekday())
    store.insert_rounds(tx, "sanitation", SWEPT_WEEKLY, weekly, today, 7)


def _write_units(tx: Transaction, city: DemoCity, today: date) -> None:
    drafts = []
    for position, row in enumerate(city.units.to_dict("records")):
        lon = None if pd.isna(row["lon"]) else float(row["lon"])
        lat = None if pd.isna(row["lat"]) else float(row["lat"])
        drafts.append(
            TargetDraft(
                position + 1,
                row["id"],
                row["name"],
                row["class"],
                row["address"],
                lon,
                lat,
                lon,
                lat,
                content_digest(row["name"], row["class"], row["address"], lon, lat, "EPSG:4326"),
            )
        )
    registry.import_targets(
        tx, registry.UNITS, drafts, [], len(drafts), _batch("units", "EPSG:4326")
    )
    live(tx, city, choose_lives(city, today), today)


def _write_registers(tx: Transaction, city: DemoCity, today: date) -> None:
    found = invent_hazards(city, today)
    for writer, drafts in (
        (facilities.BUILDINGS, invent_buildings(city)),
        (facilities.FACILITIES, invent_facilities(city, today)),
        (places.PLACES, invent_places(city)),
        (places.ROADS, invent_roads(city)),
        (hazards.HAZARDS, found),
    ):
        batch = _batch(writer.register.key, "EPSG:4326")
        registry.import_targets(tx, writer, drafts, [], len(drafts), batch)
    # at the end: a claim belongs to the batch that was written last
    claimed = neighbours_claimed(city, found)
    imports.note_claims(tx, hazards.HAZARDS, [one.id for one in found], claimed)


def _write_inspections(tx: Transaction, city: DemoCity, settings: Settings) -> None:
    visits = without_closed_days(
        generate_inspections(city, settings.today()), choose_lives(city, settings.today())
    )
    drafts = []
    for position, row in enumerate(visits.to_dict("records")):
        happened = row["at"].to_pydatetime().replace(tzinfo=settings.zone)
        result = None if pd.isna(row["result"]) else row["result"]
        drafts.append(
            InspectionDraft(
                position + 1,
                uuid5(INSPECTIONS, row["id"]),
                row["id"],
                row["unit"],
                happened,
                happened.date(),
                row["outcome"],
                result,
                content_digest(row["unit"], happened.isoformat(), row["outcome"], result),
            )
        )
    inspections.import_inspections(
        tx, drafts, [], len(drafts), VisitBatch(_batch("inspections", None))
    )


def _batch(kind: str, crs: str | None) -> Batch:
    return Batch(kind, "invented demo city", sha256(b"demo").hexdigest(), crs)


def present(tx: Transaction) -> bool:
    """Whether this database holds the demo city, filled or not."""
    return store.find_stage(tx) is not None
