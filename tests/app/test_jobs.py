"""Long work: asked for, followed, stopped, taken up again; and what of it a person sees."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.db.cluster import Account, python_command
from app.db.connection import Database
from app.errors import Cancelled, NotFound, Refusal
from app.grids import actions as grids
from app.identity.model import SERVICE_PERSON
from app.jobs import actions as jobs
from app.jobs.actions import Handler
from app.jobs.model import Job, Progress
from app.jobs.queue import JobQueue
from app.settings import PROJECT, Settings
from tests.builders import TODAY, add_person, publish_city, square_city

CHIEF, OTHER = "chief", "other"


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx, depth=2)
        return {
            CHIEF: add_person(tx, CHIEF, "grid_chief", "community:11"),
            OTHER: add_person(tx, OTHER, "grid_chief", "community:12"),
        }


def ask(
    database: Database, kind: str = "work", person: int = SERVICE_PERSON, **arguments: Any
) -> int:
    with database.transaction_as(person) as tx:
        return jobs.ask(tx, kind, arguments)


def follow(database: Database, no: int, person: int = SERVICE_PERSON) -> Job:
    with database.transaction_as(person) as tx:
        return jobs.follow(tx, no, everyone=True)


def run(database: Database, no: int, handler: Handler) -> Job:
    jobs.run(database, {"work": handler}, no, SERVICE_PERSON)
    return follow(database, no)


# -- outcomes -----------------------------------------------------------------------------


def test_a_job_that_is_done(database: Database) -> None:
    seen: list[tuple[Any, ...]] = []

    def handler(given: Database, job: Job, progress: Progress) -> dict[str, Any]:
        progress(1, 3, "Reading")
        halfway = follow(database, job.no)
        seen.append((halfway.state, halfway.done, halfway.total, halfway.message))
        seen.append((given is database, job.asked_by, dict(job.arguments)))
        progress(3, 3, "")
        return {"rows": 3, "on": TODAY}

    no = ask(database, file="a.csv", commit=True)
    assert follow(database, no).state == "queued"
    job = run(database, no, handler)
    assert seen == [
        ("running", 1, 3, "Reading"),
        (True, SERVICE_PERSON, {"file": "a.csv", "commit": True}),
    ]
    assert (job.state, job.done, job.total, job.message) == ("done", 3, 3, "")
    assert job.result == {"rows": 3, "on": TODAY.isoformat()}
    assert job.over and job.as_dict()["over"]
    assert not {"arguments", "asked_by"} & job.as_dict().keys()


def test_a_refused_job_says_why(database: Database) -> None:
    def handler(*_: object) -> None:
        raise Refusal("Column %(name)s is missing.", name="code")

    job = run(database, ask(database), handler)
    assert (job.state, job.message) == ("refused", "Column code is missing.")
    assert job.result == {"sentence": "Column %(name)s is missing.", "values": {"name": "code"}}


def test_a_failed_job_gives_a_number_and_never_the_exception(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(*_: object) -> None:
        raise RuntimeError("password=hunter2 at /srv/secret")

    with caplog.at_level(logging.ERROR, logger="gridward"):
        job = run(database, ask(database), handler)
    assert job.state == "failed" and "Nothing was changed" in job.message
    assert "hunter2" not in job.message and "secret" not in str(job.as_dict())
    incident = caplog.records[-1].getMessage().removeprefix("incident ")
    assert incident and f"(incident {incident})" in job.message
    assert "hunter2" in caplog.text  # the log has it, the person has the number


def test_a_job_of_an_unknown_kind_fails(database: Database) -> None:
    job = run(database, ask(database, kind="nonsense"), lambda *_: None)
    assert job.state == "failed"


def test_a_cancelled_job_leaves_nothing_of_its_work(
    database: Database, people: dict[str, int]
) -> None:
    def handler(given: Database, job: Job, progress: Progress) -> None:
        with given.transaction_as(SERVICE_PERSON) as tx:
            grids.fill_draft(tx, "half", "town", square_city(2)["town"])
            with database.transaction_as(SERVICE_PERSON) as other:
                jobs.cancel(other, job.no, everyone=False)
            assert follow(database, job.no).cancel_requested
            progress(9, 9, "Writing")

    job = run(database, ask(database), handler)
    assert (job.state, job.result) == ("cancelled", None)
    assert job.message == "Stopped as asked. Nothing was changed."
    with database.transaction_as(SERVICE_PERSON) as tx, pytest.raises(NotFound):
        grids.edition_named(tx, "half")


def test_a_job_cancelled_while_it_waits_never_starts(database: Database) -> None:
    no = ask(database)
    with database.transaction_as(SERVICE_PERSON) as tx:
        assert jobs.cancel(tx, no, everyone=False).state == "cancelled"
    job = run(database, no, lambda *_: pytest.fail("it started"))
    assert job.state == "cancelled"


def test_a_cancel_after_the_end_changes_nothing(database: Database) -> None:
    no = ask(database)
    assert run(database, no, lambda *_: {"rows": 1}).state == "done"
    with database.transaction_as(SERVICE_PERSON) as tx:
        job = jobs.cancel(tx, no, everyone=False)
    assert (job.state, job.cancel_requested, job.result) == ("done", False, {"rows": 1})


def test_a_job_runs_once_however_often_it_is_delivered(database: Database) -> None:
    started: list[int] = []
    no = ask(database)
    for _ in range(3):
        run(database, no, lambda _, job, __: started.append(job.no))
    assert started == [no]


def test_progress_reports_are_few_but_the_last_is_never_left_out(database: Database) -> None:
    def handler(_: Database, job: Job, progress: Progress) -> None:
        for done in range(50):
            progress(done, 50, f"Step {done}")
        assert follow(database, job.no).done < 50
        progress(50, 50, "The last")
        assert (follow(database, job.no).done, follow(database, job.no).message) == (50, "The last")

    assert run(database, ask(database), handler).state == "done"


def test_a_reporter_raises_for_whoever_was_asked_to_stop(database: Database) -> None:
    no = ask(database)
    report = jobs.reporter(database, no, SERVICE_PERSON)
    report(1, 1, "")
    with database.transaction_as(SERVICE_PERSON) as tx:
        jobs.cancel(tx, no, everyone=False)
    with pytest.raises(Cancelled):
        report(1, 1, "")


# -- who sees what ------------------------------------------------------------------------


def test_a_person_follows_and_stops_their_own_jobs_only(
    database: Database, people: dict[str, int]
) -> None:
    no = ask(database, person=people[CHIEF])
    with database.transaction_as(people[CHIEF]) as tx:
        assert jobs.follow(tx, no, everyone=False).asked_by == people[CHIEF]
        assert [job.no for job in jobs.recent(tx, everyone=False)] == [no]
    with database.transaction_as(people[OTHER]) as tx:
        for action in (jobs.follow, jobs.cancel):
            with pytest.raises(NotFound):
                action(tx, no, everyone=False)
        assert jobs.recent(tx, everyone=False) == []
        assert [job.no for job in jobs.recent(tx, everyone=True)] == [no]
        assert jobs.follow(tx, no, everyone=True).state == "queued"


def test_a_job_that_is_not_there(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx, pytest.raises(NotFound, match="no job 77"):
        jobs.follow(tx, 77, everyone=True)
    jobs.run(database, {}, 77, SERVICE_PERSON)  # delivered, but its row was never committed


def test_the_latest_of_a_kind(database: Database) -> None:
    first, second = ask(database, kind="demo"), ask(database, kind="demo")
    with database.transaction_as(SERVICE_PERSON) as tx:
        latest = jobs.latest_of_kind(tx, "demo")
        assert latest is not None and first < latest.no == second
        assert jobs.latest_of_kind(tx, "publish") is None


# -- interruption -------------------------------------------------------------------------


def test_a_starting_worker_takes_up_what_was_interrupted(database: Database) -> None:
    waiting, running, finished = (ask(database) for _ in range(3))
    run(database, finished, lambda *_: None)
    interrupt(database, running)
    with database.transaction_as(SERVICE_PERSON) as tx:
        assert jobs.recover(tx) == [waiting, running]
    taken = follow(database, running)
    assert (taken.state, taken.done, taken.message) == ("queued", 0, "")
    assert run(database, running, lambda *_: None).state == "done"


def interrupt(database: Database, no: int) -> None:
    """As a worker leaves a job that is killed in the middle of it."""
    with database.transaction_as(SERVICE_PERSON) as tx:
        tx.execute(
            "UPDATE queue.job SET state = 'running', done = 4, total = 9, message = 'x' "
            "WHERE no = %(no)s",
            no=no,
        )


@contextmanager
def worker(database: Database, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process as the servers' account, stopped at the end."""
    account = Account.for_servers()
    settings.key("session_key")
    account.own(settings.keys)
    for key in settings.keys.iterdir():
        if os.geteuid() == 0:
            shutil.chown(key, account.uid, account.gid)
    environment = os.environ | {
        "GRIDWARD_APP_DATABASE_URL": database.dsn,
        "GRIDWARD_VAR": str(settings.var),
        "GRIDWARD_TODAY": TODAY.isoformat(),
        "HOME": str(settings.var),
    }
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        python_command(account, ["-m", "app.worker"], [PROJECT, settings.var]),
        env=environment,
        cwd=PROJECT,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_until(
    reached: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 60
) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert process.poll() is None, f"the worker ended with {process.returncode}"
        assert time.monotonic() < deadline, f"not reached in {seconds} seconds"
        time.sleep(0.1)


