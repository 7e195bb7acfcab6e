"""Boundaries: their options are few and their faults are looked at on the job's page."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.http import job_queue, reader, route, settings, transaction
from app.imports.parameters import uploaded_file
from app.imports.uploads import keep_upload
from app.jobs import actions as jobs

blueprint = Blueprint("boundaries", __name__)
OPTIONS = (
    "level",
    "edition",
    "code_field",
    "name_field",
    "name_en_field",
    "parent_field",
    "crs",
    "layer",
    "encoding",
    "dissolve",
    "repair",
)


@route(blueprint, "/imports", permission="imports.write", methods=["POST"])
def start_import() -> ResponseReturnValue:
    stored = keep_upload(uploaded_file(), settings().uploads)
    options = {name: request.form[name].strip()[:500] for name in OPTIONS if request.form.get(name)}
    arguments = {
        "kind": "boundaries",
        "file": str(stored),
        "options": options,
        "commit": request.form.get("commit") == "yes",
    }
    with transaction() as tx:
        number = jobs.ask(tx, "import", arguments)
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))


@route(
    blueprint,
    "/imports/<int(max=2147483647):no>/commit",
    permission="imports.write",
    methods=["POST"],
)
def commit_import(no: int) -> ResponseReturnValue:
    """The same boundaries with the same options, this time for good."""
    with transaction() as tx:
        dry = jobs.follow(tx, no, everyone=reader().may("jobs.everyone"))
        if dry.kind != "import" or dry.state != "done" or dry.arguments["commit"]:
            raise Refusal("Only a finished dry run can be written.")
        number = jobs.ask(tx, "import", dict(dry.arguments) | {"commit": True})
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))
