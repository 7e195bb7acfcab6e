"""What every route shares: permission, reader, transaction, parameters, answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, TypeVar, cast

import orjson
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from app.accounts import actions as accounts, rules as account_rules
from app.db.connection import Database, Transaction
from app.errors import AccountDuty, Forbidden, Refusal, SignInNeeded, log_incident
from app.identity import actions as identity, rules
from app.identity.model import Reader, Viewing
from app.jobs.queue import JobQueue
from app.settings import Settings
from app.web.pages import error_page

PUBLIC = "public"  # no sign-in needed
FIRST_YEAR, LAST_YEAR = 1900, 2100
SESSION_ONLY = "session"  # the signed cookie alone: no person or territory in the answer
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
csrf = CSRFProtect()
VIEW_AS = "people.view_as"
STOP_VIEWING = "people.stop_viewing"
# where a reader settles what the account owes before anything else opens
DUTY_PAGES = {
    account_rules.PASSWORD: "accounts.password_form",
    account_rules.SECOND_FACTOR: "factors.second_factor",
}
MACHINE_PATHS = ("/api/", "/tiles/", "/healthz", "/metrics", "/ogc/")


def route(
    blueprint: Blueprint,
    path: str,
    *,
    permission: str,
    methods: Sequence[str] = ("GET",),
    settles: bool = False,
) -> Callable[[View], View]:
    """Register a view together with the permission it needs; there is no other way to do it.

    ``settles``: reachable also while the account owes something, since it is settled there.
    """
    if permission not in rules.PERMISSIONS | {PUBLIC, SESSION_ONLY}:
        raise ValueError(f"no such permission: {permission}")

    def register(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.settles = settles  # type: ignore[attr-defined]
        blueprint.add_url_rule(path, view_func=view, methods=list(methods))
        return view

    return register


def settings() -> Settings:
    return cast(Settings, current_app.extensions["gridward_settings"])


def database() -> Database:
    return cast(Database, current_app.extensions["gridward_database"])


def job_queue() -> JobQueue:
    return cast(JobQueue, current_app.extensions["gridward_queue"])


def reader() -> Reader:
    """The signed-in reader of this request."""
    return cast(Reader, g.reader)


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One transaction in the reader's scope; of who looks as somebody else, in that person's."""
    viewing: Viewing | None = g.get("viewing")
    person = g.reader.no if g.get("reader") else None
    with database().transaction_as(person, viewing.viewer_no if viewing else None) as tx:
        yield tx


def guard_request() -> ResponseReturnValue | None:
    """Before every request: who asks, and may they?  A route without permission is refused."""
    g.reader = g.viewing = None
    written = [*(request.view_args or {}).values(), *request.form.values()]
    if any(isinstance(value, str) and "\x00" in value for value in written):
        raise Refusal("The request holds a character that cannot be stored.")
    if request.endpoint is None:
        return None  # no such address: 404 follows
    view = current_app.view_functions[request.endpoint]
    permission = getattr(view, "permission", None)
    if permission == PUBLIC:
        _protect_form(by_token=False)
        return None
    if permission == SESSION_ONLY:
        if not _session_alive(frozenset(session.get("roles", ()))):
            _reader_of_request(_bearer())
        return None
    by_token = _bearer()
    g.reader = _reader_of_request(by_token)
    _protect_form(bool(by_token))
    if by_token is None:
        _refuse_while_owing(g.reader, getattr(view, "settles", False))
        _look_as_somebody(permission or "")
    if permission is None or not g.reader.may(permission):
        raise Forbidden("Your role may not do this.")
    return None


def _look_as_somebody(permission: str) -> None:
    """The administrator's request is answered as the other person would see it."""
    if "viewing" not in session or request.endpoint == STOP_VIEWING:
        return
    with database().transaction_as(g.reader.no) as tx:
        viewing = identity.look(tx, session["viewing"]) if g.reader.may(VIEW_AS) else None
        if viewing is None:
            identity.stop_viewing(tx)
    if viewing is None:
        del session["viewing"]
        raise Forbidden("The time for looking as somebody else is over; you are yourself again.")
    with database().transaction_as(viewing.person_no, viewing.viewer_no) as tx:
        seen = identity.find_reader(tx)
    if seen is None:
        raise Forbidden("This person can no longer sign in; stop looking.")
    g.viewing = viewing
    g.reader = replace(seen, language=g.reader.language)
    rules.check_viewing(permission, request.method)


