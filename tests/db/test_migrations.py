"""From nothing to the present schema, by whoever may do it, and never by anybody stronger."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.db import migrate as migrations
from app.db.cluster import SUPERUSER
from app.db.connection import Database, refuse_strong_role
from app.db.migrate import HERE, Roles, migrate
from app.errors import Refusal
from tests.conftest import ZONE, Databases

FILES = sorted(path.name for path in (HERE / "migrations").glob("*.sql"))
PROGRAMS = sorted(path.name for path in (HERE / "programs").glob("*.sql"))

# who may call each function
CALLERS = """
    SELECT p.oid::regprocedure::text, p.proacl::text FROM pg_proc p
    WHERE p.pronamespace = 'gridward'::regnamespace ORDER BY 1"""


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """The name of a database without anything in it; its roles go with it."""
    name = "untouched"
    databases.admin("postgres", f"CREATE DATABASE {name}")
    yield name
    databases.drop(name)
    for role in (*vars(Roles.of(name)).values(), "upgrader"):
        databases.admin("postgres", f"DROP ROLE IF EXISTS {role}")


def ask(dsn: str, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())
    finally:
        connection.close()


def superuser(databases: Databases, name: str) -> str:
    return databases.cluster.dsn(SUPERUSER, name)


def test_files_are_numbered_without_gaps() -> None:
    assert [name[:5] for name in FILES] == [f"{no:04d}_" for no in range(1, len(FILES) + 1)]


def test_nothing_becomes_the_present_schema_once(databases: Databases, empty: str) -> None:
    dsn = superuser(databases, empty)
    assert migrate(dsn, "a password", ZONE) == FILES + PROGRAMS
    ledger = dict(ask(dsn, "SELECT name, sha256 FROM gridward.migration"))
    assert sorted(ledger) == [*FILES, "programs", "search"]
    for name in FILES:
        assert ledger[name] == sha256((HERE / "migrations" / name).read_bytes()).hexdigest()
    assert migrate(dsn, "a password", ZONE) == []
    assert dict(ask(dsn, "SELECT name, sha256 FROM gridward.migration")) == ledger
    assert stored_password(dsn, empty).startswith("SCRAM-SHA-256$")


def stored_password(dsn: str, name: str) -> str:
    return str(
        ask(dsn, "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (Roles.of(name).app,))[0][
            0
        ]
    )


def test_a_database_migrated_half_way_goes_on_from_there(
    databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first file, or an older release: the next start does the rest."""
    for folder in ("migrations", "programs"):
        (tmp_path / folder).mkdir()
    copy(tmp_path, FILES[0])
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "HERE", tmp_path)
        assert migrate(superuser(databases, empty), None, ZONE) == [FILES[0]]
    assert migrate(superuser(databases, empty), None, ZONE) == FILES[1:] + PROGRAMS


