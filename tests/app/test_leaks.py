"""Nobody is told anything from outside the own territory; and this test can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import pytest
from flask import Flask

from app import create_app
from app.db.connection import Database, Transaction
from app.http import database as application_database
from app.identity.model import SERVICE_PERSON
from app.identity.rules import ROLES
from app.registry import routes as registry_routes
from app.reports import routes as reports_routes
from app.residents import rules as residents_rules
from app.settings import Settings
from app.tiles import routes as tiles_routes
from tests.app.leak_city import ASKERS, build_city
from tests.app.leak_figures import households
from tests.app.leaks import (
    CARRYING_UNITS,
    PERSONS,
    codes_in,
    find_leaks,
    judge,
    unknown_endpoints,
)
from tests.conftest import Databases, signed_in_client


@dataclass
class City:
    name: str
    app: Flask
    targets: dict[str, int]


BLOCKCHIEF = ASKERS[0]


@pytest.fixture(scope="module")
def make_city(databases: Databases, settings: Settings) -> Callable[[], City]:
    """Copies of one city, made when asked for: some tests break theirs."""
    template = databases.copy()
    opened = Database(databases.app_dsn(template))
    targets = build_city(opened, settings)
    opened.close()

    def make() -> City:
        name = databases.copy(template)
        return City(name, create_app(settings, databases.app_dsn(name)), targets)

    return make


@pytest.fixture(scope="module")
def city(make_city: Callable[[], City]) -> City:
    return make_city()


def test_every_role_is_asked() -> None:
    assert {asker.role for asker in ASKERS} == set(ROLES)


def test_nothing_from_outside_the_territory_comes_back(city: City) -> None:
    assert find_leaks(city.app, city.targets) == []


@contextmanager
def as_whole_city() -> Iterator[Transaction]:
    """What a careless route would open: everybody's rows for whoever asks."""
    with application_database().transaction_as(SERVICE_PERSON) as tx:
        yield tx


@pytest.mark.parametrize(
    ("room", "endpoint"),
    [
        (registry_routes, "registry.list_units_json"),
        (tiles_routes, "tiles.unit_tile"),
        (reports_routes, "reports.export_units"),
        (reports_routes, "reports.list_register_json"),
    ],
    ids=["route", "tile", "export", "register"],
)
def test_a_broken_route_tile_or_export_is_found(
    city: City, monkeypatch: pytest.MonkeyPatch, room: ModuleType, endpoint: str
) -> None:
    monkeypatch.setattr(room, "transaction", as_whole_city)
    leaks = find_leaks(city.app, city.targets, [BLOCKCHIEF], [endpoint])
    assert any(leak.startswith(f"{endpoint} told blockchief of") for leak in leaks), leaks


def test_a_broken_policy_is_found(make_city: Callable[[], City], databases: Databases) -> None:
    copy = make_city()
    for table in ("target", "unit", "building", "facility", "hazard", "place", "search_gram"):
        databases.admin(copy.name, f"ALTER POLICY territory ON gridward.{table} USING (true)")
    leaks = find_leaks(copy.app, copy.targets, [BLOCKCHIEF], CARRYING_UNITS)
    # duties come from a function that asks for the reader's territory itself
    for endpoint in set(CARRYING_UNITS) - {"coverage.list_duties", "coverage_files.export_duties"}:
        assert any(leak.startswith(f"{endpoint} told blockchief of") for leak in leaks), endpoint
    assert "attachments.show_photo did not answer blockchief with 404 of 133" in leaks


def test_a_broken_mask_or_policy_of_persons_is_found(
    city: City, make_city: Callable[[], City], databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = make_city()
    databases.admin(copy.name, "ALTER POLICY persons ON gridward.household USING (true)")
    for asker in ASKERS:
        if not asker.grids:  # the others meet a second policy, that of the target
            client = signed_in_client(copy.app, asker.name)
            assert any(
                leak.startswith(f"residents.list_residents_json showed {asker.name} the households")
                for leak in households(asker, client, copy.targets)
            ), asker.name
    monkeypatch.setattr(residents_rules, "mask_name", lambda name: name)
    client = signed_in_client(city.app, "blockchief")
    for endpoint in ("residents.list_residents", "residents.list_residents_json"):
        address = PERSONS[endpoint][0]
        assert judge(BLOCKCHIEF, endpoint, codes_in(client, address)) == [
            f"{endpoint} told blockchief of person Person-111"
        ]


def test_it_refuses_to_pass_where_the_own_area_is_empty(
    make_city: Callable[[], City], databases: Databases
) -> None:
    copy = make_city()
    for table in ("check_event", "check_claim", "inspection_photo", "inspection"):
        databases.admin(copy.name, f"DELETE FROM gridward.{table}")
    for table in ("unit", "building", "facility", "hazard", "place"):
        databases.admin(copy.name, f"DELETE FROM gridward.{table}")
    leaks = find_leaks(copy.app, copy.targets, [BLOCKCHIEF], CARRYING_UNITS)
    assert any("nothing was proved" in leak for leak in leaks)


def test_a_route_without_a_recipe_is_found() -> None:
    extra = Flask("extra")
    extra.add_url_rule("/everything", "registry.everything", lambda: "")
    assert any("registry.everything: no recipe" in leak for leak in unknown_endpoints(extra))
