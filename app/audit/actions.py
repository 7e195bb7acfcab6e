"""The append-only log of who did what."""

from __future__ import annotations

from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def record(tx: Transaction, action: str, subject: str | None = None, **detail: Any) -> None:
    """Append one event in the transaction that does the thing: both happen or neither."""
    tx.execute(
        SQL.insert_audit_event,
        person=tx.person,
        os_user=tx.os_user,
        action=action,
        subject=subject,
        detail=orjson.dumps(detail).decode(),
    )
