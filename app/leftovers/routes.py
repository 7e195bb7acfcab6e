"""The pages of what touches no grid, of claims of files, and of what lies in no grid below."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.http import integer_parameter, reader, route, said, text_parameter, transaction
from app.leftovers import actions
from app.leftovers.model import KINDS, STATES, Decision, QueueFilter
from app.leftovers.parameters import LAST, Leftovers, LeftoversQuery, listed_leftover
from app.web.api import api, next_page

blueprint = Blueprint("leftovers", __name__)
PAGE = 100
FARTHEST_M = 1_000_000


@api(
    blueprint,
    "/leftovers",
    permission="leftovers.read",
    query=LeftoversQuery,
    answer=Leftovers,
    example="/leftovers?limit=2&state=leftover",
)
def list_queue_json(query: LeftoversQuery) -> Leftovers:
    """Leftovers: what touches no grid, with the nearest grid; and what has no coordinates.

    Persons are never among them.
    """
    wanted = QueueFilter(query.state, query.register)
    with transaction() as tx:
        rows = actions.queue(tx, wanted, query.after, query.limit)
    return Leftovers(
        [listed_leftover(one) for one in rows],
        next_page(rows[-1].row.no if len(rows) == query.limit else None),
    )


@route(blueprint, "/leftovers", permission="leftovers.read")
def list_queue() -> ResponseReturnValue:
    return _queue_page(None)


def _filter() -> QueueFilter:
    return QueueFilter(
        text_parameter("state"),
        text_parameter("register"),
        integer_parameter("batch", 0, 0, 2**31 - 1) or None,
    )


def _address(wanted: QueueFilter) -> dict[str, Any]:
    return {"state": wanted.state, "register": wanted.register, "batch": wanted.batch}


def _queue_page(fault: Refusal | None) -> ResponseReturnValue:
    """The list; after a refusal with the ticks and words that were sent."""
    wanted = _filter()
    after = integer_parameter("after", 0, 0, LAST)
    with transaction() as tx:
        rows = actions.queue(tx, wanted, after, PAGE)
        counts = actions.counts(tx, wanted)
        page = {
            "batches": actions.batches(tx),
            "picture": actions.picture(tx, wanted),
            "households": actions.own_households(tx) if reader().may("imports.write") else 0,
            "everything": actions.counts(tx),
        }
    address = _address(wanted)
    answer = render_template(
        "leftovers.html",
        rows=rows,
        counts=counts,
        total=counts.of(wanted.states),
        wanted=wanted,
        registers=list(KINDS),
        states=STATES,
        fault=said(fault) if fault else None,
        sent=request.form,
        ticked=set(request.form.getlist("target")),
        decided=integer_parameter("decided", -1, -1, LAST),
        left=integer_parameter("left", 0, 0, LAST),
        decide_url=url_for("leftovers.decide", **address, after=after or None),
        next_url=url_for("leftovers.list_queue", **address, after=rows[-1].row.no)
        if len(rows) == PAGE
        else None,
        **page,
    )
    return answer, fault.status if fault else 200


@route(blueprint, "/leftovers/decide", permission="leftovers.decide", methods=["POST"])
def decide() -> ResponseReturnValue:
    """For the ticked rows, or for all of the list; nearest, outside or back."""
    wanted = _filter()
    try:
        decision = Decision(
            request.form.get("decision", ""),
            _metres(),
            request.form.get("reason", "").strip()[:300] or None,
        )
        numbers = None if request.form.get("which") == "all" else _ticked()
        with transaction() as tx:
            done = actions.decide(tx, wanted, numbers, decision)
    except Refusal as fault:
        return _queue_page(fault)
    return redirect(
        url_for("leftovers.list_queue", **_address(wanted), decided=done.done, left=done.left)
    )


def _metres() -> float | None:
    written = request.form.get("most_m", "").strip()
    if not written:
        return None
    if not written.isdecimal() or not 1 <= int(written[:9]) <= FARTHEST_M:
        raise Refusal(
            "The distance is %(value)s; write whole metres from 1 to %(most)s, or leave it empty.",
            value=written[:40],
            most=FARTHEST_M,
        )
    return float(written)


def _ticked() -> list[int]:
    values = request.form.getlist("target")
    if not all(value.isdecimal() and len(value) <= 15 for value in values):
        raise Refusal("The request was not understood. Reload the page and try again.")
    return [int(value) for value in values]


@route(blueprint, "/leftovers/conflicts", permission="leftovers.read")
def list_conflicts() -> ResponseReturnValue:
    return _conflicts_page(None)


def _conflicts_page(fault: Refusal | None) -> ResponseReturnValue:
    settled = text_parameter("state") == "settled"
    after = integer_parameter("after", 0, 0, LAST)
    with transaction() as tx:
        found = actions.conflicts(tx, settled)
    shown = [one for one in found if one.row.no > after][:PAGE]
    answer = render_template(
        "leftovers_conflicts.html",
        total=len(found),
        conflicts=shown,
        settled=settled,
        fault=said(fault) if fault else None,
        next_url=url_for(
            "leftovers.list_conflicts",
            state="settled" if settled else None,
            after=shown[-1].row.no,
        )
        if len(shown) == PAGE
        else None,
    )
    return answer, fault.status if fault else 200


@route(blueprint, "/leftovers/conflicts/settle", permission="leftovers.decide", methods=["POST"])
def settle() -> ResponseReturnValue:
    """Keep the located grid, or take the question up again."""
    again = request.form.get("decision") == "reopen"
    try:
        with transaction() as tx:
            (actions.reopen if again else actions.settle)(tx, _ticked())
    except Refusal as fault:
        return _conflicts_page(fault)
    return redirect(url_for("leftovers.list_conflicts", state=text_parameter("state")))


@route(blueprint, "/leftovers/no-block", permission="leftovers.read")
def list_above_deepest() -> ResponseReturnValue:
    with transaction() as tx:
        rows = actions.above_deepest(tx)
    total = sum(sum(row[1:]) for _, row in rows)
    return render_template(
        "leftovers_no_block.html",
        rows=rows,
        total=total,
        registers=list(KINDS),
        export_urls={
            kind: url_for("leftovers.export_above_deepest", kind=kind)
            for kind in actions.FILE_TYPES
        },
    )


@route(blueprint, "/export/no-block.<kind>", permission="leftovers.export")
def export_above_deepest(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        content = actions.export_above_deepest(tx, text_parameter("within"), kind)
    response = Response(content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="no-block.{kind}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
