"""Grids change hands, signed by both."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg2
import pytest

from app.db.connection import Transaction
from app.errors import Forbidden, Refusal
from app.handover import actions as handover
from app.handover.counters import open_work
from app.handover.model import HandoverRequest
from app.identity.model import SERVICE_PERSON
from app.people import actions as people
from tests.app.people.staff import TODAY, WEEK, act_as, away, number, own, scope_of
from tests.builders import grid_number


def prepared(tx: Transaction, day: date = WEEK, taker: str = "zhao") -> int:
    asked = HandoverRequest(number(tx, "wang"), {own(tx, "wang"): taker}, day)
    return handover.prepare(tx, asked, TODAY)


def test_grids_move_on_the_day_once_both_have_signed(tx: Transaction) -> None:
    no = prepared(tx)
    assert handover.handover(tx, no).parts[0].open == {"unit": 1, "late": 1}
    wang, zhao = number(tx, "wang"), number(tx, "zhao")
    act_as(tx, wang)
    assert handover.sign(tx, no, wang) is False
    with pytest.raises(Forbidden, match="does not wait for your signature"):
        handover.sign(tx, no, wang)
    act_as(tx, zhao)
    shown = handover.handover(tx, no)
    assert shown.names == {wang: "Wang", zhao: "Zhao"} and len(shown.parts) == 1
    assert handover.sign(tx, no, zhao) is True
    act_as(tx, SERVICE_PERSON)
    assert scope_of(tx, "wang", WEEK - timedelta(days=1)) == {"111"}
    assert scope_of(tx, "wang", WEEK) == set()
    assert scope_of(tx, "zhao", WEEK) == {"111", "244"}
    assert [event.action for event in handover.handover(tx, no).events] == [
        "prepared",
        "signed",
        "signed",
        "settled",
    ]


def test_open_hazards_and_overdue_tests_change_hands_too(tx: Transaction) -> None:
    block = grid_number(tx, "block:111")
    for state, due in (("open", -1), ("closed", 1)):
        for kind, columns, values in (
            ("hazard", "state, found_on", "%(state)s, current_date"),
            ("facility", "test_due", "%(today)s::date + %(due)s::int"),
        ):
            tx.execute(
                "WITH made AS (INSERT INTO target (kind, grid_no, imported_by) "
                "VALUES (%(kind)s, %(block)s, person()) RETURNING no) "
                f"INSERT INTO {kind} (target_no, grid_no, imported_by, id, name, content, "
                f"{columns}) "
                f"SELECT no, %(block)s, person(), %(state)s, 'x', 'x', {values} FROM made",
                kind=kind,
                block=block,
                state=state,
                today=TODAY,
                due=due,
            )
    found = open_work(tx, block, TODAY)
    assert (found["open_hazard"], found["test_overdue"], found["facility"]) == (1, 1, 2)
    assert "hazard" not in found


def test_undone_before_the_day_everything_is_as_it_was(tx: Transaction) -> None:
    away(tx, "wang", "li", TODAY, WEEK + timedelta(days=5))
    before = [scope_of(tx, one, WEEK) for one in ("wang", "li", "zhao")]
    no = prepared(tx)
    for one in ("wang", "zhao"):
        handover.confirm(tx, no, number(tx, one), "in hospital")
    assert scope_of(tx, "li", WEEK) == {"112"}  # the deputy is needed no longer
    handover.undo(tx, no, "other plans", TODAY)
    assert [scope_of(tx, one, WEEK) for one in ("wang", "li", "zhao")] == before
    with pytest.raises(Refusal, match="another hand-over leads back"):
        handover.undo(tx, no, "", TODAY)


def test_a_hand_over_of_today_moves_at_once_and_stays(tx: Transaction) -> None:
    no = prepared(tx, TODAY)
    for one in ("wang", "zhao"):
        handover.confirm(tx, no, number(tx, one), "in hospital")
    assert scope_of(tx, "zhao") == {"111", "244"}
    with pytest.raises(Refusal, match="The day has come"):
        handover.undo(tx, no, "", TODAY)


def test_what_a_hand_over_refuses(tx: Transaction) -> None:
    wang = number(tx, "wang")
    held = own(tx, "wang")
    for asked, sentence in (
        (HandoverRequest(wang, {}, WEEK), "Choose at least one grid"),
        (HandoverRequest(wang, {held: "wang"}, WEEK), "the same person"),
        (HandoverRequest(wang, {held: "nobody"}, WEEK), "no person with the sign-in name"),
        (HandoverRequest(wang, {held: "li"}, TODAY - timedelta(days=1)), "has passed"),
        (HandoverRequest(wang, {own(tx, "li"): "zhao"}, WEEK), "does not answer for all"),
    ):
        with pytest.raises(Refusal, match=sentence):
            handover.prepare(tx, asked, TODAY)
    no = prepared(tx)
    with pytest.raises(Refusal, match="moves one of these grids already"):
        prepared(tx)
    with pytest.raises(Refusal, match="Say why"):
        handover.confirm(tx, no, wang, " ")
    people.end_assignment(tx, wang, held, TODAY)
    with pytest.raises(Refusal, match="has ended meanwhile"):
        handover.confirm(tx, no, wang, "in hospital")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT sign_handover(%(no)s, %(wang)s, 'because')",  # for somebody else
        "SELECT undo_handover(%(no)s, 'because')",
        "SELECT move_assignments(%(no)s, current_date)",
        "UPDATE handover SET state = 'settled'",
        "INSERT INTO handover_event (handover_no, action, person_no) "
        "VALUES (%(no)s, 'prepared', %(li)s)",
        "DELETE FROM handover_event",
        "INSERT INTO handover (giver_no, happens_on, made_by) VALUES (%(wang)s, now(), %(li)s)",
        "INSERT INTO viewing (viewer_no, person_no, reason, until) "
        "VALUES (%(li)s, %(wang)s, 'question', now())",
        "INSERT INTO cover (person_no, deputy_no, valid_from, valid_until, made_by) "
        "VALUES (%(wang)s, %(li)s, now(), now(), %(li)s)",
    ],
)
def test_the_database_guards_signatures(tx: Transaction, statement: str) -> None:
    no, wang, li = prepared(tx, taker="li"), number(tx, "wang"), number(tx, "li")
    act_as(tx, li)
    with pytest.raises(psycopg2.Error) as refusal:
        tx.execute(statement, no=no, wang=wang, li=li)
    assert refusal.value.pgcode == "42501"


def test_a_stranger_does_not_see_a_hand_over(tx: Transaction) -> None:
    no = prepared(tx, taker="li")
    act_as(tx, number(tx, "zhao"))
    with pytest.raises(Refusal, match="no hand-over with this number"):
        handover.handover(tx, no)
