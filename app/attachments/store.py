"""Statements on photos."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from app.attachments.model import Photo
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def insert_photo(tx: Transaction, photo: Photo) -> None:
    """Nothing where there is a photo with this id."""
    tx.execute(SQL.insert_photo, **asdict(photo) | {"id": str(photo.id)})


def find_photo(tx: Transaction, id_: UUID) -> Photo | None:
    row = tx.row(SQL.find_photo, id=str(id_))
    return row and Photo(UUID(str(row.id)), *row[1:])


def hold_files(tx: Transaction) -> None:
    tx.rows(SQL.hold_files)


def sweep_alone(tx: Transaction) -> None:
    tx.rows(SQL.sweep_alone)


def list_digests(tx: Transaction) -> list[str]:
    return [row.digest for row in tx.rows(SQL.list_digests)]


def forget_photos(tx: Transaction, before: datetime) -> int:
    return int(tx.value(SQL.forget_photos, before=before))
