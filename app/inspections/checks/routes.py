"""Pages of samples: what is to be looked at again, what was found, and the draw itself."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.http import integer_parameter, reader, route, said, settings, transaction
from app.identity import actions as identity
from app.inspections.checks import actions
from app.inspections.checks.model import Finding, SampleRule, Tally, Wish
from app.inspections.checks.rules import (
    DEFAULT,
    FIRST_DAY_OF_DRAW,
    LONGEST_DAYS,
    LONGEST_NOTE,
    MOST,
    wilson_interval,
)
from app.programmes import actions as programmes
from app.programmes.rules import period_text, previous_period
from app.web.words import finding_names

blueprint = Blueprint("checks", __name__)
NUMBER = "int(max=2147483646)"
PAGE = 50
LIST_PAGE = 500
LARGEST_SEED = 2**31
SUGGESTED = 38  # of which a share is told to about 16 points


@route(blueprint, "/checks", permission="checks.read")
def show_checks() -> ResponseReturnValue:
    """For who looks again, and for those whose visits were looked at."""
    today = settings().today()
    with transaction() as tx:
        waiting = actions.waiting(tx, today)
        own = actions.checked_of_own(tx, today, PAGE)
        chains = _chains(tx, [*waiting, *own])
    return render_template(
        "checks.html",
        waiting=[_told(row, chains) for row in waiting],
        own=[_told(row, chains) for row in own],
        recorded=request.args.get("recorded") == "1",
        finding_names=finding_names(),
    )


def _chains(tx: Transaction, rows: list[Any]) -> dict[int, Any]:
    """Grid → the grids from the top down to it."""
    active = grids.find_active(tx)
    numbers = sorted({row.grid_no for row in rows})
    return grids.chains(tx, active.no, numbers) if active and numbers else {}


def _told(row: Any, chains: dict[int, Any]) -> dict[str, Any]:
    language = str(get_locale())
    told: dict[str, Any] = row._asdict() | {
        "title": row.name_en if language == "en" and row.name_en else row.name or "–",
        "programme": row.programme_en if language == "en" else row.programme_zh,
        "chain": chains.get(row.grid_no, []),
        "url": url_for("checks.show_check", no=row.sample_no, id_=row.inspection_id),
    }
    return told


# -- one visit ----------------------------------------------------------------------------


@route(blueprint, f"/checks/samples/<{NUMBER}:no>/<uuid:id_>", permission="inspections.record")
def show_check(no: int, id_: UUID) -> ResponseReturnValue:
    return _check_page(no, id_, None)


def _check_page(no: int, id_: UUID, fault: Refusal | None) -> ResponseReturnValue:
    """What the checker is told, and the form; after a refusal with what was written into it."""
    today = settings().today()
    with transaction() as tx:
        found = actions.item(tx, no, id_, today)
        chains = _chains(tx, [found])
        able = actions.checkers(tx, found, today) if reader().may("checks.draw") else []
    return render_template(
        "check.html",
        item=_told(found, chains),
        over=today > found.expires_on,
        may_record=not found.own
        and (found.checker_no == reader().no or reader().may("checks.draw")),
        able=able,
        sent=request.form,
        new_id=request.form.get("id") or str(uuid4()),
        longest=LONGEST_NOTE,
        finding_names=finding_names(),
        fault=said(fault) if fault else None,
    ), (fault.status if fault else 200)


@route(
    blueprint,
    f"/checks/samples/<{NUMBER}:no>/<uuid:id_>",
    permission="inspections.record",
    methods=["POST"],
)
def record(no: int, id_: UUID) -> ResponseReturnValue:
    """What was found; the same id again is the same finding."""
    try:
        with transaction() as tx:
            actions.record(tx, no, id_, _finding(), settings().today())
    except Refusal as fault:
        return _check_page(no, id_, fault)
    return redirect(url_for("checks.show_checks", recorded=1))


def _finding() -> Finding:
    form = request.form
    former = form.get("supersedes", "")
    return Finding(
        _uuid(form.get("id", "")),
        form.get("result", ""),
        form.get("how", ""),
        form.get("note", "").strip()[:LONGEST_NOTE] or None,
        int(former) if former.isdecimal() and len(former) <= 15 else None,
    )


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise Refusal("The request was not understood. Reload the page and try again.") from None


@route(
    blueprint,
    f"/checks/samples/<{NUMBER}:no>/<uuid:id_>/give",
    permission="checks.draw",
    methods=["POST"],
)
def give(no: int, id_: UUID) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            actions.give(tx, no, id_, _number("person"), settings().today())
    except Refusal as fault:
        return _check_page(no, id_, fault)
    return redirect(url_for("checks.show_sample", no=no))


def _number(name: str) -> int:
    """A whole number of the form; anything else is what no rule accepts."""
    written = request.form.get(name, "").strip()
    return int(written) if written.isdecimal() and written.isascii() and len(written) <= 9 else -1


# -- samples ------------------------------------------------------------------------------


@route(blueprint, "/checks/samples", permission="checks.audit")
def list_samples() -> ResponseReturnValue:
    return _samples_page(None)


def _samples_page(fault: Refusal | None) -> ResponseReturnValue:
    today = settings().today()
    language = str(get_locale())
    before = integer_parameter("before", 2**31 - 1, 1, 2**31 - 1)
    with transaction() as tx:
        found = actions.samples(tx, before, PAGE, today)
        known = programmes.programmes(tx)
        monthly = actions.monthly_rules(tx)
        active = grids.find_active(tx)
        places = [row.grid_no for row, _ in found if row.grid_no]
        chains = grids.chains(tx, active.no, places) if active and places else {}
        own = identity.own_grids(tx, today) if active else []
    return render_template(
        "check_samples.html",
        samples=[
            {
                "row": row,
                "programme": row.name_en if language == "en" else row.name_zh,
                "place": chains[row.grid_no][-1].title(language) if row.grid_no in chains else None,
                "tally": tally,
                "interval": _interval(tally),
            }
            for row, tally in found
        ],
        programmes=known,
        monthly=monthly,
        own=[f"{one.level}:{one.code}" for one in own if one.role == "area_manager"],
        last_month=previous_period(period_text("month", today)),
        sent=request.form,
        default=DEFAULT,
        first_day=FIRST_DAY_OF_DRAW,
        suggested=SUGGESTED,
        most=MOST,
        longest_days=LONGEST_DAYS,
        fault=said(fault) if fault else None,
        next_url=url_for("checks.list_samples", before=found[-1][0].no)
        if len(found) == PAGE
        else None,
    ), (fault.status if fault else 200)


def _interval(tally: Tally) -> tuple[float, float] | None:
    return wilson_interval(tally.confirmed, tally.n) if tally.n else None


@route(blueprint, "/checks/samples", permission="checks.draw", methods=["POST"])
def draw() -> ResponseReturnValue:
    """The seed is the server's: who could choose it could choose the visits."""
    form = request.form
    wish = Wish(
        form.get("programme", "").strip()[:40],
        form.get("period", "").strip()[:20],
        form.get("within", "").strip()[:200] or None,
        _number("size"),
        _number("days"),
    )
    try:
        with transaction() as tx:
            no = actions.draw(tx, wish, secrets.randbelow(LARGEST_SEED), settings().today())
    except Refusal as fault:
        return _samples_page(fault)
    return redirect(url_for("checks.show_sample", no=no))


