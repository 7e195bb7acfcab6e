"""Sign-in, sign-out, language; the own account with its sessions and password."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import actions, rules
from app.accounts.factors import actions as factors
from app.accounts.model import Origin, SignInAttempt
from app.accounts.parameters import (
    asking_agent,
    checked_password,
    factor_key,
    safe_next,
)
from app.errors import NotFound, Refusal
from app.http import (
    PUBLIC,
    asking_address,
    database,
    reader,
    reader_of_session,
    route,
    said,
    settings,
    start_session,
    transaction,
)
from app.identity import actions as identity, rules as identity_rules
from app.web.languages import LANGUAGES
from app.web.words import role_names

blueprint = Blueprint("accounts", __name__)
PENDING = "pending"  # in the cookie: whose password was right, while the code is asked for
PENDING_SECONDS = 300


# -- signing in ---------------------------------------------------------------------------


@route(blueprint, "/sign-in", permission=PUBLIC)
def sign_in_form() -> ResponseReturnValue:
    session.pop(PENDING, None)
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
        fault = gettext("The name or the password is not right. Please try again.")
        return _again("sign_in.html", attempt, fault, next=following, name=name[:60])
    with database().transaction_as(attempt.person) as tx:
        factor = factors.second_factor(tx)
    if factor is None or factor.confirmed_at is None:
        return _opened(attempt, following)
    session[PENDING] = {
        "person": attempt.person,
        "epoch": attempt.session_epoch,
        "until": datetime.now(UTC).timestamp() + PENDING_SECONDS,
    }
    return redirect(url_for("accounts.code_form", next=following))


def _opened(attempt: SignInAttempt, following: str) -> ResponseReturnValue:
    """Begin the session of a person who proved everything that is asked for."""
    with database().transaction_as(attempt.person) as tx:
        found = identity.find_reader(tx)
        if found is None or found.session_epoch != attempt.session_epoch:
            raise Refusal("The account was changed while you signed in. Please sign in again.")
        number = actions.begin_session(tx, found.sign_in, Origin(asking_address(), asking_agent()))
    start_session(found, number)
    return redirect(following)


@route(blueprint, "/sign-in/code", permission=PUBLIC)
def code_form() -> ResponseReturnValue:
    following = safe_next(request.args.get("next"))
    if _pending() is None:
        return redirect(url_for("accounts.sign_in_form", next=following))
    return render_template("sign_in_code.html", next=following, fault=None)


@route(blueprint, "/sign-in/code", permission=PUBLIC, methods=["POST"])
def give_code() -> ResponseReturnValue:
    following = safe_next(request.form.get("next"))
    waiting = _pending()
    if waiting is None:
        return redirect(url_for("accounts.sign_in_form", next=following))
    with database().transaction_as(waiting.person) as tx:
        found = identity.find_reader(tx)
        if found is None or found.session_epoch != waiting.session_epoch:
            return redirect(url_for("accounts.sign_in_form", next=following))
        typed, now = request.form.get("code", ""), datetime.now(UTC)
        attempt = factors.try_code(tx, found, factor_key(), typed, asking_address(), now)
    if attempt.person is None:
        fault = gettext(
            "The code is not right, or it was used before. Wait for the next one, then try again."
        )
        return _again("sign_in_code.html", attempt, fault, next=following)
    return _opened(attempt, following)


def _pending() -> SignInAttempt | None:
    """Whose password was right a moment ago in this browser."""
    waiting = session.get(PENDING)
    if waiting is None or waiting["until"] < datetime.now(UTC).timestamp():
        return None
    return SignInAttempt(waiting["person"], waiting["epoch"])


def _again(template: str, attempt: SignInAttempt, fault: str, **values: str) -> ResponseReturnValue:
    """The form with what was wrong; never which part, nor whether there is such a name."""
    if attempt.minutes_locked:
        fault = gettext(
            "There were too many attempts to sign in. Please wait %(minutes)s min, then try "
            "again; an administrator can release it sooner.",
            minutes=attempt.minutes_locked,
        )
    answer = make_response(
        render_template(template, fault=fault, locked=attempt.minutes_locked, **values),
        429 if attempt.minutes_locked else 401,
    )
    if attempt.minutes_locked:
        answer.headers["Retry-After"] = str(attempt.minutes_locked * 60)
    return answer


@route(blueprint, "/sign-out", permission=PUBLIC, methods=["POST"])
def sign_out() -> ResponseReturnValue:
    """Of this session: a copy of its cookie is worth nothing from now on."""
    if "id" in session:
        with database().transaction_as(session["person"]) as tx:
            actions.sign_out(tx, session["id"])
    session.clear()
    return redirect(url_for("accounts.sign_in_form"))


@route(blueprint, "/language", permission=PUBLIC, methods=["POST"])
def choose_language() -> ResponseReturnValue:
    """Kept on the session, and on the person for whom the session still holds."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Refusal("There is no language %(language)s here.", language=language[:20])
    found = reader_of_session()
    session["language"] = language
    if found is not None:
        with database().transaction_as(found.no) as tx:
            identity.choose_language(tx, language)
    return redirect(safe_next(request.form.get("next")))


