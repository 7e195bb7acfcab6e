"""Asks every address as every reader and says what came back from outside the territory.

The test city's units carry their block's code in id and name, so that whatever form an answer
has (page, JSON, tile, spreadsheet, GeoPackage), a foreign unit betrays itself in the bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid5

import mapbox_vector_tile
import numpy as np
from flask import Flask
from flask.testing import FlaskClient

from app.db.connection import Database
from app.facilities import actions as facilities
from app.hazards import actions as hazards
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.imports.rules import INSPECTIONS
from app.programmes import actions as programmes
from app.registry import actions as registry
from app.registry.model import TargetDraft
from app.residents import actions as residents
from app.settings import Settings
from gis.tiles import KEY_ZOOM, Tile, tile_key
from tests import builders
from tests.builders import SOUTH, WEST
from tests.conftest import PASSWORD, csrf_token, signed_in_client

MARK = re.compile(rb"(?:unit|Name)-(\d+|out|nowhere)-\d")
# names, phones and doors of residents: masked or absent in every answer to a GET, whoever asks
PERSON_MARK = re.compile(rb"(?:Person|Phone|Door)-(?:\d+|out|nowhere)")
BUILDING_MARK = re.compile(rb"Building (\d+|out|nowhere)")
HOUSE_MARK = re.compile(rb"house-(\d+|out|nowhere)")
PER_BLOCK = 3
WRITERS = {
    "units": registry.UNITS,
    "hazards": hazards.HAZARDS,
    "facilities": facilities.FACILITIES,
    "buildings": facilities.BUILDINGS,
}
REGISTERS = ("hazards", "facilities", "buildings")
DUTIES = "programme=fire&level=block&period=2026"
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
    )


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


# one recipe for each endpoint that answers GET; `{own}` is a unit of the reader's own area and
# `{foreign}` one of block 133, which only town 1 and whole-city readers hold
CARRYING_UNITS: Mapping[str, Sequence[str]] = {
    "registry.list_units_json": [
        "/api/v1/units?limit=1000",
        "/api/v1/units?within=block:133",
        "/api/v1/units?state=inspected",
        "/api/v1/units?q=Name",
        "/api/v1/units?limit=1000&format=geojson",
    ],
    "registry.list_units": [
        "/units",
        "/units?within=block:133",
        "/units?q=Name-133",
        "/units?state=inspected",
        "/units?state=leftover",
        "/units?state=unlocated",
    ],
    "reports.show_unit": ["/units/{own}", "/units/{foreign}"],
    "reports.export_units": [
        f"/export/units.{kind}{query}"
        for kind in ("csv", "xlsx", "gpkg", "geojson")
        for query in ("", "?within=block:133")
    ],
    "reports.list_register": [
        f"/{key}{query}" for key in REGISTERS for query in ("", "?within=block:133", "?q=Name")
    ],
    "reports.list_register_json": [
        f"/api/v1/{key}?limit=1000&{query}"
        for key in REGISTERS
        for query in ("", "within=block:133", "q=Name", "format=geojson")
    ],
    "reports.show_register_row": [
        f"/{key}/{{{place}_{key}}}" for key in REGISTERS for place in ("own", "foreign")
    ],
    "reports.export_register": [
        f"/export/{key}.{kind}{query}"
        for key in REGISTERS
        for kind in ("csv", "xlsx", "gpkg", "geojson")
        for query in ("", "?within=block:133")
    ],
    "search.search_json": [
        "/api/v1/search?limit=50&q=Name",
        "/api/v1/search?limit=50&q=Test+Street",
    ],
    "search.search_page": ["/search?q=Name", "/search?q=unit"],
    "inspections.list_inspections": [
        "/api/v1/inspections?limit=1000",
        "/api/v1/inspections?within=block:133",
        "/api/v1/inspections?unit=unit-133-0",
    ],
    "coverage.list_duties": [
        f"/coverage/duties/list?{DUTIES}{more}"
        for more in ("", "&state=never", "&on_grids=today", "&within=block:133")
    ],
    "exclusions.list_exclusions": ["/exclusions", "/exclusions?within=block:133"],
    "visits.show_inspection": [
        "/api/v1/inspections/{own_visit}",
        "/api/v1/inspections/{foreign_visit}",
    ],
    "tiles.unit_tile": [],  # every tile over the city, below
    "tiles.register_tile": [],
}
# lists of households for those who answer for them, counts for the others; see `households`
PERSONS: Mapping[str, Sequence[str]] = {
    "residents.list_residents": [
        "/residents",
        "/residents?within=block:133",
        "/residents?class=lone_elderly",
        "/residents?building=Building",
        "/residents?show=expired",
    ],
    "residents.show_household": ["/residents/{household}"],
    "retention.show_purpose": ["/residents/purpose"],
    "reports.export_residents": [
        "/export/residents.csv",
        "/export/residents.xlsx",
        "/export/residents.gpkg",
    ],
    "residents.list_residents_json": ["/api/v1/residents?limit=1000"],
    "tiles.resident_tile": [],  # every tile over the city, below
}
WHOLE_CITY_ONLY = {
    "leftovers.list_queue_json": ["/api/v1/leftovers", "/api/v1/leftovers?state=unlocated"],
    "leftovers.list_queue": ["/leftovers", "/leftovers?state=unlocated", "/leftovers?batch=1"],
}
WITHOUT_UNITS: Mapping[str, Sequence[str]] = {
    # for those who do rounds; the rule above makes every unit a stop of its block's chief
    "today.show_today": ["/today", "/today?order=late"],
    "today.list_today": ["/api/v1/today"],
    "today.show_stop": ["/today/{own}", "/today/{foreign}"],
    "maps.home": ["/"],
    "maps.show_map": ["/map"],
    "maps.inspected": ["/api/v1/inspected?level=block"],
    "maps.show_grid": ["/api/v1/grids/block:133", "/api/v1/grids/block:111"],
    "grids.list_grids": ["/api/v1/grids?level=block"],
    "grids.locate": [f"/api/v1/locate?lon={WEST}&lat={SOUTH}"],
    "programmes.list_programmes": ["/programmes"],
    "programmes.show_programme": ["/programmes/fire"],
    "programmes.show_checklist": ["/programmes/fire/checklists/block_round"],
    "programmes.edit_rule": ["/programmes/rules/1"],
    "programmes.show_calendar": ["/calendar", "/calendar?year=2026"],
    "coverage.coverage_table": ["/coverage?level=block"],
    "reports.export_coverage": [
        "/export/coverage.csv?level=block",
        "/export/coverage.xlsx?level=block",
    ],
    "coverage.coverage": [f"/api/v1/coverage?{DUTIES}{more}" for more in ("", "&on_grids=today")],
    "coverage.show_duties_coverage": [f"/coverage/duties?{DUTIES}"],
    "tiles.grid_tile": ["/tiles/grids/first/block/10/847/418.mvt"],
    "tiles.backdrop_tile": ["/tiles/backdrop/10/847/418.mvt"],
    "publishing.list_editions": ["/editions"],
    "leftovers.list_conflicts": ["/leftovers/conflicts", "/leftovers/conflicts?state=settled"],
    "leftovers.list_above_deepest": ["/leftovers/no-block"],
    "leftovers.export_above_deepest": ["/export/no-block.csv", "/export/no-block.xlsx"],
    "imports.import_form": ["/imports"],
    "imports.show_plan": ["/imports/plans/1"],
    "imports.show_step": ["/imports/plans/1/check"],
    "batches.failed_rows": ["/imports/plans/1/failed.csv"],
    "batches.list_batches": ["/imports/batches"],
    "batches.show_batch": ["/imports/batches/1"],
    "units.edit_unit": ["/units/{foreign}/edit"],
    "units.list_duplicates": ["/units/duplicates"],
    "jobs.show_job_page": ["/jobs/1"],
    "jobs.show_job": ["/api/v1/jobs/1"],
    "people.list_people": ["/people", "/people?state=all&q=name"],
    "people.show_person": ["/people/2", "/people/9"],
    "people.new_person": ["/people/new"],
    "people.suggest": ["/people/suggestions?kind=person&q=e", "/people/suggestions?kind=grid&q=1"],
    "people.show_gaps": ["/people/gaps"],
    "handover.list_handovers": ["/handovers"],
    "handover.new_handover": ["/handovers/new", "/handovers/new?from=2"],
    "handover.show_handover": ["/handovers/1"],
    "handover.ask_to_end": ["/people/2/end"],
    "accounts.sign_in_form": ["/sign-in"],
    "accounts.code_form": ["/sign-in/code"],
    "accounts.show_account": ["/account"],
    "accounts.password_form": ["/account/password"],
    "factors.second_factor": ["/account/second-factor"],
    "access.own_tokens": ["/account/tokens"],
    "access.show_access": ["/access"],
    "audit.show_log": ["/audit"],
    "audit.export_log": ["/export/audit.csv", "/export/audit.xlsx"],
    "api.openapi": ["/api/v1/openapi.json"],
    "api.describe": ["/api"],
    "monitoring.healthz": ["/healthz"],
    "monitoring.metrics": ["/metrics"],
    "monitoring.demo_progress": ["/demo-progress"],
    "web.static_file": ["/static/icon.svg"],
    "web.library_file": ["/vendor/none/none"],
}


def find_leaks(app: Flask, targets: Mapping[str, int]) -> list[str]:
    """What any reader was told from outside the own territory, and who was told nothing at all."""
    found = unknown_endpoints(app)
    for asker in ASKERS:
        client = signed_in_client(app, asker.name)
        own = (
            "unit-"
            + (asker.grids[0].partition(":")[2].ljust(3, "1") if asker.grids else "111")
            + "-0"
        )
        places = {
            "own": targets[own],
            "foreign": targets["unit-133-0"],
            "household": targets["house-111"],
        }
        for key in REGISTERS:
            places[f"own_{key}"] = targets[f"{key}-{own}"]
            places[f"foreign_{key}"] = targets[f"{key}-unit-133-0"]
        visits = {
            "own_visit": uuid5(INSPECTIONS, f"v-{own}-{VISITED}-done"),
            "foreign_visit": uuid5(INSPECTIONS, f"v-unit-133-0-{VISITED}-done"),
        }
        for endpoint, addresses in [
            *CARRYING_UNITS.items(),
            *WHOLE_CITY_ONLY.items(),
            *WITHOUT_UNITS.items(),
            *PERSONS.items(),
        ]:
            codes: set[str] = set()
            if endpoint == "tiles.resident_tile":
                addresses = tiles_of_buildings()
            for address in addresses or every_tile(endpoint):
                address = address.format(**places, **visits)
                codes |= codes_in(client, address)
            found += judge(asker, endpoint, codes)
        found += figures(asker, client)
        found += households(asker, client, targets)
        found += buildings(asker, client)
    return found


def unknown_endpoints(app: Flask) -> list[str]:
    """Endpoints for which this test has no recipe: a new route must be asked too."""
    known = {*CARRYING_UNITS, *WHOLE_CITY_ONLY, *WITHOUT_UNITS, *PERSONS}
    return [
        f"{rule.endpoint}: no recipe, its answers are never looked at"
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in known
    ]


def judge(asker: Asker, endpoint: str, codes: set[str]) -> list[str]:
    foreign = sorted(code for code in codes if not asker.owns(code))
    leaks = [f"{endpoint} told {asker.name} of {', '.join(foreign)}"] if foreign else []
    carries = endpoint in CARRYING_UNITS or (endpoint in WHOLE_CITY_ONLY and not asker.grids)
    if carries and not any(asker.owns(code) for code in codes):
        leaks.append(f"{endpoint} told {asker.name} nothing of the own area: nothing was proved")
    return leaks


def codes_in(client: FlaskClient, address: str) -> set[str]:
    """Block codes of every unit that the answer names, whatever its form."""
    answer = client.get(address)
    assert answer.status_code < 500, f"{address}: {answer.status_code}"
    content = answer.data
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return {code.decode() for code in MARK.findall(content)} | {
        f"person {mark.decode()}" for mark in PERSON_MARK.findall(content)
    }


def every_tile(endpoint: str) -> list[str]:
    """Every tile of single points over the city."""
    first = tile_of(WEST - 1.5, SOUTH, 15)
    west = tile_of(WEST, SOUTH + SIDE, 15)
    last = tile_of(WEST + 2 * SIDE, SOUTH, 15)
    columns = range(west.x, last.x + 1)
    places = [
        (first.x, first.y),
        *((x, y) for x in columns for y in range(west.y, last.y + 1)),
    ]
    keys = ("units",) if endpoint == "tiles.unit_tile" else REGISTERS
    return [f"/tiles/{key}/15/{x}/{y}.mvt" for key in keys for x, y in places]


def tiles_of_buildings() -> list[str]:
    """Every tile of persons per building over the city, as far out as there are any."""
    corners = [*((x, y) for _, x, y in blocks()), (WEST - 1.5, SOUTH)]
    tiles = {tile_of(x + SIDE / 8, y + SIDE / 8, 13) for x, y in corners}
    return [f"/tiles/residents/13/{tile.x}/{tile.y}.mvt" for tile in tiles]


def tile_of(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place."""
    key = int(tile_key(np.array([lon]), np.array([lat]))[0])
    x = sum((key >> 2 * bit & 1) << bit for bit in range(KEY_ZOOM))
    y = sum((key >> 2 * bit + 1 & 1) << bit for bit in range(KEY_ZOOM))
    return Tile(zoom, x >> KEY_ZOOM - zoom, y >> KEY_ZOOM - zoom)


