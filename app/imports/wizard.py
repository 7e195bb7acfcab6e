"""What a person does on the way from a file to a batch; each step waits for the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.imports import findings_file, store
from app.imports.actions import of_persons
from app.imports.guessing import header_digest
from app.imports.model import STEPS, Choice, Plan
from app.imports.rules import parse_outcome_map
from app.imports.sources import Document, Reading
from app.imports.uploads import drop_strays, keep_sealed, sealed_folder
from app.jobs import actions as jobs
from app.settings import Settings
from gis.crs import parse_crs
from gis.errors import GisError

JOB = "import_step"
LAST_NUMBER = 2_147_483_647
# files of imports that nobody went on with do not stay for ever
FORGOTTEN = timedelta(days=30)
FORGOTTEN_PERSONS = timedelta(days=1)


def begin(tx: Transaction, settings: Settings, register: str, document: Document) -> Plan:
    """A plan for an uploaded file; its first step is to look at it."""
    return _begun(tx, _draft(settings, register, document))


def begin_corrections(tx: Transaction, settings: Settings, plan: Plan, document: Document) -> Plan:
    """A file that brings the failed rows of a plan again, read in the same way throughout."""
    draft = _draft(settings, plan.register, document)
    return _begun(
        tx, replace(draft, columns=plan.columns, crs=plan.crs, step="place", corrects=plan.no)
    )


def _draft(settings: Settings, register: str, document: Document) -> Plan:
    folder = keep_sealed(settings, document)
    digest = sha256(document.content).hexdigest()
    return Plan.draft(register, folder.path.name, document.name, digest)


def _begun(tx: Transaction, draft: Plan) -> Plan:
    return find(tx, store.insert_plan(tx, draft))


def find(tx: Transaction, no: int) -> Plan:
    plan = store.find_plan(tx, no)
    if plan is None:
        raise NotFound("There is no import %(no)s.", no=no)
    return plan


def open_plans(tx: Transaction) -> list[Plan]:
    return store.list_open_plans(tx)


def ask(tx: Transaction, plan: Plan, step: str) -> tuple[Plan, int]:
    """Have the worker work out a step; answers the plan and the job's number."""
    if plan.step == "written" or not plan.path:
        raise Refusal("This import is finished; upload the file again to begin another.")
    number = jobs.ask(tx, JOB, {"plan": plan.no, "step": step})
    asked = replace(plan, job_no=number, job_step=step)
    store.update_plan(tx, asked)
    return asked, number


def choose_reading(tx: Transaction, plan: Plan, reading: Reading) -> Plan:
    return _changed(tx, plan, replace(plan, reading=reading), "reading")


def choose_columns(tx: Transaction, plan: Plan, columns: Choice, digest: str) -> Plan:
    """Note which column holds what, also for later files with the same columns."""
    if not columns.id:
        raise Refusal("Choose the column that holds the number of each row.")
    if bool(columns.lon) != bool(columns.lat or columns.pair):
        raise Refusal("A place needs both coordinates; choose both columns or neither.")
    parse_outcome_map(columns.outcomes)
    store.remember_mapping(tx, plan.register, digest, columns, plan.crs)
    return _changed(tx, plan, replace(plan, columns=columns), "columns")


def choose_place(tx: Transaction, plan: Plan, crs: str, fields: list[str]) -> Plan:
    """Declare the coordinate system; nothing else ever says it."""
    if not crs.strip():
        raise Refusal("Choose the coordinate system of the file.")
    try:
        named = parse_crs(crs).name
    except GisError as fault:
        raise Refusal(
            "The coordinate system %(crs)s is not known; choose one of the list, or write one "
            "like EPSG:4548.",
            crs=crs.strip()[:60],
        ) from fault
    store.remember_mapping(tx, plan.register, header_digest(fields), plan.columns, named)
    return _changed(tx, plan, replace(plan, crs=named), "place")


def _changed(tx: Transaction, plan: Plan, changed: Plan, step: str) -> Plan:
    """A change takes the later steps back: what they showed is no longer true."""
    if plan.step == "written":
        raise Refusal("This import is finished; upload the file again to begin another.")
    if STEPS.index(plan.step) > STEPS.index(step):
        changed = replace(changed, step=step)
    store.update_plan(tx, changed)
    return changed


def found_by(settings: Settings, plan: Plan, step: str) -> dict[str, Any] | None:
    """What a step found in the file, while any of it is left."""
    return findings_file.kept(sealed_folder(settings, plan.path), step) if plan.path else None


def failed_rows(settings: Settings, plan: Plan) -> findings_file.Failed | None:
    """The fields of the file and its rows in error, while any of it is left."""
    return findings_file.failed(sealed_folder(settings, plan.path)) if plan.path else None


def discard(tx: Transaction, settings: Settings, plan: Plan) -> None:
    """Forget the file and all that was found in it."""
    if plan.path:
        sealed_folder(settings, plan.path).remove()
    step = plan.step if plan.step == "written" else "discarded"
    store.update_plan(tx, replace(plan, step=step, path=""))


def forget_old_files(tx: Transaction, settings: Settings, now: datetime) -> int:
    """Discard what nobody went on with in time; answers how many imports lost their file."""
    kept = store.list_plans_with_files(tx)
    old = [
        plan.no
        for plan in kept
        if now - plan.created_at > (FORGOTTEN_PERSONS if of_persons(plan.register) else FORGOTTEN)
    ]
    for no in old:
        discard(tx, settings, find(tx, no))
    drop_strays(settings, {plan.path for plan in kept}, now)
    return len(old)


# -- batches ------------------------------------------------------------------------------


def batches(tx: Transaction, before: int, limit: int) -> list[Mapping[str, Any]]:
    """The latest first, those before a number."""
    return [row._asdict() for row in store.list_batches(tx, before, limit)]


def batch(tx: Transaction, no: int) -> dict[str, Any]:
    """A batch, what of it stands today, and the import that it came from."""
    row = store.find_batch(tx, no)
    if row is None:
        raise NotFound("There is no import batch %(no)s.", no=no)
    standing = store.count_rows_of_batch(tx, no)
    described: dict[str, Any] = row._asdict()
    return described | {
        "targets": standing.targets,
        "visits": standing.visits,
        "plan": store.find_plan_of_batch(tx, no),
    }
