"""Anything is found by a few signs, by whoever may see it, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from app.registry import actions as registry
from app.search import actions
from app.search.model import Answer, Query
from tests.app.leak_city import WRITERS, registered
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_person,
    batch,
    publish_city,
    unit_draft,
)
from tests.conftest import Databases

SignIn = Callable[[str], FlaskClient]
NAMES = {  # number → name, all in block 111
    "A-0017": "阳光超市",
    "A-0018": "向阳光学仪器厂",
    "A-0019": "重庆银行",
    "A-0020": "Greenfield Hotel 绿野宾馆",
    "B-1234": "东湖面馆（二）",
    "B-9999": "Café №１ Zürich",
}


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[Database]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        drafts = [
            unit_draft(key, row=row, name=name) for row, (key, name) in enumerate(NAMES.items())
        ]
        registry.import_targets(tx, registry.UNITS, drafts, [], len(drafts), batch("units"))
    yield opened
    opened.close()
    databases.drop(name)


@pytest.fixture
def city(filled: Database) -> Iterator[Transaction]:
    """A transaction on the same few units; undone afterwards."""
    with filled.transaction_as(SERVICE_PERSON) as tx:
        yield tx
        tx.undo()


def ask(tx: Transaction, text: str, near: tuple[float, float] | None = None) -> Answer:
    return actions.search(tx, Query(text, near), TODAY, 10)


def names(answer: Answer, kind: str = "unit") -> list[str]:
    return [one.name for group in answer.groups if group.kind == kind for one in group.found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("阳光超市", "阳光超市"),  # the whole name
        ("阳光", "阳光超市"),  # its beginning, before a name that holds it
        ("光超", "阳光超市"),
        ("A-0019", "重庆银行"),
        ("a0019", "重庆银行"),
        ("0019", "重庆银行"),
        ("yangguangchaoshi", "阳光超市"),
        ("yangguangchao", "阳光超市"),  # still being typed
        ("ygcs", "阳光超市"),
        ("chongqingyinhang", "重庆银行"),  # both readings of both characters
        ("cqyh", "重庆银行"),
        ("羊光超市", "阳光超市"),  # a character that sounds the same
        ("东湖面官", "东湖面馆（二）"),
        ("greenfeild", "Greenfield Hotel 绿野宾馆"),  # two letters exchanged
        ("ＧＲＥＥＮｆｉｅｌｄ", "Greenfield Hotel 绿野宾馆"),  # wide letters
        ("hotel greenfield", "Greenfield Hotel 绿野宾馆"),
        ("绿野", "Greenfield Hotel 绿野宾馆"),
        ("cafe", "Café №１ Zürich"),
        ("zurich", "Café №１ Zürich"),
        ("面馆东湖", "东湖面馆（二）"),  # parts without a blank between them
    ],
)
def test_the_first_answer_is_the_one_that_was_meant(
    city: Transaction, text: str, found: str
) -> None:
    answer = ask(city, text)
    assert names(answer)[:1] == [found], answer


@pytest.mark.parametrize("text", ["不存在的名字", "qwertz", "A-7777", "阳光 银行"])
def test_what_is_not_there_is_not_found(city: Transaction, text: str) -> None:
    assert list(ask(city, text).groups) == []


@pytest.mark.parametrize("text", ["", " ", "阳", "ab", "?!", "％％％"])
def test_too_little_is_said_to_be_too_little(city: Transaction, text: str) -> None:
    answer = ask(city, text)
    assert answer.too_short and answer.total == 0


def test_a_class_finds_what_belongs_to_it(city: Transaction) -> None:
    assert set(names(ask(city, "商店"))) == set(NAMES.values())
    assert set(names(ask(city, "shop"))) == set(NAMES.values())
    assert names(ask(city, "学校")) == []


def test_an_address_is_a_place(city: Transaction) -> None:
    group = next(one for one in ask(city, "1 Test Street").groups if one.kind == "address")
    place = group.found[0]
    assert (place.address, place.things, place.exact) == ("1 Test Street", len(NAMES), True)
    assert (place.lon, place.lat) == pytest.approx((WEST + 0.001, SOUTH + 0.001))


def test_the_nearest_known_number_stands_in_for_one_that_is_not_known(city: Transaction) -> None:
    drafts = [
        unit_draft(f"n{number}", row=number, name=f"店{number}") for number in (12, 60, 64, 102)
    ]
    drafts = [replace(one, address=f"建设路 {one.row} 号") for one in drafts]
    registry.import_targets(city, registry.UNITS, drafts, [], len(drafts), batch("units"))
    exact = next(one for one in ask(city, "建设路64号").groups if one.kind == "address")
    assert [(place.address, place.exact) for place in exact.found] == [("建设路 64 号", True)]
    near = next(one for one in ask(city, "建设路63号").groups if one.kind == "address")
    assert [(place.address, place.exact) for place in near.found][:2] == [
        ("建设路 64 号", False),
        ("建设路 60 号", False),
    ]


def test_grids_are_found_by_name_code_and_sound(city: Transaction) -> None:
    assert names(ask(city, "格111"), "grid") == ["格111"]
    assert names(ask(city, "Grid 111"), "grid") == ["格111"]
    assert names(ask(city, "244"), "grid")[0] == "格244"


def test_the_rest_of_the_question_is_sought_in_the_grid_that_it_names(city: Transaction) -> None:
    assert names(ask(city, "格111超市")) == ["阳光超市"]
    assert names(ask(city, "格244超市")) == []


def test_people_are_found_by_role_by_name_and_for_the_grid_that_they_answer_for(
    city: Transaction,
) -> None:
    add_person(city, "wanglihua", "grid_chief", "block:111")
    add_person(city, "zhaosi", "grid_chief", "block:244")
    assert names(ask(city, "网格长"), "person") == ["Wanglihua", "Zhaosi"]
    assert names(ask(city, "grid chief 244"), "person") == ["Zhaosi"]
    assert names(ask(city, "网格长 格111"), "person") == ["Wanglihua"]
    assert names(ask(city, "wanglih"), "person") == ["Wanglihua"]
    assert names(ask(city, "格244"), "person") == ["Zhaosi"]


def test_the_nearer_of_two_equals_comes_first(city: Transaction) -> None:
    drafts = [
        unit_draft("west", WEST + 0.001, SOUTH + 0.001, 2, "福记药店"),
        unit_draft("east", WEST + 0.15, SOUTH + 0.001, 3, "福记药店"),
    ]
    registry.import_targets(city, registry.UNITS, drafts, [], len(drafts), batch("units"))
    for near, first in (((WEST, SOUTH), "west"), ((WEST + 0.16, SOUTH), "east")):
        group = ask(city, "福记药店", near).groups[0]
        assert [one.id for one in group.found][0] == first


def test_the_search_follows_every_change(city: Transaction) -> None:
    """A name that changes, a point that moves to another grid, a row that goes."""
    moved = unit_draft("A-0017", WEST + 0.15, SOUTH + 0.07, 2, "福临药房")
    registry.import_targets(city, registry.UNITS, [moved], [], 1, batch("units"))
    assert names(ask(city, "阳光超市")) == []
    assert names(ask(city, "福临药房")) == ["福临药房"]
    assert examine(city)["sound"]
    chief = add_person(city, "far", "grid_chief", "block:244")
    city.execute("SELECT set_config('gridward.person', %(no)s, true)", no=str(chief))
    assert names(ask(city, "福临药房")) == ["福临药房"]
    assert names(ask(city, "银行")) == []


def test_all_of_the_demo_city_is_searched_but_its_households(demo_database: Database) -> None:
    with demo_database.transaction_as(SERVICE_PERSON) as tx:
        stored = tx.value("SELECT count(*) FROM search_gram")
        assert stored > 100_000
        assert tx.value("SELECT count(DISTINCT target_no) FROM search_gram") == tx.value(
            "SELECT count(*) FROM target WHERE kind NOT IN ('household', 'grid')"
        )
        assert tx.value("SELECT count(DISTINCT grid_no) FROM grid_gram") == tx.value(
            "SELECT count(*) FROM grid_shape s JOIN edition e ON e.no = s.edition_no "
            "WHERE e.state = 'active'"
        )


def test_the_page_and_the_interface_say_the_same(sign_in: SignIn) -> None:
    client = sign_in("leader")
    told = client.get("/api/v1/search?q=U00012").get_json()
    units = next(group for group in told["groups"] if group["kind"] == "unit")
    assert units["total"] == 1
    hit = units["results"][0]
    page = client.get("/search?q=U00012").get_data(as_text=True)
    assert hit["title"] in page and hit["url"] in page
    assert client.get(hit["url"]).status_code == 200
    assert "A little more" in client.get("/search?q=a").get_data(as_text=True)
    assert "Nothing in your area" in client.get("/search?q=zzzzqqqq").get_data(as_text=True)


def test_a_chief_finds_only_the_own_block_but_every_grid(sign_in: SignIn) -> None:
    chief, leader = (
        sign_in(name).get("/api/v1/search?q=面馆&limit=50").get_json()
        for name in ("chief", "leader")
    )
    assert chief["total"] < leader["total"]
    town = sign_in("chief").get("/api/v1/search?q=东渡街道").get_json()["groups"][0]
    assert (town["kind"], town["results"][0]["title"]) == ("grid", "Dongdu Subdistrict")


@pytest.mark.parametrize(
    "query", ["q=abc&near=118", "q=abc&near=999,1", "q=abc&limit=0", "q=" + "x" * 90]
)
def test_a_bad_question_is_refused_in_words(sign_in: SignIn, query: str) -> None:
    answer = sign_in("leader").get(f"/api/v1/search?{query}")
    assert answer.status_code == 422 and answer.get_json()["detail"], answer.get_json()


def test_every_register_is_searched_but_never_households(city: Transaction) -> None:
    draft = unit_draft("x", name="文昌塔")
    for key in ("buildings", "facilities", "places", "roads", "hazards"):
        registry.import_targets(city, WRITERS[key], [registered(key, draft)], [], 1, batch(key))
    add_households(city, {"h1": (WEST + 0.001, SOUTH + 0.001)}, name="文昌塔")
    answer = ask(city, "wenchangta")
    assert [(group.kind, group.total) for group in answer.groups] == [
        ("building", 1),
        ("facility", 1),
        ("place", 1),
        ("road", 1),
        ("hazard", 1),
    ]
    assert names(ask(city, "hazards-x"), "hazard") == ["文昌塔"]
    assert examine(city)["sound"]
