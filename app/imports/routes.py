"""From a file to a batch, step by step; boundaries; batches and how they are taken back."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.datastructures import FileStorage

from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.http import integer_parameter, job_queue, reader, route, settings, transaction
from app.imports import actions, findings_file, wizard
from app.imports.guessing import VISIT_ALIASES, header_digest
from app.imports.model import STEPS, Choice, Plan
from app.imports.sources import Reading
from app.imports.uploads import keep_upload
from app.jobs import actions as jobs
from app.jobs.model import Job
from app.registry.model import Register
from app.spreadsheets import csv_bytes, xlsx_bytes
from app.web.words import (
    import_step_names,
    job_kind_names,
    job_state_names,
    refusal_in_words,
    register_names,
    translated,
)

blueprint = Blueprint("imports", __name__)
PAGE = 50
NEEDED_OF_VISITS = ("target", "date")
BOUNDARY_OPTIONS = (
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
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@route(blueprint, "/imports", permission="imports.write")
def import_form() -> ResponseReturnValue:
    with transaction() as tx:
        recent = jobs.recent(tx, reader().may("jobs.everyone"))
        levels = grids.levels(tx)
        begun = wizard.open_plans(tx)
    kinds, states = job_kind_names(), job_state_names()
    return render_template(
        "imports.html",
        levels=levels,
        plans=begun,
        registers=register_names(actions.KINDS),
        step_names=import_step_names(),
        jobs=[
            job.as_dict()
            | {"kind_name": kinds.get(job.kind, job.kind), "state_name": states[job.state]}
            for job in recent
            if job.kind != wizard.JOB
        ],
    )


# -- boundaries -----------------------------------------------------------------------------


@route(blueprint, "/imports", permission="imports.write", methods=["POST"])
def start_import() -> ResponseReturnValue:
    """Boundaries: their options are few and their faults are looked at on the job's page."""
    file = _uploaded()
    stored = keep_upload(file.filename or "", file.read(), settings().uploads)
    options = {
        name: request.form[name].strip()[:500]
        for name in BOUNDARY_OPTIONS
        if request.form.get(name)
    }
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


# -- from file to batch ---------------------------------------------------------------------


@route(blueprint, "/imports/files", permission="imports.write", methods=["POST"])
def begin_import() -> ResponseReturnValue:
    register = request.form.get("register", "")
    if register not in actions.KINDS:
        raise Refusal("Choose what the file holds: %(kinds)s.", kinds=", ".join(actions.KINDS))
    file = _uploaded()
    content = file.read()
    stored = keep_upload(file.filename or "", content, settings().uploads)
    with transaction() as tx:
        plan = wizard.begin(tx, register, stored, sha256(content).hexdigest())
        _, number = wizard.ask(tx, plan, "reading")
    return _worked_out(plan, "reading", number)


@route(blueprint, "/imports/plans/<int(max=2147483647):no>", permission="imports.write")
def show_plan(no: int) -> ResponseReturnValue:
    """Where somebody left it."""
    with transaction() as tx:
        plan = wizard.find(tx, no)
    step = plan.step if plan.step in STEPS else "written"
    return redirect(url_for("imports.show_step", no=no, step=step))


@route(blueprint, "/imports/plans/<int(max=2147483647):no>/<step>", permission="imports.write")
def show_step(no: int, step: str) -> ResponseReturnValue:
    if step not in STEPS:
        raise NotFound("There is nothing at this address.")
    with transaction() as tx:
        plan = wizard.find(tx, no)
        job = _job_of(tx, plan)
    if plan.step == "discarded":
        raise NotFound("This import was given up; its file is no longer here.")
    if job is not None and not job.over:
        if plan.job_step != step:
            return redirect(url_for("imports.show_step", no=no, step=plan.job_step))
        return _page(plan, step, job=job)
    if not plan.reached(step) or (plan.step == "written" and step != "written"):
        return redirect(url_for("imports.show_step", no=no, step=plan.step))
    return _page(plan, step, job=job)


def _page(
    plan: Plan,
    step: str,
    job: Job | None = None,
    fault: Refusal | None = None,
    given: Choice | None = None,
) -> ResponseReturnValue:
    """The page of a step: its progress, or what was found and what there is to choose."""
    found = findings_file.kept(plan.folder, step) if plan.path else None
    running = job is not None and not job.over
    register = actions.register_of(plan.register)
    if found is not None:
        said_in_words(found)
    page = render_template(
        "import_progress.html"
        if running
        else f"import_{step}.html"
        if found
        else "import_lost.html",
        plan=plan,
        step=step,
        steps=import_step_names(),
        has_places=register is not None and bool(plan.columns.lon or not plan.columns.id),
        job=shown_job(job) if running else None,
        stopped=shown_job(job) if _went_wrong(job) else None,
        fault=refusal_in_words(fault) if fault else None,
        found=found,
        chosen=given or _chosen(plan, found),
        register=register,
        register_name=register_names([plan.register])[plan.register],
        fields=_fields(register),
    )
    return (page, fault.status) if fault else page


