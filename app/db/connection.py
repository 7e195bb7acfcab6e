"""Connections as the application role, and the one way to open a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Semaphore
from typing import Any

import psycopg2
from psycopg2.errors import ReadOnlySqlTransaction
from psycopg2.extensions import connection as PsycopgConnection
from psycopg2.extras import NamedTupleCursor, execute_values
from psycopg2.pool import ThreadedConnectionPool

from app.errors import Busy, Forbidden, Refusal
from app.settings import Settings

STATEMENT_TIMEOUT = "57014"
# psycopg2 says the one when a statement meets a dead connection, the other when a rollback does
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)


class Transaction:
    """One transaction under one person's scope.  Stores run statements on it; they never commit."""

    def __init__(
        self,
        connection: PsycopgConnection,
        person: int | None,
        os_user: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.connection = connection
        self.settings = settings  # of the deployment: its keys open what is sealed in the rows
        self.person = person
        self.os_user = os_user  # of the command line and the worker, for the audit log

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.connection.cursor(cursor_factory=NamedTupleCursor) as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def row(self, sql: str, **values: Any) -> Any | None:
        """The first row, or None."""
        found = self.rows(sql, **values)
        return found[0] if found else None

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, **values)
        return found[0] if found else None

    def execute(self, sql: str, **values: Any) -> int:
        """Run the statement; answer the number of rows it touched."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)

    def undo(self) -> None:
        """Take back all that was done so far: the end of a dry run.  No rows are seen after it."""
        self.connection.rollback()

    def many(
        self, sql: str, rows: Sequence[Mapping[str, Any]], template: str, fetch: bool = False
    ) -> list[Any]:
        """Run one ``VALUES %s`` statement over many rows in pages of a thousand."""
        with self.connection.cursor() as cursor:
            found = execute_values(
                cursor, sql, rows, template=template, page_size=1000, fetch=fetch
            )
            return list(found or [])

    def stream(self, sql: str, name: str, size: int, **values: Any) -> Iterator[list[Any]]:
        """Rows in batches of ``size`` from a server-side cursor: constant memory."""
        with self.connection.cursor(name=name, cursor_factory=NamedTupleCursor) as cursor:
            cursor.itersize = size
            cursor.execute(sql, values)
            while batch := cursor.fetchmany(size):
                yield batch


class Database:
    """A small pool of application-role connections."""

    def __init__(
        self,
        dsn: str,
        size: int = 4,
        statement_timeout_ms: int = 0,
        os_user: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._dsn = dsn
        self._settings = settings
        self._os_user = os_user
        self._options = f"-c statement_timeout={statement_timeout_ms}"
        self._size = size
        self._free = Semaphore(size)
        self._pool: ThreadedConnectionPool | None = None

    @property
    def dsn(self) -> str:
        return self._dsn

    def _connections(self) -> ThreadedConnectionPool:
        # made on first use: a forked server process must not share its parent's sockets
        if self._pool is None:
            self._pool = ThreadedConnectionPool(0, self._size, self._dsn, options=self._options)
            # opened one by one, but kept: the pool closes what comes back beyond its minimum
            self._pool.minconn = self._size
        return self._pool

    @contextmanager
    def transaction_as(
        self, person: int | None, viewer: int | None = None
    ) -> Iterator[Transaction]:
        """One transaction in which the database limits rows to the person's territory.

        The setting is transaction-local: it dies with the transaction, so a pooled connection
        can never carry one person's scope to the next.  Nobody (None) sees no rows.  A viewer
        looks as the person: nothing can be written, and persons' data stay closed.
        """
        if not self._free.acquire(timeout=2):  # psycopg2's pool raises when empty, it never waits
            raise Busy("No database connection is free at the moment; please try again.")
        try:
            pool = self._connections()
            connection = self._connect(pool)
            try:
                with connection:  # commits on success, rolls back on any exception
                    transaction = Transaction(connection, person, self._os_user, self._settings)
                    transaction.execute(
                        "SELECT set_config('gridward.person', %(no)s, true), "
                        "set_config('gridward.viewer', %(viewer)s, true)",
                        no="" if person is None else str(person),
                        viewer="" if viewer is None else str(viewer),
                    )
                    if viewer is not None:
                        transaction.execute("SET TRANSACTION READ ONLY")
                    yield transaction
            except ReadOnlySqlTransaction as fault:
                raise Forbidden(
                    "You are looking as somebody else: nothing can be changed. Stop looking first."
                ) from fault
            except LOST as fault:
                if fault.pgcode == STATEMENT_TIMEOUT:
                    raise Busy(
                        "This took too long and was stopped; nothing was changed. "
                        "Ask for a smaller area or a shorter time."
                    ) from fault
                if connection.closed:
                    raise Busy(
                        "The database does not answer at the moment; please try again."
                    ) from fault
                raise
            finally:
                pool.putconn(connection, close=bool(connection.closed))
        finally:
            self._free.release()

    def _connect(self, pool: ThreadedConnectionPool) -> PsycopgConnection:
        """A connection that answers: one that the server closed meanwhile is replaced."""
        for _ in range(self._size + 1):
            try:
                connection = pool.getconn()
            except LOST:
                break  # the server itself is away
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                connection.rollback()
                return connection
            except LOST:
                pool.putconn(connection, close=True)
        raise Busy("The database does not answer at the moment; please try again.")

    def close(self) -> None:
        if self._pool is not None:
            self._pool.closeall()
            self._pool = None


def refuse_strong_role(database: Database) -> None:
    """Refuse to serve as a role that row security does not bind, or that can become one."""
    with database.transaction_as(None) as tx:
        row = tx.row("""
            SELECT current_user AS role, EXISTS (
                       SELECT 1 FROM pg_roles b
                       WHERE (b.rolsuper OR b.rolbypassrls OR b.oid = n.nspowner)
                         AND pg_has_role(current_user, b.oid, 'MEMBER')) AS strong
            FROM pg_namespace n WHERE n.nspname = 'gridward'""")
    if row is None or row.strong:
        raise Refusal(
            "The server refuses to start: its database role must be the application "
            "role, not one that passes by row security (%(role)s).",
            role=row.role if row else "?",
        )
