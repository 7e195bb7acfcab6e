"""Is the service alive, are its data sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.attachments import actions as attachments
from app.db.connection import Transaction
from app.db.statements import Statements
from app.grids import actions as grids

SQL = Statements.beside(__file__)
INVARIANTS = Statements(Path(__file__).parent.parent / "db" / "invariants.sql")
SHOWN_FAULTS = 20


def alive(tx: Transaction) -> bool:
    return bool(tx.value(SQL.alive))


def data_health(tx: Transaction) -> dict[str, Any]:
    """Counts that a look-out needs; seen with the reader's scope."""
    row = tx.row(SQL.data_health)
    return dict(row._asdict()) if row else {}


def examine(tx: Transaction) -> dict[str, Any]:
    """Every invariant with what it found; sound where all found nothing."""
    checks = []
    for name, sql in INVARIANTS:
        faults = [row.fault for row in tx.rows(sql)]
        checks.append({"check": name, "faults": len(faults), "examples": faults[:SHOWN_FAULTS]})
    files = list(attachments.faults(tx))
    checks.append({"check": "photo_files", "faults": len(files), "examples": files[:SHOWN_FAULTS]})
    without = [
        {"level": row.level, "grids": row.grids, "without_anybody": row.without_anybody}
        for row in grids.grids_without_anybody(tx)
    ]
    return {
        "sound": not any(check["faults"] for check in checks),
        "checks": checks,
        "grids_without_anybody": without,
    } | {"health": data_health(tx)}
