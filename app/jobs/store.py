"""Statements on jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.jobs.model import Job

SQL = Statements.beside(__file__)


def insert_job(tx: Transaction, kind: str, arguments: Mapping[str, Any]) -> int:
    return int(
        tx.value(
            SQL.insert_job,
            kind=kind,
            asked_by=tx.person,
            arguments=orjson.dumps(dict(arguments)).decode(),
        )
    )


def find_job(tx: Transaction, no: int) -> Job | None:
    row = tx.row(SQL.find_job, no=no)
    return Job(*row) if row else None


def list_unfinished_jobs(tx: Transaction) -> list[int]:
    return [row.no for row in tx.rows(SQL.list_unfinished_jobs)]


def list_recent_jobs(tx: Transaction, everyone: bool) -> list[Job]:
    return [Job(*row) for row in tx.rows(SQL.list_recent_jobs, person=tx.person, everyone=everyone)]


def latest_job_of_kind(tx: Transaction, kind: str) -> Job | None:
    row = tx.row(SQL.latest_job_of_kind, kind=kind)
    return Job(*row) if row else None


def requeue_interrupted_jobs(tx: Transaction, message: str) -> int:
    """Queued again, or failed with the message where it ended its worker before."""
    return tx.execute(SQL.requeue_interrupted_jobs, message=message)


def wait_to_be_the_only_worker(tx: Transaction) -> None:
    """Returns once no other session holds the worker's place; kept until this session ends."""
    tx.rows(SQL.wait_to_be_the_only_worker)


def claim_job(tx: Transaction, no: int) -> bool:
    return tx.execute(SQL.claim_job, no=no) == 1


def update_progress(tx: Transaction, no: int, done: int, total: int, message: str) -> bool:
    """Write how far the job is; answer whether somebody asked to stop it."""
    return bool(tx.value(SQL.update_progress, no=no, done=done, total=total, message=message))


def finish_job(tx: Transaction, no: int, state: str, message: str, result: Any = None) -> None:
    tx.execute(
        SQL.finish_job,
        no=no,
        state=state,
        message=message,
        result=None if result is None else orjson.dumps(result).decode(),
    )


def request_cancel(tx: Transaction, no: int) -> bool:
    return tx.execute(SQL.request_cancel, no=no) == 1
