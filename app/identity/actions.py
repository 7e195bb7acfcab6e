"""Sign in, add people, make tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal, SignInNeeded
from app.identity import rules, store
from app.identity.model import Answerable, Reader

HASHER = PasswordHasher()
# verified when nobody has that name, so that the answer takes as long either way
DECOY = HASHER.hash(secrets.token_hex(16))
TOKEN_PREFIX = "gw_"


@dataclass(frozen=True)
class NewPerson:
    sign_in: str
    name: str
    role: str
    grid_no: int | None
    password: str | None
    language: str | None = None


def check_credentials(tx: Transaction, sign_in: str, password: str) -> tuple[int, int]:
    """The person's number and session epoch; the refusal never says which part was wrong."""
    found = store.find_credentials(tx, sign_in[:60])
    try:
        HASHER.verify(found.password_hash if found else DECOY, password[:1000])
    except (VerificationError, InvalidHashError):
        found = None
    if found is None:
        raise SignInNeeded("The name or the password is not right. Please try again.")
    return found.no, found.session_epoch


def note_sign_in(tx: Transaction, sign_in: str, success: bool) -> None:
    """A failed attempt is logged too, without what was typed as the password."""
    audit.record(tx, "sign_in" if success else "sign_in_failed", sign_in[:60])


def find_reader(tx: Transaction) -> Reader | None:
    return store.find_reader(tx)


def person_of_token(tx: Transaction, token: str) -> int | None:
    return store.find_person_of_token(tx, digest_of(token))


def add_person(tx: Transaction, person: NewPerson, valid_from: date) -> int:
    """A person with one assignment; answers the person's number."""
    rules.check_role_place(person.role, person.grid_no is not None)
    if not re.fullmatch(r"[\w.\-]{1,60}", person.sign_in):
        raise Refusal("A sign-in name has 1 to 60 letters, digits, dots or hyphens; "
                      "%(name)s has others.", name=person.sign_in[:60])
    hashed = None
    if person.password is not None:
        rules.check_password(person.password, person.sign_in)
        hashed = HASHER.hash(person.password)
    no = store.insert_person(tx, person.sign_in.lower(), person.name[:80], hashed,
                             person.language)
    if no is None:
        raise Conflict("The sign-in name %(name)s is taken; choose another.", name=person.sign_in)
    store.insert_assignment(tx, no, person.grid_no, person.role, valid_from)
    audit.record(tx, "person_added", person.sign_in, role=person.role, grid=person.grid_no)
    return no


def assign(tx: Transaction, sign_in: str, grid_no: int, role: str, valid_from: date) -> None:
    """Give a person who exists one more grid."""
    rules.check_role_place(role, True)
    store.insert_assignment(tx, person_number(tx, sign_in), grid_no, role, valid_from)


def person_number(tx: Transaction, sign_in: str) -> int:
    no = store.find_person_by_sign_in(tx, sign_in)
    if no is None:
        raise NotFound("There is no person with the sign-in name %(name)s.", name=sign_in[:60])
    return no


def make_password() -> str:
    """A random one that can be read out: four groups of four, three classes of characters."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    groups = ["".join(secrets.choice(letters + "23456789") for _ in range(4)) for _ in range(3)]
    return "-".join([*groups, secrets.choice(letters).upper() + str(secrets.randbelow(900) + 100)])


def create_token(tx: Transaction, sign_in: str, name: str) -> str:
    """A token that acts as the person; only its digest is kept, so it is shown once."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    store.insert_token(tx, person_number(tx, sign_in), name, digest_of(token))
    audit.record(tx, "token_created", sign_in, name=name)
    return token


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def choose_language(tx: Transaction, language: str) -> None:
    store.update_language(tx, language)


def who_answers(tx: Transaction, grids: Sequence[int], on: date) -> list[Answerable]:
    return store.list_answerable(tx, grids, on)


def own_grids(tx: Transaction, on: date) -> list[Any]:
    return store.list_own_grids(tx, on)


def people(tx: Transaction, after: str, limit: int) -> list[Any]:
    return store.list_people(tx, after, limit)


def people_by_role(tx: Transaction) -> list[Any]:
    return store.count_people_by_role(tx)
