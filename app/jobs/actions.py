"""Ask for long work, follow it, stop it; and how the worker runs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from app.db.connection import Database, Transaction
from app.errors import Cancelled, NotFound, Refusal, catch_everything
from app.jobs import store
from app.jobs.model import Job, Progress

log = logging.getLogger(__name__)
# name → what runs it; filled by create_app, so that this room knows no feature
Handler = Callable[[Database, Job, Progress], Any]
Chore = Callable[[Database], object]  # what nobody has to ask for; done each hour
SECONDS_BETWEEN_REPORTS = 0.3


def ask(tx: Transaction, kind: str, arguments: Mapping[str, Any]) -> int:
    """Note the job in the caller's transaction; enqueue its number after the commit."""
    return store.insert_job(tx, kind, arguments)


def follow(tx: Transaction, no: int, everyone: bool) -> Job:
    """The job, if it is the reader's own or the reader may see everybody's."""
    job = store.find_job(tx, no)
    if job is None or not (everyone or job.asked_by == tx.person):
        raise NotFound("There is no job %(no)s.", no=no)
    return job


def recent(tx: Transaction, everyone: bool) -> list[Job]:
    return store.list_recent_jobs(tx, everyone)


def latest_of_kind(tx: Transaction, kind: str) -> Job | None:
    return store.latest_job_of_kind(tx, kind)


def cancel(tx: Transaction, no: int, everyone: bool) -> Job:
    """Ask a job to stop; its transaction is rolled back, so nothing of it stays."""
    follow(tx, no, everyone)
    store.request_cancel(tx, no)
    return follow(tx, no, everyone)


def recover(tx: Transaction) -> list[int]:
    """What a starting worker must enqueue again: interrupted and forgotten jobs."""
    store.requeue_interrupted_jobs(
        tx, "This ended the worker twice and is not tried again. Nothing was changed."
    )
    return store.list_unfinished_jobs(tx)


def take_the_workers_place(tx: Transaction) -> None:
    """Wait until this session is the only worker; it stays so until the session ends."""
    store.wait_to_be_the_only_worker(tx)


def run(database: Database, handlers: Mapping[str, Handler], no: int, worker: int) -> None:
    """Run one job to its end; the outcome, also a fault, is written on the job."""
    with database.transaction_as(worker) as tx:
        job = store.find_job(tx, no)
        if job is None or not store.claim_job(tx, no):
            return

    def finish(state: str, message: str, result: Any = None) -> None:
        with database.transaction_as(worker) as tx:
            store.finish_job(tx, no, state, message, result)

    def work() -> None:
        finish("done", "", handlers[job.kind](database, job, reporter(database, no, worker)))

    try:
        incident = catch_everything(work)
        if incident:
            finish(
                "failed",
                f"Something went wrong on our side (incident {incident}). Nothing was changed.",
            )
    except Cancelled:
        finish("cancelled", "Stopped as asked. Nothing was changed.")
    except Refusal as refusal:
        finish(
            "refused",
            str(refusal),
            {
                "sentence": refusal.sentence,
                "values": {name: str(value) for name, value in refusal.values.items()},
            },
        )


def do_chores(database: Database, chores: Sequence[Chore]) -> None:
    """Each in turn; one that fails is logged and keeps no other from its work."""
    for chore in chores:
        try:
            catch_everything(partial(chore, database))
        except Refusal as refusal:
            log.warning("a chore was refused: %s", refusal)


def reporter(database: Database, no: int, worker: int) -> Progress:
    """Progress on a second connection: seen at once, whatever becomes of the work's own."""
    last = 0.0

    def report(done: int, total: int, message: str) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < SECONDS_BETWEEN_REPORTS:
            return
        last = time.monotonic()
        with database.transaction_as(worker) as tx:
            if store.update_progress(tx, no, done, total, message):
                raise Cancelled("Stopped as asked.")

    return report
