"""A sample partly looked at again, and an open question: a newcomer sees what they are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from app.db.connection import Database, Transaction
from app.demo import store
from app.demo.model import DemoCity
from app.demo.people import demo_people
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.inspections.checks import actions as checks
from app.inspections.checks.model import Finding, Wish
from app.inspections.questions import actions as questions
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import Visit
from app.programmes.rules import period_text, previous_period
from app.settings import Settings

DRAWN, SEED, DAYS = 38, 1908, 30
FOUND = ("confirmed", "confirmed", "not_confirmed", "confirmed", "unable", "confirmed") * 4
NOTES = {"not_confirmed": "店主称当天无人来过", "unable": "新换店主，不清楚"}
TAPPED = 10  # within a minute: enough for a question
NAMES = UUID("5b0c6f1e-0f4e-4c56-9c3b-7a3d1d8a1908")


def draw_sample(tx: Transaction, city: DemoCity, today: date) -> None:
    """From the demo area manager's town, whom all of it is given to."""
    period = previous_period(period_text("month", today))
    wish = Wish("fire", period, f"town:{_town(city)}", DRAWN, DAYS)
    no = checks.draw(tx, wish, SEED, today)
    manager = identity.person_number(tx, "area_manager")
    for item in checks.sample(tx, no, today).items:
        checks.give(tx, no, UUID(item.inspection_id), manager, today)


def _town(city: DemoCity) -> str | None:
    return next(one.grid_code for one in demo_people(city) if one.role == "area_manager")


def write_answers(database: Database, settings: Settings) -> None:
    """In their own names; each with an id that its place gives it, so that twice is once."""
    today = settings.today()
    with database.transaction_as(SERVICE_PERSON) as tx:
        chief, manager = (identity.person_number(tx, one) for one in ("chief", "area_manager"))
    with database.transaction_as(manager) as tx:
        for position, (item, result) in enumerate(zip(_drawn(tx, today), FOUND, strict=False)):
            finding = Finding(_name(f"finding {position}"), result, "site", NOTES.get(result), None)
            checks.record(tx, item.sample_no, UUID(item.inspection_id), finding, today)
    with database.transaction_as(chief) as tx:
        _tap(tx, store.list_near_units(tx, TAPPED), settings)
    with database.transaction_as(SERVICE_PERSON) as tx:
        questions.look(tx, today, 1)


def _drawn(tx: Transaction, today: date) -> list[Any]:
    return list(checks.sample(tx, 1, today).items)


def _name(words: str) -> UUID:
    return uuid5(NAMES, words)


def _tap(tx: Transaction, targets: list[int], settings: Settings) -> None:
    """Doors found shut yesterday evening, written down all at once."""
    evening = datetime.combine(settings.today() - timedelta(days=1), time(18, 30), settings.zone)
    for position, target in enumerate(targets):
        at = evening + timedelta(seconds=4 * position)
        visit = Visit(_name(f"shut {position}"), target, "locked", at)
        visits.record(tx, visit, Clocks(at + timedelta(minutes=1)))