def _chosen(plan: Plan, found: dict[str, Any] | None) -> Choice:
    """What was chosen before; before that what is remembered or guessed."""
    if plan.columns.id or not found or "chosen" not in found:
        return plan.columns
    return Choice(**found["chosen"])


def _fields(register: Register | None) -> list[dict[str, Any]]:
    """The fields of a register, or of a visit, each called by its first name in the language."""
    english = str(get_locale()) == "en"
    wanted = (
        [(key, names, key in NEEDED_OF_VISITS) for key, names in VISIT_ALIASES.items()]
        if register is None
        else [(one.key, one.aliases, one.required) for one in register.fields]
    )
    return [
        {
            "key": key,
            "name": next((name for name in names if name.isascii() == english), key).capitalize(),
            "required": required,
        }
        for key, names, required in wanted
    ]


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/reading",
    permission="imports.write",
    methods=["POST"],
)
def choose_reading(no: int) -> ResponseReturnValue:
    """How the file is read; `look` shows its beginning in this way before going on."""
    row = request.form.get("header_row", "").strip()
    if row and not (row.isdecimal() and 1 <= int(row) <= 1000):
        raise Refusal("The row of the names is a whole number from 1 to 1000.")
    rows = 2 if request.form.get("header_rows") == "2" else 1
    reading = Reading(
        _text("encoding") or None, _text("sheet") or None, int(row) if row else None, rows
    )
    step = "reading" if request.form.get("look") else "columns"
    with transaction() as tx:
        plan = wizard.choose_reading(tx, wizard.find(tx, no), reading)
        _, number = wizard.ask(tx, plan, step)
    return _worked_out(plan, step, number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/columns",
    permission="imports.write",
    methods=["POST"],
)
def choose_columns(no: int) -> ResponseReturnValue:
    form = request.form
    pair = form.get("pair") if form.get("pair") in ("lat_lon", "lon_lat") else None
    given = Choice(
        id=tuple(dict.fromkeys(name for name in form.getlist("id") if name)),
        fields={
            key.removeprefix("field-"): value
            for key, value in form.items()
            if key.startswith("field-") and value
        },
        lon=(form.get("place") if pair else form.get("lon")) or None,
        lat=None if pair else form.get("lat") or None,
        pair=pair if form.get("place") else None,
        grid=form.get("grid") or None,
        keep=tuple(form.getlist("keep")),
        outcomes=_text("outcomes", 500),
    )
    try:
        with transaction() as tx:
            plan = wizard.find(tx, no)
            found = findings_file.kept(plan.folder, "columns") or {}
            digest = header_digest(found.get("fields", []))
            plan = wizard.choose_columns(tx, plan, given, digest)
            step = "place" if given.lon and actions.register_of(plan.register) else "check"
            _, number = wizard.ask(tx, plan, step)
    except Refusal as refusal:
        return _page(plan, "columns", fault=refusal, given=given)
    return _worked_out(plan, step, number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/place",
    permission="imports.write",
    methods=["POST"],
)
def choose_place(no: int) -> ResponseReturnValue:
    crs = _text("other_crs") or _text("crs")
    try:
        with transaction() as tx:
            plan = wizard.find(tx, no)
            found = findings_file.kept(plan.folder, "columns") or {}
            plan = wizard.choose_place(tx, plan, crs, found.get("fields", []))
            step = "place" if request.form.get("look") else "check"
            _, number = wizard.ask(tx, plan, step)
    except Refusal as refusal:
        return _page(plan, "place", fault=refusal)
    return _worked_out(plan, step, number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/write",
    permission="imports.write",
    methods=["POST"],
)
def write_import(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        plan = wizard.find(tx, no)
        if plan.step != "check":
            raise Refusal("Only a finished dry run can be written.")
        found = findings_file.kept(plan.folder, "check") or {}
        if found.get("errors") and request.form.get("skip_errors") != "yes":
            raise Refusal("Say that the rows in error are to be left out, or correct them first.")
        _, number = wizard.ask(tx, plan, "written")
    return _worked_out(plan, "written", number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/look",
    permission="imports.write",
    methods=["POST"],
)
def look_again(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        plan, number = wizard.ask(tx, wizard.find(tx, no), "reading")
    return _worked_out(plan, "reading", number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/corrections",
    permission="imports.write",
    methods=["POST"],
)
def send_corrections(no: int) -> ResponseReturnValue:
    """Only the corrected rows: columns and coordinate system are those of the first file."""
    file = _uploaded()
    content = file.read()
    stored = keep_upload(file.filename or "", content, settings().uploads)
    with transaction() as tx:
        first = wizard.find(tx, no)
        plan = wizard.begin_corrections(tx, first, stored, sha256(content).hexdigest())
        _, number = wizard.ask(tx, plan, "check")
    return _worked_out(plan, "check", number)


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/discard",
    permission="imports.write",
    methods=["POST"],
)
def discard_import(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        wizard.discard(tx, wizard.find(tx, no))
    return redirect(url_for("imports.import_form"))


@route(
    blueprint, "/imports/plans/<int(max=2147483647):no>/failed.<kind>", permission="imports.write"
)
def failed_rows(no: int, kind: str) -> ResponseReturnValue:
    """The rows in error as they are in the file, with what is wrong with each."""
    if kind not in TYPES:
        raise NotFound("Rows in error are given as %(kinds)s.", kinds=", ".join(TYPES))
    with transaction() as tx:
        plan = wizard.find(tx, no)
    found = findings_file.failed(plan.folder) if plan.path else None
    if found is None:
        raise NotFound("There are no rows in error here.")
    fields, rows = found
    header = [*fields, gettext("Row of the file"), gettext("What is wrong")]
    cells = [
        [
            *(row["cells"] + [""] * len(fields))[: len(fields)],
            row["row"],
            "; ".join(translated(error) for error in row["errors"]),
        ]
        for row in rows
    ]
    content = csv_bytes(header, cells) if kind == "csv" else xlsx_bytes("rows", header, cells)
    response = Response(content, mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="import-{no}-rows.{kind}"'
    return response


# -- batches --------------------------------------------------------------------------------


@route(blueprint, "/imports/batches", permission="imports.write")
def list_batches() -> ResponseReturnValue:
    before = integer_parameter("before", wizard.LAST_NUMBER, 1, wizard.LAST_NUMBER)
    with transaction() as tx:
        rows = wizard.batches(tx, before, PAGE)
    return render_template(
        "batches.html",
        batches=rows,
        registers=register_names([*actions.KINDS, *{row["kind"] for row in rows}]),
        next_url=url_for("imports.list_batches", before=rows[-1]["no"])
        if len(rows) == PAGE
        else None,
    )


@route(blueprint, "/imports/batches/<int(max=2147483647):no>", permission="imports.write")
def show_batch(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        batch = wizard.batch(tx, no)
    return _batch_page(batch)


def _batch_page(batch: dict[str, Any], fault: Refusal | None = None) -> ResponseReturnValue:
    plan = batch["plan"]
    failed = plan is not None and plan.path and findings_file.failed(plan.folder) is not None
    page = render_template(
        "batch.html",
        batch=batch,
        failed=failed,
        fault=refusal_in_words(fault) if fault else None,
        register_name=register_names([batch["kind"]])[batch["kind"]],
    )
    return (page, fault.status) if fault else page


@route(
    blueprint,
    "/imports/batches/<int(max=2147483647):no>/undo",
    permission="imports.write",
    methods=["POST"],
)
def undo_batch(no: int) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            actions.undo_batch(tx, no)
    except NotFound:
        raise
    except Refusal as refusal:
        with transaction() as tx:
            return _batch_page(wizard.batch(tx, no), refusal)
    return redirect(url_for("imports.show_batch", no=no))


# -- small parts ----------------------------------------------------------------------------


def _uploaded() -> FileStorage:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refusal("Choose a file first.")
    return upload


def _text(name: str, most: int = 2000) -> str:
    return request.form.get(name, "").strip()[:most]


def _worked_out(plan: Plan, step: str, number: int) -> ResponseReturnValue:
    job_queue().enqueue(number)
    return redirect(url_for("imports.show_step", no=plan.no, step=step), 303)


def _job_of(tx: Any, plan: Plan) -> Job | None:
    return None if plan.job_no is None else jobs.follow(tx, plan.job_no, everyone=True)


def _went_wrong(job: Job | None) -> bool:
    return job is not None and job.state in ("refused", "failed", "cancelled")


def shown_job(job: Job | None) -> dict[str, Any] | None:
    if job is None:
        return None
    words = job.as_dict()
    if isinstance(job.result, dict) and "sentence" in job.result:
        words["message"] = translated(job.result)
    return words


def said_in_words(found: dict[str, Any]) -> None:
    """The sentences of what was found, in the reader's language."""
    for said in [*found.get("errors", ()), *found.get("hints", ()), *found.get("notes", ())]:
        said["message"] = translated(said)
