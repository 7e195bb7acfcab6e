"""The page of exclusions: who asks, until when, and the second person's decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.http import integer_parameter, route, said, settings, text_parameter, transaction
from app.inspections.exclusions import actions
from app.inspections.exclusions.actions import ListQuestion
from app.inspections.exclusions.model import DECISIONS, STATES
from app.inspections.exclusions.rules import LONGEST_NOTE
from app.web.words import outcome_names

blueprint = Blueprint("exclusions", __name__)
PAGE = 100
LAST = 2**53 - 1


@route(blueprint, "/exclusions", permission="inspections.read")
def list_exclusions() -> ResponseReturnValue:
    return _page(None)


def _question(tx: Transaction) -> ListQuestion:
    reference = text_parameter("within")
    within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
    return ListQuestion(
        text_parameter("state") or STATES[0], within.no if within else None, settings().today()
    )


def _page(fault: Refusal | None) -> ResponseReturnValue:
    """The list; after a refusal with the ticks and words that were sent."""
    language, after = str(get_locale()), integer_parameter("after", 0, 0, LAST)
    with transaction() as tx:
        asked = _question(tx)
        rows = actions.exclusions(tx, asked, after, PAGE)
        counts = actions.counts(tx, asked.within, asked.on)
        chains = actions.titles(tx, rows)
    within = text_parameter("within")
    answer = render_template(
        "exclusions.html",
        rows=[
            row._asdict()
            | {
                "reason": outcome_names().get(row.reason, row.reason),
                "chain": chains.get(row.grid_no, []),
                "programme": row.programme_en if language == "en" else row.programme_zh,
                "last_day": row.valid_until - timedelta(days=1),
                "days_left": (row.valid_until - asked.on).days,
                "page": _page_of(row),
            }
            for row in rows
        ],
        counts={state: counts.get(state, 0) for state in STATES},
        state=asked.state,
        within=within,
        fault=said(fault) if fault else None,
        sent=request.form,
        ticked=set(request.form.getlist("exclusion")),
        decided=text_parameter("decided"),
        done=integer_parameter("done", 0, 0, LAST),
        left=integer_parameter("left", 0, 0, LAST),
        decide_url=url_for("exclusions.decide", within=within),
        next_url=url_for(
            "exclusions.list_exclusions", state=asked.state, within=within, after=rows[-1].no
        )
        if len(rows) == PAGE
        else None,
    )
    return answer, fault.status if fault else 200


def _page_of(row: Any) -> str | None:
    """Where the target has a page of its own."""
    places = {"unit": "units", "facility": "facilities", "building": "buildings",
              "household": "residents", "place": "places", "road": "roads"}  # fmt: skip
    return f"/{places[row.kind]}/{row.target_no}" if row.kind in places else None


@route(blueprint, "/exclusions/decide", permission="exclusions.decide", methods=["POST"])
def decide() -> ResponseReturnValue:
    """For the ticked requests, or for all that are open; never for the own ones."""
    decision = request.form.get("decision", "")
    try:
        numbers = None if request.form.get("which") == "all" else _ticked()
        note = request.form.get("note", "").strip()[:LONGEST_NOTE] or None
        with transaction() as tx:
            done = actions.decide(tx, _question(tx), numbers, decision, note)
    except Refusal as fault:
        return _page(fault)
    return redirect(
        url_for(
            "exclusions.list_exclusions",
            within=text_parameter("within"),
            decided=decision if decision in DECISIONS else None,
            done=done.done,
            left=done.left,
        )
    )


def _ticked() -> list[int]:
    values = request.form.getlist("exclusion")
    if not all(value.isdecimal() and len(value) <= 15 for value in values):
        raise Refusal("The request was not understood. Reload the page and try again.")
    return [int(value) for value in values]
