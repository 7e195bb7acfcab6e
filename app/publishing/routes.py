"""Editions and their publication."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import Edition
from app.http import job_queue, route, settings, text_parameter, transaction
from app.jobs import actions as jobs

blueprint = Blueprint("publishing", __name__)


@route(blueprint, "/editions", permission="editions.read")
def list_editions() -> ResponseReturnValue:
    with transaction() as tx:
        editions = grids.editions(tx)
        levels = grids.levels(tx)
        shown = text_parameter("edition") or (editions[-1].name if editions else None)
        chosen = grids.edition_named(tx, shown) if shown else None
        counts, faults = grids.faults_of(tx, chosen.no) if chosen else ([], [])
        held = {one.no: _grids_per_level(tx, one) for one in editions}
    return render_template(
        "editions.html",
        editions=editions,
        levels=levels,
        held=held,
        chosen=chosen,
        fault_counts=counts,
        faults=faults,
        today=settings().today(),
    )


def _grids_per_level(tx: Transaction, edition: Edition) -> dict[int, int]:
    if edition.state == "draft":
        return grids.draft_counts(tx, edition.no)
    return {level.depth: level.grids for level in grids.edition_levels(tx, edition.no)}


@route(blueprint, "/editions/<name>/publish", permission="editions.publish", methods=["POST"])
def publish(name: str) -> ResponseReturnValue:
    try:
        day = date.fromisoformat(request.form.get("valid_from", ""))
    except ValueError:
        raise Refusal("Choose the day from which the edition holds.") from None
    with transaction() as tx:
        grids.edition_named(tx, name)
        number = jobs.ask(
            tx,
            "publish",
            {
                "edition": name,
                "valid_from": day.isoformat(),
                "accept_warnings": request.form.get("accept_warnings") == "yes",
            },
        )
    job_queue().enqueue(number)
    return redirect(url_for("jobs.show_job_page", no=number))
