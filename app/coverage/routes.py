"""The table of the same facts as the coverage map."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.coverage import actions
from app.coverage.model import Counted, InspectedQuestion
from app.grids import actions as grids
from app.http import (
    date_parameter,
    integer_parameter,
    reader,
    route,
    settings,
    text_parameter,
    transaction,
)
from app.registry.rules import INSPECTED_DAYS

blueprint = Blueprint("coverage", __name__)


@route(blueprint, "/coverage", permission="coverage.read")
def coverage_table() -> ResponseReturnValue:
    language = str(get_locale())
    today = settings().today()
    on = date_parameter("on", today)
    days = integer_parameter("days", INSPECTED_DAYS, 1, 3660)
    reference = text_parameter("within")
    with transaction() as tx:
        levels = grids.levels(tx)
        if not levels or grids.find_active(tx) is None:
            return render_template("coverage_empty.html")
        within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
        level = grids.level_named(tx, text_parameter("level") or _first_level(levels, within))
        asked = InspectedQuestion(on, days, within.no if within else None)
        rows = actions.inspected_by_grid(tx, asked, level)
        total = actions.inspected_within(tx, asked)
    address: dict[str, Any] = {"level": level.key, "on": on.isoformat()} | (
        {"within": within.reference} if within else {}
    )
    return render_template(
        "coverage.html",
        level=level,
        levels=levels,
        within=within,
        on=on,
        days=days,
        total=total,
        rows=[_row(row, level.key, on.isoformat(), language) for row in rows],
        export_urls={
            kind: url_for("reports.export_coverage", kind=kind, **address)
            for kind in ("csv", "xlsx")
        },
    )


def _first_level(levels: list[Any], within: Any) -> str:
    """Below the grid that was asked for, else the top; a chief's own level further down."""
    if within is not None:
        return str(levels[min(within.depth, len(levels) - 1)].key)
    return str(levels[0].key if reader().whole_city else levels[-1].key)


def _row(row: Any, level: str, on: str, language: str) -> dict[str, Any]:
    reference = f"{level}:{row.code}"
    counted = Counted(row.units, row.inspected)
    lists = {
        state: url_for("registry.list_units", within=reference, on=on, state=state)
        for state in ("inspected", "not_inspected")
    }
    return {
        "reference": reference,
        "code": row.code,
        "units": row.units,
        "inspected": row.inspected,
        "title": row.name_en if language == "en" and row.name_en else row.name,
        "rate": counted.rate,
        "units_url": url_for("registry.list_units", within=reference, on=on),
        "inspected_url": lists["inspected"],
        "not_inspected_url": lists["not_inspected"],
        "map_url": url_for("maps.show_map", grid=reference, on=on),
    }
