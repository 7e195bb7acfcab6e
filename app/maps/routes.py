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
    reader,
    route,
    settings,
    transaction,
)
from app.maps import actions
from app.maps.parameters import (
    GridPanelProperties,
    GridQuery,
    Inspected,
    InspectedGrids,
    InspectedQuery,
)
from app.registry.rules import INSPECTED_DAYS
from app.web.api import api
from app.web.api_types import Feature
from app.web.words import role_names

blueprint = Blueprint("maps", __name__)


def inspected_question() -> InspectedQuestion:
    return InspectedQuestion(
        date_parameter("on", settings().today()), integer_parameter("days", INSPECTED_DAYS, 1, 3660)
    )


@route(blueprint, "/", permission="home")
def home() -> ResponseReturnValue:
    """The day's list for who does rounds, the map for the others."""
    rounds = reader().roles and reader().roles <= {"grid_chief", "grid_worker"}
    return redirect(url_for("today.show_today" if rounds else "maps.show_map"))


@route(blueprint, "/map", permission="map.read")
def show_map() -> ResponseReturnValue:
    today = settings().today()
    language = str(get_locale())
    asked = inspected_question()
    with transaction() as tx:
        context = actions.map_context(tx, reader(), today)
        backdrop = actions.backdrop_version(tx)
        layers = actions.point_layers(tx, reader(), language)
    for level in context["levels"]:
        level["name"] = level.pop("name_en") if language == "en" else level.pop("name_zh")
        level.pop("name_zh" if language == "en" else "name_en", None)
    context |= {
        "language": language,
        "layers": layers,
        "today": today.isoformat(),
        "on": asked.on.isoformat(),
        "days": asked.days,
        "leftovers": reader().may("leftovers.read"),
        "has_backdrop": backdrop is not None,
        "backdrop": backdrop,
    }
    if context["edition"]:
        context["edition"]["valid_from"] = context["edition"]["valid_from"].isoformat()
    return render_template("map.html", context=context)


@api(
    blueprint,
    "/inspected",
    permission="coverage.read",
    query=InspectedQuery,
    answer=Inspected,
    example="/inspected?level=town",
)
def inspected(query: InspectedQuery) -> Inspected:
    """Units and inspected units of each grid of a level.

    Inspected is a unit with a completed inspection in the `days` up to `on`. The figures come as
    columns: a map paints them on shapes that it has already.
    """
    asked = InspectedQuestion(query.on or settings().today(), query.days)
    with transaction() as tx:
        level = grids.level_named(tx, query.level)
        rows = coverage.inspected_by_grid(tx, asked, level)
        total = coverage.inspected_within(tx, asked)
    return Inspected(
        level.key,
        asked.on,
        asked.days,
        InspectedGrids(
            [row.no for row in rows], [row.units for row in rows], [row.inspected for row in rows]
        ),
        total,
    )


@api(
    blueprint,
    "/grids/<path:reference>",
    permission="grids.read",
    query=GridQuery,
    answer=Feature[GridPanelProperties],
    geojson=Feature[GridPanelProperties],
    path={"reference": "The grid as level:code, or its code where only one level has it."},
    example="/grids/town:01",
)
def show_grid(reference: str, query: GridQuery) -> Feature[GridPanelProperties]:
    """One grid: shape, chain, who answers for it and, in the reader's territory, its figures."""
    asked = InspectedQuestion(query.on or settings().today(), query.days)
    language = str(get_locale())
    with transaction() as tx:
        panel = actions.grid_panel(tx, reference, asked)
        names = {level.key: level.name(language) for level in grids.levels(tx)}
    shown = actions.panel_feature(panel, {"levels": names, "roles": role_names()})
    return Feature(shown["id"], shown["geometry"], shown["properties"])
