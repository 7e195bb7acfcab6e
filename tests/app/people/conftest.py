"""A copy of one city with people for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from app.db.connection import Database, Transaction
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from tests.app.people.staff import PEOPLE
from tests.builders import add_person, add_units, publish_city
from tests.conftest import PASSWORD, Databases


@pytest.fixture(scope="session")
def staffed(databases: Databases) -> str:
    """The name of a database that is only copied."""
    made = databases.copy()
    opened = Database(databases.app_dsn(made))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        for sign_in, (role, grid) in PEOPLE.items():
            add_person(tx, sign_in, role, grid, PASSWORD)
        add_units(tx, [(118.005, 31.005), (118.025, 31.005)])
    opened.close()
    return made


@pytest.fixture(scope="module")
def name(databases: Databases, staffed: str) -> Iterator[str]:
    made = databases.copy(staffed)
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
