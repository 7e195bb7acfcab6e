"""People, what they answer for and when, who stands in, and where nobody is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings as hypothesis_settings, strategies as st

from app import create_app
from app.db.connection import Database, Transaction
from app.errors import Forbidden, Refusal
from app.handover import actions as handover
from app.handover.counters import open_work
from app.handover.model import HandoverRequest
from app.identity import actions as identity, rules as identity_rules
from app.identity.model import SERVICE_PERSON
from app.people import actions as people, rules
from app.people.model import Assignment, CoverRequest, GapQuestion, PeopleFilter
from app.settings import Settings
from tests.builders import add_person, add_units, grid_number, publish_city
from tests.conftest import PASSWORD, ZONE, Databases, csrf_token, signed_in_client

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


@pytest.fixture(scope="module")
def name(databases: Databases) -> Iterator[str]:
    made = databases.copy()
    opened = Database(databases.app_dsn(made))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        for sign_in, (role, grid) in PEOPLE.items():
            add_person(tx, sign_in, role, grid, PASSWORD)
        add_units(tx, [(118.005, 31.005), (118.025, 31.005)])
    opened.close()
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def opened(databases: Databases, name: str) -> Iterator[Database]:
    database = Database(databases.app_dsn(name))
    yield database
    database.close()


@pytest.fixture
def tx(opened: Database) -> Iterator[Transaction]:
    with opened.transaction_as(SERVICE_PERSON) as transaction:
        yield transaction
        transaction.undo()


@pytest.fixture(scope="module")
def app(databases: Databases, name: str, settings: Settings) -> Flask:
    return create_app(
        Settings(var=settings.var, time_zone=settings.time_zone, admin_totp=False),
        databases.app_dsn(name),
    )


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


# -- standing in --------------------------------------------------------------------------


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


# -- hand-over ----------------------------------------------------------------------------


def prepared(tx: Transaction, day: date = WEEK, taker: str = "zhao") -> int:
    asked = HandoverRequest(number(tx, "wang"), {own(tx, "wang"): taker}, day)
    return handover.prepare(tx, asked, TODAY)


def act_as(tx: Transaction, person: int) -> None:
    tx.person = person
    tx.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(person))


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


# -- the pages ----------------------------------------------------------------------------


def post(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    token = csrf_token(client, "/map")
    answer = client.post(path, data=form | {"csrf_token": token}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_person_from_first_day_to_last(app: Flask) -> None:
    boss = signed_in_client(app, "boss")
    form = {"name": "Sun Li", "sign_in": "sun", "role": "grid_chief", "grid": "Block (block:121)"}
    status, page = post(boss, "/people", **(form | {"sign_in": "su n"}))
    assert status == 422 and 'value="Sun Li"' in page and "letters, digits, dots" in page
    status, page = post(boss, "/people", **form)
    assert status == 200 and "shown once" in page
    found = boss.get("/people?q=sun").get_data(as_text=True)
    assert "Sun Li" in found and "never signed in" in found
    suggested = boss.get("/people/suggestions?kind=person&q=sun").get_json()
    assert suggested == {"names": ["Sun Li (sun)"]}
    assert boss.get("/people/suggestions?kind=grid&q=121").get_json()["names"] == [
        "Grid 121 (block:121)"
    ]


def test_signing_asks_for_the_password(app: Flask, opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        asked = HandoverRequest(number(tx, "li"), {own(tx, "li"): "zhao"}, WEEK)
        no = handover.prepare(tx, asked, TODAY)
    li = signed_in_client(app, "li")
    assert "waits for your signature" in li.get(f"/handovers/{no}").get_data(as_text=True)
    status, page = post(li, f"/handovers/{no}/sign", password="wrong")
    assert status == 422 and "nothing was signed" in page
    status, page = post(li, f"/handovers/{no}/sign", password=PASSWORD)
    assert status == 200 and "signed on" in page and "waits for your signature" not in page
    boss = signed_in_client(app, "boss")
    assert post(boss, f"/handovers/{no}/undo", reason="a test")[0] == 200


def test_looking_as_somebody_else_reads_only(app: Flask, opened: Database) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    status, page = post(boss, f"/people/{wang}/view-as", reason="question")
    assert status == 200 and "You are looking as Wang" in page
    units = boss.get("/api/v1/units").get_json()["units"]
    assert [unit["id"] for unit in units] == ["u0"]
    assert boss.get("/people").status_code == 403
    token = csrf_token(boss, "/map")
    for path in (f"/people/{wang}/password", "/people/gaps", "/handovers/1/sign"):
        answer = boss.post(path, data={"csrf_token": token})
        assert answer.status_code == 403 and "nothing can be changed" in answer.text
    assert "nothing can be downloaded" in boss.get("/export/units.csv").text
    status, page = post(boss, "/people/view-as/stop")
    assert status == 200 and "You are looking" not in page
    assert boss.get("/people").status_code == 200
    with opened.transaction_as(SERVICE_PERSON) as tx:
        seen = tx.row("SELECT looked, ended_at FROM viewing ORDER BY no DESC LIMIT 1")
        said = [
            row.action for row in tx.rows("SELECT action FROM audit_event ORDER BY no DESC LIMIT 2")
        ]
    assert seen is not None and seen.looked >= 5 and seen.ended_at is not None
    assert said[0] == "view_as_ended"


def test_a_look_ends_by_itself_and_is_not_for_others(
    app: Flask, opened: Database, databases: Databases, name: str
) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    assert post(boss, f"/people/{wang}/view-as", reason="whim")[0] == 422
    post(boss, f"/people/{wang}/view-as", reason="rights")
    databases.admin(name, "UPDATE gridward.viewing SET until = now() WHERE ended_at IS NULL")
    answer = boss.get("/units", headers={"Accept": "text/html"})
    assert answer.status_code == 403 and "you are yourself again" in answer.text
    assert boss.get("/people").status_code == 200
    assert post(signed_in_client(app, "head"), f"/people/{wang}/view-as", reason="rights")[0] == 403


def test_the_database_writes_nothing_for_who_looks(opened: Database) -> None:
    with (
        pytest.raises(Forbidden, match="nothing can be changed"),
        opened.transaction_as(SERVICE_PERSON, viewer=SERVICE_PERSON) as tx,
    ):
        tx.execute("UPDATE person SET language = 'en'")


def test_reasons_and_roles_have_rules() -> None:
    assert rules.last_day(rules.day_after(TODAY)) == TODAY
    with pytest.raises(Forbidden):
        identity_rules.check_viewing("units.export", "GET")
    with pytest.raises(Forbidden, match="its person's alone"):
        identity_rules.check_viewing("account", "GET")
    identity_rules.check_viewing("units.read", "GET")


# -- names ----------------------------------------------------------------------------------


def test_a_name_is_changed_noted_and_changed_back(app: Flask, opened: Database) -> None:
    boss = signed_in_client(app, "boss")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    page = post(boss, f"/people/{wang}/name", name=" 王建国 ", organisation="应急管理局")[1]
    assert "王建国" in page and "应急管理局" in page
    with opened.transaction_as(SERVICE_PERSON) as tx:
        detail = tx.value(
            "SELECT detail FROM audit_event WHERE action = 'person_renamed' "
            "ORDER BY no DESC LIMIT 1"
        )
        assert detail == {"name": "王建国", "organisation": "应急管理局", "former": "Wang"}
    status, page = post(boss, f"/people/{wang}/name", name=" ", organisation="kept in the form")
    assert status == 422 and "1 to 80 characters" in page and "kept in the form" in page
    post(boss, f"/people/{wang}/name", name="Wang", organisation="")
    with opened.transaction_as(SERVICE_PERSON) as tx:
        assert people.person(tx, wang)[2:4] == ("Wang", None)


def test_nobody_renames_themselves(opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        wang = number(tx, "wang")
    for change in ("name = 'Boss'", "organisation = 'Bureau'"):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            opened.transaction_as(wang) as tx,
        ):
            tx.execute(f"UPDATE person SET {change} WHERE no = person()")


def test_the_page_of_a_unit_names_who_stands_in(app: Flask, opened: Database) -> None:
    with opened.transaction_as(SERVICE_PERSON) as tx:
        cover = away(tx, "wang", "li", TODAY, WEEK)
        unit = tx.value("SELECT no FROM target WHERE kind = 'unit' ORDER BY no LIMIT 1")
    page = signed_in_client(app, "boss").get(f"/units/{unit}").text
    assert "on leave until" in page and "stands in for Wang until" in page
    with opened.transaction_as(SERVICE_PERSON) as tx:
        people.end_cover(tx, cover, TODAY)
