"""The filter of a list of households, as an address writes it."""

from __future__ import annotations

from typing import Any

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import settings, text_parameter
from app.residents.model import HouseholdFilter


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
