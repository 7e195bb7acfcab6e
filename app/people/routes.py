"""The list of people, the page of one, and the grids where nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.http import (
    date_parameter,
    json_answer,
    reader,
    route,
    said,
    settings,
    text_parameter,
    transaction,
)
from app.identity import actions as identity
from app.identity.actions import NewPerson
from app.people import actions, rules
from app.people.model import CoverRequest, GapQuestion
from app.people.parameters import (
    address_of,
    grid_of_address,
    people_filter,
    picked,
    written,
    written_assignment,
    written_day,
)
from app.web.words import role_names, viewing_reasons

blueprint = Blueprint("people", __name__)
PAGE = 100
NOTHING_GIVEN: Mapping[str, str] = {}


@route(blueprint, "/people", permission="people.read")
def list_people() -> ResponseReturnValue:
    today, manages = settings().today(), reader().may("people.manage")
    with transaction() as tx:
        within = grid_of_address(tx)
        wanted = people_filter(within, manages)
        found = actions.people(tx, wanted, text_parameter("after") or "", PAGE)
        total = actions.count_people(tx, wanted)
        roles = actions.people_by_role(tx, today)
        numbers = [one.no for one in found]
        held = actions.assignments(tx, numbers)
        away = actions.covers(tx, numbers, today)
        gaps = actions.gaps(tx, GapQuestion(today, ahead=0))
    address = address_of(wanted, within)
    following = (
        url_for("people.list_people", **address, after=found[-1].sign_in)
        if len(found) == PAGE
        else None
    )
    return render_template(
        "people.html",
        people=[
            one._asdict()
            | {
                "assignments": [
                    row
                    for row in held
                    if row.person_no == one.no
                    and (row.valid_until is None or row.valid_until > today)
                ],
                "away": next(
                    (row for row in away if row.person_no == one.no and row.valid_from <= today),
                    None,
                ),
            }
            for one in found
        ],
        total=total,
        roles=roles,
        role_names=role_names(),
        states=[one for one in rules.STATES if manages or one not in rules.ADMIN_STATES],
        filters=address | {"state": wanted.state},
        within=within,
        gaps=len({row.no for row in gaps}),
        next=following,
        manages=manages,
        last_day=rules.last_day,
    )


@route(blueprint, "/people/suggestions", permission="people.read")
def suggest() -> ResponseReturnValue:
    """Grids or persons that a form may mean, for the field's list."""
    kind, text = text_parameter("kind"), text_parameter("q") or ""
    language = str(get_locale())
    with transaction() as tx:
        if kind == "grid":
            names = [
                f"{(row.name_en if language == 'en' else None) or row.name} ({row.reference})"
                for row in actions.suggest_grids(tx, text)
            ]
        else:
            names = [f"{row.name} ({row.sign_in})" for row in actions.suggest_people(tx, text)]
    return json_answer({"names": names})


# -- one person ---------------------------------------------------------------------------


@route(blueprint, "/people/new", permission="people.manage")
def new_person() -> ResponseReturnValue:
    return _new_person_form(None, request.args)


@route(blueprint, "/people", permission="people.manage", methods=["POST"])
def add_person() -> ResponseReturnValue:
    password = identity.make_password()
    try:
        with transaction() as tx:
            wanted = written_assignment(tx)
            new = NewPerson(
                written("sign_in"),
                written("name"),
                wanted.role,
                wanted.grid_no,
                password,
                organisation=written("organisation") or None,
            )
            no = actions.add(tx, new, wanted.valid_from, wanted.valid_until)
    except Refusal as refusal:
        return _new_person_form(refusal, request.form)
    return _password_page(no, password)


@route(blueprint, "/people/assignments", permission="people.manage", methods=["POST"])
def give() -> ResponseReturnValue:
    """A grid for somebody who is entered already, named in the form."""
    try:
        with transaction() as tx:
            no = int(actions.person_named(tx, picked("whom")).no)
            actions.assign(tx, no, written_assignment(tx))
    except Refusal as refusal:
        return _new_person_form(refusal, request.form)
    return redirect(url_for("people.show_person", no=no))


def _new_person_form(fault: Refusal | None, given: Mapping[str, str]) -> ResponseReturnValue:
    page = render_template(
        "person_new.html",
        fault=said(fault) if fault else None,
        given=given,
        role_names=role_names(),
    )
    return page, fault.status if fault else 200


def _password_page(no: int, password: str) -> ResponseReturnValue:
    with transaction() as tx:
        one = actions.person(tx, no)
    return render_template("person_password.html", one=one, password=password)


@route(blueprint, "/people/<int:no>", permission="people.read")
def show_person(no: int) -> ResponseReturnValue:
    return _person_page(no)


def _person_page(
    no: int, fault: Refusal | None = None, given: Mapping[str, str] = NOTHING_GIVEN
) -> ResponseReturnValue:
    """The page; with a fault beside what was typed, so that nothing is lost."""
    today = settings().today()
    with transaction() as tx:
        one = actions.person(tx, no)
        held = actions.assignments(tx, [no])
        covers = actions.covers(tx, [no], today)
    return render_template(
        "person.html",
        one=one,
        current=[row for row in held if row.valid_until is None or row.valid_until > today],
        former=[row for row in held if row.valid_until is not None and row.valid_until <= today],
        covers=covers,
        fault=said(fault) if fault else None,
        given=given,
        role_names=role_names(),
        manages=reader().may("people.manage"),
        viewing_reasons=viewing_reasons() if reader().may("people.view_as") else {},
        last_day=rules.last_day,
    ), fault.status if fault else 200


