"""Sign-in, sign-out, language, and the page of people."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import Refusal, SignInNeeded
from app.http import (
    PUBLIC,
    database,
    integer_parameter,
    route,
    start_session,
    text_parameter,
    transaction,
)
from app.identity import actions
from app.web.languages import LANGUAGES

blueprint = Blueprint("identity", __name__)
PAGE = 200


@route(blueprint, "/sign-in", permission=PUBLIC)
def sign_in_form() -> ResponseReturnValue:
    return render_template("sign_in.html", next=safe_next(request.args.get("next")), fault=None,
                           name="")


@route(blueprint, "/sign-in", permission=PUBLIC, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    following = safe_next(request.form.get("next"))
    try:
        with database().transaction_as(None) as tx:
            person, epoch = actions.check_credentials(tx, name, request.form.get("password", ""))
    except SignInNeeded as refusal:
        with database().transaction_as(None) as tx:
            actions.note_sign_in(tx, name, success=False)
        page = render_template("sign_in.html", next=following, name=name[:60],
                               fault=gettext(refusal.sentence))
        return page, 401
    with database().transaction_as(person) as tx:
        found = actions.find_reader(tx)
        actions.note_sign_in(tx, name, success=True)
    language = session.get("language")
    start_session(person, epoch, found.roles if found else frozenset())
    if language:
        session["language"] = language
    return redirect(following)


@route(blueprint, "/sign-out", permission=PUBLIC, methods=["POST"])
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("identity.sign_in_form"))


@route(blueprint, "/language", permission=PUBLIC, methods=["POST"])
def choose_language() -> ResponseReturnValue:
    """Kept on the session, and on the person where somebody is signed in."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Refusal("There is no language %(language)s here.", language=language[:20])
    session["language"] = language
    if session.get("person"):
        with database().transaction_as(session["person"]) as tx:
            actions.choose_language(tx, language)
    return redirect(safe_next(request.form.get("next")))


@route(blueprint, "/people", permission="people.manage")
def people() -> ResponseReturnValue:
    after = text_parameter("after") or ""
    limit = integer_parameter("limit", PAGE, 1, 500)
    with transaction() as tx:
        found = actions.people(tx, after, limit)
        roles = actions.people_by_role(tx)
    following = found[-1].sign_in if len(found) == limit else None
    return render_template("people.html", people=found, roles=roles, next=following)


def safe_next(target: str | None) -> str:
    """Only a path on this same site: an outside address would be an open redirect."""
    parts = urlsplit((target or "").replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/") \
            or parts.path.startswith("//"):
        return "/"
    return target or "/"
