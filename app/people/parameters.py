"""What forms and addresses say of people, roles, days and grids."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import request

from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.model import Grid
from app.http import date_of, settings, text_parameter
from app.identity.rules import ROLES
from app.people.model import Assignment, PeopleFilter
from app.people.rules import ADMIN_STATES, STATES, day_after

LONGEST = 300
IN_BRACKETS = re.compile(r"\(([^()]+)\)\s*$")  # what a suggestion writes behind a name


def written(name: str) -> str:
    """A field of the form; too long is refused."""
    value = request.form.get(name, "").strip()
    if len(value) > LONGEST:
        raise Refusal(
            "%(name)s is too long: %(length)s characters, at most %(limit)s.",
            name=name,
            length=len(value),
            limit=LONGEST,
        )
    return value


def picked(name: str) -> str:
    """The code or sign-in name that was typed, or that stands in brackets behind a name."""
    value = written(name)
    found = IN_BRACKETS.search(value)
    return found.group(1).strip() if found else value


def written_day(name: str) -> date | None:
    value = written(name)
    return date_of(value, name) if value else None


def written_assignment(tx: Transaction, first: date | None = None) -> Assignment:
    """Role, grid and days of a form; without a grid the whole city, without a day today."""
    reference = picked("grid")
    grid = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
    return Assignment(
        written("role"),
        grid.no if grid else None,
        first or written_day("first") or settings().today(),
        day_after(written_day("last")),
    )


def grid_of_address(tx: Transaction) -> Grid | None:
    reference = text_parameter("within")
    if not reference:
        return None
    found = IN_BRACKETS.search(reference)
    return grids.grid_named(
        tx, grids.active_edition(tx).no, found.group(1).strip() if found else reference
    )


def people_filter(within: Grid | None, manages: bool) -> PeopleFilter:
    """The filter of the address; who is locked or never came in is for administrators."""
    state, role = text_parameter("state") or "active", text_parameter("role")
    if state not in STATES or (state in ADMIN_STATES and not manages):
        raise Refusal(
            "There is no state %(state)s; use one of: %(states)s.",
            state=state[:40],
            states=", ".join(one for one in STATES if manages or one not in ADMIN_STATES),
        )
    if role is not None and role not in ROLES:
        raise Refusal(
            "There is no role %(role)s; use one of: %(roles)s.",
            role=role[:40],
            roles=", ".join(ROLES),
        )
    return PeopleFilter(
        settings().today(), state, role, within.no if within else None, text_parameter("q")
    )


def address_of(wanted: PeopleFilter, within: Grid | None) -> dict[str, Any]:
    """The query of an address that brings back exactly this filter."""
    return {
        key: value
        for key, value in {
            "state": wanted.state if wanted.state != "active" else None,
            "role": wanted.role,
            "within": within.reference if within else None,
            "q": wanted.text,
        }.items()
        if value is not None
    }