def _change(no: int, change: Callable[[Transaction], Any]) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            change(tx)
    except Refusal as refusal:
        return _person_page(no, refusal, request.form)
    return redirect(url_for("people.show_person", no=no))


@route(blueprint, "/people/<int:no>/assignments", permission="people.manage", methods=["POST"])
def assign(no: int) -> ResponseReturnValue:
    return _change(no, lambda tx: actions.assign(tx, no, written_assignment(tx)))


@route(
    blueprint,
    "/people/<int:no>/assignments/<int:assignment>/end",
    permission="people.manage",
    methods=["POST"],
)
def end_assignment(no: int, assignment: int) -> ResponseReturnValue:
    return _change(
        no,
        lambda tx: actions.end_assignment(
            tx, no, assignment, written_day("last") or settings().today()
        ),
    )


@route(
    blueprint,
    "/people/<int:no>/assignments/<int:assignment>/change",
    permission="people.manage",
    methods=["POST"],
)
def change_assignment(no: int, assignment: int) -> ResponseReturnValue:
    return _change(
        no, lambda tx: actions.change_assignment(tx, no, assignment, written_assignment(tx))
    )


@route(blueprint, "/people/<int:no>/name", permission="people.manage", methods=["POST"])
def rename(no: int) -> ResponseReturnValue:
    return _change(
        no, lambda tx: actions.rename(tx, no, written("name"), written("organisation") or None)
    )


@route(blueprint, "/people/<int:no>/password", permission="people.manage", methods=["POST"])
def reset_password(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        password = actions.new_password(tx, no)
    return _password_page(no, password)


@route(blueprint, "/people/<int:no>/reactivate", permission="people.manage", methods=["POST"])
def reactivate(no: int) -> ResponseReturnValue:
    return _change(no, lambda tx: actions.reactivate(tx, no))


@route(blueprint, "/people/<int:no>/covers", permission="people.manage", methods=["POST"])
def cover(no: int) -> ResponseReturnValue:
    def change(tx: Transaction) -> None:
        first, last = written_day("first"), written_day("last")
        if first is None or last is None:
            raise Refusal("Say from which day to which day.")
        actions.cover(
            tx,
            CoverRequest(
                no,
                picked("deputy"),
                first,
                rules.day_after(last) or last,
                [int(one) for one in request.form.getlist("assignment") if one.isdecimal()],
                keeps_scope=written("hide") != "yes",
                note=written("note") or None,
            ),
        )

    return _change(no, change)


@route(
    blueprint,
    "/people/<int:no>/covers/<int:cover>/end",
    permission="people.manage",
    methods=["POST"],
)
def end_cover(no: int, cover: int) -> ResponseReturnValue:
    return _change(no, lambda tx: actions.end_cover(tx, cover, settings().today()))


# -- looking as somebody else -------------------------------------------------------------


@route(blueprint, "/people/<int:no>/view-as", permission="people.view_as", methods=["POST"])
def view_as(no: int) -> ResponseReturnValue:
    """Only with a session: a token acts as its person and as nobody else."""
    if "person" not in session:
        raise Refusal("Sign in with a browser to look as somebody else.")
    try:
        with transaction() as tx:
            session["viewing"] = identity.view_as(tx, actions.person(tx, no), written("reason"))
    except Refusal as refusal:
        return _person_page(no, refusal, request.form)
    return redirect(url_for("maps.home"))


@route(blueprint, "/people/view-as/stop", permission="people.view_as", methods=["POST"])
def stop_viewing() -> ResponseReturnValue:
    session.pop("viewing", None)
    with transaction() as tx:
        no = identity.stop_viewing(tx)
    return redirect(url_for("people.show_person", no=no) if no else url_for("people.list_people"))


# -- grids without anybody ----------------------------------------------------------------


@route(blueprint, "/people/gaps", permission="people.gaps")
def show_gaps() -> ResponseReturnValue:
    return _gaps_page()


def _gaps_page(fault: Refusal | None = None) -> ResponseReturnValue:
    on = date_parameter("on", settings().today())
    level = text_parameter("level")
    with transaction() as tx:
        within = grid_of_address(tx)
        levels = grids.levels(tx)
        if level:
            grids.level_named(tx, level)
        rows = actions.gaps(tx, GapQuestion(on, level=level, within=within.no if within else None))
        required = actions.required_roles(tx)
    return render_template(
        "people_gaps.html",
        now=[row for row in rows if row.starts == on],
        soon=[row for row in rows if row.starts > on],
        on=on,
        level=level,
        levels=levels,
        within=within,
        required=required,
        role_names=role_names(),
        grid_roles=rules.GRID_ROLES,
        manages=reader().may("people.manage"),
        fault=said(fault) if fault else None,
        last_day=rules.last_day,
    ), fault.status if fault else 200


@route(blueprint, "/people/gaps", permission="people.manage", methods=["POST"])
def require_roles() -> ResponseReturnValue:
    wanted: dict[str, list[str]] = {}
    for chosen in request.form.getlist("required"):
        place, _, role = chosen.partition(":")
        wanted.setdefault(place, []).append(role)
    try:
        with transaction() as tx:
            actions.require_roles(tx, wanted)
    except Refusal as refusal:
        return _gaps_page(refusal)
    return redirect(url_for("people.show_gaps"))
