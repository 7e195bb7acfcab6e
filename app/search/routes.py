"""The search field of every page, its full page, and the same for programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, ngettext

from app.errors import Refusal
from app.grids.model import Grid
from app.http import route, settings, text_parameter, transaction
from app.search import actions, rules
from app.search.model import Answer, Candidate, Place, Query
from app.search.parameters import LONGEST, Found, SearchQuery
from app.web.api import api
from app.web.words import role_names

blueprint = Blueprint("search", __name__)
ON_PAGE = 20
LISTS = {"building": "buildings", "facility": "facilities", "hazard": "hazards",
         "place": "places", "road": "roads"}  # fmt: skip
CLOSE_UP = 17  # zoom at which single houses are told apart


@api(
    blueprint,
    "/search",
    permission="search.use",
    query=SearchQuery,
    answer=Found,
    example="/search?q=U0001&limit=3",
)
def search_json(query: SearchQuery) -> Found:
    """Anything in the reader's territory by a few signs: names, addresses, ids, pinyin.

    The best come first; `more` says that there are others.
    """
    answer = _answer(query.limit)
    groups: Any = _groups(answer)
    return Found(answer.text, answer.too_short, answer.total, answer.more, groups)


@route(blueprint, "/search", permission="search.use")
def search_page() -> ResponseReturnValue:
    answer = _answer(ON_PAGE)
    return render_template("search.html", answer=answer, groups=_groups(answer))


def _answer(limit: int) -> Answer:
    text = text_parameter("q", LONGEST) or ""
    query = Query(text, _near())
    with transaction() as tx:
        return actions.search(tx, query, settings().today(), limit)


def _near() -> tuple[float, float] | None:
    """Where the reader's map looks, as longitude and latitude."""
    written = text_parameter("near")
    if written is None:
        return None
    try:
        lon, lat = (float(part) for part in written.split(","))
    except ValueError:
        lon = lat = float("nan")
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise Refusal(
            "near is %(near)s; write longitude and latitude like 118.6,31.4.", near=written[:40]
        )
    return lon, lat


def _groups(answer: Answer) -> list[dict[str, Any]]:
    language = str(get_locale())
    names = kind_names()
    return [
        {
            "kind": group.kind,
            "name": names[group.kind],
            "total": group.total,
            "more": group.more,
            "results": [
                _place(one, answer, language)
                if isinstance(one, Place)
                else _thing(one, answer, language)
                for one in group.found
            ],
        }
        for group in answer.groups
    ]


def kind_names() -> dict[str, str]:
    return {
        "grid": gettext("Grids"),
        "unit": gettext("Units"),
        "address": gettext("Addresses"),
        "building": gettext("Buildings"),
        "facility": gettext("Facilities"),
        "place": gettext("Places"),
        "road": gettext("Roads"),
        "hazard": gettext("Hazards"),
        "person": gettext("People"),
    }


def _thing(one: Candidate, answer: Answer, language: str) -> dict[str, Any]:
    grid = answer.grids.get(one.grid_no)
    title = one.name_en if language == "en" and one.name_en else one.name
    return {
        "no": None if one.kind in ("grid", "person") else one.no,
        "title": title or one.id,
        "detail": " · ".join(fact for fact in _facts(one, language) if fact),
        "grid": _grid_words(one, grid, language),
        "closed": one.closed,
        "lon": one.lon,
        "lat": one.lat,
        "url": _address_of(one, grid),
    }


def _facts(one: Candidate, language: str) -> list[str | None]:
    if one.kind == "grid":
        return [one.id]
    if one.kind == "person":
        return [role_names()[one.role or ""], one.address]
    names = rules.class_words(one.kind, one.class_key or "")
    kind = names[0 if language == "en" else 1] if names else one.class_key
    return [kind, one.address, one.id]


def _grid_words(one: Candidate, grid: Grid | None, language: str) -> str | None:
    if one.kind == "grid":
        return None
    if grid is not None:
        return grid.title(language)
    return str(gettext("Whole city") if one.kind == "person" else gettext("in no grid"))


def _address_of(one: Candidate, grid: Grid | None) -> str:
    """The page of a thing; of a grid or of who answers for it, the grid on the map."""
    if one.kind in ("grid", "person"):
        return url_for("maps.show_map", grid=grid.reference if grid else None)
    if one.kind == "unit":
        return url_for("reports.show_unit", no=one.no)
    return url_for("reports.show_register_row", key=LISTS[one.kind], no=one.no)


def _place(place: Place, answer: Answer, language: str) -> dict[str, Any]:
    grid = answer.grids.get(place.grid_no)
    known = ngettext(
        "%(count)s entry in the registers",
        "%(count)s entries in the registers",
        place.things,
        count=place.things,
    )
    return {
        "no": None,
        "title": place.address,
        "detail": known if place.exact else gettext("nearest known number") + " · " + known,
        "grid": grid.title(language) if grid else gettext("in no grid"),
        "closed": False,
        "lon": place.lon,
        "lat": place.lat,
        "url": url_for("maps.show_map", at=f"{CLOSE_UP}/{place.lat:.5f}/{place.lon:.5f}"),
    }
