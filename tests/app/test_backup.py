"""A backup of the demo city goes into an empty cluster and is the same city there."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg2
import pytest
from click.testing import CliRunner, Result

from app import create_app
from app.backup import actions as backups
from app.backup.archive import DATABASE, MANIFEST
from app.backup.model import BackupReport
from app.commands.__main__ import cli
from app.db.cluster import SUPERUSER, Cluster
from app.db.connection import Database
from app.errors import Forbidden, Refusal
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from tests.conftest import PASSWORD, TODAY, ZONE, Databases, signed_in_client

UPLOAD = b"id,name\n1,\xe9\x9c\x81\n"
SEAL = "not-a-real-key"
# owners, rights and policies of everything, as the catalogue says them
RIGHTS = """
    SELECT 'class', c.oid::regclass::text, pg_get_userbyid(c.relowner), c.relacl::text,
           c.relrowsecurity::text || c.relforcerowsecurity::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('gridward', 'queue') AND c.relkind IN ('r', 'v', 'S')
    UNION ALL
    SELECT 'column', a.attrelid::regclass::text || '.' || a.attname, NULL, a.attacl::text, NULL
    FROM pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid::regclass::text !~ '^pg_'
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text,
           pg_get_userbyid(p.proowner),
           has_function_privilege('gridward_app', p.oid, 'execute')::text
           || has_function_privilege('gridward_scope', p.oid, 'execute')::text
           || (p.proacl::text ~ '[{,]=')::text,
           p.proconfig::text
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'gridward' AND p.prosecdef
    UNION ALL
    SELECT 'policy', tablename || '.' || policyname, permissive || cmd, roles::text,
           qual || coalesce(with_check, '')
    FROM pg_policies
    ORDER BY 1, 2"""


def rows_of(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET search_path = gridward, queue, public")
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def backup(databases: Databases, demo_name: str) -> Iterator[BackupReport]:
    """Of a deployment that holds the demo city, an upload, a photo and keys; with the keys."""
    var = Path(tempfile.mkdtemp(prefix="gridward-origin-"))
    address = databases.cluster.dsn(SUPERUSER, demo_name)
    settings = Settings(var=var, database_url=address, time_zone=ZONE, fixed_today=TODAY)
    (var / "uploads/ab").mkdir(parents=True)
    (var / "uploads/ab/残疾 list.csv").write_bytes(UPLOAD)
    (var / "photos/cd").mkdir(parents=True)
    (var / "photos/cd/cd01").write_bytes(UPLOAD)
    settings.key("sealing_key", lambda: SEAL)
    settings.key("app_database_password")
    database = Database(databases.app_dsn(demo_name))
    with database.transaction_as(SERVICE_PERSON) as tx:
        made = backups.make_backup(tx, settings, var / "city.gwb", with_keys=True)
        noted = tx.row("SELECT subject, detail FROM audit_event WHERE action = 'backup'")
        assert noted.subject == "city.gwb" and noted.detail["sha256"] == made.sha256
        with pytest.raises(Refusal, match="is there already"):
            backups.make_backup(tx, settings, var / "city.gwb", with_keys=False)
        tx.undo()  # other tests read this database
    database.close()
    yield made
    shutil.rmtree(var)


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gridward-restore-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def altered(backup: BackupReport, folder: Path, **parts: bytes | None) -> Path:
    """The backup with some parts given other bytes, or (None) left out; the manifest is kept."""
    path = folder / "altered.gwb"
    with zipfile.ZipFile(backup.file) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = parts.get(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
        for name in parts.keys() - set(source.namelist()):
            target.writestr(name, parts[name] or b"")
    return path


def manifest_of(backup: BackupReport) -> dict[str, Any]:
    with zipfile.ZipFile(backup.file) as archive:
        return json.loads(archive.read(MANIFEST))


def with_manifest(backup: BackupReport, folder: Path, changes: Mapping[str, Any]) -> Path:
    said = json.dumps(manifest_of(backup) | changes).encode()
    return altered(backup, folder, **{MANIFEST: said})


# -- there and back -----------------------------------------------------------------------


def test_a_backup_is_one_private_file(backup: BackupReport) -> None:
    assert (backup.uploads, backup.photos, backup.keys) == (1, 1, 1)
    assert os.stat(backup.file).st_mode & 0o077 == 0
    assert os.stat(backup.file).st_size == backup.bytes
    with zipfile.ZipFile(backup.file) as archive:
        assert sorted(archive.namelist()) == [
            DATABASE,
            "keys/sealing_key",
            MANIFEST,
            "photos/cd/cd01",
            "uploads/ab/残疾 list.csv",
        ]


def test_an_empty_machine_becomes_the_same_city(
    backup: BackupReport, databases: Databases, var: Path
) -> None:
    empty = Settings(var=var, fixed_today=TODAY)
    told = gridward(var, "restore", backup.file, "--json")
    assert told.exit_code == 0, told.stderr
    report = json.loads(told.stdout)
    assert (report["rows"], report["tables"]) == (backup.rows, backup.tables)
    assert (report["uploads"], report["keys"], report["keys_missing"]) == (1, 1, [])
    assert report["sound"] is True and report["sha256"] == backup.sha256
    assert (var / "uploads/ab/残疾 list.csv").read_bytes() == UPLOAD
    assert (var / "photos/cd/cd01").read_bytes() == UPLOAD
    assert empty.key("sealing_key") == SEAL
    assert (var / "keys/sealing_key").stat().st_mode & 0o077 == 0
    assert not (var / "keys/app_database_password").exists()
    assert (var / "time_zone").read_text().strip() == ZONE, "days are counted as before"
    with Cluster(var).running() as cluster:
        assert rows_of(cluster.dsn(SUPERUSER), RIGHTS) == rows_of(
            databases.cluster.dsn(SUPERUSER), RIGHTS
        )
        app = create_app(replace(empty, time_zone=ZONE), cluster.dsn("gridward_app"))
        chief = signed_in_client(app, "chief", PASSWORD).get("/api/v1/units").get_json()
        city = signed_in_client(app, "leader", PASSWORD).get("/api/v1/inspected?level=block")
        assert 0 < len(chief["units"]) < 100
        assert city.get_json()["total"]["units"] > 1000
        app.extensions["gridward_database"].close()  # it stops, as a server must
        said = "SELECT action, detail ->> 'sha256' FROM audit_event WHERE action = 'restore'"
        assert rows_of(cluster.dsn(SUPERUSER), said) == [("restore", backup.sha256)]
        again = gridward(var, "restore", backup.file)
        assert isinstance(again.exception, Refusal)
        assert "There are data here already" in str(again.exception)
        acting = gridward(var, "--as", "admin", "restore", backup.file, "--replace")
        assert acting.exit_code == 2, "it brings people of its own"
        copy = gridward(var, "--as", "admin", "backup", str(var / "copy.gwb"), "--json")
        # two sign-ins, each with a session, and the restore; each event is a link of the chain
        assert json.loads(copy.stdout)["rows"] == backup.rows + 2 * (1 + 1 + 1) + (1 + 1)
        assert json.loads(copy.stdout)["keys"] == 0
        forbidden = gridward(var, "--as", "leader", "backup", str(var / "leader.gwb"))
        assert isinstance(forbidden.exception, Forbidden) and not (var / "leader.gwb").exists()


def gridward(var: Path, *words: str) -> Result:
    """`gridward …` on the deployment of that folder."""
    environment = {"GRIDWARD_VAR": str(var), "GRIDWARD_TODAY": TODAY.isoformat()}
    with patch.object(logging.getLogger("gridward"), "handlers", []):
        return CliRunner().invoke(
            cli, words, env=environment | {"DATABASE_URL": None, "GRIDWARD_TIME_ZONE": None}
        )


def test_a_database_of_another_name_gets_roles_of_its_own_and_is_replaced_whole(
    backup: BackupReport, databases: Databases, var: Path, tmp_path: Path
) -> None:
    databases.admin("postgres", "CREATE DATABASE harbour")
    settings = Settings(var=var, database_url=databases.cluster.dsn(SUPERUSER, "harbour"))
    strong = settings.database_url or ""
    more_keys = with_manifest(backup, tmp_path, {"keys": {"session_key": "0", "other_key": "0"}})
    try:
        report = backups.restore_backup(settings, more_keys, over_data=False)
        assert report.keys_missing == ["other_key"], "a lost session key harms nothing"
        owners = rows_of(
            strong,
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('gridward', 'queue')",
        )
        assert owners == [("harbour_owner",)]
        database = Database(databases.cluster.dsn("harbour_app", "harbour"))
        with database.transaction_as(None) as tx:
            assert tx.value("SELECT count(*) FROM target") == 0, "nobody sees nothing"
        with database.transaction_as(SERVICE_PERSON) as tx:
            assert tx.value("SELECT count(*) FROM target") > 1000
            backups.note_restore(tx, report)
        with pytest.raises(Refusal, match="Gridward is running on this database"):
            backups.restore_backup(settings, Path(backup.file), over_data=True)
        database.close()

        # found at the end of the one transaction, after every row was written
        counts = manifest_of(backup)["counts"] | {"gridward.grid": 7}
        wrong = with_manifest(backup, tmp_path, {"counts": counts})
        (var / "uploads/mine.csv").write_bytes(b"mine")
        noted = "SELECT count(*) FROM gridward.audit_event WHERE action = 'restore'"
        with pytest.raises(Refusal, match=r"gridward\.grid has \d+, the backup 7"):
            backups.restore_backup(settings, wrong, over_data=True)
        assert rows_of(strong, noted) == [(1,)] and (var / "uploads/mine.csv").exists()

        backups.restore_backup(settings, Path(backup.file), over_data=True)
        assert rows_of(strong, noted) == [(0,)], "replaced, not mixed"
        assert not (var / "uploads/mine.csv").exists()
    finally:
        databases.drop("harbour")


# -- what is not a whole backup of this version changes nothing -----------------------------


def test_what_cannot_be_restored_is_a_sentence(
    backup: BackupReport, var: Path, tmp_path: Path
) -> None:
    whole = Path(backup.file).read_bytes()
    text = tmp_path / "notes.txt"
    text.write_text("not a backup")
    cut = tmp_path / "cut.gwb"
    cut.write_bytes(whole[: len(whole) // 2])
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("readme.txt", "hello")
    parts = manifest_of(backup)["parts"]
    evil = [*parts, {"name": "uploads/../../etc/x", "bytes": 1, "sha256": "0"}]
    cases = [
        (tmp_path / "none.gwb", "There is no file"),
        (text, "is no backup of Gridward, or it was cut off"),
        (cut, "is no backup of Gridward, or it was cut off"),
        (foreign, "nothing in it says what it holds"),
    ]
    for path, sentence in cases:
        with pytest.raises(Refusal, match=sentence):
            backups.restore_backup(Settings(var=var), path, over_data=False)
    made = [
        (lambda: altered(backup, tmp_path, **{"keys/sealing_key": b"another"}), "is damaged"),
        (lambda: altered(backup, tmp_path, **{DATABASE: b"PGDMP"}), "is damaged"),
        (lambda: altered(backup, tmp_path, **{DATABASE: None}), "does not hold the parts"),
        (lambda: altered(backup, tmp_path, **{"keys/more": b""}), "does not hold the parts"),
        (lambda: with_manifest(backup, tmp_path, {"format": 2}), "made by a newer version"),
        (lambda: with_manifest(backup, tmp_path, {"counts": 1}), "nothing in it says what"),
        (
            lambda: with_manifest(backup, tmp_path, {"migrations": {"9999_later.sql": "0"}}),
            "newer version of Gridward: this one does not know 9999_later.sql",
        ),
    ]
    for make, sentence in made:
        with pytest.raises(Refusal, match=sentence):
            backups.restore_backup(Settings(var=var), make(), over_data=False)
    outside = altered(
        backup,
        tmp_path,
        **{
            MANIFEST: json.dumps(manifest_of(backup) | {"parts": evil}).encode(),
            "uploads/../../etc/x": b"x",
        },
    )
    with pytest.raises(Refusal, match="has no place in a backup"):
        backups.restore_backup(Settings(var=var), outside, over_data=False)
    assert list(var.iterdir()) == [], "nothing was begun"
