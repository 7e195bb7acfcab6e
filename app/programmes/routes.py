"""Pages of programmes, their rules and checklists, and of the calendar."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.grids.model import Level
from app.http import integer_parameter, reader, route, said, settings, transaction
from app.programmes import actions, rules
from app.programmes.files import ROLES, shipped_programmes
from app.programmes.model import Calendar, DutyRule, Preview
from app.programmes.parameters import FIELDS, given_of, wanted_day, wanted_rule
from app.programmes.workload import actions as workload
from app.programmes.workload.model import HOURS_A_DAY, Outlook
from app.web.programme_words import month_name, page_words, weekday_sign
from app.web.words import role_names

blueprint = Blueprint("programmes", __name__)
NOTHING_GIVEN: Mapping[str, str] = {}


def writes() -> bool:
    """Programmes bind every grid, so that a part of the city may not set them."""
    return reader().may("programmes.write") and reader().whole_city


def levels_of(tx: Transaction) -> dict[int, Level]:
    return {level.depth: level for level in grids.levels(tx)}


@route(blueprint, "/programmes", permission="programmes.read")
def list_programmes() -> ResponseReturnValue:
    today = settings().today()
    with transaction() as tx:
        found = actions.programmes(tx)
        held = [one for one in actions.duty_rules(tx) if rules.in_force(one, today)]
        levels = levels_of(tx)
    return render_template(
        "programmes.html",
        programmes=found,
        rules={
            one.key: sorted(
                (rule for rule in held if rule.programme_key == one.key), key=rules.order
            )
            for one in found
        },
        total=len(held),
        levels=levels,
        shipped=shipped_programmes(),
        writes=writes(),
        **page_words(),
    )


@route(blueprint, "/programmes/<key>", permission="programmes.read")
def show_programme(key: str) -> ResponseReturnValue:
    today = settings().today()
    with transaction() as tx:
        one = actions.programme(tx, key)
        held = sorted(actions.duty_rules(tx, key), key=rules.order)
        lists = [row for row in actions.checklists(tx, key) if row.withdrawn_on is None]
        levels = levels_of(tx)
    return render_template(
        "programme.html",
        one=one,
        in_force=[rule for rule in held if rules.in_force(rule, today)],
        coming=[rule for rule in held if rule.valid_from > today],
        former=[rule for rule in held if rule.valid_until and rule.valid_until <= today],
        checklists=lists,
        list_names={row.key: row for row in lists},
        levels=levels,
        writes=writes(),
        **page_words(),
    )


@route(blueprint, "/programmes/<key>/checklists/<checklist>", permission="programmes.read")
def show_checklist(key: str, checklist: str) -> ResponseReturnValue:
    """The latest version as a sheet to print and fill in."""
    with transaction() as tx:
        one = actions.programme(tx, key)
        found = [row for row in actions.checklists(tx, key) if row.key == checklist]
    if not found:
        raise NotFound("This programme has no checklist of that name.")
    return render_template("checklist.html", one=one, checklist=found[-1], **page_words())


# -- one rule -----------------------------------------------------------------------------


@route(blueprint, "/programmes/rules/<int:no>", permission="programmes.write")
def edit_rule(no: int) -> ResponseReturnValue:
    """The form; with values in the address also what they would mean."""
    asked = {key: request.args.get(key, "") for key in FIELDS}
    if not any(asked.values()):
        return _rule_page(no)
    return _rule_page(no, asked=asked)


@route(blueprint, "/programmes/rules/<int:no>", permission="programmes.write", methods=["POST"])
def change_rule(no: int) -> ResponseReturnValue:
    given = {key: request.form.get(key, "") for key in FIELDS}
    try:
        with transaction() as tx:
            held = actions.rule_numbered(tx, no)
            wanted = wanted_rule(held, given)
            actions.change_rule(tx, no, wanted, wanted_day(given), settings().today())
    except Refusal as refusal:
        return _rule_page(no, refusal, given)
    return redirect(url_for("programmes.show_programme", key=held.programme_key))


@route(blueprint, "/programmes/rules/<int:no>/end", permission="programmes.write", methods=["POST"])
def end_rule(no: int) -> ResponseReturnValue:
    given = {key: request.form.get(key, "") for key in FIELDS}
    try:
        with transaction() as tx:
            held = actions.rule_numbered(tx, no)
            actions.end_rule(tx, no, wanted_day(given), settings().today())
    except Refusal as refusal:
        return _rule_page(no, refusal, {"from": given["from"]})
    return redirect(url_for("programmes.show_programme", key=held.programme_key))


def _rule_page(
    no: int, fault: Refusal | None = None, asked: Mapping[str, str] = NOTHING_GIVEN
) -> ResponseReturnValue:
    """What was typed stays; a preview stands there for whatever can be understood."""
    today = settings().today()
    with transaction() as tx:
        rule = actions.rule_numbered(tx, no)
        one = actions.programme(tx, rule.programme_key)
        begins = rules.next_beginning(rule, today)
        given = given_of(rule, begins) | dict(asked)
        preview: Preview | None = None
        outlook: Outlook | None = None
        wanted: DutyRule | None = None
        try:
            wanted = wanted_rule(rule, given)
            preview = actions.preview(tx, wanted, wanted_day(given), today)
            outlook = workload.proposed(tx, wanted, today) if asked else None
        except Refusal as refusal:
            fault = fault or refusal
        present = actions.preview(tx, rule, today, today)
        levels = levels_of(tx)
    return render_template(
        "programme_rule.html",
        one=one,
        rule=rule,
        given=given,
        preview=preview,
        outlook=outlook,
        hours_a_day=HOURS_A_DAY,
        present=present,
        wanted=wanted,
        asked=bool(asked),
        changed=wanted is not None and not rules.same_content(rule, wanted),
        levels=levels,
        roles={key: role_names()[key] for key in ROLES},
        ended=rule.valid_until is not None and rule.valid_until <= today,
        writes=writes(),
        fault=said(fault) if fault else None,
        **page_words(),
    ), fault.status if fault else 200


# -- the calendar -------------------------------------------------------------------------


@route(blueprint, "/calendar", permission="programmes.read")
def show_calendar() -> ResponseReturnValue:
    year = integer_parameter("year", settings().today().year, rules.FIRST_YEAR, rules.LAST_YEAR)
    return _calendar_page(year)


def _calendar_page(year: int, fault: Refusal | None = None) -> ResponseReturnValue:
    with transaction() as tx:
        known = actions.calendar_years(tx)
        days = {one.day: one for one in actions.calendar_days(tx, year)}
    weeks = months.Calendar()
    return render_template(
        "calendar.html",
        year=year,
        source=known.get(year),
        known=sorted(known),
        days=days,
        spans=_spans(days),
        months=[weeks.monthdatescalendar(year, month) for month in range(1, 13)],
        first_days=[date(year, month, 1) for month in range(1, 13)],
        working=_working_days(year, days) if year in known else None,
        shipped=year in actions.shipped_years(),
        writes=writes(),
        fault=said(fault) if fault else None,
        first_year=rules.FIRST_YEAR,
        last_year=rules.LAST_YEAR,
        month_name=month_name,
        weekday_sign=weekday_sign,
    ), fault.status if fault else 200


def _working_days(year: int, days: Mapping[date, Any]) -> int:
    known = Calendar({day: one.working for day, one in days.items()}, frozenset({year}))
    return sum(
        rules.is_working_day(date.fromordinal(number), known)
        for number in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    )


def _spans(days: Mapping[date, Any]) -> list[tuple[date, date, Any]]:
    """First and last day of each run of one name."""
    found: list[tuple[date, date, Any]] = []
    for day, one in days.items():
        if found:
            first, last, before = found[-1]
            if day == last + rules.ONE_DAY and before.name_zh == one.name_zh:
                found[-1] = (first, day, before)
                continue
        found.append((day, day, one))
    return found


@route(blueprint, "/calendar", permission="programmes.write", methods=["POST"])
def take_calendar() -> ResponseReturnValue:
    """The shipped table of a year that the deployment does not know yet."""
    written = request.form.get("year", "")
    shipped = actions.shipped_years()
    year = int(written) if written.isascii() and written.isdecimal() and len(written) < 5 else 0
    try:
        if year not in shipped:
            raise Refusal(
                "No calendar of %(year)s is shipped; there are: %(known)s.",
                year=written[:20],
                known=", ".join(str(one) for one in shipped),
            )
        with transaction() as tx:
            actions.set_calendar(tx, [shipped[year]])
    except Refusal as refusal:
        return _calendar_page(settings().today().year, refusal)
    return redirect(url_for("programmes.show_calendar", year=year))
