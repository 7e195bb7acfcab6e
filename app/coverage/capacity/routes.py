"""The page of capacity: whether the people of each grid can do what is due in a month."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.coverage.capacity import actions
from app.coverage.capacity.model import CapacityQuestion, Part
from app.coverage.parameters import chain_of
from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import Level
from app.http import integer_parameter, route, settings, text_parameter, transaction
from app.programmes import actions as programmes
from app.programmes.rules import (
    in_force,
    kind_of_period,
    next_period,
    period_text,
    previous_period,
    reporting_period,
)
from app.programmes.workload.model import HOURS_A_DAY
from app.web.words import role_names

blueprint = Blueprint("capacity", __name__)
LONGEST_DAY = 16  # hours


def asked_month() -> str:
    month = text_parameter("month") or period_text("month", settings().today())
    if kind_of_period(month) != "month":
        raise Refusal("Capacity is counted by months; write one like 2026-11.")
    return month


def _default_level(tx: Transaction, levels: list[Level]) -> str:
    """The deepest one with duties of its own."""
    today = settings().today()
    depths = {rule.depth for rule in programmes.duty_rules(tx) if in_force(rule, today)}
    return levels[max(depths, default=len(levels)) - 1].key


@route(blueprint, "/coverage/capacity", permission="coverage.read")
def show_capacity() -> ResponseReturnValue:
    month, today = asked_month(), settings().today()
    hours = integer_parameter("hours", HOURS_A_DAY, 1, LONGEST_DAY)
    with transaction() as tx:
        levels, known = grids.levels(tx), programmes.programmes(tx)
        if not levels or not known or grids.find_active(tx) is None:
            return render_template("coverage_duties_empty.html", programmes=known)
        chain = chain_of(tx, text_parameter("within"))
        within = chain[-1] if chain else None
        programme = text_parameter("programme")
        level = grids.level_named(tx, text_parameter("level") or _default_level(tx, levels))
        asked = CapacityQuestion(
            programmes.programme(tx, programme).key if programme else None,
            level.depth,
            *reporting_period(month),
            hours,
            within.no if within else None,
        )
        found = actions.capacity(tx, asked, today)
    address: dict[str, Any] = {
        "programme": asked.programme,
        "level": level.key,
        "month": month,
        "hours": hours if hours != HOURS_A_DAY else None,
        "within": within.reference if within else None,
    }

    def duties_of(part: Part, code: str) -> str:
        """Where the duties of a rule in a grid are listed."""
        asks: dict[str, Any] = {"programme": part.rule.programme_key, "rule": part.rule.key}
        place: dict[str, Any] = {
            "level": level.key,
            "within": f"{level.key}:{code}",
            "period": month,
        }
        return url_for("coverage.list_duties", **asks, **place, state="due")

    return render_template(
        "coverage_capacity.html",
        found=found,
        asked=asked,
        month=month,
        before=url_for(".show_capacity", **address | {"month": previous_period(month)}),
        after=url_for(".show_capacity", **address | {"month": next_period(month)}),
        levels=levels,
        level=level,
        programmes=known,
        programme=next((one for one in known if one.key == asked.programme), None),
        chain=chain,
        within=within,
        address=address,
        roles=role_names(),
        duties_of=duties_of,
        longest_day=LONGEST_DAY,
    )
