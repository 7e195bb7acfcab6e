"""Brings a database to the present schema: roles, migrations, queue, programs, ledger."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import psycopg2
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import (
    connection as PsycopgConnection,
    cursor as PsycopgCursor,
    encrypt_password,
    quote_ident,
)

from app.errors import Refusal

HERE = Path(__file__).parent
LOCK = 718_281_828  # any constant; one migration at a time in a cluster's database
TABLE_WAIT = "5s"  # for a table that others use
EXTENSIONS = ("postgis", "btree_gist")
PROGRAMS = "programs"  # the ledger's name for all files of that folder together
SEARCH = "search"  # and for the rules by which the pieces of words were made
SEARCH_RULES = "25_search.sql"
READINGS = HERE / "readings.txt"  # a syllable and all characters that are read so, line by line


@dataclass(frozen=True)
class Roles:
    """Roles live in the cluster, not in the database: their names carry the database's name."""

    owner: str
    scope: str
    app: str

    @classmethod
    def of(cls, database: str) -> Roles:
        return cls(f"{database}_owner", f"{database}_scope", f"{database}_app")


def migrate(dsn: str, app_password: str | None, time_zone: str) -> list[str]:
    """Apply what is missing; answer the names of what was applied.

    Each migration and its ledger row are one transaction: killed at any point, the next start
    goes on where this one stopped.

    Raises
    ------
    Refusal
        The role of ``dsn`` may not do this, a migration was edited, the database is newer, or
        somebody holds its tables.
    """
    connection = psycopg2.connect(dsn)
    try:
        roles = Roles.of(connection.info.dbname)
        with connection, connection.cursor() as cursor:
            _prepare(cursor, roles, app_password, time_zone)
        applied = [
            name
            for path in sorted((HERE / "migrations").glob("[0-9]*.sql"))
            for name in _apply(connection, path, roles)
        ]
        return applied + _apply_programs(connection, roles)
    except LockNotAvailable as fault:
        raise Refusal(
            "Another program works on tables that must be changed for this version. "
            "Stop it, or try again in a moment."
        ) from fault
    finally:
        connection.close()


def known_migrations() -> dict[str, str]:
    """Every migration of this version: name → sha256 of its text."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted((HERE / "migrations").glob("[0-9]*.sql"))
    }


def _prepare(cursor: PsycopgCursor, roles: Roles, app_password: str | None, time_zone: str) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    superuser = bool(cursor.fetchone()[0])
    names = {role: quote_ident(role, cursor) for role in (roles.owner, roles.scope, roles.app)}
    database = quote_ident(cursor.connection.info.dbname, cursor)
    wanted = _bootstrap_sql(names, roles, database, time_zone)
    if not superuser:
        _refuse_unprepared(cursor, roles, wanted, app_password)
    else:
        for role, sql in wanted:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if role is None or cursor.fetchone() is None:
                cursor.execute(sql)
    if superuser and app_password is not None:
        cursor.execute(f"ALTER ROLE {names[roles.app]} PASSWORD %s", (app_password,))
    for schema in ("gridward", "queue"):
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {names[roles.owner]}")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS gridward.migration (name text PRIMARY KEY, "
        "sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    cursor.execute(f"ALTER TABLE gridward.migration OWNER TO {names[roles.owner]}")
    _refuse_newer(cursor)


def _refuse_newer(cursor: PsycopgCursor) -> None:
    """An older program would put its own functions and policies over the newer schema."""
    known = [PROGRAMS, SEARCH, *known_migrations()]
    cursor.execute(
        "SELECT name FROM gridward.migration WHERE name <> ALL (%s) ORDER BY name", (known,)
    )
    foreign = [str(name) for (name,) in cursor.fetchall()]
    if foreign:
        raise Refusal(
            "This database was made by a newer version of Gridward: this one does not "
            "know %(names)s. Start the newer version.",
            names=", ".join(foreign),
        )


def _bootstrap_sql(
    names: dict[str, str], roles: Roles, database: str, time_zone: str
) -> list[tuple[str | None, str]]:
    """What only a superuser can do: (role that it makes or None for always, statement)."""
    app = names[roles.app]
    return [
        (roles.owner, f"CREATE ROLE {names[roles.owner]} NOLOGIN"),
        (roles.scope, f"CREATE ROLE {names[roles.scope]} NOLOGIN BYPASSRLS"),
        (roles.app, f"CREATE ROLE {app} LOGIN"),
        *((None, f"CREATE EXTENSION IF NOT EXISTS {name}") for name in EXTENSIONS),
        (None, f"GRANT CONNECT, CREATE ON DATABASE {database} TO {names[roles.owner]}"),
        (
            None,
            f"ALTER ROLE {app} IN DATABASE {database} SET search_path = gridward, queue, public",
        ),
        (None, f"ALTER ROLE {app} IN DATABASE {database} SET timezone = '{time_zone}'"),
    ]


def _refuse_unprepared(
    cursor: PsycopgCursor,
    roles: Roles,
    wanted: list[tuple[str | None, str]],
    app_password: str | None,
) -> None:
    """Without superuser rights everything must be in place already; else print the exact SQL."""
    cursor.execute(
        """
        SELECT (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)
           AND (SELECT count(*) = 3 FROM pg_roles WHERE rolname IN (%s, %s, %s))
           AND (SELECT count(*) = %s FROM pg_extension WHERE extname = ANY (%s))""",
        (roles.owner, roles.scope, roles.app, len(EXTENSIONS), list(EXTENSIONS)),
    )
    ready = bool(cursor.fetchone()[0])
    if ready:
        cursor.execute(
            "SELECT pg_has_role(%s, 'MEMBER') AND pg_has_role(%s, 'MEMBER')",
            (roles.owner, roles.scope),
        )
        ready = bool(cursor.fetchone()[0])
    if not ready:
        cursor.execute("SELECT current_user")
        user = quote_ident(cursor.fetchone()[0], cursor)
        sql = [statement for _, statement in wanted]
        if app_password is not None:  # the verifier that the server stores, not the password
            verifier = encrypt_password(app_password, roles.app, cursor.connection, "scram-sha-256")
            sql.append(f"ALTER ROLE {quote_ident(roles.app, cursor)} PASSWORD '{verifier}'")
        sql += [
            f"ALTER ROLE {user} BYPASSRLS",
            f"GRANT {quote_ident(roles.owner, cursor)}, {quote_ident(roles.scope, cursor)} "
            f"TO {user}",
        ]
        raise Refusal(
            "The role of DATABASE_URL cannot prepare this database. Have a superuser "
            "run the following there once, then start again:\n%(sql)s",
            sql=";\n".join(sql) + ";",
        )


def _with_roles(text: str, roles: Roles, cursor: PsycopgCursor) -> str:
    for place, role in (("@owner@", roles.owner), ("@scope@", roles.scope), ("@app@", roles.app)):
        text = text.replace(place, quote_ident(role, cursor))
    return text


def _apply(connection: PsycopgConnection, path: Path, roles: Roles) -> list[str]:
    text = path.read_text(encoding="utf-8")
    digest = sha256(text.encode()).hexdigest()
    with connection, connection.cursor() as cursor:
        _wait_for_turn(cursor)
        known = _known_digest(cursor, path.name)
        if known is not None and known != digest:
            raise Refusal(
                "%(name)s was edited after it was applied here; write a new migration instead.",
                name=path.name,
            )
        if known is not None:
            return []
        _act_as_owner(cursor, roles)
        if "queue." in text:
            _install_queue(cursor)
        cursor.execute(_with_roles(text, roles, cursor))
        _record(cursor, path.name, digest)
    return [path.name]


def _install_queue(cursor: PsycopgCursor) -> None:
    """The queue library's own tables, from its package, inside schema queue."""
    text = files("procrastinate").joinpath("sql/schema.sql").read_text(encoding="utf-8")
    cursor.execute("SET LOCAL search_path = queue, pg_catalog")
    cursor.execute(text)
    cursor.execute("SET LOCAL search_path = gridward, queue, public")


