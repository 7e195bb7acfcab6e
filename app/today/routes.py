"""The page of the day, the form of one stop, and taking a visit back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.http import route, said, settings, text_parameter, transaction
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import VOIDED, Visit
from app.programmes.model import Item
from app.registry.rules import class_name
from app.residents.rules import NEED_CLASSES
from app.today import actions
from app.today.model import ORDERS, Day, Stop
from app.today.parameters import (
    TodayList,
    TodayQuery,
    id_of,
    stop_told,
    today_list,
    visit_of_form,
)
from app.web.api import api
from app.web.words import outcome_names

blueprint = Blueprint("today", __name__)
NUMBER = "int(max=9007199254740991)"
SHOWN = 200  # stops; nobody walks more in a day


@api(
    blueprint,
    "/today",
    permission="today.use",
    query=TodayQuery,
    answer=TodayList,
    example="/today?order=late",
)
def list_today(query: TodayQuery) -> TodayList:
    """What is due or late in the reader's own grids today, over all programmes.

    One visit to a stop closes all its duties.
    """
    with transaction() as tx:
        return today_list(actions.day(tx, settings(), query.order, str(get_locale())))


@route(blueprint, "/today", permission="today.use")
def show_today() -> ResponseReturnValue:
    return _page(None)


def _page(fault: Refusal | None) -> ResponseReturnValue:
    language = str(get_locale())
    order = text_parameter("order")
    order = order if order in ORDERS else ORDERS[0]
    with transaction() as tx:
        found = actions.day(tx, settings(), order, language)
        context = _map_context(tx, found)
        recorded = _just_recorded(tx)
    stops = found.stops[:SHOWN]
    page = render_template(
        "today.html",
        day=found,
        order=order,
        stops=[_stop_words(stop, found, language) for stop in stops],
        beyond=len(found.stops) - len(stops),
        grid_names=[grid.title(language) for grid in found.grids],
        outcomes=outcome_names(),
        recorded=recorded,
        new_id=lambda: str(uuid4()),
        context=context,
        troubles=[said(one) for one in found.troubles],
        fault=said(fault) if fault else None,
    )
    return page, fault.status if fault else 200


def _stop_words(stop: Stop, found: Day, language: str) -> dict[str, Any]:
    row = stop.row
    return stop_told(stop, found.on) | {
        "tried": outcome_names().get(row.tried) if row.tried else None,
        "class_name": _class_words(row, language),
        "words": [(duty.rule.name(language), duty) for duty in stop.duties],
    }


def _class_words(row: Any, language: str) -> str | None:
    if row.kind == "household":
        names = NEED_CLASSES.get(row.class_key)
        return names[0 if language == "en" else 1] if names else row.class_key
    return class_name(row.class_key, language) if row.kind == "unit" else None


def _just_recorded(tx: Transaction) -> Any | None:
    """The visit that the page before recorded, while it stands."""
    written = text_parameter("recorded")
    if not written:
        return None
    try:
        found = visits.visit(tx, id_of(written)).row
    except NotFound:
        return None
    return None if found.superseded_by or found.outcome == VOIDED else found


def _map_context(tx: Transaction, found: Day) -> dict[str, Any] | None:
    """Of the small map; None where nothing can be drawn."""
    placed = [stop for stop in found.stops[:SHOWN] if stop.row.lon is not None]
    if not placed or not found.grids:
        return None
    context = grids.small_map(tx, [grid.no for grid in found.grids])
    return context and context | {"own": [grid.no for grid in found.grids]}


# -- one stop -------------------------------------------------------------------------------


@route(blueprint, f"/today/<{NUMBER}:no>", permission="today.use")
def show_stop(no: int) -> ResponseReturnValue:
    return _stop_page(no, None)


def _stop_page(no: int, fault: Refusal | None) -> ResponseReturnValue:
    """The form of a visit; after a refusal with what was written into it."""
    language = str(get_locale())
    with transaction() as tx:
        stop = actions.stop(tx, settings(), no, language)
        lists = actions.checklists(tx, stop.duties)
    today = settings().today()
    page = render_template(
        "stop.html",
        stop=stop,
        told=stop_told(stop, today),
        class_name=_class_words(stop.row, language),
        words=[(duty.rule.name(language), duty) for duty in stop.duties],
        lists=[
            {
                "name": one.name(language),
                "version": f"{one.programme_key}/{one.key}/{one.version}",
                "items": [
                    _item_words(item, f"{one.programme_key}/{one.key}/{item.key}", language)
                    for item in one.items
                    if item.kind != "photo"
                ],
            }
            for one in lists
        ],
        outcomes=outcome_names(),
        sent=request.form,
        new_id=request.form.get("id") or str(uuid4()),
        fault=said(fault) if fault else None,
    )
    return page, fault.status if fault else 200


def _item_words(item: Item, name: str, language: str) -> dict[str, Any]:
    return {
        "field": f"{item.kind}:{name}",
        "kind": item.kind,
        "words": item.words(language),
        "help": item.help(language),
        "article": item.article,
        "unit": item.unit,
        "least": item.least,
        "most": item.most,
        "choices": [(one.key, one.words(language)) for one in item.choices],
    }


@route(blueprint, f"/today/<{NUMBER}:no>", permission="today.use", methods=["POST"])
def record(no: int) -> ResponseReturnValue:
    """One tap, or the whole form; the same id again is the same visit."""
    try:
        with transaction() as tx:
            visit = visit_of_form(request.form, no)
            visits.record(tx, visit, Clocks(settings().now()))
    except Refusal as fault:
        return _page(fault) if request.form.get("quick") else _stop_page(no, fault)
    order = request.form.get("order")
    return redirect(
        url_for("today.show_today", recorded=visit.id, order=order if order in ORDERS else None)
    )


@route(blueprint, "/today/take-back", permission="today.use", methods=["POST"])
def take_back() -> ResponseReturnValue:
    """Append the event that takes a visit back; both stay on record."""
    try:
        with transaction() as tx:
            former = visits.visit(tx, id_of(request.form.get("visit", ""))).row
            void = Visit(
                id_of(request.form.get("id", "")),
                former.target_no,
                VOIDED,
                None,
                supersedes=former.id,
            )
            visits.record(tx, void, Clocks(settings().now()))
    except Refusal as fault:
        return _page(fault)
    return redirect(url_for("today.show_today"))
