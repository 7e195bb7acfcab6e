"""The page of one grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.coverage import rules
from app.coverage.actions import Wish
from app.coverage.grid import actions
from app.coverage.parameters import address_of, asked_wish
from app.grids import actions as grids
from app.http import route, settings, transaction
from app.programmes import actions as programmes
from app.programmes.rules import next_period, previous_period, reporting_period
from app.web.programme_words import page_words
from app.web.words import outcome_names, role_names

blueprint = Blueprint("coverage_grid", __name__)


@route(blueprint, "/coverage/grids/<path:reference>", permission="coverage.read")
def show_grid(reference: str) -> ResponseReturnValue:
    today = settings().today()
    with transaction() as tx:
        levels, known = grids.levels(tx), programmes.programmes(tx)
        if not levels or not known or grids.find_active(tx) is None:
            return render_template("coverage_duties_empty.html", programmes=known)
        wish = asked_wish(tx, today)
        page = actions.grid_page(tx, reference, wish, today)
        rules_of = {rule.no: rule for rule in programmes.duty_rules(tx, wish.programme)}
    wish = replace(wish, level=page.grid.level, within=page.grid.reference)
    names, language = role_names(), str(get_locale())
    titles = {grid.no: grid.title(language) for grid in page.chain}
    return render_template(
        "coverage_grid.html",
        page=page,
        wish=wish,
        today=today,
        programmes=known,
        programme=next(one for one in known if one.key == wish.programme),
        below=next((one for one in levels if one.depth == page.grid.depth + 1), None),
        levels={level.depth: level for level in levels},
        answerable=[(one, names[one.role], titles[one.grid_no]) for one in page.answerable],
        missing=[names[role] for role in page.missing],
        rules_of=rules_of,
        outcomes=outcome_names(),
        address=address_of(wish),
        trend=[(period, counts, _address(wish, period)) for period, counts in page.trend],
        before=(previous_period(wish.period), _address(wish, previous_period(wish.period))),
        after=(next_period(wish.period), _address(wish, next_period(wish.period)))
        if reporting_period(wish.period)[1] < today
        else None,
        definitions=rules.DEFINITIONS,
        **page_words(),
    )


def _address(wish: Wish, period: str) -> Any:
    """This page in another period."""
    held = address_of(wish, period=period, level=None, within=None)
    return url_for(".show_grid", reference=wish.within, **held)