def figures(asker: Asker, client: FlaskClient) -> list[str]:
    """Counts may betray as much as rows: each must be exactly that of the own territory."""
    located = PER_BLOCK * sum(asker.owns(code) for code, _, _ in blocks())
    answer = client.get("/api/v1/inspected?level=block").get_json()
    wrong = []
    if answer["total"]["units"] != located:
        wrong.append(
            f"maps.inspected counted {answer['total']['units']} units for {asker.name}, "
            f"who has {located}"
        )
    if len(answer["grids"]["no"]) != located // PER_BLOCK:
        wrong.append(
            f"maps.inspected gave {asker.name} figures of {len(answer['grids']['no'])} blocks"
        )
    tile = tile_of(WEST + 0.001, SOUTH + 0.001, 9)
    data = client.get(f"/tiles/units/9/{tile.x}/{tile.y}.mvt").data
    layers = mapbox_vector_tile.decode(data) if data else {"units": {"features": []}}
    counted = sum(one["properties"]["count"] for one in layers["units"]["features"])
    inside = PER_BLOCK * sum(
        asker.owns(code)
        for code, x, y in blocks()
        if tile_of(x + SIDE / 40, y + SIDE / 16, 9) == tile
    )
    if counted != inside:
        wrong.append(
            f"tiles.unit_tile counted {counted} units in a cluster tile for "
            f"{asker.name}, who has {inside} there"
        )
    panel = client.get("/api/v1/grids/block:133").get_json()["properties"]
    if not asker.owns("133") and (
        panel["units"],
        panel["inspected"],
        panel["last_inspection"],
        panel["own"],
    ) != (None, None, None, False):
        wrong.append(f"maps.show_grid told {asker.name} figures of block 133")
    return wrong


