"""The page of the second factor: set up, recovery codes, remove."""

from __future__ import annotations

from datetime import UTC, datetime

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from app.accounts.factors import actions, rules
from app.accounts.parameters import checked_password, factor_key, safe_next
from app.errors import Forbidden
from app.http import reader, route, settings, transaction

blueprint = Blueprint("factors", __name__)


@route(blueprint, "/account/second-factor", permission="account", settles=True)
def second_factor() -> ResponseReturnValue:
    return _page(safe_next(request.args.get("next")))


@route(
    blueprint, "/account/second-factor/begin", permission="account", methods=["POST"], settles=True
)
def begin() -> ResponseReturnValue:
    with transaction() as tx:
        actions.begin(tx, reader(), factor_key())
    following = safe_next(request.form.get("next"))
    return redirect(url_for("factors.second_factor", next=following))


@route(
    blueprint,
    "/account/second-factor/confirm",
    permission="account",
    methods=["POST"],
    settles=True,
)
def confirm() -> ResponseReturnValue:
    following = safe_next(request.form.get("next"))
    typed = request.form.get("code", "")
    with transaction() as tx:
        codes = actions.confirm(tx, reader(), factor_key(), typed, datetime.now(UTC))
    if codes is None:
        fault = gettext(
            "This is not the code of this moment. Check that the clock of your phone is right, "
            "then give the next code."
        )
        return _page(following, fault)
    return _codes_page(following, codes)


@route(blueprint, "/account/second-factor/codes", permission="account", methods=["POST"])
def renew_codes() -> ResponseReturnValue:
    _, fault = checked_password(request.form.get("old", ""))
    if fault:
        return _page("/", fault)
    with transaction() as tx:
        codes = actions.renew_codes(tx, reader())
    return _codes_page("/", codes)


@route(blueprint, "/account/second-factor/remove", permission="account", methods=["POST"])
def remove() -> ResponseReturnValue:
    if _required():
        raise Forbidden("An administrator does not sign in without a second factor here.")
    _, fault = checked_password(request.form.get("old", ""))
    if fault:
        return _page("/", fault)
    with transaction() as tx:
        actions.remove(tx, reader())
    flash(gettext("The second factor is removed. From now on the password is enough."))
    return redirect(url_for("accounts.show_account"))


def _required() -> bool:
    return settings().admin_totp and "admin" in reader().roles and reader().password_kind != "shown"


def _page(following: str, fault: str | None = None) -> ResponseReturnValue:
    with transaction() as tx:
        found = actions.second_factor(tx)
        secret = actions.shown_secret(tx, reader(), factor_key())
    page = render_template(
        "second_factor.html",
        next=following,
        fault=fault,
        factor=found if found and found.confirmed_at else None,
        secret=rules.in_groups(secret) if secret else None,
        picture=_picture(rules.address_of(secret, reader().sign_in)) if secret else None,
        required=_required(),
    )
    return page, 422 if fault else 200


def _codes_page(following: str, codes: list[str]) -> ResponseReturnValue:
    return render_template("recovery_codes.html", next=following, codes=codes)


def _picture(address: str) -> Markup:
    """A QR code as a drawing in the page: no file, no other address."""
    drawn = segno.make(address, error="m", micro=False)
    return Markup(drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S704
