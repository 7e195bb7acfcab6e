"""Why residents' data are kept, the notice to print, and the decision on what is due."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext

from app.errors import Refusal
from app.http import reader, route, said, transaction
from app.residents import rules
from app.residents.model import Notice
from app.residents.retention import actions

blueprint = Blueprint("retention", __name__)


@route(blueprint, "/residents/purpose", permission="residents.read")
def show_purpose() -> ResponseReturnValue:
    return _page()


def _page(fault: Refusal | None = None, given: Notice | None = None) -> ResponseReturnValue:
    with transaction() as tx:
        told = actions.notice(tx) or rules.standard_notice(str(get_locale()))
        checks = actions.checks(tx) if reader().may("residents.manage") else []
    page = render_template(
        "residents_purpose.html",
        told=told,
        given=given or told,
        checks=checks,
        due=next((one for one in checks[:1] if one.decided_at is None), None),
        fault=said(fault) if fault else None,
    )
    return (page, fault.status) if fault else page


@route(blueprint, "/residents/purpose", permission="residents.manage", methods=["POST"])
def set_purpose() -> ResponseReturnValue:
    purpose, legal_basis, notice = (
        request.form.get(name, "").strip() for name in ("purpose", "legal_basis", "notice")
    )
    given = Notice(purpose, legal_basis, notice, request.form.get("removal") == "automatic")
    try:
        with transaction() as tx:
            actions.set_notice(tx, given)
    except Refusal as refusal:
        return _page(refusal, given)
    return redirect(url_for("retention.show_purpose"))


@route(
    blueprint,
    "/residents/due/<int(max=2147483647):no>",
    permission="residents.manage",
    methods=["POST"],
)
def forget_due(no: int) -> ResponseReturnValue:
    try:
        if request.form.get("sure") != "yes":
            raise Refusal("Say that these households are to be deleted for good.")
        with transaction() as tx:
            removed = actions.forget_due(tx, no)
    except Refusal as refusal:
        return _page(refusal)
    flash(
        ngettext(
            "%(num)s household was deleted for good.",
            "%(num)s households were deleted for good.",
            removed,
        )
    )
    return redirect(url_for("retention.show_purpose"))
