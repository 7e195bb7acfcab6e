"""Sign in and out, sessions, the own password."""

from __future__ import annotations

from datetime import UTC, datetime

from app.accounts import store
from app.accounts.model import OpenSession, Origin, SignInAttempt
from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.identity import actions as identity, rules as identity_rules
from app.identity.model import Reader


def try_sign_in(tx: Transaction, sign_in: str, password: str, address: str) -> SignInAttempt:
    """Check a name and a password in a transaction of nobody, which must be committed.

    A failure is logged with the address, without what was typed as the password.  After too many
    of them nothing is checked for a while, and that is not logged, so that every lock ends.
    """
    typed = sign_in[: identity_rules.SIGN_IN_LENGTH]
    store.hold_sign_ins(tx, typed)
    minutes = store.minutes_locked(tx, typed, address)
    if minutes:
        return SignInAttempt(None, minutes_locked=minutes)
    found = store.find_credentials(tx, typed)
    if not identity.password_matches(found.password_hash if found else None, password):
        note_failure(tx, typed, address)
        return SignInAttempt(None)
    assert found is not None
    return SignInAttempt(found.no, found.session_epoch, checked_hash=found.password_hash)


def note_failure(tx: Transaction, typed: str, address: str) -> None:
    """A wrong password or code; with the one that closes the name for a while, that too."""
    audit.record(tx, "sign_in_failed", typed, address=address)
    minutes = store.minutes_locked(tx, typed, address)
    if minutes:
        audit.record(tx, "sign_in_locked", typed, address=address, minutes=minutes)


def begin_session(tx: Transaction, sign_in: str, origin: Origin) -> str:
    """In the person's own transaction; from here on the name's failures count anew."""
    store.delete_spent_sessions(tx, datetime.now(UTC) - identity_rules.SESSION_LENGTH)
    identity.note_signed_in(tx)
    audit.record(tx, "sign_in", sign_in[: identity_rules.SIGN_IN_LENGTH], address=origin.address)
    return store.insert_session(tx, origin)


def session_holds(tx: Transaction, session: str) -> bool:
    """Whether it was not ended meanwhile; notes its use."""
    return store.touch_session(tx, session)


def sign_out(tx: Transaction, session: str) -> None:
    """A copy of the cookie is worth nothing from now on."""
    if store.delete_session(tx, session):
        identity.stop_viewing(tx)
        audit.record(tx, "sign_out")


def sign_out_everywhere(tx: Transaction) -> None:
    identity.stop_viewing(tx)
    store.end_own_sessions(tx)
    audit.record(tx, "sign_out", everywhere=True)


def sessions(tx: Transaction, reader: Reader, now: datetime) -> list[OpenSession]:
    """Where the reader is signed in; what rested too long is over and not listed."""
    return store.list_sessions(
        tx, now - identity_rules.SESSION_LENGTH, now - identity_rules.idle_limit(reader.roles)
    )


def end_session(tx: Transaction, session: str) -> None:
    if not store.delete_session(tx, session):
        raise NotFound("That session has ended already.")
    audit.record(tx, "session_ended")


def end_other_sessions(tx: Transaction, kept: str) -> int:
    """How many there were."""
    ended = store.delete_other_sessions(tx, kept)
    audit.record(tx, "session_ended", sessions=ended)
    return ended


def change_own_password(
    tx: Transaction, reader: Reader, checked: SignInAttempt, fresh: str, session: str
) -> int:
    """Replace the password that was just checked; answers the epoch that sessions now need.

    Every other session ends: whoever knew the old password may have opened it.
    """
    identity_rules.check_password(fresh, reader.sign_in, reader.name)
    if identity.password_matches(checked.checked_hash, fresh):
        raise Refusal("The new password is the old one; choose another.")
    epoch = store.change_own_password(tx, checked.checked_hash, identity.hash_password(fresh))
    if epoch is None:
        raise Conflict("The password was changed elsewhere meanwhile. Please sign in again.")
    store.delete_other_sessions(tx, session)
    audit.record(tx, "password_changed", reader.sign_in)
    return epoch
