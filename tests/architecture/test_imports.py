"""Who may use what: each rule over every module, and each rule against a planted fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import PROJECT
from tests.architecture.rules import (
    RULES_OF_GEOGRAPHY,
    RULES_OF_THE_APP,
    STEP_OF,
    Source,
    geography_stays_pure,
    imports_stand_at_the_top,
    nothing_imports_routes,
    parts_keep_to_their_libraries,
    rooms_call_downward,
    settings_read_the_environment,
    sources,
    statements_live_in_sql_files,
)

Rule = Callable[[Source], Iterator[str]]


def faults(rule: Rule, package: str, root: Path = PROJECT) -> list[str]:
    return [fault for source in sources(root, package) for fault in rule(source)]


@pytest.mark.parametrize("rule", RULES_OF_THE_APP, ids=lambda rule: rule.__name__)
def test_the_application(rule: Rule) -> None:
    found = faults(rule, "app")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", RULES_OF_GEOGRAPHY, ids=lambda rule: rule.__name__)
def test_geography(rule: Rule) -> None:
    found = faults(rule, "gis")
    assert not found, "\n".join(found)


def test_every_room_has_a_step() -> None:
    rooms = {path.parent.name for path in (PROJECT / "app").glob("*/__init__.py")} - {
        "web",
        "commands",
    }
    assert rooms <= set(STEP_OF)


def test_every_module_of_commands_is_heard_of() -> None:
    """A module that the command line does not import adds nothing, and nobody notices."""
    folder = PROJECT / "app/commands"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__", "session"}
    (start,) = [one for one in sources(PROJECT, "app") if one.place == "commands/__main__.py"]
    assert {f"app.commands.{name}" for name in modules} <= {name for _, name in start.imports()}


PLANTED: list[tuple[Rule, str, str, str]] = [
    (geography_stays_pure, "gis/tiles.py", "import flask", "flask"),
    (geography_stays_pure, "gis/tiles.py", "from app.errors import Refusal", "app.errors"),
    (geography_stays_pure, "gis/tiles.py", "import os", "imports os"),
    (geography_stays_pure, "gis/topology.py", "import rtree", "rtree"),
    (geography_stays_pure, "gis/tiles.py", "import numba", "numba"),
    (geography_stays_pure, "gis/tiles.py", "import sklearn.cluster", "sklearn"),
    (geography_stays_pure, "gis/tiles.py", "x = np.random.permutation(3)", "np.random"),
    (parts_keep_to_their_libraries, "app/grids/rules.py", "from flask import g", "flask"),
    (parts_keep_to_their_libraries, "app/grids/model.py", "import psycopg2", "psycopg2"),
    (
        parts_keep_to_their_libraries,
        "app/grids/rules.py",
        "from app.db.connection import Transaction",
        "no database",
    ),
    (parts_keep_to_their_libraries, "app/grids/store.py", "import flask", "flask"),
    (
        parts_keep_to_their_libraries,
        "app/grids/actions.py",
        "from flask_babel import gettext",
        "flask_babel",
    ),
    (
        parts_keep_to_their_libraries,
        "app/grids/actions.py",
        "from app.http import reader",
        "app.http",
    ),
    (nothing_imports_routes, "app/maps/actions.py", "from app.grids import routes", "routes"),
    (
        nothing_imports_routes,
        "app/commands/x.py",
        "from app.grids.routes import blueprint",
        "routes",
    ),
    (rooms_call_downward, "app/grids/actions.py", "from app.registry import actions", "registry"),
    (rooms_call_downward, "app/maps/actions.py", "from app.tiles import actions", "tiles"),
    (rooms_call_downward, "app/maps/actions.py", "from app.grids import store", "actions"),
    (rooms_call_downward, "app/maps/actions.py", "from app.grids.store import locate", "actions"),
    (rooms_call_downward, "app/maps/store.py", "from app.web.words import role_names", "web"),
    (rooms_call_downward, "app/utils/things.py", "x = 1", "no step"),
    (imports_stand_at_the_top, "app/maps/actions.py", "def f():\n    import json", "inside f"),
    (statements_live_in_sql_files, "app/maps/store.py", "x = 'SELECT 1 FROM grid'", "SELECT 1"),
    (
        statements_live_in_sql_files,
        "app/maps/store.py",
        "x = f'DELETE FROM {table} WHERE true'",
        "DELETE",
    ),
    (
        settings_read_the_environment,
        "app/maps/actions.py",
        "import os\nx = os.environ['A']",
        "environment",
    ),
    (settings_read_the_environment, "gis/tiles.py", "from os import environ", "environ"),
]


@pytest.mark.parametrize(
    ("rule", "place", "text", "words"), PLANTED, ids=lambda value: getattr(value, "__name__", None)
)
def test_the_checker_finds_a_planted_fault(
    tmp_path: Path, rule: Rule, place: str, text: str, words: str
) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text('"""A module."""\n' + text + "\n")
    found = faults(rule, place.split("/", maxsplit=1)[0], tmp_path)
    assert found and all(fault.startswith(f"{place}:") for fault in found)
    assert any(words in fault for fault in found), found
