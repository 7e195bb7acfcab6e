"""Progress of long work, for pages and programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.http import reader, route, transaction
from app.jobs import actions
from app.jobs.model import Job
from app.jobs.parameters import JobAnswer
from app.web.api import api
from app.web.words import job_kind_names, job_state_names, translated

blueprint = Blueprint("jobs", __name__)
JOB_NUMBER = "The number that the answer to an upload or a publication named."


def shown(job: Job) -> dict[str, Any]:
    """The job in the reader's language: the worker wrote its sentences in English."""
    words = job.as_dict()
    result = words["result"] or {}
    if "sentence" in result:
        words["message"] = translated(result)
    return words


def answered(job: Job) -> dict[str, Any]:
    """The same for programs, to whom a fault is told in English by its `detail` alone."""
    words = shown(job)
    result = words["result"] or {}
    if "faults" in result:
        faults = [{key: fault[key] for key in fault if key != "said"} for fault in result["faults"]]
        words["result"] = result | {"faults": faults}
    return words


@route(blueprint, "/jobs/<int(max=2147483647):no>", permission="jobs.follow")
def show_job_page(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        job = actions.follow(tx, no, reader().may("jobs.everyone"))
    dry_run = job.state == "done" and job.arguments.get("commit") is False
    return render_template(
        "job.html",
        job=shown(job),
        dry_run=dry_run,
        kind_name=job_kind_names().get(job.kind, job.kind),
        state_names=job_state_names(),
    )


@api(
    blueprint,
    "/jobs/<int(max=2147483647):no>",
    permission="jobs.follow",
    answer=JobAnswer,
    path={"no": JOB_NUMBER},
)
def show_job(no: int) -> JobAnswer:
    """How far a job is and, at its end, what came of it."""
    with transaction() as tx:
        job = actions.follow(tx, no, reader().may("jobs.everyone"))
    return JobAnswer(**answered(job))


@api(
    blueprint,
    "/jobs/<int(max=2147483647):no>/cancel",
    method="POST",
    permission="jobs.follow",
    answer=JobAnswer,
    path={"no": JOB_NUMBER},
)
def cancel_job(no: int) -> JobAnswer:
    """Ask a job to stop; nothing of it stays."""
    with transaction() as tx:
        job = actions.cancel(tx, no, reader().may("jobs.everyone"))
    return JobAnswer(**answered(job))
