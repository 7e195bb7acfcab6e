"""Pure decisions about exclusions."""

from __future__ import annotations

from datetime import date, timedelta

from app.errors import Refusal
from app.inspections.exclusions.model import DECISIONS, REASONS, STATES, Request

LONGEST_DAYS = 366
LONGEST_NOTE = 500


def ends(request: Request) -> date:
    """The first day on which the target counts again."""
    return request.wish.until + timedelta(days=1)


def check_request(request: Request) -> None:
    """Refuse what no second person could judge, and what would never end."""
    if request.reason not in REASONS:
        raise Refusal("A visit that was done asks for no exclusion: the target was there.")
    if not request.note:
        raise Refusal(
            "Write in the note what was found: a second person decides on the exclusion by it."
        )
    if request.wish.until < request.since:
        raise Refusal(
            "The exclusion ends on %(until)s, before the visit of %(since)s.",
            until=request.wish.until,
            since=request.since,
        )
    if (ends(request) - request.since).days > LONGEST_DAYS:
        raise Refusal(
            "The exclusion lasts until %(until)s; one lasts a year at most and is asked for again.",
            until=request.wish.until,
        )


def check_state(state: str) -> None:
    if state not in STATES:
        raise Refusal(
            "%(name)s is %(value)s; use one of: %(words)s.",
            name="state",
            value=state[:40],
            words=", ".join(STATES),
        )


def check_decision(decision: str) -> None:
    if decision not in DECISIONS:
        raise Refusal("Choose what is to be done with these rows.")
