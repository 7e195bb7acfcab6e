"""The worker process: runs long work one job at a time."""

from __future__ import annotations

import logging
from functools import partial

from app import hourly_chores, job_handlers
from app.coverage import jobs as coverage_jobs
from app.db.connection import Database, refuse_strong_role
from app.identity.model import SERVICE_PERSON
from app.jobs import actions
from app.jobs.queue import EVERY_HOUR, EVERY_MINUTE, JobQueue, work_forever
from app.settings import operating_system_user, read_settings


def main() -> None:
    """Take up what was interrupted, then wait for work until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s worker %(message)s")
    settings = read_settings()
    dsn = settings.app_database_url or ""
    database = Database(dsn, os_user=operating_system_user(), settings=settings)
    refuse_strong_role(database)
    handlers = job_handlers(settings)
    place = Database(dsn, size=1)  # kept open: its session holds the worker's place
    with place.transaction_as(SERVICE_PERSON) as tx:
        actions.take_the_workers_place(tx)
    queue = JobQueue(dsn)
    with database.transaction_as(SERVICE_PERSON) as tx:
        waiting = actions.recover(tx)
    for number in waiting:
        queue.enqueue(number)
    queue.close()
    work_forever(
        dsn,
        lambda number: actions.run(database, handlers, number, SERVICE_PERSON),
        {
            "do_chores": (
                EVERY_HOUR,
                lambda: actions.do_chores(database, hourly_chores(settings)),
            ),
            "fold_coverage": (
                EVERY_MINUTE,
                lambda: actions.do_chores(database, [partial(coverage_jobs.fold, settings)]),
            ),
        },
    )


if __name__ == "__main__":
    main()
