"""A database that is up, at the present schema, and reachable as the application role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from app.db.cluster import SUPERUSER, Cluster, find_clients
from app.db.connection import LOST
from app.db.migrate import Roles, migrate
from app.errors import Refusal
from app.settings import Settings

DISK_FULL = "53100"


@dataclass(frozen=True)
class Administration:
    """What copies a whole database and puts one back: the role that migrates, and PostgreSQL's
    own client programs."""

    dsn: str
    clients: Path  # the folder of pg_dump, pg_restore and psql

    @property
    def roles(self) -> Roles:
        return Roles.of(parse_dsn(self.dsn)["dbname"])


@contextmanager
def deployment(settings: Settings) -> Iterator[str]:
    """Start or find the database, migrate it, and give the application role's DSN.

    A database that is lost while the caller works is a refusal too, never a traceback.
    """
    with _losses_in_words(), _prepared(settings) as dsn:
        yield dsn


@contextmanager
def administration(settings: Settings) -> Iterator[Administration]:
    """The same database as the role that migrates, which no row security binds."""
    with _losses_in_words():
        if settings.database_url is None:
            with Cluster(settings.var).running() as cluster:
                yield Administration(cluster.dsn(SUPERUSER), cluster.binaries)
            return
        _check_address(settings.database_url)
        yield Administration(settings.database_url, find_clients(settings.var))


@contextmanager
def _losses_in_words() -> Iterator[None]:
    try:
        yield
    except LOST as fault:
        if fault.pgcode == DISK_FULL:
            raise Refusal(
                "The disk that holds the database is full; nothing was changed. Free "
                "some space and try again."
            ) from fault
        raise Refusal(
            "The database stopped answering; what was not confirmed is undone. Please try again."
        ) from fault


@contextmanager
def _prepared(settings: Settings) -> Iterator[str]:
    settings.remember_time_zone()
    if settings.database_url is None:
        with Cluster(settings.var).running() as cluster:
            migrate(cluster.dsn(SUPERUSER), None, settings.time_zone)
            yield cluster.dsn(Roles.of("gridward").app)
        return
    _check_address(settings.database_url)
    password = None if settings.app_database_url else settings.key("app_database_password")
    try:
        migrate(settings.database_url, password, settings.time_zone)
    except psycopg2.OperationalError as fault:
        raise Refusal(
            "The database of DATABASE_URL does not answer: %(why)s", why=str(fault).strip()
        ) from fault
    yield settings.app_database_url or app_dsn(settings.database_url, password)


def _check_address(database_url: str) -> None:
    try:
        named = parse_dsn(database_url).get("dbname")
    except psycopg2.ProgrammingError:
        named = None
    if not named:
        raise Refusal(
            "DATABASE_URL is not the address of a database; write it like "
            "postgresql://user:password@host/database."
        )


def app_dsn(database_url: str, password: str | None) -> str:
    """The same server and database, as the application role."""
    parts = parse_dsn(database_url)
    parts |= {"user": Roles.of(parts["dbname"]).app, "password": password}
    return str(make_dsn(**parts))