def _apply_programs(connection: PsycopgConnection, roles: Roles) -> list[str]:
    """Functions, policies and grants: replaced whole, in order, when any text changed."""
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((HERE / "programs").glob("*.sql"))
    }
    digest = sha256("".join(texts.values()).encode()).hexdigest()
    with connection, connection.cursor() as cursor:
        _wait_for_turn(cursor)
        if _known_digest(cursor, PROGRAMS) == digest:
            return []
        cursor.execute("SET LOCAL search_path = gridward, queue, public")
        for text in texts.values():
            cursor.execute(_with_roles(text, roles, cursor))
        _renew_search(cursor, roles, texts.get(SEARCH_RULES, ""))
        _record(cursor, PROGRAMS, digest)
    return list(texts)


def _renew_search(cursor: PsycopgCursor, roles: Roles, rules: str) -> None:
    """Make the pieces of words that are searched anew when the rules for them changed."""
    digest = sha256(rules.encode()).hexdigest()
    if not rules or _known_digest(cursor, SEARCH) == digest:
        return
    _act_as_owner(cursor, roles)
    _write_readings(cursor, READINGS.read_text(encoding="utf-8"))
    cursor.execute("RESET ROLE")  # who migrates passes by row security, which binds the owner
    cursor.execute("SELECT gridward.rebuild_search()")
    _record(cursor, SEARCH, digest)


def _write_readings(cursor: PsycopgCursor, readings: str) -> None:
    syllables, characters = zip(*(line.split(" ") for line in readings.splitlines()), strict=True)
    cursor.execute("DELETE FROM reading")
    cursor.execute(
        """
        INSERT INTO reading (character, readings)
        SELECT sign, array_agg(line.syllable ORDER BY line.syllable)
        FROM unnest(%s, %s) AS line (syllable, characters)
        CROSS JOIN LATERAL regexp_split_to_table(line.characters, '') AS sign
        GROUP BY sign""",
        (list(syllables), list(characters)),
    )
    cursor.execute("ANALYZE reading")


def _wait_for_turn(cursor: PsycopgCursor) -> None:
    """One migration at a time.  It waits for another one, but not behind a busy server's tables:
    whoever came after it would wait as well.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", (TABLE_WAIT,))


def _act_as_owner(cursor: PsycopgCursor, roles: Roles) -> None:
    cursor.execute(f"SET LOCAL ROLE {quote_ident(roles.owner, cursor)}")
    cursor.execute("SET LOCAL search_path = gridward, queue, public")


def _known_digest(cursor: PsycopgCursor, name: str) -> str | None:
    cursor.execute("SELECT sha256 FROM gridward.migration WHERE name = %s", (name,))
    row = cursor.fetchone()
    return str(row[0]) if row else None


def _record(cursor: PsycopgCursor, name: str, digest: str) -> None:
    cursor.execute(
        "INSERT INTO gridward.migration (name, sha256) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, "
        "applied_at = now()",
        (name, digest),
    )
