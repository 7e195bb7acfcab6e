"""A real cluster per test process, made by the real migrations; copies where a test writes."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.db.cluster import SUPERUSER, Cluster
from app.db.connection import Database, Transaction
from app.db.migrate import migrate
from app.demo import actions as demo
from app.identity.model import SERVICE_PERSON
from app.jobs.model import no_progress
from app.settings import PROJECT, Settings

TODAY = date(2026, 6, 30)
ZONE = "Asia/Shanghai"
PASSWORD = "Lantern-river-20"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real cities; tests that need it are skipped, with the reason, without it."""
    folder = Path(os.environ.get("GRIDWARD_REAL_DATA") or PROJECT.parent / "shared" / "data")
    if not (folder / "chicago" / "boundaries.gpkg").exists():
        pytest.skip(f"no real data in {folder}: set GRIDWARD_REAL_DATA")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The throw-away cluster of this test process."""
    var = Path(tempfile.mkdtemp(prefix="gridward-test-"))
    var.chmod(0o755)
    try:
        with Cluster(var).running() as running:
            migrate(running.dsn(SUPERUSER), None, ZONE)
            yield running
    finally:
        shutil.rmtree(var, ignore_errors=True)


class Databases:
    """Makes copies of databases in the test cluster and hands out connections to them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = count(1)

    def admin(self, name: str, sql: str) -> None:
        """Run one statement as the superuser, outside any transaction."""
        connection = psycopg2.connect(self.cluster.dsn(SUPERUSER, name))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()

    def copy(self, template: str = "gridward") -> str:
        name = f"copy{next(self._numbers)}"
        self.admin("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        self.admin(
            name,
            f"ALTER ROLE gridward_app IN DATABASE {name} SET search_path = gridward, queue, public",
        )
        self.admin(name, f"ALTER ROLE gridward_app IN DATABASE {name} SET timezone = '{ZONE}'")
        return name

    def drop(self, name: str) -> None:
        self.admin("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def app_dsn(self, name: str) -> str:
        return self.cluster.dsn("gridward_app", name)


@pytest.fixture(scope="session")
def databases(cluster: Cluster) -> Databases:
    return Databases(cluster)


@pytest.fixture(scope="session")
def settings(cluster: Cluster) -> Settings:
    return Settings(var=cluster.var, time_zone=ZONE, fixed_today=TODAY, admin_totp=False)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """An empty, migrated database of the test's own."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    yield opened
    opened.close()
    databases.drop(name)


@pytest.fixture(scope="session")
def untouched(databases: Databases) -> Iterator[Database]:
    """An empty, migrated database to which nobody ever commits."""
    opened = Database(databases.app_dsn(databases.copy()))
    yield opened
    opened.close()


@pytest.fixture
def tx(untouched: Database) -> Iterator[Transaction]:
    """A transaction of the service person on an empty database; undone afterwards.

    Only the numbers that sequences gave out stay used.
    """
    with untouched.transaction_as(SERVICE_PERSON) as transaction:
        yield transaction
        transaction.undo()


@pytest.fixture(scope="session")
def demo_name(databases: Databases, settings: Settings) -> str:
    """The name of a database that holds the demo city as of the fixed day; never written to."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as transaction:
        demo.prepare(transaction, PASSWORD, TODAY)
    settings.key("demo_password", lambda: PASSWORD)
    demo.fill(opened, settings, no_progress)
    opened.close()
    return name


@pytest.fixture(scope="session")
def demo_database(databases: Databases, demo_name: str) -> Iterator[Database]:
    opened = Database(databases.app_dsn(demo_name))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def demo_app(databases: Databases, demo_name: str, settings: Settings) -> Flask:
    return create_app(settings, databases.app_dsn(demo_name))


@pytest.fixture
def sign_in(demo_app: Flask) -> Callable[[str], FlaskClient]:
    """A test client signed in as one of the demo people, in English."""
    return lambda name: signed_in_client(demo_app, name)


def signed_in_client(app: Flask, name: str, password: str = PASSWORD) -> FlaskClient:
    """Sign in through the page as a browser would, CSRF token included."""
    client = app.test_client()
    client.post("/language", data={"language": "en", "csrf_token": csrf_token(client)})
    answer = client.post(
        "/sign-in", data={"name": name, "password": password, "csrf_token": csrf_token(client)}
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client


def csrf_token(client: FlaskClient, page: str = "/sign-in") -> str:
    text = client.get(page).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert found, f"no CSRF token on {page}"
    return found.group(1)
