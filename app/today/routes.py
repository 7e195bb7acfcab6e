"""The page of the day: one tap for what is normal, and taking a visit back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.http import float_parameter, route, said, settings, text_parameter, transaction
from app.inspections.checks import actions as checks
from app.inspections.questions import actions as questions
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import VOIDED, Visit
from app.today import actions
from app.today.model import ORDERS, Day, Stop
from app.today.parameters import TodayList, TodayQuery, class_words, stop_told, today_list
from app.today.rules import next_best
from app.today.stops.parameters import id_of, visit_of_form
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
        language = str(get_locale())
        return today_list(actions.day(tx, settings(), query.order, language, query.place()))


@route(blueprint, "/today", permission="today.use")
def show_today() -> ResponseReturnValue:
    return _page(None)


def _page(fault: Refusal | None) -> ResponseReturnValue:
    language = str(get_locale())
    order = text_parameter("order")
    order = order if order in ORDERS else ORDERS[0]
    with transaction() as tx:
        place = _place()
        found = actions.day(tx, settings(), order, language, place)
        context = _map_context(tx, found)
        recorded = _just_recorded(tx)
        if recorded is not None:
            place = actions.place_of(tx, recorded.target_no, found.on) or place
        waiting = {
            "rechecks": checks.count_waiting(tx, found.on),
            "questions": questions.count_open(tx),
        }
    stops, beyond = found.stops[:SHOWN], found.stops[SHOWN:]
    following = next_best(found.stops, place or found.middle, found.on) if recorded else None
    page = render_template(
        "today.html",
        day=found,
        order=order,
        stops=[_stop_words(stop, found, language) for stop in stops],
        beyond=len(beyond),
        beyond_late=sum(stop.is_late(found.on) for stop in beyond),
        following=following,
        grid_names=[grid.title(language) for grid in found.grids],
        outcomes=outcome_names(),
        recorded=recorded,
        waiting=waiting,
        new_id=lambda: str(uuid4()),
        context=context,
        troubles=[said(one) for one in found.troubles],
        fault=said(fault) if fault else None,
    )
    return page, fault.status if fault else 200


def _place() -> tuple[float, float] | None:
    """From where the order begins, if the page says so."""
    if not (request.args.get("lon") and request.args.get("lat")):
        return None
    lon, lat = float_parameter("lon"), float_parameter("lat")
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None


def _stop_words(stop: Stop, found: Day, language: str) -> dict[str, Any]:
    row = stop.row
    return stop_told(stop, found.on) | {
        "tried": outcome_names().get(row.tried) if row.tried else None,
        "class_name": class_words(row, language),
        "words": [(duty.rule.name(language), duty) for duty in stop.duties],
    }


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


@route(blueprint, f"/today/<{NUMBER}:no>/normal", permission="today.use", methods=["POST"])
def record_normal(no: int) -> ResponseReturnValue:
    """One tap; the same id again is the same visit."""
    try:
        with transaction() as tx:
            visit = visit_of_form(request.form, no)
            visits.record(tx, visit, Clocks(settings().now()))
    except Refusal as fault:
        return _page(fault)
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