# -- the own account ----------------------------------------------------------------------


@route(blueprint, "/account", permission="account", settles=True)
def show_account() -> ResponseReturnValue:
    now = datetime.now(UTC)
    with transaction() as tx:
        grids = identity.own_grids(tx, settings().today())
        sessions = actions.sessions(tx, reader(), now)
        factor = factors.second_factor(tx)
    names = role_names()
    return render_template(
        "account.html",
        roles=[names[role] for role in identity_rules.ROLES if role in reader().roles],
        grids=[grid._asdict() | {"role_name": names[grid.role]} for grid in grids],
        sessions=[(one, *rules.device_of(one.agent)) for one in sessions],
        present=session["id"],
        factor=factor if factor and factor.confirmed_at else None,
        password_days=settings().password_days,
        owed=rules.owed(reader(), settings().password_days, settings().admin_totp, now),
    )


@route(blueprint, "/account/password", permission="account", settles=True)
def password_form() -> ResponseReturnValue:
    return _password_page(safe_next(request.args.get("next")))


@route(blueprint, "/account/password", permission="account", methods=["POST"], settles=True)
def change_password() -> ResponseReturnValue:
    following = safe_next(request.form.get("next"))
    fresh = request.form.get("fresh", "")
    if fresh != request.form.get("again"):
        return _password_page(following, gettext("The two new passwords are not alike."), "fresh")
    checked, fault = checked_password(request.form.get("old", ""))
    if fault:
        return _password_page(following, fault, "old")
    try:
        with transaction() as tx:
            epoch = actions.change_own_password(tx, reader(), checked, fresh, session["id"])
    except Refusal as refusal:
        return _password_page(following, said(refusal), "fresh")
    session["epoch"] = epoch
    flash(gettext("The password is changed. Everywhere else you have to sign in again."))
    return redirect(url_for("accounts.show_account") if following == "/" else following)


def _password_page(
    following: str, fault: str | None = None, field: str | None = None
) -> ResponseReturnValue:
    now = datetime.now(UTC)
    owed = rules.owed(reader(), settings().password_days, settings().admin_totp, now)
    page = render_template(
        "password.html",
        next=following,
        fault=fault,
        field=field,
        first=owed == rules.PASSWORD and reader().password_kind == "one_time",
        aged=owed == rules.PASSWORD and reader().password_kind != "one_time",
        password_days=settings().password_days,
        least=identity_rules.PASSWORD_LENGTH,
    )
    return page, 422 if fault else 200


@route(blueprint, "/account/sessions/end", permission="account", methods=["POST"])
def end_session() -> ResponseReturnValue:
    """One of the own; or, without a number, all but this one."""
    wanted = request.form.get("session")
    with transaction() as tx:
        if wanted is None:
            actions.end_other_sessions(tx, session["id"])
        else:
            actions.end_session(tx, _session_number(wanted))
    flash(gettext("What was opened there is closed."))
    return redirect(url_for("accounts.show_account"))


def _session_number(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound("That session has ended already.") from None


@route(blueprint, "/account/sign-out-everywhere", permission="account", methods=["POST"])
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction() as tx:
        actions.sign_out_everywhere(tx)
    session.clear()
    return redirect(url_for("accounts.sign_in_form"))
