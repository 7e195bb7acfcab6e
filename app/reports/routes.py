"""The page of a unit with all that happened there, and downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.coverage.model import InspectedQuestion
from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import (
    date_parameter,
    file_answer,
    integer_parameter,
    route,
    settings,
    text_parameter,
    transaction,
)
from app.identity import actions as identity
from app.identity.model import Answerable
from app.inspections import actions as inspections
from app.inspections.visits import actions as visits
from app.registry.parameters import unit_filter
from app.registry.rules import INSPECTED_DAYS, class_name
from app.reports import actions, registers, residents as residents_files, rules
from app.reports.files import TYPES, File
from app.reports.parameters import (
    RegisterQuery,
    RegisterRow,
    RegisterRows,
    address_of,
    register_feature,
    row_filter,
)
from app.reports.unit_page import last_words, line_of_time
from app.residents import actions as residents
from app.residents.parameters import household_filter, place_of
from app.units import actions as units
from app.units.rules import class_words, hours_words, is_small_place
from app.web.api import api, next_page
from app.web.api_types import FeatureCollection
from app.web.templating import format_day
from app.web.words import field_names, outcome_names, role_names

blueprint = Blueprint("reports", __name__)
PAGE = 100
KEY = f"<any({','.join(rules.LISTS)}):key>"


@route(blueprint, "/units/<int(max=9007199254740991):no>", permission="units.read")
def show_unit(no: int) -> ResponseReturnValue:
    language = str(get_locale())
    before = date_parameter("before", date(2100, 12, 31))
    with transaction() as tx:
        unit = units.unit(tx, no, settings().today())
        chain = _chain(tx, unit.grid_no)
        people = identity.who_answers(tx, [grid.no for grid in chain], settings().today())
        rows = inspections.inspections_of(tx, no, before, text_parameter("before_id") or "g", PAGE)
        told = visits.recorded_many(tx, rows)
        events = units.events(tx, no)
        relatives = {
            "ancestors": units.ancestors(tx, no),
            "descendants": units.descendants(tx, no),
            "merged": units.merged_units(tx, no),
            "classes": units.classes(tx, no),
        }
    outcomes = outcome_names()
    whole = len(rows) < PAGE
    done = [row.happened_on for row in rows]
    return render_template(
        "unit.html",
        unit=unit._asdict()
        | {
            "class_name": class_name(unit.class_key, language),
            "small_place": is_small_place(unit.class_key, unit.importance),
        },
        hours=hours_words(unit.hours, language),
        details=sorted(unit.details.items()),
        last_visit=max(done, default=None),
        chain=chain,
        answerable=_answerable(people, chain, language),
        history=[
            one | {"outcome_name": outcomes.get(str(one.get("outcome")))}
            for one in line_of_time(told, events, no, before, whole)
        ],
        sources={field: _source(event) for field, event in last_words(events, no).items()},
        next_url=None
        if whole
        else url_for(
            "reports.show_unit",
            no=no,
            before=rows[-1].happened_on.isoformat(),
            before_id=str(rows[-1].id),
        ),
        **relatives,
        **class_words(language),
    )


def _answerable(
    people: Sequence[Answerable], chain: Sequence[Grid], language: str
) -> list[dict[str, Any]]:
    """Each with the words of the role and the title of the grid of the chain."""
    titles, names = {grid.no: grid.title(language) for grid in chain}, role_names()
    return [
        asdict(one) | {"role_name": names[one.role], "grid_title": titles[one.grid_no]}
        for one in people
    ]


def _chain(tx: Transaction, grid_no: int) -> list[Grid]:
    active = grids.find_active(tx)
    return grids.chains(tx, active.no, [grid_no]).get(grid_no, []) if active else []


def _source(event: Any) -> str:
    """Who entered a fact by hand, and when."""
    words: str = gettext(
        "entered by %(name)s on %(date)s",
        name=event.recorded_by or "–",
        date=format_day(event.recorded_at.date()),
    )
    return words


@route(blueprint, "/export/units.<kind>", permission="units.export")
def export_units(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        wanted, _ = unit_filter(tx)
        return download(actions.export_units(tx, wanted, kind))


@route(blueprint, f"/{KEY}", permission="registers.read")
def list_register(key: str) -> ResponseReturnValue:
    language = str(get_locale())
    asked = registers.list_named(key)
    with transaction() as tx:
        wanted, within = row_filter(tx)
        rows = registers.list_rows(tx, asked, wanted, text_parameter("after") or "", PAGE)
        counts = registers.count_rows(tx, asked, wanted)
        others = registers.other_classes(tx, asked)
        leaves = registers.leaves(tx, {row.grid_no for row in rows if row.grid_no})
    address = address_of(wanted, within)
    return render_template(
        "register.html",
        key=key,
        field_names=field_names(),
        columns=asked.columns,
        counts=counts,
        rows=[
            rules.row_words(asked, row, wanted.on, language) | {"grid": leaves.get(row.grid_no)}
            for row in rows
        ],
        filters=asdict(wanted)
        | {
            "within": within.reference if within else None,
            "within_title": within.title(language) if within else None,
        },
        choices=rules.choices(asked, others, language),
        any_filter=bool(within or wanted.text or wanted.class_key or wanted.state != "all"),
        next_url=url_for("reports.list_register", key=key, **address, after=rows[-1].id)
        if len(rows) == PAGE
        else None,
        export_urls={
            kind: url_for("reports.export_register", key=key, kind=kind, **address)
            for kind in TYPES
        },
        map_url=url_for(
            "maps.show_map",
            on=wanted.on.isoformat(),
            grid=within.reference if within else None,
            layers=key,
        ),
    )


@route(blueprint, f"/{KEY}/<int(max=9007199254740991):no>", permission="registers.read")
def show_register_row(key: str, no: int) -> ResponseReturnValue:
    language, today = str(get_locale()), settings().today()
    asked = registers.list_named(key)
    with transaction() as tx:
        row = registers.row(tx, asked, no)
        steps = registers.history(tx, row)
        chain = _chain(tx, row.grid_no)
        people = identity.who_answers(tx, [grid.no for grid in chain], today)
    return render_template(
        "register_row.html",
        key=key,
        field_names=field_names(),
        columns=asked.columns,
        row=rules.row_words(asked, row, today, language),
        chain=chain,
        answerable=_answerable(people, chain, language),
        steps=steps,
        word=lambda field, value: rules.choice_name(asked.register, field, value, language),
    )


@api(
    blueprint,
    f"/{KEY}",
    permission="registers.read",
    query=RegisterQuery,
    answer=RegisterRows,
    geojson=FeatureCollection[RegisterRow],
    path={"key": "The register."},
    example="/facilities?limit=2",
)
def list_register_json(
    key: str, query: RegisterQuery
) -> dict[str, Any] | FeatureCollection[RegisterRow]:
    """Rows of a register in the reader's territory, by id; listed under the register's name.

    Besides what all registers have, a row carries its register's own fields, and `details`:
    further columns of the imported file.
    """
    limit = query.get("limit", PAGE)
    asked = registers.list_named(key)
    with transaction() as tx:
        wanted, _ = row_filter(tx)
        rows = registers.list_rows(tx, asked, wanted, query.get("after", ""), limit)
        shapes = registers.shapes_of(tx, asked, rows) if query.get("format") == "geojson" else {}
    facts = [rules.row_facts(asked, row, wanted.on) for row in rows]
    following = next_page(rows[-1].id if len(rows) == limit else None)
    if query.get("format") == "geojson":
        drawn = [register_feature(one, shapes.get(one["no"])) for one in facts]
        return FeatureCollection(drawn, following)
    return {"on": wanted.on, key: facts, "next": following}


@route(blueprint, f"/export/{KEY}.<kind>", permission="registers.export")
def export_register(key: str, kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        wanted, _ = row_filter(tx)
        return download(registers.export_rows(tx, registers.list_named(key), wanted, kind))


@route(blueprint, "/export/residents.<kind>", permission="residents.read")
def export_residents(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        if residents.sees_persons(tx):
            wanted, _ = household_filter(tx)
            return download(residents_files.export_masked(tx, settings(), wanted, kind))
        return download(residents_files.export_counts(tx, settings(), place_of(tx), kind))


@route(blueprint, "/export/residents.<kind>", permission="residents.reveal", methods=("POST",))
def export_residents_open(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        wanted, _ = household_filter(tx)
        reason = request.form.get("reason", "")
        return download(residents_files.export_open(tx, settings(), wanted, kind, reason))


@route(blueprint, "/export/coverage.<kind>", permission="coverage.export")
def export_coverage(kind: str) -> ResponseReturnValue:
    with transaction() as tx:
        level = grids.level_named(tx, text_parameter("level") or "")
        reference = text_parameter("within")
        within = (
            grids.grid_named(tx, grids.active_edition(tx).no, reference).no if reference else None
        )
        asked = InspectedQuestion(
            date_parameter("on", settings().today()),
            integer_parameter("days", INSPECTED_DAYS, 1, 3660),
            within,
        )
        return download(actions.export_coverage(tx, asked, level, kind))


def download(file: File) -> Response:
    return file_answer(file.name, file.type, file.content)
