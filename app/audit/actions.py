"""The append-only log of who did what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from app.audit import store
from app.audit.model import NEWEST, AuditEvent, AuditFilter, ChainHead
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.spreadsheets import csv_bytes, xlsx_bytes

EXPORTS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_EXPORTED = 100_000


def record(tx: Transaction, action: str, subject: str | None = None, **detail: Any) -> None:
    """Append one event in the transaction that does the thing: both happen or neither."""
    store.insert_event(tx, action, subject, orjson.dumps(detail).decode())


def events(tx: Transaction, wanted: AuditFilter, before: int, limit: int) -> list[AuditEvent]:
    """The newest first, of those before event number `before`."""
    return store.list_events(tx, wanted, before, limit)


def chain_head(tx: Transaction) -> ChainHead | None:
    return store.find_chain_head(tx)


def export(
    tx: Transaction,
    wanted: AuditFilter,
    kind: str,
    header: Sequence[str],
    in_words: Callable[[AuditEvent], Sequence[Any]],
) -> bytes:
    """The events of the filter as a table, the newest first; noted in the log itself."""
    if kind not in EXPORTS:
        raise NotFound("The log is exported as %(kinds)s.", kinds=", ".join(EXPORTS))
    found = store.list_events(tx, wanted, NEWEST, MOST_EXPORTED + 1)
    if len(found) > MOST_EXPORTED:
        raise Refusal("These are more than %(most)s events; choose fewer days.", most=MOST_EXPORTED)
    record(
        tx,
        "audit_exported",
        kind,
        rows=len(found),
        only=wanted.action,
        **{"from": wanted.first, "to": wanted.last},
    )
    rows = [in_words(event) for event in found]
    return csv_bytes(header, rows) if kind == "csv" else xlsx_bytes("audit", header, rows)
