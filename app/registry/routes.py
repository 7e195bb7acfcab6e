"""Lists of units."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import route, settings, text_parameter, transaction
from app.registry import actions
from app.registry.parameters import (
    UnitProperties,
    Units,
    UnitsQuery,
    address_of,
    filter_of,
    listed_unit,
    unit_feature,
    unit_filter,
)
from app.registry.rules import class_name
from app.web.api import api, next_page
from app.web.api_types import FeatureCollection

blueprint = Blueprint("registry", __name__)
PAGE = 100
FORMATS = ("csv", "xlsx", "gpkg", "geojson")


@api(
    blueprint,
    "/units",
    permission="units.read",
    query=UnitsQuery,
    answer=Units,
    geojson=FeatureCollection[UnitProperties],
    example="/units?limit=2&state=not_inspected",
)
def list_units_json(query: UnitsQuery) -> Units | FeatureCollection[UnitProperties]:
    """Units in the reader's territory, by id.

    `inspected` says whether a completed inspection lies in the `days` up to `on`.
    """
    on = query.on or settings().today()
    with transaction() as tx:
        wanted = filter_of(tx, query, on)
        rows = actions.list_units(tx, wanted, query.after or "", query.limit)
    following = next_page(rows[-1].id if len(rows) == query.limit else None)
    if query.format == "geojson":
        return FeatureCollection([unit_feature(row) for row in rows], following)
    return Units(on, [listed_unit(row) for row in rows], following)


@route(blueprint, "/units", permission="units.read")
def list_units() -> ResponseReturnValue:
    language = str(get_locale())
    with transaction() as tx:
        wanted, within = unit_filter(tx)
        rows = actions.list_units(tx, wanted, text_parameter("after") or "", PAGE)
        total = actions.count_units(tx, wanted)
        leaves = _leaves(tx, {row.grid_no for row in rows if row.grid_no})
    address = address_of(wanted, within)
    return render_template(
        "units.html",
        total=total,
        units=[
            row._asdict()
            | {"class_name": class_name(row.class_key, language), "grid": leaves.get(row.grid_no)}
            for row in rows
        ],
        filters=address_of(wanted, within)
        | {
            "within": within.reference if within else "",
            "on": wanted.on,
            "days": wanted.days,
            "within_title": within.title(language) if within else None,
            "state": wanted.state,
            "q": wanted.text or "",
        },
        next_url=url_for("registry.list_units", **address, after=rows[-1].id)
        if len(rows) == PAGE
        else None,
        export_urls={
            kind: url_for("reports.export_units", kind=kind, **address) for kind in FORMATS
        },
        map_url=url_for(
            "maps.show_map", on=wanted.on.isoformat(), grid=within.reference if within else None
        ),
    )


def _leaves(tx: Transaction, numbers: set[int]) -> dict[int, Grid]:
    active = grids.find_active(tx)
    chains = grids.chains(tx, active.no, sorted(numbers)) if active and numbers else {}
    return {number: chain[-1] for number, chain in chains.items()}
