"""The visits that a second person looked at again: what a verified share counts."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.coverage import actions
from app.coverage.parameters import address_of, asked_wish, chain_of
from app.grids import actions as grids
from app.http import integer_parameter, route, settings, text_parameter, transaction
from app.programmes import actions as programmes
from app.web.words import finding_names

blueprint = Blueprint("coverage_checked", __name__)
PAGE = 100


@route(blueprint, "/coverage/duties/checked", permission="coverage.read")
def list_checked() -> ResponseReturnValue:
    today = settings().today()
    page = integer_parameter("page", 1, 1, 10_000)
    with transaction() as tx:
        known = programmes.programmes(tx)
        if not known or grids.find_active(tx) is None:
            return render_template("coverage_duties_empty.html", programmes=known)
        chain = chain_of(tx, text_parameter("within"))
        wish = asked_wish(tx, today)
        asked = actions.question(tx, wish, today)
        rows = actions.checked(tx, asked, PAGE + 1, (page - 1) * PAGE)
    return render_template(
        "coverage_checked.html",
        wish=wish,
        within=chain[-1] if chain else None,
        programme=next(one for one in known if one.key == wish.programme),
        rows=rows[:PAGE],
        address=address_of(wish),
        finding_names=finding_names(),
        next_url=url_for(".list_checked", **address_of(wish), page=page + 1)
        if len(rows) > PAGE
        else None,
    )
