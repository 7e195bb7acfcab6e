"""From a file to a batch, step by step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.http import job_queue, reader, route, settings, transaction
from app.imports import actions, wizard
from app.imports.guessing import VISIT_ALIASES, header_digest
from app.imports.model import STEPS, Choice, Plan
from app.imports.parameters import choice_of_form, reading_of_form, text_of, uploaded_file
from app.jobs import actions as jobs
from app.jobs.model import Job
from app.registry.model import Field, Register
from app.web.words import (
    import_step_names,
    job_kind_names,
    job_state_names,
    refusal_in_words,
    register_names,
    translated,
)

blueprint = Blueprint("imports", __name__)
NEEDED_OF_VISITS = ("target", "date")


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


@route(blueprint, "/imports/files", permission="imports.write", methods=["POST"])
def begin_import() -> ResponseReturnValue:
    register = request.form.get("register", "")
    if register not in actions.KINDS:
        raise Refusal("Choose what the file holds: %(kinds)s.", kinds=", ".join(actions.KINDS))
    document = uploaded_file()
    with transaction() as tx:
        plan = wizard.begin(tx, settings(), register, document)
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
    if not plan.path:
        return _gone(plan)
    if job is not None and not job.over:
        if plan.job_step != step:
            return redirect(url_for("imports.show_step", no=no, step=plan.job_step))
        return _page(plan, step, job=job)
    if not plan.reached(step) or (plan.step == "written" and step != "written"):
        return redirect(url_for("imports.show_step", no=no, step=plan.step))
    return _page(plan, step, job=job)


def _gone(plan: Plan) -> ResponseReturnValue:
    """Of a written import the batch is left, of the others nothing."""
    if plan.batch_no is not None:
        return redirect(url_for("batches.show_batch", no=plan.batch_no))
    raise NotFound(
        "This import was given up or left lying too long; its file is no longer here. Upload it "
        "again to begin another."
    )


def _page(
    plan: Plan,
    step: str,
    job: Job | None = None,
    fault: Refusal | None = None,
    given: Choice | None = None,
) -> ResponseReturnValue:
    """The page of a step: its progress, or what was found and what there is to choose."""
    found = wizard.found_by(settings(), plan, step)
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
        [
            Field(key, required=key in NEEDED_OF_VISITS, aliases=names)
            for key, names in VISIT_ALIASES.items()
        ]
        if register is None
        else register.fields
    )
    return [
        {
            "key": one.key,
            "name": next(
                (name for name in one.aliases if name.isascii() == english), one.key
            ).capitalize(),
            "required": one.required,
            "common": one.common,
            "kind": one.kind,
            "choices": {key: names[not english] for key, names in one.choices.items()},
        }
        for one in wanted
    ]


@route(
    blueprint,
    "/imports/plans/<int(max=2147483647):no>/reading",
    permission="imports.write",
    methods=["POST"],
)
def choose_reading(no: int) -> ResponseReturnValue:
    """How the file is read; `look` shows its beginning in this way before going on."""
    reading = reading_of_form()
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
    given = choice_of_form()
    try:
        with transaction() as tx:
            plan = wizard.find(tx, no)
            found = wizard.found_by(settings(), plan, "columns") or {}
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
    crs = text_of("other_crs") or text_of("crs")
    try:
        with transaction() as tx:
            plan = wizard.find(tx, no)
            found = wizard.found_by(settings(), plan, "columns") or {}
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
        found = wizard.found_by(settings(), plan, "check") or {}
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
    document = uploaded_file()
    with transaction() as tx:
        plan = wizard.begin_corrections(tx, settings(), wizard.find(tx, no), document)
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
        wizard.discard(tx, settings(), wizard.find(tx, no))
    return redirect(url_for("imports.import_form"))


# -- small parts ----------------------------------------------------------------------------


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
