"""The filter of a list of units, as an address writes it; lists and exports read it alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import date_parameter, integer_parameter, settings, text_parameter
from app.registry.model import UnitFilter
from app.registry.rules import INSPECTED_DAYS, STATES
from app.web.api_types import (
    Day,
    Doc,
    Feature,
    Format,
    NextPage,
    OneOf,
    Page,
    Text,
    Whole,
    point_geometry,
)

LONGEST_SPAN = 3660


def unit_filter(tx: Transaction) -> tuple[UnitFilter, Grid | None]:
    """The filter of the address, and the grid that it names."""
    on = date_parameter("on", settings().today())
    reference = text_parameter("within")
    within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
    return UnitFilter(
        on,
        integer_parameter("days", INSPECTED_DAYS, 1, 3660),
        within.no if within else None,
        text_parameter("state") or "all",
        text_parameter("q"),
    ), within


def address_of(wanted: UnitFilter, within: Grid | None) -> dict[str, Any]:
    """The query of an address that brings back exactly this filter."""
    return {
        key: value
        for key, value in {
            "within": within.reference if within else None,
            "on": wanted.on.isoformat(),
            "days": wanted.days if wanted.days != INSPECTED_DAYS else None,
            "state": wanted.state if wanted.state != "all" else None,
            "q": wanted.text,
        }.items()
        if value is not None
    }


@dataclass(frozen=True, kw_only=True)
class UnitsQuery(Page):
    within: Annotated[Text | None, Doc("Only inside this grid, as level:code.")] = None
    on: Annotated[Day | None, Doc("As of this day; today without it.")] = None
    days: Annotated[
        int,
        Field(ge=1, le=LONGEST_SPAN, description="Inspected within so many days up to that day."),
        Whole,
    ] = INSPECTED_DAYS
    state: Annotated[str, OneOf(STATES), Doc("Only units in this state.")] = "all"
    q: Annotated[Text | None, Doc("Only units with this in name, id or address.")] = None
    format: Format = "json"


# by name, not as dataclasses: "class" is a word of Python
UnitProperties = TypedDict(
    "UnitProperties",
    {
        "no": int,
        "id": str,
        "name": str,
        "class": str,
        "address": str | None,
        "last_done": Day | None,
        "inspected": bool,
    },
)


class ListedUnit(UnitProperties):
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Units:
    on: Day
    units: Sequence[ListedUnit]
    next: NextPage


def filter_of(tx: Transaction, query: UnitsQuery, on: date) -> UnitFilter:
    within = (
        grids.grid_named(tx, grids.active_edition(tx).no, query.within).no if query.within else None
    )
    return UnitFilter(on, query.days, within, query.state, query.q)


def unit_properties(row: Any) -> UnitProperties:
    return {
        "no": row.no,
        "id": row.id,
        "name": row.name,
        "class": row.class_key,
        "address": row.address,
        "last_done": row.last_done,
        "inspected": row.inspected,
    }


def listed_unit(row: Any) -> ListedUnit:
    return {**unit_properties(row), "lon": row.lon, "lat": row.lat}


def unit_feature(row: Any) -> Feature[UnitProperties]:
    return Feature(row.no, point_geometry(row.lon, row.lat), unit_properties(row))
