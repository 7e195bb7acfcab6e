"""The filter of a list of a register, as an address writes it; lists and files read it alike."""

from __future__ import annotations

from typing import Any

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import date_parameter, settings, text_parameter
from app.reports.model import RowFilter


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
