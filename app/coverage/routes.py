"""Coverage of duties, the duties behind each figure, and the table of the coverage map."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.coverage import actions, rules
from app.coverage.actions import Wish
from app.coverage.density import actions as density
from app.coverage.density.model import BANDWIDTH, BANDWIDTHS, BREAKS
from app.coverage.model import Counted, Coverage, InspectedQuestion
from app.coverage.parameters import (
    CoverageQuery,
    CoverageTable,
    address_of,
    asked_wish,
    chain_of,
    first_level,
    table_of,
)
from app.grids import actions as grids
from app.http import (
    date_parameter,
    integer_parameter,
    route,
    settings,
    text_parameter,
    transaction,
)
from app.inspections.checks.rules import wilson_interval
from app.programmes import actions as programmes
from app.programmes.rules import (
    next_period,
    order,
    period_text,
    previous_period,
    reporting_period,
)
from app.registry.rules import INSPECTED_DAYS
from app.web.api import api

blueprint = Blueprint("coverage", __name__)
PAGE = 100
TREND = 12  # periods
SHOWN = ("rate", "change", "overdue")  # what the map's colour says
WORST = 5


@route(blueprint, "/coverage", permission="coverage.read")
def coverage_table() -> ResponseReturnValue:
    language = str(get_locale())
    today = settings().today()
    on = date_parameter("on", today)
    days = integer_parameter("days", INSPECTED_DAYS, 1, 3660)
    reference = text_parameter("within")
    with transaction() as tx:
        levels = grids.levels(tx)
        if not levels or grids.find_active(tx) is None:
            return render_template("coverage_empty.html")
        within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
        level = grids.level_named(tx, text_parameter("level") or first_level(levels, within))
        asked = InspectedQuestion(on, days, within.no if within else None)
        rows = actions.inspected_by_grid(tx, asked, level)
        total = actions.inspected_within(tx, asked)
    address: dict[str, Any] = {"level": level.key, "on": on.isoformat()} | (
        {"within": within.reference} if within else {}
    )
    return render_template(
        "coverage.html",
        level=level,
        levels=levels,
        within=within,
        on=on,
        days=days,
        total=total,
        rows=[_row(row, level.key, on.isoformat(), language) for row in rows],
        export_urls={
            kind: url_for("reports.export_coverage", kind=kind, **address)
            for kind in ("csv", "xlsx")
        },
    )


def _row(row: Any, level: str, on: str, language: str) -> dict[str, Any]:
    reference = f"{level}:{row.code}"
    counted = Counted(row.units, row.inspected)
    lists = {
        state: url_for("registry.list_units", within=reference, on=on, state=state)
        for state in ("inspected", "not_inspected")
    }
    return {
        "reference": reference,
        "code": row.code,
        "units": row.units,
        "inspected": row.inspected,
        "title": row.name_en if language == "en" and row.name_en else row.name,
        "rate": counted.rate,
        "units_url": url_for("registry.list_units", within=reference, on=on),
        "inspected_url": lists["inspected"],
        "not_inspected_url": lists["not_inspected"],
        "map_url": url_for("maps.show_map", grid=reference, on=on),
    }


# -- duties -------------------------------------------------------------------------------


@api(
    blueprint,
    "/coverage",
    permission="coverage.read",
    query=CoverageQuery,
    answer=CoverageTable,
    example="/coverage?programme=fire&level=block&period=2026-11",
)
def coverage(query: CoverageQuery) -> CoverageTable:
    """What was due in a period and what became of it, per grid of a level.

    Due are obligations whose due date lies in the period, less reviewed exclusions; done are those
    with a completed visit up to the due date and its grace. A duty of a level above is in no row.
    """
    wish = Wish(
        query.programme, query.level, query.period, query.within, query.on_grids, query.as_of
    )
    with transaction() as tx:
        asked = actions.question(tx, wish, settings().today())
        found = actions.coverage(tx, asked)
    return table_of(
        (query.programme, query.level, query.period),
        (asked.first, asked.last, asked.as_of),
        query.on_grids,
        found,
    )


@route(blueprint, "/coverage/duties", permission="coverage.read")
def show_duties_coverage() -> ResponseReturnValue:
    today = settings().today()
    shown = text_parameter("show")
    bandwidth = integer_parameter("bandwidth", BANDWIDTH, BANDWIDTHS[0], BANDWIDTHS[-1])
    with transaction() as tx:
        levels, known = grids.levels(tx), programmes.programmes(tx)
        if not levels or not known or grids.find_active(tx) is None:
            return render_template("coverage_duties_empty.html", programmes=known)
        chain = chain_of(tx, text_parameter("within"))
        within = chain[-1] if chain else None
        wish = asked_wish(tx, today)
        asked = actions.question(tx, wish, today)
        found = actions.coverage(tx, asked)
        before = actions.rates_before(tx, wish, today)
        trend = actions.trend(tx, wish, today, TREND)
        drawn = actions.drawing(tx, asked, found)
        overdue = density.overdue(tx, asked, bandwidth) if shown == "overdue" and drawn else None
        rules_known = {rule.key: rule for rule in programmes.duty_rules(tx, wish.programme)}
    show = shown if shown in SHOWN else SHOWN[0]
    address = address_of(
        wish,
        show=show if show != SHOWN[0] else None,
        bandwidth=bandwidth if overdue and bandwidth != BANDWIDTH else None,
    )
    return render_template(
        "coverage_duties.html",
        wish=wish,
        asked=asked,
        today=today,
        levels=levels,
        level=next(level for level in levels if level.depth == asked.depth),
        programmes=known,
        programme=next(one for one in known if one.key == wish.programme),
        rules=sorted(rules_known.values(), key=order),
        within=within,
        chain=chain,
        found=found,
        changes=rules.changes(found, before),
        changes_together=rules.changes_together(found, before),
        change_of_all=rules.change(found.total, before.total),
        change_class=rules.change_class,
        drawn=drawn,
        show=show,
        overdue=overdue,
        breaks=BREAKS,
        bandwidths=BANDWIDTHS,
        worst=worst_rows(found),
        trend=[
            (period, counts, url_for(".show_duties_coverage", **address | {"period": period}))
            for period, counts in trend
        ],
        below=next((level.key for level in levels if level.depth == asked.depth + 1), None),
        address=address,
        before=previous_period(wish.period),
        after=next_period(wish.period) if reporting_period(wish.period)[1] < today else None,
        unfinished=asked.last > asked.as_of,
        periods=[period_text(kind, asked.first) for kind in ("week", "month", "quarter", "year")],
        definitions=rules.DEFINITIONS,
        export_urls={
            kind: url_for("coverage_files.export_coverage", **address_of(wish), kind=kind)
            for kind in ("csv", "xlsx")
        },
        interval=wilson_interval,
        believable=rules.believable(found.total, found.verified),
    )


def worst_rows(found: Coverage) -> list[Any]:
    """The rows with the most overdue, by share and then by number."""
    late = [row for row in found.rows if row.counts.overdue]
    return sorted(
        late, key=lambda row: (-row.counts.overdue / row.counts.due, -row.counts.overdue)
    )[:WORST]


@route(blueprint, "/coverage/duties/list", permission="coverage.read")
def list_duties() -> ResponseReturnValue:
    """The duties that a figure counts."""
    today = settings().today()
    state = text_parameter("state") or "all"
    page = integer_parameter("page", 1, 1, 10_000)
    with transaction() as tx:
        levels, known = grids.levels(tx), programmes.programmes(tx)
        if not levels or not known or grids.find_active(tx) is None:
            return render_template("coverage_duties_empty.html", programmes=known)
        wish = asked_wish(tx, today)
        asked = actions.question(tx, wish, today)
        within = (
            grids.grid_named(tx, grids.active_edition(tx).no, wish.within) if wish.within else None
        )
        rows = actions.duties(tx, asked, state, PAGE + 1, (page - 1) * PAGE)
        names = {rule.no: rule for rule in programmes.duty_rules(tx, wish.programme)}
    return render_template(
        "coverage_list.html",
        wish=wish,
        asked=asked,
        today=today,
        state=state,
        states=rules.LISTED,
        within=within,
        programme=next(one for one in known if one.key == wish.programme),
        rows=[(row, names[row.rule_no]) for row in rows[:PAGE]],
        page=page,
        address=address_of(wish),
        export_urls={
            kind: url_for(
                "coverage_files.export_duties", **address_of(wish), state=state, kind=kind
            )
            for kind in ("csv", "xlsx")
        },
        next_url=url_for(".list_duties", **address_of(wish), state=state, page=page + 1)
        if len(rows) > PAGE
        else None,
    )