def rows_in_the_queue(database: Database) -> int:
    with database.transaction_as(SERVICE_PERSON) as tx:
        return int(tx.value("SELECT count(*) FROM queue.procrastinate_jobs"))


def test_the_worker_process_takes_up_and_takes_on_jobs(
    database: Database, people: dict[str, int], settings: Settings
) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        for key, shapes in square_city(2, side=0.06).items():
            grids.fill_draft(tx, "second", key, shapes)
    asked: dict[str, Any] = {
        "edition": "second",
        "valid_from": TODAY.isoformat(),
        "accept_warnings": False,
    }
    interrupted = ask(database, kind="publish", **asked)
    interrupt(database, interrupted)
    queue = JobQueue(database.dsn)
    try:
        with worker(database, settings) as process:
            wait_until(lambda: follow(database, interrupted).over, process)
            job = follow(database, interrupted)
            assert job.state == "done", job.message
            assert job.result["edition"] == "second" and job.result["grids"] == 10
            again = ask(database, kind="publish", **asked)
            for _ in range(3):
                queue.enqueue(again)  # once is enough, more does no harm
            wait_until(lambda: follow(database, again).over, process)
            assert (follow(database, again).state, follow(database, again).message) == (
                "refused",
                "Edition second is published already.",
            )
            # the queue takes its own row away after the job has said that it is over
            wait_until(lambda: rows_in_the_queue(database) == 0, process)
    finally:
        queue.close()
    with database.transaction_as(SERVICE_PERSON) as tx:
        active = grids.find_active(tx)
        assert active is not None and active.name == "second"


def test_a_job_can_be_asked_for_and_taken_back_with_its_transaction(database: Database) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        no = jobs.ask(tx, "work", {})
        tx.undo()
    with database.transaction_as(SERVICE_PERSON) as tx, pytest.raises(NotFound):
        jobs.follow(tx, no, everyone=True)


def test_a_chore_that_fails_keeps_no_other_from_its_work(database: Database) -> None:
    done: list[str] = []

    def broken(database: Database) -> None:
        raise ValueError("broken")

    def refused(database: Database) -> None:
        raise Refusal("Not now.")

    jobs.do_chores(database, [broken, refused, lambda _: done.append("done")])
    assert done == ["done"]