def households(asker: Asker, client: FlaskClient, targets: Mapping[str, int]) -> list[str]:
    """Households are for those who answer for them alone: exactly these, and in clear only when
    somebody asked with a reason.
    """
    answer = client.get("/api/v1/residents?limit=1000")
    seen = {code.decode() for code in HOUSE_MARK.findall(answer.data)}
    own = {code for code, _, _ in blocks() if asker.sees_persons and asker.owns(code)}
    wrong = []
    if seen != own:
        wrong.append(
            f"residents.list_residents_json showed {asker.name} the households of "
            f"{sorted(seen)}, who answers for {sorted(own)}"
        )
    for code in ("111", "133"):
        no = targets[f"house-{code}"]
        expected = 200 if code in own else 404
        if client.get(f"/residents/{no}").status_code != expected:
            wrong.append(f"residents.show_household did not answer {asker.name} with {expected}")
        revealed = client.post(
            f"/residents/{no}/reveal",
            data={"reason": "visit", "csrf_token": csrf_token(client, "/map")},
        )
        told = bool(PERSON_MARK.search(revealed.data))
        if told != (code in own) or revealed.headers["Cache-Control"] != "private, no-store":
            wrong.append(f"residents.reveal_household answered {asker.name} wrongly of {code}")
    return wrong


def buildings(asker: Asker, client: FlaskClient) -> list[str]:
    """The map counts persons in buildings of the own territory, and few only for those who answer
    for them.
    """
    wrong = []
    seen: set[str] = set()
    for address in tiles_of_buildings():
        data = client.get(address).data
        seen |= {code.decode() for code in BUILDING_MARK.findall(data)}
        tile = mapbox_vector_tile.decode(data) if data else {"points": {"features": []}}
        counted = [one["properties"] for one in tile["points"]["features"]]
        if any(0 < one.get("persons", 0) < 5 for one in counted) != (
            asker.sees_persons and bool(counted)
        ):
            wrong.append(f"tiles.resident_tile counted few persons for {asker.name}: {counted}")
    own = {code for code, _, _ in blocks() if asker.owns(code)}
    if seen != own:
        wrong.append(
            f"tiles.resident_tile showed {asker.name} the buildings of {sorted(seen)}, "
            f"whose area has {sorted(own)}"
        )
    return wrong
