"""When a hand-over may be prepared, signed and undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from app.errors import Refusal
from app.handover.model import HandoverRequest

LONGEST_NOTE = 1000
LONGEST_REASON = 300
FARTHEST = timedelta(days=366)


def check_request(asked: HandoverRequest, today: date) -> None:
    if not asked.takers:
        raise Refusal("Choose at least one grid and who takes it.")
    if asked.happens_on < today:
        raise Refusal("A hand-over lies ahead: %(day)s has passed.", day=asked.happens_on)
    if asked.happens_on > today + FARTHEST:
        raise Refusal("A hand-over lies at most one year ahead.")
    if asked.note is not None and len(asked.note) > LONGEST_NOTE:
        raise Refusal("A note has at most %(most)s characters.", most=LONGEST_NOTE)


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Say why you confirm for somebody else.")
    if len(reason) > LONGEST_REASON:
        raise Refusal("A reason has at most %(most)s characters.", most=LONGEST_REASON)


def signatures(giver: int, parts: Sequence[Any], events: Sequence[Any]) -> dict[int, Any | None]:
    """Who must sign, the giver first, with the event that is or stands for the signature."""
    signed = {event.whose_no: event for event in events if event.whose_no is not None}
    return {no: signed.get(no) for no in (giver, *(part.taker_no for part in parts))}


def may_undo(handover: Any, today: date) -> bool:
    """Until the day has come everything can be as it was."""
    return bool(
        handover.state == "prepared" or (handover.state == "settled" and handover.moved_on > today)
    )
