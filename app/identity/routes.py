"""Sign-in, sign-out, language, and the page of people."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import Refusal
from app.http import (
    PUBLIC,
    asking_address,
    database,
    route,
    start_session,
)
from app.identity import actions, rules
from app.identity.model import Reader
from app.web.languages import LANGUAGES

blueprint = Blueprint("identity", __name__)


@route(blueprint, "/sign-in", permission=PUBLIC)
def sign_in_form() -> ResponseReturnValue:
    return render_template(
        "sign_in.html", next=safe_next(request.args.get("next")), fault=None, name=""
    )


@route(blueprint, "/sign-in", permission=PUBLIC, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    following = safe_next(request.form.get("next"))
    address = asking_address()
    with database().transaction_as(None) as tx:
        attempt = actions.try_sign_in(tx, name, request.form.get("password", ""), address)
    if attempt.person is None:
        return _sign_in_again(following, name, attempt.minutes_locked)
    with database().transaction_as(attempt.person) as tx:
        found = actions.find_reader(tx)
        actions.note_sign_in(tx, name, address)
    language = session.get("language")
    start_session(attempt.person, attempt.session_epoch, found.roles if found else frozenset())
    if language:
        session["language"] = language
    return redirect(following)


def _sign_in_again(following: str, name: str, minutes_locked: int) -> ResponseReturnValue:
    """The form with what was wrong; never which part, nor whether there is such a name."""
    fault = gettext("The name or the password is not right. Please try again.")
    if minutes_locked:
        fault = gettext(
            "There were too many attempts to sign in. Please wait %(minutes)s min, then try again.",
            minutes=minutes_locked,
        )
    answer = make_response(
        render_template("sign_in.html", next=following, name=name[:60], fault=fault),
        429 if minutes_locked else 401,
    )
    if minutes_locked:
        answer.headers["Retry-After"] = str(minutes_locked * 60)
    return answer


def reader_of_session() -> Reader | None:
    """For whom the cookie still stands.  The addresses here are public: no guard has looked."""
    person: int | None = session.get("person")
    if person is None:
        return None
    with database().transaction_as(person) as tx:
        found = actions.find_reader(tx)
    started, seen = (datetime.fromtimestamp(session[moment], UTC) for moment in ("started", "seen"))
    if (
        found is None
        or found.session_epoch != session.get("epoch")
        or not rules.session_holds(started, seen, datetime.now(UTC), found.roles)
    ):
        return None
    return found


@route(blueprint, "/sign-out", permission=PUBLIC, methods=["POST"])
def sign_out() -> ResponseReturnValue:
    """Everywhere: a copy of the cookie is worth nothing from now on."""
    found = reader_of_session()
    if found is not None:
        with database().transaction_as(found.no) as tx:
            actions.sign_out(tx)
    session.clear()
    return redirect(url_for("identity.sign_in_form"))


@route(blueprint, "/language", permission=PUBLIC, methods=["POST"])
def choose_language() -> ResponseReturnValue:
    """Kept on the session, and on the person for whom the session still holds."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Refusal("There is no language %(language)s here.", language=language[:20])
    session["language"] = language
    found = reader_of_session()
    if found is not None:
        with database().transaction_as(found.no) as tx:
            actions.choose_language(tx, language)
    return redirect(safe_next(request.form.get("next")))


def safe_next(target: str | None) -> str:
    """Only a path on this same site: an outside address would be an open redirect."""
    parts = urlsplit((target or "").replace("\\", "/"))
    if (
        parts.scheme
        or parts.netloc
        or not parts.path.startswith("/")
        or parts.path.startswith("//")
    ):
        return "/"
    return target or "/"
