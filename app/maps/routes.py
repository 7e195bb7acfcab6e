"""The map page and what it asks for."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.grids import actions as grids
from app.http import (
    date_parameter,
    integer_parameter,
    json_answer,
    reader,
    route,
    settings,
    text_parameter,
    transaction,
)
from app.maps import actions
from app.registry.rules import INSPECTED_DAYS
from app.web.words import role_names

blueprint = Blueprint("maps", __name__)


def inspected_question() -> InspectedQuestion:
    return InspectedQuestion(
        date_parameter("on", settings().today()), integer_parameter("days", INSPECTED_DAYS, 1, 3660)
    )


@route(blueprint, "/", permission="home")
def home() -> ResponseReturnValue:
    return redirect(url_for("maps.show_map"))


@route(blueprint, "/map", permission="map.read")
def show_map() -> ResponseReturnValue:
    today = settings().today()
    language = str(get_locale())
    asked = inspected_question()
    with transaction() as tx:
        context = actions.map_context(tx, reader(), today)
        backdrop = actions.backdrop_version(tx)
    for level in context["levels"]:
        level["name"] = level.pop("name_en") if language == "en" else level.pop("name_zh")
        level.pop("name_zh" if language == "en" else "name_en", None)
    context |= {
        "language": language,
        "layers": actions.point_layers(language) if reader().may("registers.read") else [],
        "today": today.isoformat(),
        "on": asked.on.isoformat(),
        "days": asked.days,
        "has_backdrop": backdrop is not None,
        "backdrop": backdrop,
    }
    if context["edition"]:
        context["edition"]["valid_from"] = context["edition"]["valid_from"].isoformat()
    return render_template("map.html", context=context)


@route(blueprint, "/api/v1/inspected", permission="coverage.read")
def inspected() -> ResponseReturnValue:
    """One small array per level and day: the map paints it on shapes that it has already."""
    asked = inspected_question()
    with transaction() as tx:
        level = grids.level_named(tx, text_parameter("level") or "")
        rows = coverage.inspected_by_grid(tx, asked, level)
        total = coverage.inspected_within(tx, asked)
    return json_answer(
        {
            "level": level.key,
            "on": asked.on,
            "days": asked.days,
            "grids": {
                "no": [row.no for row in rows],
                "units": [row.units for row in rows],
                "inspected": [row.inspected for row in rows],
            },
            "total": {"units": total.units, "inspected": total.inspected},
        }
    )


@route(blueprint, "/api/v1/grids/<path:reference>", permission="grids.read")
def show_grid(reference: str) -> ResponseReturnValue:
    asked = inspected_question()
    language = str(get_locale())
    with transaction() as tx:
        panel = actions.grid_panel(tx, reference, asked)
        names = {level.key: level.name(language) for level in grids.levels(tx)}
    return json_answer(
        actions.panel_feature(panel, {"levels": names, "roles": role_names()}),
        mimetype="application/geo+json",
    )
