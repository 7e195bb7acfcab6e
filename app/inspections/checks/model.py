"""A random sample of claimed visits, and what a second person found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

CONFIRMED, NOT_CONFIRMED, UNABLE = "confirmed", "not_confirmed", "unable"
RESULTS = (CONFIRMED, NOT_CONFIRMED, UNABLE)
WAYS = ("site", "phone")


@dataclass(frozen=True)
class SampleRule:
    """What the worker draws of each month: a share or a number; 0 visits: nothing."""

    percent: Decimal | None
    visits: int | None
    days: int  # to check them in


@dataclass(frozen=True)
class Claim:
    """A completed visit that may be drawn."""

    id: UUID
    target: int
    of_household: bool
    grid: int  # the stratum
    recorder: int


@dataclass(frozen=True)
class Listed:
    """A claim at its place in the frozen list."""

    claim: Claim
    drawn: bool


@dataclass(frozen=True)
class Candidate:
    """Somebody who could look again at what lies in a grid; ``depth`` 0 is the whole city."""

    grid: int
    person: int
    role: str
    depth: int
    name: str = ""


@dataclass(frozen=True)
class Sample:
    """What is to be drawn, and until when it can be checked."""

    programme: str
    period: str
    first: date
    last: date
    grid: int | None
    seed: int
    size: int
    automatic: bool
    drawn_on: date
    expires_on: date


@dataclass(frozen=True)
class Wish:
    """A draw as somebody asks for it."""

    programme: str
    period: str
    within: str | None
    size: int
    days: int


@dataclass(frozen=True)
class Finding:
    """What a second person says of a visit."""

    id: UUID
    result: str
    how: str
    note: str | None
    supersedes: int | None  # the number of the finding that this one corrects


@dataclass(frozen=True)
class Tally:
    """Findings of a sample. ``open``: to be checked yet; ``expired``: never checked in time."""

    confirmed: int = 0
    not_confirmed: int = 0
    unable: int = 0
    open: int = 0
    expired: int = 0

    @property
    def n(self) -> int:
        """How many tell anything of the visits."""
        return self.confirmed + self.not_confirmed


@dataclass(frozen=True)
class Opened:
    """A sample with its drawn visits, as far as the reader may see them."""

    row: Any
    items: Sequence[Any]
    tally: Tally
