"""Who stands in for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.people import actions as people
from app.people.model import GapQuestion
from tests.app.people.staff import TODAY, TOMORROW, WEEK, away, number, scope_of
from tests.builders import grid_number


def test_a_deputy_answers_for_the_days_and_no_longer(tx: Transaction) -> None:
    away(tx, "wang", "li", TOMORROW, WEEK)
    for day, li in ((TODAY, {"112"}), (TOMORROW, {"111", "112"}), (WEEK, {"112"})):
        assert scope_of(tx, "li", day) == li
        assert scope_of(tx, "wang", day) == {"111"}
    answering = identity.who_answers(tx, [grid_number(tx, "block:111")], TOMORROW)
    assert [(one.name, one.stands_in_for, one.until, one.away_until) for one in answering] == [
        ("Wang", None, None, WEEK - timedelta(days=1)),
        ("Li", "Wang", WEEK - timedelta(days=1), None),
    ]


def test_who_wishes_it_sees_nothing_while_away_and_all_again_afterwards(tx: Transaction) -> None:
    cover = away(tx, "wang", "li", TOMORROW, WEEK, keeps=False)
    days = (TODAY, TOMORROW, WEEK - timedelta(days=1), WEEK)
    assert [scope_of(tx, "wang", day) for day in days] == [{"111"}, set(), set(), {"111"}]
    assert not [row for row in people.gaps(tx, GapQuestion(TODAY)) if row.code == "111"]
    people.end_cover(tx, cover, TODAY)
    assert all(scope_of(tx, "wang", day) == {"111"} for day in days)
    assert all(scope_of(tx, "li", day) == {"112"} for day in days)


def test_a_cover_that_ends_early_is_over_at_once(tx: Transaction) -> None:
    cover = away(tx, "wang", "li", TODAY, WEEK)
    assert scope_of(tx, "li") == {"111", "112"}
    people.end_cover(tx, cover, TODAY)
    assert scope_of(tx, "li") == {"112"}
    with pytest.raises(Refusal, match="has ended already"):
        people.end_cover(tx, cover, TODAY)


def test_covers_form_no_chains_and_no_loops(tx: Transaction) -> None:
    away(tx, "wang", "li", TODAY, WEEK)
    with pytest.raises(Refusal, match="stands in for Wang"):
        away(tx, "li", "zhao", TOMORROW, WEEK)
    with pytest.raises(Refusal, match="is away from"):
        away(tx, "zhao", "wang", TOMORROW, WEEK)
    with pytest.raises(Refusal, match="Somebody stands in for Wang"):
        away(tx, "wang", "zhao", TOMORROW, WEEK)
    with pytest.raises(Refusal, match="stand in for themselves"):
        away(tx, "zhao", "zhao", TOMORROW, WEEK)
    away(tx, "zhao", "li", TOMORROW, WEEK)  # one deputy for two
    away(tx, "li", "zhao", WEEK, WEEK + timedelta(days=3))  # after those days


@hypothesis_settings(max_examples=25, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["wang", "li", "zhao"]),
            st.sampled_from(["wang", "li", "zhao"]),
            st.integers(0, 12),
            st.integers(1, 6),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_nobody_who_is_away_stands_in_whatever_is_asked(
    opened: Database, asked: list[tuple[str, str, int, int, bool]]
) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        persons = [number(tx, name) for name in ("wang", "li", "zhao")]
        for who, deputy, starts, lasts, keeps in asked:
            first = TOMORROW + timedelta(days=starts)
            try:
                away(tx, who, deputy, first, first + timedelta(days=lasts), keeps)
            except Refusal:
                continue
        covers = people.covers(tx, persons, TODAY)
        for one in covers:
            assert not [
                other
                for other in covers
                if other.deputy_no == one.person_no
                and other.valid_from < one.valid_until
                and one.valid_from < other.valid_until
            ]
        for cover in covers:
            people.end_cover(tx, cover.no, TODAY)
        for day in range(20):
            on = TODAY + timedelta(days=day)
            assert [scope_of(tx, name, on) for name in ("wang", "li", "zhao")] == [
                {"111"},
                {"112"},
                {"244"},
            ]
        tx.undo()


def test_a_deputy_who_leaves_stands_in_no_longer(tx: Transaction) -> None:
    away(tx, "wang", "li", TODAY, WEEK, keeps=False)
    people.end(tx, number(tx, "li"), TODAY)
    assert scope_of(tx, "wang", TOMORROW) == {"111"}
    assert people.covers(tx, [number(tx, "wang")], TODAY) == []
