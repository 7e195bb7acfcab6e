"""The map of neglect: days since the last visit, and the targets behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.coverage import actions as coverage
from app.coverage.neglect import actions, rules
from app.coverage.neglect.model import NeglectQuestion
from app.coverage.parameters import chain_of, first_level
from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid, Level
from app.http import date_parameter, integer_parameter, route, settings, text_parameter, transaction
from app.programmes import actions as programmes
from app.web.programme_words import CLASSES

blueprint = Blueprint("neglect", __name__)
PAGE = 100


def asked_of(tx: Transaction, levels: list[Level], chain: list[Grid]) -> NeglectQuestion:
    """What the address asks; ``of`` is a kind of target, or kind/class."""
    kind, _, class_key = (text_parameter("of") or "unit").partition("/")
    within = chain[-1] if chain else None
    programme = text_parameter("programme")
    return NeglectQuestion(
        kind,
        class_key or None,
        programmes.programme(tx, programme).key if programme else None,
        grids.level_named(tx, text_parameter("level") or first_level(levels, within)).depth,
        date_parameter("on", settings().today()),
        within.no if within else None,
    )


def address_of(asked: NeglectQuestion, level: Level, within: Grid | None) -> dict[str, Any]:
    held = {
        "of": f"{asked.kind}/{asked.class_key}" if asked.class_key else asked.kind,
        "programme": asked.programme,
        "level": level.key,
        "on": asked.on.isoformat(),
        "within": within.reference if within else None,
    }
    return {key: value for key, value in held.items() if value is not None}


def kind_names() -> Mapping[str, str]:
    return {
        "unit": gettext("Units"),
        "facility": gettext("Facilities"),
        "building": gettext("Buildings"),
        "place": gettext("Places"),
        "road": gettext("Roads"),
        "grid": gettext("Grids"),
        "household": gettext("Households"),
    }


def class_names(kind: str) -> Mapping[str, str]:
    place = 0 if str(get_locale()) == "en" else 1
    return {key: names[place] for key, names in CLASSES.get(kind, {}).items()}


@route(blueprint, "/coverage/neglect", permission="coverage.read")
def show_neglect() -> ResponseReturnValue:
    shown = text_parameter("show")
    show = shown if shown in rules.SHOWN else rules.SHOWN[0]
    with transaction() as tx:
        levels, known = grids.levels(tx), programmes.programmes(tx)
        if not levels or grids.find_active(tx) is None:
            return render_template("coverage_empty.html")
        chain = chain_of(tx, text_parameter("within"))
        asked = asked_of(tx, levels, chain)
        rows = actions.by_grid(tx, asked)
        drawn = coverage.sketch(tx, asked.depth, {row.no for row in rows})
        kinds = actions.kinds(tx)
    level = levels[asked.depth - 1]
    address = address_of(asked, level, chain[-1] if chain else None)
    if show != rules.SHOWN[0]:
        address["show"] = show
    return render_template(
        "coverage_neglect.html",
        asked=asked,
        rows=rows,
        total=rules.together(row.found for row in rows),
        drawn=drawn,
        show=show,
        colour=rules.colour,
        levels=levels,
        level=level,
        below=levels[asked.depth].key if asked.depth < len(levels) else None,
        chain=chain,
        within=chain[-1] if chain else None,
        programmes=known,
        kinds={kind: kind_names()[kind] for kind in kinds},
        classes={kind: class_names(kind) for kind in kinds},
        address=address,
        today=settings().today(),
    )


@route(blueprint, "/coverage/neglect/list", permission="coverage.read")
def list_neglected() -> ResponseReturnValue:
    state = text_parameter("state") or rules.STATES[0]
    page = integer_parameter("page", 1, 1, 10_000)
    with transaction() as tx:
        levels = grids.levels(tx)
        if not levels or grids.find_active(tx) is None:
            return render_template("coverage_empty.html")
        chain = chain_of(tx, text_parameter("within"))
        asked = asked_of(tx, levels, chain)
        rows = actions.targets(tx, asked, state, PAGE + 1, (page - 1) * PAGE)
    address = address_of(asked, levels[asked.depth - 1], chain[-1] if chain else None)
    return render_template(
        "coverage_neglect_list.html",
        asked=asked,
        rows=rows[:PAGE],
        state=state,
        states=rules.STATES,
        within=chain[-1] if chain else None,
        kind_name=kind_names()[asked.kind],
        class_name=class_names(asked.kind).get(asked.class_key or "", asked.class_key),
        address=address,
        next_url=url_for(".list_neglected", **address, state=state, page=page + 1)
        if len(rows) > PAGE
        else None,
    )