def _refuse_while_owing(found: Reader, settling: bool) -> None:
    """A password that somebody else knows, and an admin without a second factor, open nothing."""
    if settling:
        return
    chosen = settings()
    owed = account_rules.owed(found, chosen.password_days, chosen.admin_totp, datetime.now(UTC))
    if owed == account_rules.PASSWORD:
        raise AccountDuty("Choose a password of your own first, on the page of your account.", owed)
    if owed == account_rules.SECOND_FACTOR:
        raise AccountDuty(
            "An administrator signs in with a second factor. Set it up first, on the page of "
            "your account.",
            owed,
        )


def _bearer() -> str | None:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else None


def _reader_of_request(token: str | None) -> Reader:
    """By token for programs, by session for people; both are looked up on every request."""
    person: int | None = session.get("person")
    if token is not None:
        with database().transaction_as(None) as tx:
            person = identity.person_of_token(tx, token)
    if person is None:
        raise SignInNeeded("Please sign in.")
    with database().transaction_as(person) as tx:
        found = identity.find_reader(tx)
        if token is not None:
            identity.note_token_use(tx, token)
            holds = True
        else:
            holds = accounts.session_holds(tx, session.get("id", ""))
    if found is None:
        raise SignInNeeded("Please sign in.")
    if not found.roles:
        raise Forbidden("You answer for no grid today. Ask your administrator for an assignment.")
    if token is None:
        if not holds or found.session_epoch != session["epoch"] or not _session_alive(found.roles):
            forget_session()
            raise SignInNeeded("Your session has ended. Please sign in again.")
        _touch_session(found)
    return found


def reader_of_session() -> Reader | None:
    """For whom the cookie still stands, on an address that is public: no guard has looked."""
    try:
        return _reader_of_request(None)
    except (SignInNeeded, Forbidden):
        return None


def _session_alive(roles: frozenset[str]) -> bool:
    if "person" not in session:
        return False
    started = datetime.fromtimestamp(session["started"], UTC)
    seen = datetime.fromtimestamp(session["seen"], UTC)
    return rules.session_holds(started, seen, datetime.now(UTC), roles)


def _touch_session(found: Reader) -> None:
    """Note the use once a minute, not with every request: each note is a new cookie."""
    now = datetime.now(UTC).timestamp()
    if now - session["seen"] > 60:
        session["seen"] = now
        session["roles"] = sorted(found.roles)


def forget_session() -> None:
    """The cookie names nobody any more; the language and the open form's token stay."""
    for key in ("id", "person", "epoch", "started", "seen", "roles"):
        session.pop(key, None)


def start_session(found: Reader, number: str) -> None:
    """The signed cookie of a session that the database now knows by that number."""
    now = datetime.now(UTC).timestamp()
    language = session.get("language")
    session.clear()
    session.update(
        id=number,
        person=found.no,
        epoch=found.session_epoch,
        started=now,
        seen=now,
        roles=sorted(found.roles),
    )
    if language:
        session["language"] = language


def _protect_form(by_token: bool) -> None:
    if not by_token and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def asking_address() -> str:
    """From where the request comes; behind a proxy, as the proxy saw it: its entry is the last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings().public_https else ""
    return (forwarded.rpartition(",")[2].strip() or request.remote_addr or "")[:60]


# -- parameters ---------------------------------------------------------------------------


def text_parameter(name: str, limit: int = 200) -> str | None:
    """A query parameter, or None where it is absent or empty; too long is refused."""
    value = request.args.get(name, "").strip()
    if len(value) > limit:
        raise Refusal(
            "%(name)s is too long: %(length)s characters, at most %(limit)s.",
            name=name,
            length=len(value),
            limit=limit,
        )
    if "\x00" in value:
        raise Refusal("%(name)s holds a character that cannot be stored.", name=name)
    return value or None


def date_parameter(name: str, default: date) -> date:
    value = text_parameter(name)
    return date_of(value, name) if value else default


def date_of(value: str, name: str) -> date:
    """A day that somebody wrote; years far from any record are mistakes."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Refusal(
            "%(name)s is %(value)s; write a day like 2026-11-21.", name=name, value=value[:40]
        ) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refusal(
            "%(name)s must lie between %(least)s and %(most)s.",
            name=name,
            least=FIRST_YEAR,
            most=LAST_YEAR,
        )
    return day


