"""Households for those who answer for them, counts for everybody else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.db.connection import Transaction
from app.grids.model import Grid
from app.http import (
    route,
    settings,
    text_parameter,
    transaction,
)
from app.residents import actions, rules
from app.residents.model import HouseholdFilter, Opened, Told
from app.residents.parameters import (
    Households,
    HouseholdsQuery,
    address_of,
    household_filter,
    place_of,
)
from app.residents.retention import actions as retention
from app.web.api import api, next_page

blueprint = Blueprint("residents", __name__)
PAGE = 100
FORMATS_OF_ROWS = ("csv", "xlsx", "gpkg")
FORMATS_OF_COUNTS = ("csv", "xlsx")
ADDRESS = "/residents/<int(max=9007199254740991):no>"


@api(
    blueprint,
    "/residents",
    permission="residents.read",
    query=HouseholdsQuery,
    answer=Households,
    example="/residents?limit=2",
)
def list_residents_json(query: HouseholdsQuery) -> Households:
    """Households, for those who answer for their community; nobody else is told of any.

    Name and phone are masked; they are revealed one by one on the page, with a reason.
    """
    limit = query.get("limit", PAGE)
    with transaction() as tx:
        wanted, _ = household_filter(tx)
        rows = actions.list_households(
            tx, actions.keyring(settings()), wanted, query.get("after", ""), limit
        )
    households: Any = [{key: row[key] for key in row if key != "grid_no"} for row in rows]
    return Households(households, next_page(rows[-1]["id"] if len(rows) == limit else None))


@route(blueprint, "/residents", permission="residents.read")
def list_residents() -> ResponseReturnValue:
    with transaction() as tx:
        if actions.sees_persons(tx):
            return _households_page(tx)
        return _counts_page(tx)


def _households_page(tx: Transaction) -> str:
    language = str(get_locale())
    wanted, within = household_filter(tx)
    rows = actions.list_households(
        tx, actions.keyring(settings()), wanted, text_parameter("after") or "", PAGE
    )
    titles = actions.titles(tx, sorted({row["grid_no"] for row in rows}))
    expired = HouseholdFilter(within.no if within else None, expired_on=settings().today())
    address = address_of(wanted, within)
    return render_template(
        "residents.html",
        counted=actions.count_households(tx, wanted),
        expired=actions.count_households(tx, expired).households,
        households=[
            row
            | _words(row["class"], row["evacuation"], language)
            | {
                "grid": titles.get(row["grid_no"], [None])[-1],
                "expired": row["expires_on"] <= settings().today(),
            }
            for row in rows
        ],
        filters={"class": "", "building": "", "show": ""}
        | address
        | {"within_title": within.title(language) if within else None},
        classes=_choices(rules.NEED_CLASSES, language),
        forget_reasons=_choices(rules.FORGET_REASONS, language),
        reasons=_choices(rules.REASONS, language),
        notice=retention.notice(tx) or rules.standard_notice(language),
        export_urls={
            kind: url_for("reports.export_residents", kind=kind, **address)
            for kind in FORMATS_OF_ROWS
        },
        next_url=url_for("residents.list_residents", **address, after=rows[-1]["id"])
        if len(rows) == PAGE
        else None,
    )


def _counts_page(tx: Transaction) -> str:
    language = str(get_locale())
    within = place_of(tx)
    place = within.no if within else actions.CITY
    told, parts = actions.told_counts(tx, [within.no] if within else ())
    building = text_parameter("building")
    inner = [part for part in parts.get(place, ()) if part in told and _is_in(part, building)]
    grids = actions.titles(tx, [part for part in inner if isinstance(part, int)])
    rows = [_row_of_counts(part, told[part], grids, language) for part in inner]
    beside = None if building else told.get((place, "beside"))
    return render_template(
        "residents_counts.html",
        place=told.get(place, Told(0, False, {})),
        beside=beside,
        rows=sorted(rows, key=lambda row: row["sort"]),
        classes=_choices(rules.NEED_CLASSES, language),
        told_classes=sorted(
            {key for part in inner for key in told[part].classes}
            & {key for part in inner for key, persons in told[part].classes.items() if persons},
            key=list(rules.NEED_CLASSES).index,
        ),
        within=within,
        building=building,
        notice=retention.notice(tx) or rules.standard_notice(language),
        export_urls={
            kind: url_for(
                "reports.export_residents", kind=kind, within=within.reference if within else None
            )
            for kind in FORMATS_OF_COUNTS
        },
    )


def _is_in(part: Any, building: str | None) -> bool:
    """Whether a part is of the building that the address names; without a name every one is."""
    if not building:
        return True
    return isinstance(part, tuple) and building.lower() in part[1].lower()


def _row_of_counts(
    part: Any, told: Told, grids: dict[int, list[Grid]], language: str
) -> dict[str, Any]:
    if isinstance(part, tuple):  # a building
        return {"sort": part[1], "title": part[1], "url": None, "told": told}
    grid = grids[part][-1]
    return {
        "sort": grid.code,
        "title": grid.title(language),
        "url": url_for("residents.list_residents", within=grid.reference),
        "told": told,
    }


@route(blueprint, ADDRESS, permission="residents.read")
def show_household(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        row, opened = actions.household(tx, actions.keyring(settings()), no)
        return _household_page(tx, row, opened, revealed=False)


@route(blueprint, f"{ADDRESS}/reveal", permission="residents.reveal", methods=("POST",))
def reveal_household(no: int) -> ResponseReturnValue:
    """In clear, in this one answer alone: its address shows the masks again."""
    with transaction() as tx:
        row, opened = actions.reveal(
            tx, actions.keyring(settings()), no, request.form.get("reason", "")
        )
        return _household_page(tx, row, opened, revealed=True)


def _household_page(tx: Transaction, row: Any, opened: Opened, revealed: bool) -> str:
    language = str(get_locale())
    chain = actions.titles(tx, [row.grid_no]).get(row.grid_no, [])
    return render_template(
        "household.html",
        household=row._asdict()
        | _words(row.class_key, row.evacuation, language)
        | {
            "legal_basis_name": rules.words_of(rules.LEGAL_BASES, row.legal_basis, language),
            "purpose_name": rules.words_of(rules.PURPOSES, row.purpose, language),
            "expired": row.expires_on <= settings().today(),
        },
        chain=chain,
        door=opened.door,
        persons=[
            {
                "role_name": rules.words_of(rules.ROLES, one.role, language),
                "name": one.name,
                "phone": one.phone,
            }
            for one in opened.persons
        ],
        revealed=revealed,
        reasons=_choices(rules.REASONS, language),
        forget_reasons=_choices(rules.FORGET_REASONS, language),
    )


@route(blueprint, "/residents/forget", permission="residents.forget", methods=("POST",))
def forget_households() -> ResponseReturnValue:
    numbers = [int(no) for no in request.form.getlist("no") if no.isdecimal() and len(no) < 16]
    with transaction() as tx:
        actions.forget(tx, numbers, request.form.get("reason", ""), settings().today())
    show = "expired" if request.form.get("from") == "expired" else None
    return redirect(url_for("residents.list_residents", show=show))


def _words(class_key: str, evacuation: str, language: str) -> dict[str, str]:
    return {
        "class_name": rules.words_of(rules.NEED_CLASSES, class_key, language),
        "evacuation_name": rules.words_of(rules.EVACUATION, evacuation, language),
    }


def _choices(table: Any, language: str) -> dict[str, str]:
    return {key: rules.words_of(table, key, language) for key in table}
