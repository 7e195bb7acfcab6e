"""Statements on the log."""

from __future__ import annotations

from app.audit.model import AuditEvent, AuditFilter, ChainHead
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def insert_event(tx: Transaction, action: str, subject: str | None, detail: str) -> None:
    tx.execute(
        SQL.insert_audit_event,
        person=tx.person,
        os_user=tx.os_user,
        action=action,
        subject=subject,
        detail=detail,
    )


def list_events(tx: Transaction, wanted: AuditFilter, before: int, limit: int) -> list[AuditEvent]:
    rows = tx.rows(
        SQL.list_audit_events,
        actions=None if wanted.actions is None else list(wanted.actions),
        person=wanted.person,
        subject=wanted.subject,
        first=wanted.first,
        last=wanted.last,
        before=before,
        limit=limit,
    )
    return [AuditEvent(*row) for row in rows]


def find_chain_head(tx: Transaction) -> ChainHead | None:
    row = tx.row(SQL.find_chain_head)
    return row and ChainHead(row.position, row.hash)
