"""The filter of a list of a register, as an address writes it; lists and files read it alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import shapely
from pydantic import Field
from typing_extensions import TypedDict

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import date_parameter, settings, text_parameter
from app.reports.model import RowFilter
from app.web.api_types import (
    Day,
    Doc,
    Feature,
    Format,
    NextPage,
    Text,
    Whole,
    point_geometry,
)

# by name, not as dataclasses: "class" is a word of Python
RegisterQuery = TypedDict(
    "RegisterQuery",
    {
        "within": Annotated[Text, Doc("Only inside this grid, as level:code.")],
        "on": Annotated[Day, Doc("As of this day; today without it.")],
        "class": Annotated[Text, Doc("Only of this class.")],
        "state": Annotated[Text, Doc("Only in this state; each register has its own.")],
        "q": Annotated[Text, Doc("Only with this in name, id or address.")],
        "limit": Annotated[int, Field(ge=1, le=1000, description="Rows on a page."), Whole],
        "after": Annotated[Text, Doc("The key of the last row of the page before.")],
        "format": Format,
    },
    total=False,
)
RegisterRow = TypedDict(
    "RegisterRow",
    {
        "no": int,
        "id": str,
        "name": str | None,
        "class": str,
        "address": str | None,
        "details": dict[str, str],
    },
)


class RegisterRows(TypedDict):
    on: Day
    next: NextPage


def register_feature(
    facts: Mapping[str, Any], shape: shapely.Geometry | None
) -> Feature[RegisterRow]:
    """With the whole line or area where there is one, else a point."""
    drawn = orjson.loads(shapely.to_geojson(shape)) if shape else None
    properties: Any = {key: value for key, value in facts.items() if key not in ("lon", "lat")}
    geometry = drawn or point_geometry(facts["lon"], facts["lat"])
    return Feature(facts["no"], geometry, properties)


def row_filter(tx: Transaction) -> tuple[RowFilter, Grid | None]:
    """The filter of the address, and the grid that it names."""
    reference = text_parameter("within")
    within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
    return RowFilter(
        date_parameter("on", settings().today()),
        within.no if within else None,
        text_parameter("class"),
        text_parameter("state") or "all",
        text_parameter("q"),
    ), within


def address_of(wanted: RowFilter, within: Grid | None) -> dict[str, Any]:
    """The query of an address that brings back exactly this filter."""
    return {
        key: value
        for key, value in {
            "within": within.reference if within else None,
            "on": wanted.on.isoformat(),
            "class": wanted.class_key,
            "state": wanted.state if wanted.state != "all" else None,
            "q": wanted.text,
        }.items()
        if value is not None
    }
