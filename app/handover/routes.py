"""The list of hand-overs, the wizard, the record with its signatures, and the end of a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import actions as accounts
from app.errors import Refusal
from app.handover import actions, rules
from app.handover.model import HandoverRequest
from app.http import (
    asking_address,
    database,
    integer_parameter,
    reader,
    route,
    said,
    settings,
    transaction,
)
from app.people import actions as people
from app.people.parameters import picked, written, written_day
from app.people.rules import last_day
from app.web.words import open_work_names, role_names

blueprint = Blueprint("handover", __name__)
PAGE = 50
LAST = 2_147_483_647
NOTHING_GIVEN: Mapping[str, str] = {}


@route(blueprint, "/handovers", permission="handovers.sign")
def list_handovers() -> ResponseReturnValue:
    before = integer_parameter("before", LAST, 1, LAST)
    with transaction() as tx:
        found = actions.handovers(tx, before, PAGE)
    return render_template(
        "handovers.html",
        handovers=found,
        manages=reader().may("people.manage"),
        next=url_for("handover.list_handovers", before=found[-1].no)
        if len(found) == PAGE
        else None,
    )


@route(blueprint, "/handovers/new", permission="people.manage")
def new_handover() -> ResponseReturnValue:
    return _form(integer_parameter("from", 0, 0, LAST))


def _form(
    giver: int, fault: Refusal | None = None, given: Mapping[str, str] = NOTHING_GIVEN
) -> ResponseReturnValue:
    """The grids of the giver with what is open there; without a giver, the question who it is."""
    today = settings().today()
    with transaction() as tx:
        one = people.person(tx, giver) if giver else None
        held = actions.held_by(tx, giver, today) if one else []
    return render_template(
        "handover_new.html",
        one=one,
        held=held,
        fault=said(fault) if fault else None,
        given=given,
        role_names=role_names(),
        open_names=open_work_names(),
        last_day=last_day,
    ), fault.status if fault else 200


@route(blueprint, "/handovers/giver", permission="people.manage", methods=["POST"])
def choose_giver() -> ResponseReturnValue:
    """From the name that was typed to the giver's grids."""
    try:
        with transaction() as tx:
            one = people.person_named(tx, picked("giver"))
    except Refusal as refusal:
        return _form(0, refusal, request.form)
    return redirect(url_for("handover.new_handover", **{"from": one.no}))


@route(blueprint, "/handovers", permission="people.manage", methods=["POST"])
def prepare() -> ResponseReturnValue:
    giver = int(written("giver")) if written("giver").isdecimal() else 0
    try:
        with transaction() as tx:
            no = actions.prepare(tx, _asked(giver), settings().today())
    except Refusal as refusal:
        return _form(giver, refusal, request.form)
    return redirect(url_for("handover.show_handover", no=no))


def _asked(giver: int) -> HandoverRequest:
    """Each chosen grid goes to its own taker, or to the one who takes all."""
    takers = {}
    for chosen in request.form.getlist("assignment"):
        if chosen.isdecimal():
            takers[int(chosen)] = picked(f"taker-{chosen}") or picked("taker")
    if any(not taker for taker in takers.values()):
        raise Refusal("Say who takes each of the chosen grids.")
    day: date = written_day("day") or settings().today()
    return HandoverRequest(giver, takers, day, request.form.get("note", "").strip() or None)


@route(blueprint, "/handovers/<int:no>", permission="handovers.sign")
def show_handover(no: int) -> ResponseReturnValue:
    return _record(no)


def _record(no: int, fault: Refusal | None = None) -> ResponseReturnValue:
    with transaction() as tx:
        found = actions.handover(tx, no)
    return render_template(
        "handover.html",
        found=found,
        head=found.head,
        fault=said(fault) if fault else None,
        given=request.form,
        role_names=role_names(),
        open_names=open_work_names(),
        waits=found.waits_for(reader().no),
        may_undo=rules.may_undo(found.head, settings().today()),
        manages=reader().may("people.manage"),
    ), fault.status if fault else 200


@route(blueprint, "/handovers/<int:no>/sign", permission="handovers.sign", methods=["POST"])
def sign(no: int) -> ResponseReturnValue:
    """With the own password: who holds somebody's phone does not hold their signature."""
    try:
        _check_own_password(request.form.get("password", ""))
        with transaction() as tx:
            actions.sign(tx, no, reader().no)
    except Refusal as refusal:
        return _record(no, refusal)
    return redirect(url_for("handover.show_handover", no=no))


def _check_own_password(password: str) -> None:
    """By the brake that guards signing in; the try is kept, whatever becomes of the signature."""
    with database().transaction_as(None) as tx:
        attempt = accounts.try_sign_in(tx, reader().sign_in, password, asking_address())
    if attempt.minutes_locked:
        raise Refusal(
            "There were too many wrong passwords. Please wait %(minutes)s min, then try again.",
            minutes=attempt.minutes_locked,
        )
    if attempt.person != reader().no:
        raise Refusal("The password is not right; nothing was signed.")


@route(blueprint, "/handovers/<int:no>/confirm", permission="people.manage", methods=["POST"])
def confirm(no: int) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            whose = int(written("whose")) if written("whose").isdecimal() else 0
            actions.confirm(tx, no, whose, written("reason"))
    except Refusal as refusal:
        return _record(no, refusal)
    return redirect(url_for("handover.show_handover", no=no))


@route(blueprint, "/handovers/<int:no>/undo", permission="people.manage", methods=["POST"])
def undo(no: int) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            actions.undo(tx, no, written("reason"), settings().today())
    except Refusal as refusal:
        return _record(no, refusal)
    return redirect(url_for("handover.show_handover", no=no))


# -- the end of a person ------------------------------------------------------------------


@route(blueprint, "/people/<int:no>/end", permission="people.manage")
def ask_to_end(no: int) -> ResponseReturnValue:
    return _end_page(no)


def _end_page(no: int, fault: Refusal | None = None) -> ResponseReturnValue:
    """What is open first: after the end nobody answers for it."""
    today = settings().today()
    with transaction() as tx:
        one = people.person(tx, no)
        held = actions.held_by(tx, no, today)
        covers = people.covers(tx, [no], today)
        handovers, jobs = actions.open_of(tx, no)
    return render_template(
        "person_end.html",
        one=one,
        held=held,
        covers=covers,
        handovers=handovers,
        jobs=jobs,
        fault=said(fault) if fault else None,
        role_names=role_names(),
        open_names=open_work_names(),
        last_day=last_day,
    ), fault.status if fault else 200


@route(blueprint, "/people/<int:no>/end", permission="people.manage", methods=["POST"])
def end_person(no: int) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            people.end(tx, no, settings().today())
    except Refusal as refusal:
        return _end_page(no, refusal)
    return redirect(url_for("people.show_person", no=no))
