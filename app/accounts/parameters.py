"""What the pages of accounts read of a request."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from flask_babel import gettext

from app.accounts import actions, rules
from app.accounts.model import SignInAttempt
from app.db import sealing
from app.http import asking_address, database, reader, settings


def asking_agent() -> str:
    return request.headers.get("User-Agent", "").replace("\x00", "")[: rules.AGENT_LENGTH]


def factor_key() -> bytes:
    """What the secrets of second factors are sealed with; not in the database."""
    return sealing.read_key(settings().key("second_factor_key", sealing.new_key))


def checked_password(typed: str) -> tuple[SignInAttempt, str | None]:
    """Is it the reader's, so that an unattended screen is not enough?  With the fault in words."""
    with database().transaction_as(None) as tx:
        checked = actions.try_sign_in(tx, reader().sign_in, typed, asking_address())
    if checked.minutes_locked:
        return checked, gettext(
            "There were too many wrong passwords. Please wait %(minutes)s min, then try again.",
            minutes=checked.minutes_locked,
        )
    return checked, None if checked.person else gettext("The present password is not right.")


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
