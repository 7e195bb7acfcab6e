"""The filter of a list of households, as an address writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import settings, text_parameter
from app.residents.model import HouseholdFilter
from app.residents.rules import NEED_CLASSES
from app.web.api_types import Day, Doc, NextPage, OneOf, Text, Whole

# by name, not as dataclasses: "class" is a word of Python
HouseholdsQuery = TypedDict(
    "HouseholdsQuery",
    {
        "within": Annotated[Text, Doc("Only inside this grid, as level:code.")],
        "class": Annotated[str, OneOf(tuple(NEED_CLASSES)), Doc("Only of this class.")],
        "building": Annotated[Text, Doc("Only in a building with this in its name.")],
        "show": Annotated[Literal["expired"], Doc("Only what should have been forgotten.")],
        "limit": Annotated[int, Field(ge=1, le=1000, description="Rows on a page."), Whole],
        "after": Annotated[Text, Doc("The key of the last row of the page before.")],
    },
    total=False,
)
ListedHousehold = TypedDict(
    "ListedHousehold",
    {
        "no": int,
        "id": str,
        "building": str | None,
        "class": str,
        "persons": int,
        "evacuation": str,
        "expires_on": Day,
        "name": Annotated[str | None, Doc("Masked.")],
        "phone": Annotated[str | None, Doc("Masked.")],
        "lon": float | None,
        "lat": float | None,
    },
)


@dataclass(frozen=True)
class Households:
    households: Sequence[ListedHousehold]
    next: NextPage


def household_filter(tx: Transaction) -> tuple[HouseholdFilter, Grid | None]:
    """The filter of the address, and the grid that it names."""
    within = place_of(tx)
    return HouseholdFilter(
        within.no if within else None,
        text_parameter("class"),
        text_parameter("building"),
        settings().today() if text_parameter("show") == "expired" else None,
    ), within


def place_of(tx: Transaction) -> Grid | None:
    reference = text_parameter("within")
    return grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None


def address_of(wanted: HouseholdFilter, within: Grid | None) -> dict[str, Any]:
    """The query of an address that brings back exactly this filter."""
    return {
        key: value
        for key, value in {
            "within": within.reference if within else None,
            "class": wanted.class_key,
            "building": wanted.building,
            "show": "expired" if wanted.expired_on else None,
        }.items()
        if value is not None
    }