@route(blueprint, "/checks/rules", permission="programmes.write", methods=["POST"])
def set_rule() -> ResponseReturnValue:
    """How much the worker draws of each month of a programme."""
    try:
        by_share = request.form.get("unit") == "percent"
        rule = SampleRule(
            _share() if by_share else None, None if by_share else _number("amount"), _number("days")
        )
        with transaction() as tx:
            actions.set_rule(tx, request.form.get("programme", "").strip()[:40], rule)
    except Refusal as fault:
        return _samples_page(fault)
    return redirect(url_for("checks.list_samples"))


def _share() -> Decimal:
    written = request.form.get("amount", "").strip()[:10].replace(",", ".")
    try:
        return Decimal(written).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Refusal("%(value)s is no number of percent.", value=written or "–") from None


@route(blueprint, f"/checks/samples/<{NUMBER}:no>", permission="checks.audit")
def show_sample(no: int) -> ResponseReturnValue:
    today, language = settings().today(), str(get_locale())
    with transaction() as tx:
        opened = actions.sample(tx, no, today)
        chains = _chains(tx, list(opened.items))
        place = _chains(tx, [opened.row]) if opened.row.grid_no else {}
    row = opened.row
    return render_template(
        "check_sample.html",
        sample=row,
        programme=row.name_en if language == "en" else row.name_zh,
        place=place[row.grid_no][-1].title(language) if row.grid_no in place else None,
        items=[_told(one, chains) for one in opened.items],
        tally=opened.tally,
        interval=_interval(opened.tally),
        over=today > row.expires_on,
        finding_names=finding_names(),
    )


@route(blueprint, f"/checks/samples/<{NUMBER}:no>/list", permission="checks.audit")
def show_list(no: int) -> ResponseReturnValue:
    """The frozen list in the order of the draw: whoever has the seed can draw it again."""
    after = integer_parameter("after", 0, 0, 2**31 - 1)
    with transaction() as tx:
        opened = actions.sample(tx, no, settings().today())
        rows = actions.frozen_list(tx, no, after, LIST_PAGE)
    return render_template(
        "check_list.html",
        sample=opened.row,
        rows=rows,
        next_url=url_for("checks.show_list", no=no, after=rows[-1].rank)
        if len(rows) == LIST_PAGE
        else None,
    )
