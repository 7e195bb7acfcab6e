"""Who there is: add people, give them passwords and tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.identity import rules, store
from app.identity.model import Answerable, Reader, Viewing

HASHER = PasswordHasher()
# verified when nobody has that name, so that the answer takes as long either way
DECOY = HASHER.hash(secrets.token_hex(16))
TOKEN_PREFIX = "gw_"
LONGEST_NAME = 80


@dataclass(frozen=True)
class NewPerson:
    sign_in: str
    name: str
    role: str
    grid_no: int | None
    password: str | None
    language: str | None = None
    organisation: str | None = None
    # one_time: whoever adds the person knows it; own: the person chose it; shown: it is printed
    password_kind: str = "one_time"


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def password_matches(hashed: str | None, password: str) -> bool:
    """Takes as long for a person who does not exist (None) as for one who does."""
    try:
        HASHER.verify(hashed or DECOY, password[:1000])
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def note_signed_in(tx: Transaction) -> None:
    """The list of people shows who never came."""
    store.note_signed_in(tx)


def find_reader(tx: Transaction) -> Reader | None:
    return store.find_reader(tx)


def person_of_token(tx: Transaction, token: str) -> int | None:
    return store.find_person_of_token(tx, digest_of(token))


def check_names(name: str, organisation: str | None) -> None:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise Refusal("A person's name has 1 to %(most)s characters.", most=LONGEST_NAME)
    if organisation is not None and len(organisation) > LONGEST_NAME:
        raise Refusal("An organisation's name has at most %(most)s characters.", most=LONGEST_NAME)


def add_person(
    tx: Transaction, person: NewPerson, valid_from: date, valid_until: date | None = None
) -> int:
    """A person with one assignment; answers the person's number."""
    rules.check_role_place(person.role, person.grid_no is not None)
    if not re.fullmatch(r"[\w.\-]{1,60}", person.sign_in):
        raise Refusal(
            "A sign-in name has 1 to 60 letters, digits, dots or hyphens; %(name)s has others.",
            name=person.sign_in[:60],
        )
    check_names(person.name, person.organisation)
    hashed = None
    if person.password is not None:
        rules.check_password(person.password, person.sign_in, person.name)
        hashed = hash_password(person.password)
    no = store.insert_person(
        tx,
        person.sign_in.lower(),
        person.name.strip(),
        hashed,
        person.password_kind,
        person.language,
        person.organisation,
    )
    if no is None:
        raise Conflict("The sign-in name %(name)s is taken; choose another.", name=person.sign_in)
    store.insert_assignment(tx, no, person.grid_no, person.role, valid_from, valid_until)
    audit.record(tx, "person_added", person.sign_in, role=person.role, grid=person.grid_no)
    return no


def assign(
    tx: Transaction,
    sign_in: str,
    grid_no: int | None,
    role: str,
    valid_from: date,
    valid_until: date | None = None,
) -> None:
    """Give a person who exists one more grid, or with None the whole city."""
    rules.check_role_place(role, grid_no is not None)
    no = person_number(tx, sign_in)
    store.insert_assignment(tx, no, grid_no, role, valid_from, valid_until)


def end_person(tx: Transaction, sign_in: str) -> int:
    """Take everything from a person who left, at once; answers how many assignments ended."""
    no = person_number(tx, sign_in)
    store.deactivate_person(tx, no)
    ended = store.end_assignments(tx, no)
    tokens = store.revoke_tokens(tx, no, None)
    audit.record(tx, "person_ended", sign_in, assignments=ended, tokens=tokens)
    return ended


def change_password(tx: Transaction, sign_in: str, password: str) -> None:
    """Give a person a password for one sign-in; every session under the old one ends.

    Who gives it knows it, so the person chooses another one first of all.
    """
    rules.check_password(password, sign_in)
    store.update_password(tx, person_number(tx, sign_in), hash_password(password), "one_time")
    audit.record(tx, "password_given", sign_in)


def person_number(tx: Transaction, sign_in: str) -> int:
    no = store.find_person_by_sign_in(tx, sign_in)
    if no is None:
        raise NotFound("There is no person with the sign-in name %(name)s.", name=sign_in[:60])
    return no


def make_password() -> str:
    """A random one that can be read out: four groups of four, three classes of characters.

    Without vowels no word or name comes about by chance.
    """
    letters = "bcdfghjkmnpqrstvwxz"
    groups = ["".join(secrets.choice(letters + "23456789") for _ in range(4)) for _ in range(3)]
    return "-".join([*groups, secrets.choice(letters).upper() + str(secrets.randbelow(900) + 100)])


def create_token(
    tx: Transaction, sign_in: str, name: str, expires_at: datetime | None = None
) -> str:
    """A token that acts as the person; only its digest is kept, so it is shown once."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    store.insert_token(tx, person_number(tx, sign_in), name, digest_of(token), expires_at)
    audit.record(tx, "token_created", sign_in, name=name, expires=expires_at)
    return token


def note_token_use(tx: Transaction, token: str) -> None:
    """In the transaction of the token's person."""
    store.note_token_use(tx, digest_of(token))


def revoke_token(tx: Transaction, sign_in: str, name: str) -> int:
    """End the person's tokens of that name; answers how many there were."""
    revoked = store.revoke_tokens(tx, person_number(tx, sign_in), name)
    if not revoked:
        raise NotFound(
            "%(person)s has no token %(name)s that still holds.",
            person=sign_in[:60],
            name=name[:80],
        )
    audit.record(tx, "token_revoked", sign_in, name=name, tokens=revoked)
    return revoked


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def choose_language(tx: Transaction, language: str) -> None:
    store.update_language(tx, language)


def who_answers(tx: Transaction, grids: Sequence[int], on: date) -> list[Answerable]:
    return store.list_answerable(tx, grids, on)


def own_grids(tx: Transaction, on: date) -> list[Any]:
    return store.list_own_grids(tx, on)


# -- looking as somebody else -------------------------------------------------------------


def view_as(tx: Transaction, person: Any, reason: str) -> int:
    """Begin to look as somebody else; answers the number of the look."""
    if reason not in rules.VIEWING_REASONS:
        raise Refusal("Choose why you look as somebody else.")
    if person.no == tx.person:
        raise Refusal("You see with your own eyes already.")
    if not person.active:
        raise Refusal("%(name)s has ended; let them in again first.", name=person.name)
    stop_viewing(tx)
    no = store.begin_viewing(tx, person.no, reason, rules.VIEWING_MINUTES)
    audit.record(tx, "view_as_started", person.sign_in, viewing=no, reason=reason)
    return no


def look(tx: Transaction, viewing: int) -> Viewing | None:
    """Count one more page of a look; None where it is over."""
    return store.look(tx, viewing)


def stop_viewing(tx: Transaction) -> int | None:
    """End every look of the transaction's person; answers as whom the last one was."""
    ended = store.end_viewings(tx)
    for one in ended:
        audit.record(tx, "view_as_ended", one.sign_in, looked=one.looked)
    return ended[-1].person_no if ended else None
