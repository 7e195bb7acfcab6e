"""Asks every address as every reader and says what came back from outside the territory.

The test city's units carry their block's code in id and name, so that whatever form an answer
has (page, JSON, tile, spreadsheet, GeoPackage), a foreign unit betrays itself in the bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from uuid import uuid5

from flask import Flask
from flask.testing import FlaskClient

from app.imports.rules import INSPECTIONS
from tests.app.leak_city import ASKERS, REGISTERS, SIDE, VISITED, Asker, photo_id, tile_of
from tests.app.leak_figures import (
    PERSON_MARK,
    buildings,
    figures,
    households,
    photos,
    tiles_of_buildings,
)
from tests.builders import SOUTH, WEST
from tests.conftest import signed_in_client

MARK = re.compile(rb"(?:unit|Name)-(\d+|out|nowhere)-\d")
DUTIES = "programme=fire&level=block&period=2026"
# for those who supervise: who records visits does not learn which were drawn
SUPERVISING: Mapping[str, Sequence[str]] = {
    "checks.show_sample": ["/checks/samples/1"],
    "checks.show_list": ["/checks/samples/1/list"],
}
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
    "coverage_files.export_duties": [
        f"/export/coverage/duties-list.{kind}?{DUTIES}{more}"
        for kind in ("csv", "xlsx")
        for more in ("", "&state=never", "&within=block:133")
    ],
    "neglect.list_neglected": [
        f"/coverage/neglect/list?level=block&state={state}{more}"
        for state in ("targets", "never", "older", "days_30")
        for more in ("", "&within=block:133", "&of=facility", "&of=household")
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
    # drawn visits are shown to who is to check them, and only when somebody is
    "checks.show_checks": ["/checks"],
    "checks.list_samples": ["/checks/samples"],
    "questions.list_questions": ["/checks/questions"],
    "coverage_checked.list_checked": [f"/coverage/duties/checked?{DUTIES}"],
    "checks.show_check": ["/checks/samples/1/{own_visit}", "/checks/samples/1/{foreign_visit}"],
    # for those who do rounds; the rule above makes every unit a stop of its block's chief
    "today.show_today": ["/today", "/today?order=late", "/today?order=route"],
    "today.list_today": ["/api/v1/today"],
    "stops.show_stop": ["/today/{own}", "/today/{foreign}"],
    "stops.show_correction": ["/today/visits/{own_visit}", "/today/visits/{foreign_visit}"],
    # a picture names nobody: `photos` asks for each
    "attachments.show_photo": [f"/photos/{photo_id('111')}"],
    "attachments.show_thumbnail": [f"/photos/{photo_id('111')}/small"],
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
    "coverage_files.export_coverage": [
        f"/export/coverage/duties.{kind}?{DUTIES}" for kind in ("csv", "xlsx")
    ],
    "coverage.coverage": [f"/api/v1/coverage?{DUTIES}{more}" for more in ("", "&on_grids=today")],
    "coverage.show_duties_coverage": [
        f"/coverage/duties?{DUTIES}{more}" for more in ("", "&show=change", "&show=overdue")
    ],
    "coverage_grid.show_grid": [
        "/coverage/grids/block:133?programme=fire&period=2026",
        "/coverage/grids/town:1?programme=fire&period=2026",
    ],
    "capacity.show_capacity": [
        "/coverage/capacity?month=2026-06",
        "/coverage/capacity?month=2026-06&within=block:133",
    ],
    "neglect.show_neglect": ["/coverage/neglect?level=block", "/coverage/neglect?of=household"],
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


RECIPES = {**CARRYING_UNITS, **WHOLE_CITY_ONLY, **WITHOUT_UNITS, **PERSONS, **SUPERVISING}


def find_leaks(
    app: Flask,
    targets: Mapping[str, int],
    askers: Sequence[Asker] = ASKERS,
    endpoints: Collection[str] = RECIPES,
) -> list[str]:
    """What any reader was told from outside the own territory, and who was told nothing at all."""
    found = unknown_endpoints(app)
    for asker in askers:
        client = signed_in_client(app, asker.name)
        places = places_of(asker, targets)
        for endpoint in endpoints:
            codes: set[str] = set()
            for address in addresses_of(endpoint):
                codes |= codes_in(client, address.format(**places))
            found += judge(asker, endpoint, codes)
        found += figures(asker, client)
        found += photos(asker, client)
        found += households(asker, client, targets)
        found += buildings(asker, client)
    return found


def places_of(asker: Asker, targets: Mapping[str, int]) -> dict[str, object]:
    """What the places in the recipes' addresses stand for, asked by this reader."""
    own_block = asker.grids[0].partition(":")[2].ljust(3, "1") if asker.grids else "111"
    units = {"own": f"unit-{own_block}-0", "foreign": "unit-133-0"}
    places: dict[str, object] = {"household": targets["house-111"]}
    for place, unit in units.items():
        places[place] = targets[unit]
        places[f"{place}_visit"] = uuid5(INSPECTIONS, f"v-{unit}-{VISITED}-done")
        places |= {f"{place}_{key}": targets[f"{key}-{unit}"] for key in REGISTERS}
    return places


def addresses_of(endpoint: str) -> Sequence[str]:
    if endpoint == "tiles.resident_tile":
        return tiles_of_buildings()
    return RECIPES[endpoint] or every_tile(endpoint)


def unknown_endpoints(app: Flask) -> list[str]:
    """Endpoints for which this test has no recipe: a new route must be asked too."""
    return [
        f"{rule.endpoint}: no recipe, its answers are never looked at"
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in RECIPES
    ]


def judge(asker: Asker, endpoint: str, codes: set[str]) -> list[str]:
    foreign = sorted(code for code in codes if not asker.owns(code))
    leaks = [f"{endpoint} told {asker.name} of {', '.join(foreign)}"] if foreign else []
    carries = (
        endpoint in CARRYING_UNITS
        or (endpoint in WHOLE_CITY_ONLY and not asker.grids)
        or (endpoint in SUPERVISING and asker.supervises)
    )
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
