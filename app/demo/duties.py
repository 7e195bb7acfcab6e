"""What is going on among the demo city's people: leave with cover, an end ahead, a hand-over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.db.connection import Transaction
from app.demo.model import DemoCity
from app.demo.people import demo_people, demo_staff
from app.handover import actions as handover
from app.handover.model import HandoverRequest
from app.people import actions as people
from app.people.model import CoverRequest

LEAVE = 9  # days
ENDS_IN = 21


def write_duties(tx: Transaction, city: DemoCity, today: date) -> None:
    """Two on leave with a deputy, one who stops soon, and one hand-over that waits to be signed."""
    first, second, third, fourth, fifth, sixth = _desks(tx, city)[:6]
    for absent, deputy, begins in ((first, second, -3), (third, fourth, 0)):
        start = today + timedelta(days=begins)
        held = [row.no for row in people.assignments(tx, [absent.no])]
        people.cover(
            tx,
            CoverRequest(absent.no, deputy.sign_in, start, start + timedelta(days=LEAVE), held),
        )
    (held_by_fifth,) = people.assignments(tx, [fifth.no])
    handover.prepare(
        tx,
        HandoverRequest(fifth.no, {held_by_fifth.no: sixth.sign_in}, today + timedelta(days=7)),
        today,
    )
    (ending,) = [row for row in people.assignments(tx, [sixth.no]) if row.kind == "own"]
    people.end_assignment(tx, sixth.no, ending.no, today + timedelta(days=ENDS_IN))


def _desks(tx: Transaction, city: DemoCity) -> list[Any]:
    """Block chiefs of the demo area manager's town: who opens that page sees them."""
    town = next(one.grid_code for one in demo_people(city) if one.role == "area_manager")
    return [
        people.person_named(tx, f"desk-block-{one.grid_code}")
        for one in demo_staff(city)
        if one.grid_level == "block" and (one.grid_code or "").startswith(town or "")
    ]
