"""Every named statement fits the schema as the application role, and is used as it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from app.db.statements import Statements
from app.identity.model import SERVICE_PERSON
from app.settings import PROJECT
from tests.conftest import Databases

APP = PROJECT / "app"
FILES = [*sorted(APP.rglob("queries.sql")), APP / "db" / "invariants.sql"]
PLACE = re.compile(r"%\((\w+)\)s")
STATEMENT_VERBS = {"rows", "row", "value", "execute", "many", "stream"}


@dataclass(frozen=True)
class Use:
    """One `tx.verb(SQL.name, …)` of a module."""

    file: Path
    line: int
    name: str
    verb: str
    keywords: frozenset[str] | None  # None where a dictionary is passed on
    template: str | None  # of one row of a `VALUES %s`

    @property
    def where(self) -> str:
        return f"{self.file.relative_to(PROJECT)}:{self.line}"


def uses_in(folder: Path) -> Iterator[Use]:
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in STATEMENT_VERBS
                and node.args
                and isinstance(node.args[0], ast.Attribute)
                and ast.unparse(node.args[0].value) == "SQL"
            ):
                yield _use(path, node, node.func.attr, node.args[0].attr)


def _use(path: Path, call: ast.Call, verb: str, name: str) -> Use:
    words = [keyword.arg for keyword in call.keywords]
    named = None if None in words else frozenset(word for word in words if word is not None)
    template = ast.literal_eval(call.args[2]) if verb == "many" else None
    return Use(path, call.lineno, name, verb, named, template)


def statements() -> Iterator[tuple[Path, str, str]]:
    for path in FILES:
        yield from ((path, name, sql) for name, sql in Statements(path))


def test_every_statement_fits_the_schema(databases: Databases) -> None:
    """EXPLAIN finds typing errors, missing columns and missing grants without running anything."""
    faults = []
    connection = psycopg2.connect(databases.app_dsn("gridward"))
    try:
        for path, name, sql in statements():
            fault = explain(connection, ready_to_explain(path, name, sql))
            if fault:
                faults.append(f"{path.relative_to(PROJECT)} {name}: {fault}")
    finally:
        connection.close()
    assert not faults, "\n".join(faults)


def ready_to_explain(path: Path, name: str, sql: str) -> str:
    """The statement with NULL in every place, and for `VALUES %s` one row of the store's form."""
    if "VALUES %s" in sql:
        sql = sql.replace("VALUES %s", f"VALUES {row_template(path.parent, name)}")
    return "EXPLAIN " + PLACE.sub("NULL", sql)


def row_template(folder: Path, name: str) -> str:
    found = {use.template for use in uses_in(folder) if use.name == name and use.template}
    assert len(found) == 1, f"{name} has {len(found)} row templates in {folder.name}"
    return found.pop()


def explain(connection: psycopg2.extensions.connection, sql: str) -> str | None:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gridward.person', %s, true)", (str(SERVICE_PERSON),))
        cursor.execute("SAVEPOINT before")
        try:
            cursor.execute(sql)
        except psycopg2.Error as fault:
            cursor.execute("ROLLBACK TO before")
            return str(fault).strip()
    return None


def test_a_statement_with_a_fault_is_found(databases: Databases) -> None:
    connection = psycopg2.connect(databases.app_dsn("gridward"))
    try:
        assert "does not exist" in (explain(connection, "EXPLAIN SELECT colour FROM unit") or "")
        assert "permission denied" in (
            explain(connection, "EXPLAIN SELECT password_hash FROM person") or ""
        )
        assert "permission denied" in (explain(connection, "EXPLAIN DELETE FROM inspection") or "")
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name == "queries.sql"],
    ids=lambda path: path.parent.name,
)
def test_every_statement_is_used_and_every_use_exists(path: Path) -> None:
    written = dict(Statements(path))
    uses = list(uses_in(path.parent))
    unknown = [f"{use.where} uses {use.name}" for use in uses if use.name not in written]
    assert not unknown, "\n".join(unknown)
    assert not written.keys() - {use.name for use in uses}, "statements that nothing uses"


def test_every_use_gives_exactly_the_values_that_the_statement_takes() -> None:
    faults = []
    for path in FILES:
        written = dict(Statements(path)) if path.name == "queries.sql" else {}
        for use in uses_in(path.parent) if written else ():
            sql = written.get(use.name, "")
            if ("VALUES %s" in sql) != (use.verb == "many"):
                faults.append(f"{use.where} {use.name}: `many` goes with `VALUES %s`")
            if (
                use.verb != "many"
                and use.keywords is not None
                and use.keywords != frozenset(PLACE.findall(sql))
            ):
                faults.append(f"{use.where} {use.name}: {sorted(use.keywords)}")
    assert not faults, "\n".join(faults)


def test_every_value_says_its_type() -> None:
    """`%(lon)s::float8`: the cast documents the type and lets the planner know it."""
    bare = [
        f"{path.parent.name} {name}: {found.group(0)}"
        for path, name, sql in statements()
        for found in re.finditer(r"%\(\w+\)s(?!::)", sql)
    ]
    assert not bare, "\n".join(bare)
