"""The filter of a list of units, as an address writes it; lists and exports read it alike."""

from __future__ import annotations

from typing import Any

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import date_parameter, integer_parameter, settings, text_parameter
from app.registry.model import UnitFilter
from app.registry.rules import INSPECTED_DAYS


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
