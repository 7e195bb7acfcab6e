"""Statements on persons, assignments and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from app.db.connection import Transaction
from app.db.statements import Statements
from app.identity.model import Answerable, Reader, Viewing

SQL = Statements.beside(__file__)


def find_reader(tx: Transaction) -> Reader | None:
    row = tx.row(SQL.find_reader)
    return row and Reader(
        row.no,
        row.sign_in,
        row.name,
        row.language,
        row.session_epoch,
        frozenset(row.roles),
        row.whole_city,
        row.password_kind,
        row.password_set_at,
        row.second_factor,
    )


def find_person_of_token(tx: Transaction, digest: str) -> int | None:
    found = tx.value(SQL.token_lookup, digest=digest)
    return None if found is None else int(found)


def insert_person(
    tx: Transaction,
    sign_in: str,
    name: str,
    password_hash: str | None,
    password_kind: str,
    language: str | None = None,
    organisation: str | None = None,
) -> int | None:
    """The new person's number, or None where the sign-in name is taken."""
    found = tx.value(
        SQL.insert_person,
        sign_in=sign_in,
        name=name,
        password_hash=password_hash,
        password_kind=password_kind,
        language=language,
        organisation=organisation,
    )
    return None if found is None else int(found)


def find_person_by_sign_in(tx: Transaction, sign_in: str) -> int | None:
    found = tx.value(SQL.find_person_by_sign_in, sign_in=sign_in)
    return None if found is None else int(found)


def insert_assignment(
    tx: Transaction,
    person: int,
    grid: int | None,
    role: str,
    valid_from: date,
    valid_until: date | None = None,
) -> None:
    """``valid_until`` is the first day without it."""
    tx.execute(
        SQL.insert_assignment,
        person=person,
        grid=grid,
        role=role,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def update_language(tx: Transaction, language: str) -> None:
    tx.execute(SQL.update_language, language=language)


def note_signed_in(tx: Transaction) -> None:
    tx.execute(SQL.note_signed_in)


def deactivate_person(tx: Transaction, person: int) -> None:
    tx.execute(SQL.deactivate_person, person=person)


def end_assignments(tx: Transaction, person: int) -> int:
    """How many ended."""
    return tx.execute(SQL.end_assignments, person=person)


def update_password(tx: Transaction, person: int, password_hash: str, password_kind: str) -> None:
    tx.execute(
        SQL.update_password,
        person=person,
        password_hash=password_hash,
        password_kind=password_kind,
    )


def revoke_tokens(tx: Transaction, person: int, name: str | None) -> int:
    """How many were revoked, of all or of those with the name."""
    return tx.execute(SQL.revoke_tokens, person=person, name=name)


def note_token_use(tx: Transaction, digest: str) -> None:
    tx.execute(SQL.note_token_use, digest=digest)


def insert_token(
    tx: Transaction, person: int, name: str, digest: str, expires_at: datetime | None
) -> None:
    tx.execute(SQL.insert_token, person=person, name=name, digest=digest, expires_at=expires_at)


def list_answerable(tx: Transaction, grids: Sequence[int], on: date) -> list[Answerable]:
    return [Answerable(*row) for row in tx.rows(SQL.list_answerable, grids=list(grids), on=on)]


def list_own_grids(tx: Transaction, on: date) -> list[Any]:
    """no, level, code, name, name_en, role of the grids that the reader answers for."""
    return tx.rows(SQL.list_own_grids, on=on)


def begin_viewing(tx: Transaction, person: int, reason: str, minutes: int) -> int:
    return int(tx.value(SQL.begin_viewing, person=person, reason=reason, minutes=minutes))


def look(tx: Transaction, no: int) -> Viewing | None:
    row = tx.row(SQL.look, no=no)
    return Viewing(*row) if row else None


def end_viewings(tx: Transaction) -> list[Any]:
    """person_no, sign_in, looked of each that ended."""
    return tx.rows(SQL.end_viewings)
