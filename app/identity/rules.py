"""Who may do what: roles to permissions, and the rules for passwords and sessions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from app.errors import Forbidden, Refusal

ROLES = ("grid_chief", "grid_worker", "area_manager", "authority", "leader", "admin", "auditor")

_READING = frozenset(
    {
        "home",
        "map.read",
        "grids.read",
        "units.read",
        "coverage.read",
        "units.export",
        "registers.read",
        "registers.export",
        "residents.read",
        "coverage.export",
        "inspections.read",
        "jobs.follow",
        "search.use",
        "account",
        "handovers.sign",
        "programmes.read",
        "checks.read",
    }
)
_RECORDING = frozenset({"inspections.record", "questions.use"})  # who goes there or answers for it
# persons by name: the database gives them to those who answer for the place alone
_PERSONS_READING = _READING | _RECORDING | {"residents.reveal", "today.use"}
# which visits were drawn is no news for those who record them
_SUPERVISING = frozenset({"checks.audit"})
_WHOLE_CITY_READING = (
    _READING | _SUPERVISING | {"leftovers.read", "leftovers.export", "editions.read"}
)
_PERMISSIONS: dict[str, frozenset[str]] = {
    "grid_chief": _PERSONS_READING,
    "grid_worker": _PERSONS_READING,
    "area_manager": _PERSONS_READING
    | _SUPERVISING
    | {"people.read", "people.gaps", "residents.forget", "exclusions.decide", "checks.draw"},
    "authority": _WHOLE_CITY_READING
    | _RECORDING
    | {"people.gaps", "exclusions.decide", "programmes.write", "checks.draw"},
    "leader": _WHOLE_CITY_READING | {"people.gaps"},
    "auditor": _WHOLE_CITY_READING
    | {"metrics.read", "people.read", "people.gaps", "audit.read", "audit.export"},
    "admin": _WHOLE_CITY_READING
    | {"people.manage", "imports.write", "editions.publish", "jobs.everyone", "metrics.read"}
    | {"people.read", "people.gaps", "people.view_as"}
    | {"backups.make", "audit.read", "audit.export"}
    | {"units.write", "leftovers.decide", "exclusions.decide", "programmes.write"}
    | {"residents.manage", "checks.draw"}
    | _RECORDING,
}
PERMISSIONS = frozenset().union(*_PERMISSIONS.values())

SIGN_IN_LENGTH = 60
PASSWORD_LENGTH = 10
LATIN_WORD, CHINESE_WORD = 3, 2  # characters from which on a name must not stand in it
# no password may hold one of these, in whatever letters; what people type first of all
COMMON_WORDS = """
    password passw0rd gridward wangge qwerty asdfgh zxcvbn 1qaz2wsx 1q2w3e qazwsx
    123456 234567 345678 456789 567890 654321 987654 112233 123123 321321 147258 159357
    111111 222222 333333 444444 555555 666666 777777 888888 999999 000000 5201314 1314520
    abcdef abc123 aaaaaa woaini iloveyou letmein welcome administrator admin123 root123
    changeme huawei123 xiaofang119 china123 zhongguo summer20 winter20
"""
TOO_COMMON = frozenset(COMMON_WORDS.split())

SESSION_LENGTH = timedelta(hours=12)
IDLE_DESK = timedelta(minutes=30)
VIEWING_MINUTES = 15
VIEWING_REASONS = ("question", "rights", "fault", "audit")
IDLE_PHONE = timedelta(hours=8)  # a grid chief's round, on a phone that has its own lock


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """All that any of the roles may do."""
    return frozenset().union(*(_PERMISSIONS[role] for role in roles))


def idle_limit(roles: frozenset[str]) -> timedelta:
    """How long a session may rest before it ends."""
    field_work = roles and roles <= {"grid_chief", "grid_worker"}
    return IDLE_PHONE if field_work else IDLE_DESK


def session_holds(started: datetime, seen: datetime, now: datetime, roles: frozenset[str]) -> bool:
    """Whether a session that began and was last used then is still good now."""
    return now - started < SESSION_LENGTH and now - seen < idle_limit(roles)


def check_password(password: str, sign_in: str, name: str = "") -> None:
    """Refuse a password that is short, simple, common or holds the person's own name."""
    classes = sum(
        bool(re.search(pattern, password))
        for pattern in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
    )
    if len(password) < PASSWORD_LENGTH or len(password) > 200:
        raise Refusal("A password has %(least)s to 200 characters.", least=PASSWORD_LENGTH)
    if classes < 3:
        raise Refusal("A password needs three of: small letters, capital letters, digits, signs.")
    lowered = password.lower()
    if any(word in lowered for word in TOO_COMMON | _own_words(sign_in, name)):
        raise Refusal(
            "This password is too easy to guess; choose one without common words, rows of keys, "
            "your name or your sign-in name."
        )


def _own_words(sign_in: str, name: str) -> set[str]:
    """What others know of a person.  Two Latin letters stand in too many words to be refused."""
    words = {sign_in, *re.split(r"[\s.\-_]+", sign_in), name, *name.split()}
    return {
        word.lower()
        for word in words
        if len(word) >= (LATIN_WORD if word.isascii() else CHINESE_WORD)
    }


def check_role_place(role: str, has_grid: bool) -> None:
    """Refuse a role where it makes no sense."""
    if role not in ROLES:
        raise Refusal(
            "There is no role %(role)s; use one of: %(roles)s.", role=role, roles=", ".join(ROLES)
        )
    if role == "admin" and has_grid:
        raise Refusal("An admin answers for the whole deployment; leave out the grid.")
    if role in ("grid_chief", "grid_worker", "area_manager") and not has_grid:
        raise Refusal("A %(role)s answers for a grid; name it with --grid.", role=role)


def check_viewing(permission: str, method: str) -> None:
    """Who looks as somebody else reads pages, and takes nothing away."""
    if method not in ("GET", "HEAD", "OPTIONS"):
        raise Forbidden(
            "You are looking as somebody else: nothing can be changed. Stop looking first."
        )
    if permission == "account":
        raise Forbidden("You are looking as somebody else: an account is its person's alone.")
    if permission.endswith(".export"):
        raise Forbidden(
            "You are looking as somebody else: nothing can be downloaded. Stop looking first."
        )
