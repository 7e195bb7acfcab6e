"""Change one unit, and decide on pairs that may be one."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.http import date_of, job_queue, route, settings, text_parameter, transaction
from app.jobs import actions as jobs
from app.units import actions, merging
from app.units.model import Change
from app.units.rules import class_words

blueprint = Blueprint("units", __name__)
NUMBER = "int(max=9007199254740991)"
PAIRS = 20
STATES = ("open", "different")
FACTS = ("name", "address", "credit_code", "responsible", "manager", "phone", "hours_text")


@route(blueprint, f"/units/<{NUMBER}:no>/edit", permission="units.write")
def edit_unit(no: int) -> ResponseReturnValue:
    return _edit_page(no, "", None)


def _edit_page(no: int, sent: str, fault: Refusal | None) -> ResponseReturnValue:
    """The forms, with what was typed into the one that was refused."""
    today = settings().today()
    with transaction() as tx:
        unit = actions.unit(tx, no, today)
        last = actions.last_change(tx, no)
        context = grids.small_map(tx)
    page = render_template(
        "unit_edit.html",
        unit=unit._asdict(),
        last_change=last,
        sent=sent,
        said=request.form,
        fault=in_words(fault) if fault else None,
        map_context=context,
        **class_words(str(get_locale())),
    )
    return page, fault.status if fault else 200


def in_words(fault: Refusal) -> str:
    sentence: str = gettext(fault.sentence)
    return sentence % fault.values if fault.values else sentence


def _asked_change(no: int) -> Change:
    day = request.form.get("on", "").strip()
    return Change(
        no,
        _number("version"),
        date_of(day, "on") if day else settings().today(),
        request.form.get("reason", "").strip()[:300] or None,
    )


def _number(name: str) -> int:
    value = request.form.get(name, "")
    if not value.isdecimal() or len(value) > 15:
        raise Refusal("The request was not understood. Reload the page and try again.")
    return int(value)


def _answered(
    no: int, sent: str, act: Callable[[Transaction, Change], object]
) -> ResponseReturnValue:
    """Do it and show the unit; where it is refused, the forms again with what was typed."""
    try:
        change = _asked_change(no)
        with transaction() as tx:
            act(tx, change)
    except NotFound:
        raise
    except Refusal as fault:
        return _edit_page(no, sent, fault)
    return redirect(url_for("reports.show_unit", no=no))


@route(blueprint, f"/units/<{NUMBER}:no>/edit", permission="units.write", methods=["POST"])
def save_facts(no: int) -> ResponseReturnValue:
    def act(tx: Transaction, change: Change) -> None:
        facts = actions.checked_facts({key: request.form.get(key, "") for key in FACTS})
        actions.edit(tx, change, facts, settings().today())

    return _answered(no, "edit", act)


@route(blueprint, f"/units/<{NUMBER}:no>/move", permission="units.write", methods=["POST"])
def move_unit(no: int) -> ResponseReturnValue:
    def act(tx: Transaction, change: Change) -> None:
        lon, lat = grids.place_on_earth(
            _coordinate("lon"), _coordinate("lat"), request.form.get("crs", "").strip()
        )
        actions.move(tx, change, lon, lat, settings().today())

    return _answered(no, "move", act)


def _coordinate(name: str) -> float:
    value = request.form.get(name, "").strip()
    try:
        return float(value)
    except ValueError:
        raise Refusal(
            "%(name)s is missing or not a number: %(value)s.", name=name, value=value[:40]
        ) from None


@route(blueprint, f"/units/<{NUMBER}:no>/close", permission="units.write", methods=["POST"])
def close_unit(no: int) -> ResponseReturnValue:
    return _answered(no, "close", lambda tx, change: actions.close(tx, change, settings().today()))


@route(blueprint, f"/units/<{NUMBER}:no>/reopen", permission="units.write", methods=["POST"])
def reopen_unit(no: int) -> ResponseReturnValue:
    return _answered(
        no, "reopen", lambda tx, change: actions.reopen(tx, change, settings().today())
    )


@route(blueprint, f"/units/<{NUMBER}:no>/class", permission="units.write", methods=["POST"])
def classify_unit(no: int) -> ResponseReturnValue:
    scheme, key = request.form.get("scheme", ""), request.form.get("class", "")
    return _answered(
        no,
        scheme,
        lambda tx, change: actions.set_class(tx, change, scheme, key, settings().today()),
    )


@route(blueprint, f"/units/<{NUMBER}:no>/parent", permission="units.write", methods=["POST"])
def place_unit_under(no: int) -> ResponseReturnValue:
    parent = request.form.get("parent", "").strip() or None
    return _answered(
        no,
        "parent",
        lambda tx, change: actions.set_parent(tx, change, parent, settings().today()),
    )


@route(blueprint, f"/units/<{NUMBER}:no>/take-back", permission="units.write", methods=["POST"])
def take_back_change(no: int) -> ResponseReturnValue:
    return _answered(
        no, "take-back", lambda tx, change: actions.take_back(tx, change, settings().today())
    )


@route(blueprint, f"/units/<{NUMBER}:no>/separate", permission="units.write", methods=["POST"])
def separate_unit(no: int) -> ResponseReturnValue:
    change = _asked_change(no)
    with transaction() as tx:
        merging.separate(tx, change, settings().today())
    return redirect(url_for("reports.show_unit", no=no))


# -- pairs that may be one ------------------------------------------------------------------


@route(blueprint, "/units/duplicates", permission="units.write")
def list_duplicates() -> ResponseReturnValue:
    return _pairs_page(None)


def _pairs_page(fault: Refusal | None) -> ResponseReturnValue:
    state = text_parameter("state") or STATES[0]
    if state not in STATES:
        raise Refusal(
            "state is %(state)s; use one of: %(states)s.",
            state=state[:40],
            states=", ".join(STATES),
        )
    language = str(get_locale())
    with transaction() as tx:
        pairs = merging.waiting(tx, state, _after(), PAIRS)
        counts = merging.counts(tx)
        titles = _grid_titles(tx, {unit.grid_no for pair in pairs for unit in pair[1:]}, language)
    last = pairs[-1][0] if len(pairs) == PAIRS else None
    page = render_template(
        "duplicates.html",
        state=state,
        pairs=pairs,
        counts=counts,
        grids=titles,
        fault=in_words(fault) if fault else None,
        next_url=last
        and url_for(
            "units.list_duplicates",
            state=state if state != STATES[0] else None,
            after=f"{last.score!r},{last.first},{last.second}",
        ),
        **class_words(language),
    )
    return page, fault.status if fault else 200


def _after() -> tuple[float, int, int]:
    """The place of the last pair shown, as the address carries it."""
    words = text_parameter("after")
    if words is None:
        return merging.FIRST
    try:
        score, first, second = words.split(",")
        return float(score), int(first), int(second)
    except ValueError:
        raise Refusal(
            "after is %(value)s; follow the link to the next page.", value=words
        ) from None


def _grid_titles(tx: Transaction, numbers: set[int], language: str) -> dict[int, str | None]:
    active = grids.find_active(tx)
    chains = grids.chains(tx, active.no, sorted(numbers - {0})) if active else {}
    titles: dict[int, str | None] = dict.fromkeys(numbers)
    return titles | {number: chain[-1].title(language) for number, chain in chains.items()}


@route(blueprint, "/units/duplicates/search", permission="units.write", methods=["POST"])
def search_duplicates() -> ResponseReturnValue:
    with transaction() as tx:
        number = jobs.ask(tx, "duplicates", {})
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))


@route(blueprint, "/units/duplicates/decide", permission="units.write", methods=["POST"])
def decide_duplicates() -> ResponseReturnValue:
    """One of: keep_first, keep_second, different, open."""
    try:
        with transaction() as tx:
            _decide(tx, request.form.get("decision", ""))
    except Refusal as fault:
        return _pairs_page(fault)
    return redirect(url_for("units.list_duplicates"))


def _decide(tx: Transaction, decision: str) -> None:
    first, second = _number("first"), _number("second")
    reason = request.form.get("reason", "").strip()[:300] or None
    today = settings().today()
    if decision == "different":
        merging.call_different(tx, first, second, reason)
    elif decision == "open":
        merging.call_open(tx, first, second)
    elif decision == "keep_first":
        change = Change(first, _number("first_version"), today, reason)
        merging.merge(tx, change, second, _number("second_version"), today)
    elif decision == "keep_second":
        change = Change(second, _number("second_version"), today, reason)
        merging.merge(tx, change, first, _number("first_version"), today)
    else:
        raise Refusal("The request was not understood. Reload the page and try again.")
