"""Upload a file: it is read in the worker, dry first."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.grids import actions as grids
from app.http import job_queue, reader, route, settings, transaction
from app.imports.uploads import keep_upload
from app.jobs import actions as jobs
from app.web.words import job_kind_names, job_state_names

blueprint = Blueprint("imports", __name__)
KINDS = ("units", "inspections", "boundaries")
OPTIONS = (
    "id_field",
    "name_field",
    "class_field",
    "address_field",
    "lon_field",
    "lat_field",
    "crs",
    "encoding",
    "target_field",
    "date_field",
    "outcome_field",
    "outcome_map",
    "result_field",
    "level",
    "code_field",
    "parent_field",
    "name_en_field",
    "layer",
    "dissolve",
    "repair",
    "edition",
    "skip_errors",
)


@route(blueprint, "/imports", permission="imports.write")
def import_form() -> ResponseReturnValue:
    with transaction() as tx:
        recent = jobs.recent(tx, reader().may("jobs.everyone"))
        levels = grids.levels(tx)
    kinds, states = job_kind_names(), job_state_names()
    return render_template(
        "imports.html",
        levels=levels,
        jobs=[
            job.as_dict()
            | {"kind_name": kinds.get(job.kind, job.kind), "state_name": states[job.state]}
            for job in recent
        ],
    )


@route(blueprint, "/imports", permission="imports.write", methods=["POST"])
def start_import() -> ResponseReturnValue:
    kind = request.form.get("kind", "")
    if kind not in KINDS:
        raise Refusal("Choose what the file holds: %(kinds)s.", kinds=", ".join(KINDS))
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refusal("Choose a file first.")
    stored = keep_upload(upload.filename, upload.read(), settings().uploads)
    options = {name: request.form[name].strip()[:500] for name in OPTIONS if request.form.get(name)}
    with transaction() as tx:
        number = jobs.ask(
            tx,
            "import",
            {
                "kind": kind,
                "file": str(stored),
                "options": options,
                "commit": request.form.get("commit") == "yes",
            },
        )
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))


@route(
    blueprint,
    "/imports/<int(max=2147483647):no>/commit",
    permission="imports.write",
    methods=["POST"],
)
def commit_import(no: int) -> ResponseReturnValue:
    """The same file with the same options, this time for good."""
    with transaction() as tx:
        dry = jobs.follow(tx, no, everyone=reader().may("jobs.everyone"))
        if dry.kind != "import" or dry.state != "done" or dry.arguments["commit"]:
            raise Refusal("Only a finished dry run can be written.")
        options = dict(dry.arguments["options"])
        if request.form.get("skip_errors") == "yes":
            options["skip_errors"] = "yes"
        number = jobs.ask(tx, "import", dict(dry.arguments) | {"commit": True, "options": options})
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))
