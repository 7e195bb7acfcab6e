"""The pages of keys for programs, and of those who cannot get in."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts.access import actions
from app.accounts.factors import actions as factors
from app.errors import NotFound, Refusal
from app.http import integer_parameter, reader, route, said, transaction

blueprint = Blueprint("access", __name__)
PAGE = 100
NEWEST = 2_147_483_647


@route(blueprint, "/account/tokens", permission="account")
def own_tokens() -> ResponseReturnValue:
    return _own_page()


@route(blueprint, "/account/tokens", permission="account", methods=["POST"])
def make_token() -> ResponseReturnValue:
    """The answer shows the key: it is kept nowhere from where it could be shown again."""
    label, days = request.form.get("label", ""), request.form.get("days", "")
    now = datetime.now(UTC)
    try:
        with transaction() as tx:
            made = actions.make_token(
                tx, reader(), label, int(days) if days.isdecimal() else -1, now
            )
    except Refusal as refusal:
        return _own_page(fault=said(refusal), label=label[:200])
    return _own_page(made=made)


def _own_page(
    made: str | None = None, fault: str | None = None, label: str = ""
) -> ResponseReturnValue:
    with transaction() as tx:
        tokens = actions.own_tokens(tx)
    page = render_template(
        "tokens.html",
        tokens=tokens,
        now=datetime.now(UTC),
        made=made,
        fault=fault,
        label=label,
        lives=actions.LIVES,
    )
    return page, 422 if fault else 200


@route(blueprint, "/account/tokens/revoke", permission="account", methods=["POST"])
def revoke_token() -> ResponseReturnValue:
    with transaction() as tx:
        actions.revoke(tx, _number())
    flash(gettext("The key is revoked; programs that use it get no answer from now on."))
    return redirect(url_for("access.own_tokens"))


def _number() -> int:
    text = request.form.get("token", "")
    if not (text.isascii() and text.isdecimal() and int(text) <= NEWEST):
        raise NotFound("That key is revoked already, or it is not yours.")
    return int(text)


# -- for administrators -------------------------------------------------------------------


@route(blueprint, "/access", permission="people.manage")
def show_access() -> ResponseReturnValue:
    before = integer_parameter("before", NEWEST, 1, NEWEST)
    with transaction() as tx:
        locked = actions.locked_names(tx)
        tokens = actions.tokens_of_everybody(tx, before, PAGE)
    following = url_for("access.show_access", before=tokens[-1].no) if len(tokens) == PAGE else None
    return render_template("access.html", locked=locked, tokens=tokens, next_url=following)


@route(blueprint, "/access/release", permission="people.manage", methods=["POST"])
def release() -> ResponseReturnValue:
    name = request.form.get("name", "")
    with transaction() as tx:
        actions.release(tx, name)
    flash(gettext("%(name)s can try again at once.", name=name[:60]))
    return redirect(url_for("access.show_access"))


@route(blueprint, "/access/second-factor", permission="people.manage", methods=["POST"])
def remove_second_factor() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    with transaction() as tx:
        factors.remove_of(tx, name)
    flash(gettext("%(name)s now signs in with the password alone.", name=name[:60]))
    return redirect(url_for("access.show_access"))


@route(blueprint, "/access/revoke", permission="people.manage", methods=["POST"])
def revoke_of_anybody() -> ResponseReturnValue:
    with transaction() as tx:
        actions.revoke(tx, _number())
    flash(gettext("The key is revoked; programs that use it get no answer from now on."))
    return redirect(url_for("access.show_access"))
