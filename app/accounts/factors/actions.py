"""Set up, use and give up a second factor."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp

from app.accounts import actions as accounts, store
from app.accounts.factors import rules
from app.accounts.model import SecondFactor, SignInAttempt
from app.audit import actions as audit
from app.db.connection import Transaction
from app.db.sealing import seal, unseal
from app.errors import Conflict, NotFound
from app.identity import actions as identity
from app.identity.model import Reader


def second_factor(tx: Transaction) -> SecondFactor | None:
    """Of the transaction's person, confirmed or not."""
    return store.find_second_factor(tx)


def begin(tx: Transaction, reader: Reader, key: bytes) -> None:
    """A fresh secret, which counts once a code of it was given."""
    found = store.find_second_factor(tx)
    if found and found.confirmed_at:
        raise Conflict("There is a second factor already. Remove it before you set up another.")
    store.delete_second_factor(tx)
    store.insert_second_factor(tx, seal(key, pyotp.random_base32().encode(), _context(reader.no)))


def shown_secret(tx: Transaction, reader: Reader, key: bytes) -> str | None:
    """The secret while it is set up; never again once it is confirmed."""
    found = store.find_second_factor(tx)
    if found is None or found.confirmed_at:
        return None
    return unseal(key, found.secret, _context(reader.no)).decode()


def confirm(
    tx: Transaction, reader: Reader, key: bytes, code: str, now: datetime
) -> list[str] | None:
    """With a first right code it counts: answers the recovery codes, or None for a wrong code."""
    secret = shown_secret(tx, reader, key)
    if secret is None:
        raise Conflict("Nothing is being set up. Begin again on the page of your account.")
    step = rules.matching_step(secret, rules.plain(code), now, 0)
    if step is None or not store.confirm_second_factor(tx, step):
        return None
    audit.record(tx, "second_factor_set", reader.sign_in)
    return _fresh_codes(tx)


def renew_codes(tx: Transaction, reader: Reader) -> list[str]:
    """Other recovery codes; the old ones are worth nothing."""
    audit.record(tx, "recovery_codes_made", reader.sign_in)
    return _fresh_codes(tx)


def remove(tx: Transaction, reader: Reader) -> None:
    store.delete_second_factor(tx)
    audit.record(tx, "second_factor_removed", reader.sign_in)


def remove_of(tx: Transaction, sign_in: str) -> None:
    """By an admin, for somebody whose phone and recovery codes are lost."""
    if not store.remove_second_factor(tx, identity.person_number(tx, sign_in)):
        raise NotFound("%(name)s has no second factor.", name=sign_in[:60])
    audit.record(tx, "second_factor_removed", sign_in)


def try_code(
    tx: Transaction, reader: Reader, key: bytes, code: str, address: str, now: datetime
) -> SignInAttempt:
    """Check a code in the person's own transaction, which must be committed.

    Wrong codes are counted together with wrong passwords, by the same brake.
    """
    store.hold_sign_ins(tx, reader.sign_in)
    minutes = store.minutes_locked(tx, reader.sign_in, address)
    if minutes:
        return SignInAttempt(None, minutes_locked=minutes)
    if not _code_counts(tx, reader, key, rules.plain(code), now):
        accounts.note_failure(tx, reader.sign_in, address)
        return SignInAttempt(None)
    return SignInAttempt(reader.no, reader.session_epoch)


def _code_counts(tx: Transaction, reader: Reader, key: bytes, code: str, now: datetime) -> bool:
    found = store.find_second_factor(tx)
    if found is None or found.confirmed_at is None:
        return False
    if code.isdigit() and len(code) == rules.DIGITS:
        secret = unseal(key, found.secret, _context(reader.no)).decode()
        step = rules.matching_step(secret, code, now, found.last_step)
        return step is not None and store.take_step(tx, step)
    taken = store.take_recovery_code(tx, _digest(code))
    if taken:
        audit.record(tx, "recovery_code_used", reader.sign_in, left=found.codes_left - 1)
    return taken


def _fresh_codes(tx: Transaction) -> list[str]:
    """Ten of eighty random bits each; only their digests are kept."""
    store.delete_recovery_codes(tx)
    codes = []
    for _ in range(rules.RECOVERY_CODES):
        letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        store.insert_recovery_code(tx, _digest(letters))
        codes.append("-".join(letters[place : place + 4] for place in range(0, 16, 4)))
    return codes


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()


def _context(person: int) -> bytes:
    return b"second_factor.secret " + str(person).encode()