def integer_parameter(name: str, default: int, least: int, most: int) -> int:
    value = text_parameter(name)
    try:
        number = int(value) if value else default
    except ValueError:
        raise Refusal(
            "%(name)s is %(value)s; write a whole number.",
            name=name,
            value=value[:40] if value else "",
        ) from None
    if not least <= number <= most:
        raise Refusal(
            "%(name)s must lie between %(least)s and %(most)s.", name=name, least=least, most=most
        )
    return number


def float_parameter(name: str) -> float:
    value = text_parameter(name)
    try:
        return float(value or "")
    except ValueError:
        raise Refusal(
            "%(name)s is missing or not a number: %(value)s.", name=name, value=(value or "")[:40]
        ) from None


# -- answers ------------------------------------------------------------------------------


def json_answer(value: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    """JSON that no cache keeps: what it says depends on who asks."""
    response = Response(
        orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), status, mimetype=mimetype
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def file_answer(name: str, mimetype: str, content: bytes) -> Response:
    """A download that no cache keeps."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def wants_json() -> bool:
    return request.path.startswith(MACHINE_PATHS) or (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def install(app: Flask) -> None:
    """The guard before every request and the one place where errors become answers."""
    csrf.init_app(app)
    app.before_request(guard_request)
    app.after_request(keep_private)
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_fault)


def keep_private(response: Response) -> Response:
    """What a person was shown stays in no cache, unless a route says otherwise."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def answer_refusal(refusal: Refusal) -> ResponseReturnValue:
    if request.method == "GET" and not wants_json():
        following = request.full_path.rstrip("?")
        if isinstance(refusal, SignInNeeded):
            return redirect(url_for("accounts.sign_in_form", next=following))
        if isinstance(refusal, AccountDuty):
            return redirect(url_for(DUTY_PAGES[refusal.owed], next=following))
    return problem(refusal.status, refusal.code, said(refusal), refusal.members)


def said(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    sentence = str(gettext(refusal.sentence))
    return sentence % refusal.values if refusal.values else sentence


def answer_http_error(error: HTTPException) -> ResponseReturnValue:
    sentences = {
        400: gettext("The request was not understood. Reload the page and try again."),
        404: gettext("There is nothing at this address."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("The file is too large: at most 200 MB are taken."),
    }
    status = error.code or 500
    answer = make_response(
        problem(status, error.name.lower().replace(" ", "_"), sentences.get(status, error.name))
    )
    for name, value in error.get_headers():
        if name != "Content-Type":  # Allow, Retry-After and the like stay with the answer
            answer.headers[name] = value
    return answer


def answer_fault(_: Exception) -> ResponseReturnValue:
    incident = log_incident()
    return problem(
        500,
        "fault",
        gettext(
            "Something went wrong on our side. Nothing was changed. Please try again; if it "
            "stays, name incident %(incident)s.",
            incident=incident,
        ),
    )


@dataclass(frozen=True)
class Problem:
    """What a program is told of a refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str  # the sentence, in the reader's language
    code: str  # the reason, for programs; never translated


def problem(
    status: int, code: str, sentence: str, members: Mapping[str, Any] | None = None
) -> ResponseReturnValue:
    """A problem document for programs, a page in words for people."""
    sentence = sentence.encode(errors="replace").decode()  # it may quote half a character
    if wants_json():
        said = Problem("about:blank", HTTPStatus(status).phrase, status, sentence, code)
        answer = json_answer(asdict(said) | dict(members or {}), status, "application/problem+json")
        if status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    return error_page(status, sentence), status
