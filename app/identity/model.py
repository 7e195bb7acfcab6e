"""A signed-in reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.identity.rules import permissions_of

# The person as whom the command line and the worker act; made by the first migration.
SERVICE_PERSON = 1


@dataclass(frozen=True)
class Reader:
    no: int
    sign_in: str
    name: str
    language: str | None
    session_epoch: int
    roles: frozenset[str]
    whole_city: bool
    password_kind: str  # own, one_time (to be changed first) or shown (printed for everybody)
    password_set_at: datetime
    second_factor: bool  # a confirmed one

    def may(self, permission: str) -> bool:
        return permission in permissions_of(self.roles)


@dataclass(frozen=True)
class Answerable:
    """Somebody who answers for a grid, as others may see them."""

    grid_no: int
    name: str
    role: str
    stands_in_for: str | None = None  # of a deputy: the name of who is away
    until: date | None = None  # of a deputy: the last day
    away_until: date | None = None  # the last day of somebody's own absence


@dataclass(frozen=True)
class Viewing:
    """An administrator looks as somebody else for some minutes."""

    no: int
    person_no: int
    person_name: str
    until: datetime
    viewer_no: int
