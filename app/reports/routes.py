"""The page of a unit with all that happened there, and downloads."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.coverage.model import InspectedQuestion
from app.grids import actions as grids
from app.http import date_parameter, integer_parameter, route, settings, text_parameter, transaction
from app.identity import actions as identity
from app.inspections import actions as inspections
from app.registry import actions as registry
from app.registry.parameters import unit_filter
from app.registry.rules import INSPECTED_DAYS, class_name
from app.reports import actions
from app.web.words import outcome_names, role_names

blueprint = Blueprint("reports", __name__)
PAGE = 100


@route(blueprint, "/units/<int(max=9007199254740991):no>", permission="units.read")
def show_unit(no: int) -> ResponseReturnValue:
    language = str(get_locale())
    before = date_parameter("before", date(2100, 12, 31))
    with transaction() as tx:
        unit = registry.unit(tx, no)
        active = grids.find_active(tx)
        chain = grids.chains(tx, active.no, [unit.grid_no]).get(unit.grid_no, []) if active else []
        people = identity.who_answers(tx, [grid.no for grid in chain], settings().today())
        rows = inspections.inspections_of(tx, no, before, text_parameter("before_id") or "g", PAGE)
    titles = {grid.no: grid.title(language) for grid in chain}
    names, outcomes = role_names(), outcome_names()
    return render_template(
        "unit.html",
        unit=unit._asdict() | {"class_name": class_name(unit.class_key, language)},
        chain=chain,
        answerable=[
            {"name": one.name, "role_name": names[one.role], "grid_title": titles[one.grid_no]}
            for one in people
        ],
        inspections=[row._asdict() | {"outcome_name": outcomes[row.outcome]} for row in rows],
        next_url=url_for(
            "reports.show_unit",
            no=no,
            before=rows[-1].happened_on.isoformat(),
            before_id=str(rows[-1].id),
        )
        if len(rows) == PAGE
        else None,
    )


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
        within = (
            grids.grid_named(tx, grids.active_edition(tx).no, reference).no if reference else None
        )
        asked = InspectedQuestion(
            date_parameter("on", settings().today()),
            integer_parameter("days", INSPECTED_DAYS, 1, 3660),
            within,
        )
        return download(actions.export_coverage(tx, asked, level, kind))


def download(file: actions.File) -> Response:
    response = Response(file.content, mimetype=file.type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
