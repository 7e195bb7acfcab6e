"""Copies the whole database out and puts a copy in, by PostgreSQL's own programs.

A copy holds tables and rows.  Owners, policies and grants are not taken from it: they are those
of the program that restores, so that a copy made under another database's name fits here, and
none can bring in rights of its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from app.db.deployment import Administration
from app.db.migrate import PROGRAMS, SEARCH
from app.errors import Refusal

HERE = Path(__file__).parent
SCHEMAS = ("--schema=gridward", "--schema=queue")
POLICY = re.compile(r"^\d+; \d+ \d+ POLICY ")
LISTED_REASONS = 3
PIECE = 1 << 20


@dataclass(frozen=True)
class Contents:
    """What a database holds at one instant."""

    snapshot: str  # by which another session sees exactly the same
    counts: Mapping[str, int]
    migrations: Mapping[str, str]  # name → sha256
    server_version: int  # like 150018


@contextmanager
def frozen_contents(admin: Administration) -> Iterator[Contents]:
    """Counts of one instant, and the snapshot that lets `dump` copy that same instant."""
    connection = psycopg2.connect(admin.dsn)
    try:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = str(cursor.fetchone()[0])
            cursor.execute((HERE / "dumps/counts.sql").read_text(encoding="utf-8"))
            counts = {str(name): int(rows) for name, rows in cursor.fetchall()}
            cursor.execute("SELECT name, sha256 FROM gridward.migration")
            migrations = {str(name): str(digest) for name, digest in cursor.fetchall()}
            for follows in (PROGRAMS, SEARCH):  # the program that runs, not the backup
                migrations.pop(follows, None)
            yield Contents(snapshot, counts, migrations, connection.server_version)
    finally:
        connection.close()


@contextmanager
def dump(admin: Administration, contents: Contents) -> Iterator[IO[bytes]]:
    """The stream of pg_dump's archive; refused where it does not end well."""
    with _address(admin) as address, tempfile.TemporaryFile() as said:
        running = subprocess.Popen(
            [
                admin.clients / "pg_dump",
                f"--dbname={address}",
                "--format=custom",
                f"--snapshot={contents.snapshot}",
                *SCHEMAS,
            ],
            stdout=subprocess.PIPE,
            stderr=said,
        )
        assert running.stdout is not None
        try:
            yield running.stdout
        finally:
            running.stdout.close()
            ended = running.wait()
        if ended != 0:
            raise Refusal("The database could not be copied: %(why)s", why=_last_words(said))


def load(admin: Administration, archive: Path, counts: Mapping[str, int]) -> None:
    """Put the archive in place of what is here, in one transaction: all of it or nothing.

    Raises
    ------
    Refusal
        A statement failed, or a table has other rows than were counted; nothing was changed.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile() as said,
        _address(admin) as address,
    ):
        wanted = _listed(admin, archive, Path(folder))
        psql = subprocess.Popen(
            [
                admin.clients / "psql",
                f"--dbname={address}",
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                f"--set=expected={orjson.dumps(dict(counts)).decode()}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        assert psql.stdin is not None
        whole = _feed(admin, archive, wanted, psql.stdin)
        if psql.wait() != 0 or not whole:
            raise Refusal(
                "The backup could not be loaded; nothing was changed: %(why)s",
                why=_last_words(said),
            )


def _feed(admin: Administration, archive: Path, wanted: Path, psql: IO[bytes]) -> bool:
    """One transaction for psql; without its end, which commits, psql takes everything back."""
    try:
        psql.write((HERE / "dumps/clear.sql").read_bytes())
        whole = _write_script(admin, archive, wanted, psql)
        if whole:
            psql.write((HERE / "dumps/check.sql").read_bytes())
        psql.close()
    except BrokenPipeError:  # it refused a statement and is gone
        return False
    return whole


def _listed(admin: Administration, archive: Path, folder: Path) -> Path:
    """The archive's table of contents without policies, which name roles of another cluster."""
    done = subprocess.run(
        [admin.clients / "pg_restore", "--list", str(archive)], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Refusal(
            "The database in this backup cannot be read here: %(why)s", why=done.stderr.strip()
        )
    wanted = folder / "contents"
    kept = [line for line in done.stdout.splitlines() if not POLICY.match(line)]
    wanted.write_text("\n".join(kept), encoding="utf-8")
    return wanted


def _write_script(admin: Administration, archive: Path, wanted: Path, out: IO[bytes]) -> bool:
    """The archive as SQL that makes everything the owner's; answers whether it came to its end."""
    running = subprocess.Popen(
        [
            admin.clients / "pg_restore",
            "--file=-",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            f"--role={admin.roles.owner}",
            f"--use-list={wanted}",
            str(archive),
        ],
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    try:
        shutil.copyfileobj(running.stdout, out, PIECE)
    finally:
        running.stdout.close()
        ended = running.wait()
    return ended == 0


def busy_sessions(admin: Administration) -> int:
    """How many connections of a running Gridward this database has."""
    return int(
        _value(
            admin,
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = %s",
            admin.roles.app,
        )
    )


def holds_data(admin: Administration) -> bool:
    """Whether anything was put into this database since it was made."""
    return bool(
        _value(
            admin,
            "SELECT EXISTS (SELECT 1 FROM gridward.level) OR EXISTS (SELECT 1 FROM "
            "gridward.edition) OR EXISTS (SELECT 1 FROM gridward.target) OR EXISTS "
            "(SELECT 1 FROM gridward.person WHERE kind = 'person')",
        )
    )


def _value(admin: Administration, sql: str, *values: object) -> Any:
    connection = psycopg2.connect(admin.dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()[0]
    finally:
        connection.close()


@contextmanager
def _address(admin: Administration) -> Iterator[str]:
    """The database's address with its password in a file: no process list shows it."""
    parts = parse_dsn(admin.dsn)
    password = parts.pop("password", None)
    if password is None:
        yield str(make_dsn(**parts))
        return
    with tempfile.NamedTemporaryFile("w", prefix="gridward-") as stream:  # private by default
        stream.write("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", password) + "\n")
        stream.flush()
        yield str(make_dsn(**parts, passfile=stream.name))


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[:LISTED_REASONS]) or "it said nothing."
