"""Statements on sign-ins, sessions and the own password."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.accounts.model import OpenSession, Origin, SecondFactor
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def find_credentials(tx: Transaction, sign_in: str) -> Any | None:
    """no, password_hash, session_epoch of a person who can sign in, or None."""
    return tx.row(SQL.sign_in_lookup, sign_in=sign_in)


def hold_sign_ins(tx: Transaction, sign_in: str) -> None:
    tx.rows(SQL.hold_sign_ins, sign_in=sign_in)


def minutes_locked(tx: Transaction, sign_in: str, address: str) -> int:
    """How long nobody may try with this name or from this address; 0 where one may."""
    return int(tx.value(SQL.minutes_locked, sign_in=sign_in, address=address) or 0)


def insert_session(tx: Transaction, origin: Origin) -> str:
    return str(tx.value(SQL.insert_session, address=origin.address, agent=origin.agent))


def touch_session(tx: Transaction, session: str) -> bool:
    """Whether it is there."""
    return bool(tx.value(SQL.touch_session, id=session))


def list_sessions(
    tx: Transaction, started_after: datetime, seen_after: datetime
) -> list[OpenSession]:
    rows = tx.rows(SQL.list_sessions, started_after=started_after, seen_after=seen_after)
    return [OpenSession(*row) for row in rows]


def delete_session(tx: Transaction, session: str) -> bool:
    return tx.execute(SQL.delete_session, id=session) > 0


def delete_other_sessions(tx: Transaction, kept: str) -> int:
    """How many there were."""
    return tx.execute(SQL.delete_other_sessions, kept=kept)


def delete_spent_sessions(tx: Transaction, started_after: datetime) -> None:
    tx.execute(SQL.delete_spent_sessions, started_after=started_after)


def end_own_sessions(tx: Transaction) -> None:
    tx.execute(SQL.end_own_sessions)


def change_own_password(tx: Transaction, old_hash: str, fresh_hash: str) -> int | None:
    """The new epoch of the sessions; None where the password was another one meanwhile."""
    found = tx.value(SQL.change_own_password, old_hash=old_hash, fresh_hash=fresh_hash)
    return None if found is None else int(found)


def find_second_factor(tx: Transaction) -> SecondFactor | None:
    row = tx.row(SQL.find_second_factor)
    return row and SecondFactor(
        bytes(row.secret), row.made_at, row.confirmed_at, row.last_step, row.codes_left
    )


def insert_second_factor(tx: Transaction, secret: bytes) -> None:
    tx.execute(SQL.insert_second_factor, secret=secret)


def confirm_second_factor(tx: Transaction, step: int) -> bool:
    return tx.execute(SQL.confirm_second_factor, step=step) > 0


def take_step(tx: Transaction, step: int) -> bool:
    """Whether no code of this step or a later one was taken before."""
    return tx.execute(SQL.take_step, step=step) > 0


def delete_second_factor(tx: Transaction) -> None:
    tx.execute(SQL.delete_second_factor)


def insert_recovery_code(tx: Transaction, digest: str) -> None:
    tx.execute(SQL.insert_recovery_code, digest=digest)


def delete_recovery_codes(tx: Transaction) -> None:
    tx.execute(SQL.delete_recovery_codes)


def take_recovery_code(tx: Transaction, digest: str) -> bool:
    return tx.execute(SQL.take_recovery_code, digest=digest) > 0


def remove_second_factor(tx: Transaction, person: int) -> bool:
    """Another person's, by an admin; whether there was one."""
    return bool(tx.value(SQL.remove_second_factor, person=person))


def list_own_tokens(tx: Transaction) -> list[Any]:
    """no, name, created_at, expires_at, last_used_at, revoked_at."""
    return tx.rows(SQL.list_own_tokens)


def count_own_tokens(tx: Transaction) -> int:
    """Of those that still hold."""
    return int(tx.value(SQL.count_own_tokens))


def list_tokens(tx: Transaction, before: int, limit: int) -> list[Any]:
    """no, person, sign_in, name, created_at, expires_at, last_used_at."""
    return tx.rows(SQL.list_tokens, before=before, limit=limit)


def revoke_token(tx: Transaction, no: int) -> Any | None:
    """sign_in, name of the one that was revoked, or None."""
    return tx.row(SQL.revoke_token, no=no)


def list_locked_names(tx: Transaction) -> list[Any]:
    """name, until, tries."""
    return tx.rows(SQL.list_locked_names)