def test_a_published_city_is_carried_over(
    databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row security binds the owner, who migrates: rows that a file adds must not be refused."""
    dsn = superuser(databases, empty)
    for folder in ("migrations", "programs"):
        (tmp_path / folder).mkdir()
    for name in FILES[: FILES.index("0013_duties.sql")]:
        copy(tmp_path, name)
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "HERE", tmp_path)
        migrate(dsn, None, ZONE)
    for statement in (
        "ALTER TABLE target ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE target FORCE ROW LEVEL SECURITY",
        "INSERT INTO level VALUES (1, 'town', '街道', 'Town')",
        "INSERT INTO edition (name, state, valid_from) VALUES ('first', 'active', '2025-01-01')",
        "INSERT INTO grid (no, depth, code, span_end) VALUES (7, 1, 'A', 9)",
        "INSERT INTO grid_shape (edition_no, grid_no, name) SELECT no, 7, 'A' FROM edition",
        "INSERT INTO target (kind, grid_no, imported_by) SELECT 'unit', 7, no FROM person",
    ):
        run(dsn, f"SET search_path = gridward; {statement}")
    migrate(dsn, None, ZONE)
    placed = (
        "SELECT t.kind, p.grid_no FROM gridward.target t "
        "JOIN gridward.target_place p ON p.target_no = t.no"
    )
    assert sorted(ask(dsn, placed)) == [("grid", 7), ("unit", 7)]


def run(dsn: str, sql: str) -> None:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def copy(folder: Path, name: str) -> Path:
    text = (HERE / "migrations" / name).read_text(encoding="utf-8")
    target = folder / "migrations" / name
    target.write_text(text, encoding="utf-8")
    return target


def test_a_fault_in_a_file_leaves_nothing_of_it(
    databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("migrations", "programs"):
        (tmp_path / folder).mkdir()
    copy(tmp_path, FILES[0])
    bad = tmp_path / "migrations" / "0002_bad.sql"
    bad.write_text("CREATE TABLE half (no integer); SELECT nonsense;")
    monkeypatch.setattr(migrations, "HERE", tmp_path)
    dsn = superuser(databases, empty)
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        migrate(dsn, None, ZONE)
    assert ask(dsn, "SELECT to_regclass('gridward.half')") == [(None,)]
    assert ask(dsn, "SELECT name FROM gridward.migration") == [(FILES[0],)]


def test_an_edited_file_is_refused(
    databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("migrations", "programs"):
        (tmp_path / folder).mkdir()
    path = copy(tmp_path, FILES[0])
    monkeypatch.setattr(migrations, "HERE", tmp_path)
    migrate(superuser(databases, empty), None, ZONE)
    path.write_text(path.read_text() + "\n-- a word more\n")
    with pytest.raises(Refusal, match=f"{FILES[0]} was edited after it was applied"):
        migrate(superuser(databases, empty), None, ZONE)


def test_changed_programs_are_applied_whole_again(
    databases: Databases, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = superuser(databases, empty)
    migrate(dsn, None, ZONE)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "programs").mkdir()
    for name in FILES:
        copy(tmp_path, name)
    for name in PROGRAMS:
        text = (HERE / "programs" / name).read_text(encoding="utf-8")
        (tmp_path / "programs" / name).write_text(text + "\n-- a word more\n", encoding="utf-8")
    callers = ask(dsn, CALLERS)
    assert len(callers) > 20
    monkeypatch.setattr(migrations, "HERE", tmp_path)
    assert migrate(dsn, None, ZONE) == PROGRAMS
    assert migrate(dsn, None, ZONE) == []
    assert ask(dsn, CALLERS) == callers, "nobody may call more at the second time"


def test_a_database_of_a_newer_version_is_left_alone(databases: Databases, empty: str) -> None:
    """Else its functions and policies would be replaced by older ones."""
    dsn = superuser(databases, empty)
    migrate(dsn, None, ZONE)
    databases.admin(
        empty, "INSERT INTO gridward.migration (name, sha256) VALUES ('0099_later.sql', 'x')"
    )
    databases.admin(empty, "UPDATE gridward.migration SET sha256 = 'other' WHERE name = 'programs'")
    with pytest.raises(Refusal, match=r"made by a newer version.* know 0099_later\.sql"):
        migrate(dsn, "another password", ZONE)
    assert stored_password(dsn, empty) == "None"
    assert ask(dsn, "SELECT sha256 FROM gridward.migration WHERE name = 'programs'") == [("other",)]


def test_programs_do_not_wait_behind_a_busy_table(
    databases: Databases, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = superuser(databases, empty)
    migrate(dsn, None, ZONE)
    databases.admin(empty, "UPDATE gridward.migration SET sha256 = 'other' WHERE name = 'programs'")
    monkeypatch.setattr(migrations, "TABLE_WAIT", "50ms")
    busy = psycopg2.connect(dsn, options="-c idle_in_transaction_session_timeout=20s")
    try:
        with busy.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM gridward.target")
            with pytest.raises(Refusal, match="Another program works on tables"):
                migrate(dsn, None, ZONE)
    finally:
        busy.close()
    assert migrate(dsn, None, ZONE) == PROGRAMS


def test_a_role_that_may_not_prepare_gets_the_exact_sql(databases: Databases, empty: str) -> None:
    databases.admin("postgres", "CREATE ROLE upgrader LOGIN")
    dsn = databases.cluster.dsn("upgrader", empty)
    with pytest.raises(Refusal, match="Have a superuser run the following") as refusal:
        migrate(dsn, "a password", ZONE)
    assert "a password" not in str(refusal.value)
    assert ask(superuser(databases, empty), "SELECT to_regnamespace('gridward')") == [(None,)]
    for statement in refusal.value.values["sql"].split(";\n"):
        databases.admin(empty, statement)
    assert migrate(dsn, "a password", ZONE) == FILES + PROGRAMS
    assert migrate(dsn, "a password", ZONE) == []
    # the password that the servers will use was in the SQL, as its SCRAM verifier
    assert stored_password(superuser(databases, empty), empty).startswith("SCRAM-SHA-256$")
    served = Database(databases.cluster.dsn(Roles.of(empty).app, empty))
    refuse_strong_role(served)
    served.close()
    strong = Database(dsn)
    with pytest.raises(Refusal, match="must be the application role"):
        refuse_strong_role(strong)
    strong.close()


def test_the_application_role_owns_nothing_and_passes_by_nothing(databases: Databases) -> None:
    dsn = superuser(databases, "gridward")
    roles = Roles.of("gridward")
    assert ask(
        dsn,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit "
        "FROM pg_roles WHERE rolname = %s",
        (roles.app,),
    ) == [(False, False, False, False, True)]
    assert ask(
        dsn,
        "SELECT pg_has_role(%s, %s, 'MEMBER') OR pg_has_role(%s, %s, 'MEMBER')",
        (roles.app, roles.owner, roles.app, roles.scope),
    ) == [(False,)]
    assert ask(
        dsn,
        "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid "
        "WHERE r.rolname = %s AND d.deptype = 'o'",
        (roles.app,),
    ) == [(0,)]
    assert ask(
        dsn,
        "SELECT rolname, rolcanlogin, rolbypassrls FROM pg_roles "
        "WHERE rolname IN (%s, %s) ORDER BY rolname",
        (roles.owner, roles.scope),
    ) == [(roles.owner, False, False), (roles.scope, False, True)]


@pytest.mark.parametrize(
    "right",
    [
        "SUPERUSER",
        "BYPASSRLS",
        "IN ROLE gridward_owner",
        "NOINHERIT IN ROLE gridward_owner",
        "IN ROLE gridward_scope",
        "NOINHERIT IN ROLE gridward_scope",
        "IN ROLE gridward",
    ],
)
def test_the_server_refuses_to_serve_as_anything_stronger(databases: Databases, right: str) -> None:
    databases.admin("postgres", f"CREATE ROLE strong LOGIN {right}")
    serving = Database(databases.cluster.dsn("strong", "gridward"))
    try:
        with pytest.raises(Refusal, match=r"passes? by row security \(strong\)"):
            refuse_strong_role(serving)
    finally:
        serving.close()
        databases.admin("postgres", "DROP ROLE strong")


def test_the_scope_role_reaches_these_tables_only(databases: Databases) -> None:
    readable = ask(
        superuser(databases, "gridward"),
        """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'gridward'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
          AND has_any_column_privilege('gridward_scope', c.oid, 'SELECT, INSERT, UPDATE')
        ORDER BY c.relname""",
    )
    assert [name for (name,) in readable] == [
        "api_token",
        "assignment",
        "audit_chain",
        "audit_event",
        "batch_former",
        "building",
        "check_claim",
        "check_event",
        "check_sample",
        "coverage_count",
        "coverage_log",
        "coverage_part",
        "coverage_period",
        "duty_rule",
        "edition",
        "establishment",
        "exclusion",
        "facility",
        "grid",
        "grid_chain",
        "grid_shape",
        "household",
        "household_count",
        "inspection",
        "inspection_photo",
        "level",
        "person",
        "photo",
        "place",
        "question",
        "quota_list",
        "recovery_code",
        "resident",
        "second_factor",
        "target",
        "target_place",
        "territory",
        "unit",
        "unit_class",
    ]
    sealed = ask(
        superuser(databases, "gridward"),
        "SELECT has_column_privilege('gridward_scope', 'gridward.second_factor', 'secret', "
        "'SELECT'), has_column_privilege('gridward_scope', 'gridward.recovery_code', 'digest', "
        "'SELECT')",
    )
    assert sealed == [(False, False)]


def test_functions_are_the_applications_alone(databases: Databases) -> None:
    """No function is anybody's; those that pass by the policies have a fixed search path."""
    dsn = superuser(databases, "gridward")
    assert (
        ask(
            dsn,
            """
        SELECT p.proname FROM pg_proc p
        WHERE p.pronamespace = 'gridward'::regnamespace
          AND EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl,
                          acldefault('f', p.proowner))) a WHERE a.grantee = 0)""",
        )
        == []
    )
    assert (
        ask(
            dsn,
            """
        SELECT p.proname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
        WHERE p.pronamespace = 'gridward'::regnamespace AND p.prosecdef
          AND (r.rolname <> CASE WHEN p.proname IN ('refresh_statistics', 'change_own_password',
                                        'sign_handover',
                                        'undo_handover', 'index_written_details',
                                        'index_changed_details', 'forget_deleted_details',
                                        'index_moved_targets', 'index_active_edition',
                                        'index_person')
                                 THEN 'gridward_owner' ELSE 'gridward_scope' END
               OR NOT coalesce(p.proconfig::text LIKE '%%search_path=gridward, pg_temp%%', false))
        """,
        )
        == []
    )
