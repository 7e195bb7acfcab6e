"""What may be of assignments, absences and the roles that a grid must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from app.errors import Refusal
from app.identity.rules import ROLES
from app.people.model import CoverRequest, RequiredRoles

STATES = ("active", "away", "never", "locked", "unassigned", "ended", "all")
ADMIN_STATES = frozenset({"never", "locked"})
LONGEST_ABSENCE = 366
LONGEST_NOTE = 300
GRID_ROLES = ("grid_chief", "grid_worker", "area_manager")
DEFAULT_ROLES: RequiredRoles = {"top": ["area_manager"], "leaf": ["grid_chief"]}


def check_days(valid_from: date, valid_until: date | None) -> None:
    """Refuse an assignment that ends before it begins; ``valid_until`` is the first day without."""
    if valid_until is not None and valid_until <= valid_from:
        raise Refusal(
            "The last day, %(last)s, lies before the first, %(first)s.",
            last=valid_until - timedelta(days=1),
            first=valid_from,
        )


def check_cover(asked: CoverRequest, deputy: int) -> None:
    check_days(asked.valid_from, asked.valid_until)
    if asked.person == deputy:
        raise Refusal("Nobody can stand in for themselves; choose another deputy.")
    if (asked.valid_until - asked.valid_from).days > LONGEST_ABSENCE:
        raise Refusal(
            "An absence lasts at most %(most)s days; for longer, hand the grids over.",
            most=LONGEST_ABSENCE,
        )
    if not asked.assignments:
        raise Refusal("Choose at least one grid in which the deputy stands in.")
    if asked.note is not None and len(asked.note) > LONGEST_NOTE:
        raise Refusal("A note has at most %(most)s characters.", most=LONGEST_NOTE)


def check_required(wanted: Mapping[str, Sequence[str]], levels: Sequence[str]) -> RequiredRoles:
    """The roles that must be there, by `top`, `leaf` or the key of a level; wrong ones refused."""
    for place, roles in wanted.items():
        if place not in ("top", "leaf", *levels):
            raise Refusal(
                "There is no level %(key)s; use top, leaf or one of: %(levels)s.",
                key=place[:40],
                levels=", ".join(levels),
            )
        for role in roles:
            if role not in ROLES:
                raise Refusal(
                    "There is no role %(role)s; use one of: %(roles)s.",
                    role=role[:40],
                    roles=", ".join(ROLES),
                )
    return {place: list(dict.fromkeys(roles)) for place, roles in wanted.items() if roles}


def day_after(last: date | None) -> date | None:
    """People name the last day; the database keeps the first day without."""
    return None if last is None else last + timedelta(days=1)


def last_day(valid_until: date | None) -> date | None:
    return None if valid_until is None else valid_until - timedelta(days=1)
