"""Downloads."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.coverage.model import InspectedQuestion
from app.grids import actions as grids
from app.http import date_parameter, integer_parameter, route, settings, text_parameter, transaction
from app.registry.parameters import unit_filter
from app.registry.rules import INSPECTED_DAYS
from app.reports import actions

blueprint = Blueprint("reports", __name__)


@route(blueprint, "/export/units.<kind>", permission="units.export")
def export_units(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        wanted, _ = unit_filter(tx)
        return download(actions.export_units(tx, wanted, kind))


@route(blueprint, "/export/coverage.<kind>", permission="coverage.export")
def export_coverage(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        level = grids.level_named(tx, text_parameter("level") or "")
        reference = text_parameter("within")
        within = grids.grid_named(tx, grids.edition_on(tx, settings().today()).no,
                                  reference).no if reference else None
        asked = InspectedQuestion(date_parameter("on", settings().today()),
                                  integer_parameter("days", INSPECTED_DAYS, 1, 3660), within)
        return download(actions.export_coverage(tx, asked, level, kind))


def download(file: actions.File) -> Response:
    response = Response(file.content, mimetype=file.type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
