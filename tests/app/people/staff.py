"""A city with six people, and what tests ask of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient

from app.db.connection import Transaction
from app.identity import actions as identity
from app.people import actions as people
from app.people.model import CoverRequest
from tests.conftest import ZONE, csrf_token

# by the database's clock: who sees what depends on its present day
TODAY = datetime.now(ZoneInfo(ZONE)).date()
TOMORROW = TODAY + timedelta(days=1)
WEEK = TODAY + timedelta(days=7)
PEOPLE = {
    "wang": ("grid_chief", "block:111"),
    "li": ("grid_chief", "block:112"),
    "zhao": ("grid_chief", "block:244"),
    "manager": ("area_manager", "town:1"),
    "boss": ("admin", None),
    "head": ("leader", None),
}


def number(tx: Transaction, sign_in: str) -> int:
    return identity.person_number(tx, sign_in)


def own(tx: Transaction, sign_in: str) -> int:
    """The number of the person's present own assignment."""
    return next(
        int(row.no)
        for row in people.assignments(tx, [number(tx, sign_in)])
        if row.kind == "own" and people.is_held(row, TODAY)
    )


def scope_of(tx: Transaction, sign_in: str, on: date = TODAY) -> set[str]:
    """The grids whose assignments the person holds on a day."""
    return {
        row.code or "city"
        for row in people.assignments(tx, [number(tx, sign_in)])
        if people.is_held(row, on)
    }


def away(
    tx: Transaction, who: str, deputy: str, first: date, back: date, keeps: bool = True
) -> int:
    return people.cover(
        tx, CoverRequest(number(tx, who), deputy, first, back, [own(tx, who)], keeps)
    )


def act_as(tx: Transaction, person: int) -> None:
    tx.person = person
    tx.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(person))


def post(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    token = csrf_token(client, "/map")
    answer = client.post(path, data=form | {"csrf_token": token}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)
