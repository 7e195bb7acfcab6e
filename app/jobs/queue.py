"""The queue library: how a job's number reaches the worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

TASK = "run_job"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "17 * * * *"  # not at the full hour, when everything else begins
SEARCH_PATH = {"options": "-c search_path=queue"}


class JobQueue:
    """The web process's end: opened on first use, after the server has forked."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._app: App | None = None

    def enqueue(self, no: int) -> None:
        """Wake the worker for a job; once is enough, however often it is asked."""
        if self._app is None:
            opened = App(connector=SyncPsycopgConnector(conninfo=self._dsn, kwargs=SEARCH_PATH))
            opened.open()
            self._app = opened
        try:
            self._app.configure_task(TASK, queueing_lock=f"job-{no}").defer(job_no=no)
        except AlreadyEnqueued:
            pass

    def close(self) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None


def work_forever(
    dsn: str, run_job: Callable[[int], None], chores: Mapping[str, tuple[str, Callable[[], None]]]
) -> None:
    """Take jobs one at a time until the process is told to stop, and do the chores when it is time.

    ``chores``: name → when, as cron writes it, and what.
    """
    app = App(connector=PsycopgConnector(conninfo=dsn, kwargs=SEARCH_PATH))

    def run(job_no: int) -> None:
        run_job(job_no)

    app.task(name=TASK)(run)
    for name, (when, work) in chores.items():
        app.periodic(cron=when)(app.task(name=name, queueing_lock=name)(_at_its_time(work)))

    with app.open():
        app.run_worker(concurrency=1, delete_jobs="always", listen_notify=True)


def _at_its_time(work: Callable[[], None]) -> Callable[[int], None]:
    """The library tells each piece of work for which moment it was meant."""

    def chore(timestamp: int) -> None:
        work()

    return chore
