"""Who answers for what and when, and where nobody does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.people import actions as people
from app.people.model import Assignment, GapQuestion, PeopleFilter
from tests.app.people.staff import PEOPLE, TODAY, TOMORROW, WEEK, away, number, own, scope_of
from tests.builders import grid_number

# -- assignments --------------------------------------------------------------------------


def test_the_same_role_is_not_held_twice_on_a_day(tx: Transaction) -> None:
    wang, block = number(tx, "wang"), grid_number(tx, "block:111")
    with pytest.raises(Refusal, match="has this role there already"):
        people.assign(tx, wang, Assignment("grid_chief", block, WEEK))
    people.assign(tx, wang, Assignment("grid_worker", block, WEEK))
    people.end_assignment(tx, wang, own(tx, "wang"), TOMORROW)
    people.assign(tx, wang, Assignment("grid_chief", block, WEEK))


def test_a_change_leaves_no_day_between_and_none_twice(tx: Transaction) -> None:
    wang = number(tx, "wang")
    people.change_assignment(
        tx, wang, own(tx, "wang"), Assignment("grid_worker", grid_number(tx, "block:113"), WEEK)
    )
    assert scope_of(tx, "wang", WEEK - timedelta(days=1)) == {"111"}
    assert scope_of(tx, "wang", WEEK) == {"113"}


def test_an_assignment_cannot_end_before_it_begins(tx: Transaction) -> None:
    with pytest.raises(Refusal, match="lies before the first"):
        people.assign(
            tx,
            number(tx, "wang"),
            Assignment("grid_chief", grid_number(tx, "block:113"), WEEK, TODAY),
        )


def test_the_last_administrator_stays(tx: Transaction) -> None:
    with pytest.raises(Refusal, match="last administrator"):
        people.end(tx, number(tx, "boss"), TODAY)
    people.assign(tx, number(tx, "head"), Assignment("admin", None, TODAY))
    people.end(tx, number(tx, "boss"), TODAY)
    assert people.person(tx, number(tx, "boss")).active is False
    people.reactivate(tx, number(tx, "boss"))
    assert scope_of(tx, "boss") == set()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PeopleFilter(TODAY), set(PEOPLE)),
        (PeopleFilter(TODAY, role="grid_chief"), {"wang", "li", "zhao"}),
        (PeopleFilter(TODAY, text="ZHA"), {"zhao"}),
        (PeopleFilter(TODAY, state="ended"), set()),
        (PeopleFilter(TODAY, state="away"), {"wang"}),
    ],
)
def test_the_list_is_filtered(tx: Transaction, wanted: PeopleFilter, found: set[str]) -> None:
    away(tx, "wang", "li", TODAY, WEEK)
    listed = people.people(tx, wanted, "", 100)
    assert {row.sign_in for row in listed} == found
    assert people.count_people(tx, wanted) == len(found)
    assert people.people(tx, wanted, "zzz", 100) == []


def test_the_list_within_a_grid(tx: Transaction) -> None:
    within = PeopleFilter(TODAY, within=grid_number(tx, "community:11"))
    assert {row.sign_in for row in people.people(tx, within, "", 100)} == {"wang", "li"}


def test_a_manager_sees_the_people_of_the_own_territory(opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        manager = number(tx, "manager")
    with opened.transaction_as(manager) as tx:
        listed = people.people(tx, PeopleFilter(TODAY), "", 100)
        assert {row.sign_in for row in listed} == {"wang", "li", "manager"}
        grids = {row.code for row in people.gaps(tx, GapQuestion(TODAY))}
        assert grids and all(code.startswith("1") for code in grids)


# -- grids without anybody ----------------------------------------------------------------


def test_gaps_now_and_later(tx: Transaction) -> None:
    rows = {row.code: row for row in people.gaps(tx, GapQuestion(TODAY))}
    assert "111" not in rows and rows["113"].starts == TODAY
    assert "1" not in rows and rows["2"].role == "area_manager"
    people.end_assignment(tx, number(tx, "wang"), own(tx, "wang"), TOMORROW)
    row = next(row for row in people.gaps(tx, GapQuestion(TODAY)) if row.code == "111")
    assert (row.starts, row.ends) == (TOMORROW + timedelta(days=1), None)
    people.assign(
        tx, number(tx, "li"), Assignment("grid_chief", grid_number(tx, "block:111"), WEEK)
    )
    row = next(row for row in people.gaps(tx, GapQuestion(TODAY)) if row.code == "111")
    assert row.ends == WEEK
    assert people.missing_roles(tx, grid_number(tx, "block:113"), TODAY) == ["grid_chief"]
    assert people.missing_roles(tx, grid_number(tx, "block:111"), TODAY) == []


def test_the_roles_that_must_be_there_are_data(tx: Transaction) -> None:
    people.require_roles(tx, {"community": ["grid_worker"], "leaf": []})
    assert {row.level for row in people.gaps(tx, GapQuestion(TODAY))} == {"community"}
    with pytest.raises(Refusal, match="There is no level moon"):
        people.require_roles(tx, {"moon": ["grid_chief"]})
    with pytest.raises(Refusal, match="There is no role king"):
        people.require_roles(tx, {"leaf": ["king"]})
