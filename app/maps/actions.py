"""What the map page needs to begin, and what its panel says of one grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.db.connection import Transaction
from app.facilities.rules import BUILDINGS, FACILITIES
from app.grids import actions as grids
from app.grids.model import Grid
from app.hazards.rules import HAZARDS
from app.identity import actions as identity
from app.identity.model import Answerable, Reader
from app.inspections import actions as inspections
from app.maps import store
from app.people import actions as people
from app.places.rules import PLACES, ROADS
from app.registry.model import Register
from app.residents import actions as residents


def map_context(tx: Transaction, reader: Reader, on: date) -> dict[str, Any]:
    """The reader's place, the levels and the edition; shapes and figures come as tiles."""
    edition = grids.find_active(tx)
    own = identity.own_grids(tx, on)
    if edition is None:
        return {
            "edition": None,
            "levels": [],
            "bounds": None,
            "city_bounds": None,
            "whole_city": reader.whole_city,
            "own_grids": [],
        }
    city = grids.bounds(tx, edition.no, None)
    numbers = [grid.no for grid in own]
    return {
        "edition": {
            "name": edition.name,
            "digest": edition.digest,
            "valid_from": edition.valid_from,
        },
        "levels": [level._asdict() for level in grids.edition_levels(tx, edition.no)],
        "bounds": city if reader.whole_city or not own else grids.bounds(tx, edition.no, numbers),
        "city_bounds": city,
        "whole_city": reader.whole_city,
        "own_grids": [
            {
                "no": grid.no,
                "reference": f"{grid.level}:{grid.code}",
                "level": grid.level,
                "name": grid.name,
                "name_en": grid.name_en,
            }
            for grid in own
        ],
    }


def point_layers(tx: Transaction, reader: Reader, language: str) -> list[dict[str, Any]]:
    """What the map can show as points beside the units, with its words."""
    layers = _register_layers(language) if reader.may("registers.read") else []
    if reader.may("residents.read"):
        layers.append({"key": "residents", "own": residents.sees_persons(tx)})
    return layers


def _register_layers(language: str) -> list[dict[str, Any]]:
    place = 0 if language == "en" else 1

    def words(register: Register, key: str) -> dict[str, str]:
        field = register.field(key)
        return {value: names[place] for value, names in field.choices.items()} if field else {}

    return [
        {
            "key": register.key,
            "shapes": [kind for kind in register.shapes if kind != "point"],
            "classes": words(register, "class"),
            "states": words(register, "state"),
        }
        for register in (HAZARDS, FACILITIES, BUILDINGS, PLACES, ROADS)
    ]


def backdrop_version(tx: Transaction) -> str | None:
    """Versions the tiles of streets and water; None where the city has none."""
    return store.find_backdrop_version(tx)


@dataclass(frozen=True)
class GridPanel:
    grid: Grid
    chain: list[Grid]
    answerable: list[tuple[Answerable, Grid]]  # with the grid of the chain
    missing: list[str]  # roles that must be here and are not
    shape: Any
    own: bool
    units: int | None
    inspected: int | None
    last_inspection: date | None
    without_grid_below: int | None


def grid_panel(tx: Transaction, reference: str, asked: InspectedQuestion) -> GridPanel:
    """The chain, who answers, and, inside the reader's territory, the figures."""
    edition = grids.active_edition(tx)  # as all figures here: on today's grids
    grid = grids.grid_named(tx, edition.no, reference)
    chain = grids.chains(tx, edition.no, [grid.no])[grid.no]
    by_number = {one.no: one for one in chain}
    answerable = identity.who_answers(tx, list(by_number), asked.on)
    shape = grids.shape_of(tx, edition.no, grid.no)
    own = bool(coverage.grids_in_territory(tx, [grid.no]))
    counted = (
        coverage.inspected_within(tx, InspectedQuestion(asked.on, asked.days, grid.no))
        if own
        else None
    )
    return GridPanel(
        grid=grid,
        chain=chain,
        shape=shape,
        own=own,
        answerable=[(one, by_number[one.grid_no]) for one in answerable],
        missing=people.missing_roles(tx, grid.no, asked.on) if own else [],
        units=counted.units if counted else None,
        inspected=counted.inspected if counted else None,
        last_inspection=inspections.last_inspection_within(tx, grid.no, asked.on) if own else None,
        without_grid_below=coverage.units_directly_in(tx, grid.no, asked.on)
        if own and shape.children
        else None,
    )


def panel_feature(panel: GridPanel, texts: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The panel as a GeoJSON feature; ``texts`` names roles and levels for the reader."""
    grid, shape = panel.grid, panel.shape
    return {
        "type": "Feature",
        "id": grid.no,
        "geometry": orjson.loads(shape.geometry) if shape.geometry else None,
        "properties": {
            "no": grid.no,
            "reference": grid.reference,
            "level": grid.level,
            "level_name": texts["levels"][grid.level],
            "code": grid.code,
            "name": grid.name,
            "name_en": grid.name_en,
            "area_m2": shape.area_m2 and round(shape.area_m2, 1),
            "bounds": None
            if shape.west is None
            else [shape.west, shape.south, shape.east, shape.north],
            "chain": [
                {
                    "reference": one.reference,
                    "name": one.name,
                    "name_en": one.name_en,
                    "level": one.level,
                }
                for one in panel.chain
            ],
            "answerable": [
                {
                    "name": one.name,
                    "role": one.role,
                    "role_name": texts["roles"][one.role],
                    "grid": of.reference,
                    "stands_in_for": one.stands_in_for,
                    "until": one.until,
                    "away_until": one.away_until,
                }
                for one, of in panel.answerable
            ],
            "missing": [texts["roles"][role] for role in panel.missing],
            "own": panel.own,
            "units": panel.units,
            "inspected": panel.inspected,
            "last_inspection": panel.last_inspection,
            "children": shape.children,
            "without_grid_below": panel.without_grid_below,
        },
    }
