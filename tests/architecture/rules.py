"""The import rules between the rooms, as functions over source files."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GIS_LIBRARIES = {"numpy", "pandas", "scipy", "shapely", "geopandas", "pyproj", "pyogrio"}
GIS_LIBRARIES_OF_ONE_ROOM = {
    "rtree": {"live_index"},
    "folium": {"cartography"},
    "branca": {"cartography"},
    "pyvrp": {"patrol"},
    "numba": {"locate", "significance"},
    "sklearn": {"hotspots"},
}
# the environment, the clock, the network and chance: what makes a result not repeatable
GIS_FORBIDDEN = {
    "os",
    "sys",
    "time",
    "datetime",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "urllib",
    "http",
    "shutil",
    "tempfile",
    "threading",
    "uuid",
}
DATABASE_LIBRARIES = {"psycopg2", "psycopg", "procrastinate"}
WEB_LIBRARIES = {"flask", "flask_babel", "flask_wtf", "flask_talisman", "werkzeug", "jinja2"}

# From above to below; rooms on one step do not import each other.
STEPS: tuple[frozenset[str], ...] = tuple(
    frozenset(step.split())
    for step in (
        "demo",
        "imports search handover leftovers reports maps tiles monitoring api backup",
        "today publishing",
        "patrols",
        "hotspots",
        "coverage",
        "hazards",
        "inspections",
        "programmes",
        "units residents facilities places",
        "registry people accounts",
        "grids",
        "identity",
        "attachments notices jobs",
        "audit",
        "db",
    )
)
STEP_OF = {room: step for step, rooms in enumerate(STEPS) for room in rooms}
# what every room may use, and what only its HTTP side may
SHARED = {"errors", "settings", "spreadsheets"}
HTTP_SIDE = {"http", "web"}
# the parts of another room, or of a chamber in it, that are values and pure decisions, not its
# statements or pages
OPEN_PARTS = {"actions", "model", "rules", "parameters"}
WIRING = {"__init__.py", "serve.py", "worker.py"}
WIRING_ROOMS = {"commands"}  # may call the actions of every room
SQL_WORDS = re.compile(
    r"\s*(SELECT|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|WITH\s+\w+\s+AS|"
    r"CREATE|ALTER|DROP|TRUNCATE)\s",
    re.I,
)
# the supervisor hands its own environment on to the servers that it starts
ENVIRONMENT_READERS = {"settings.py", "serve.py"}


@dataclass(frozen=True)
class Source:
    """One module and its place below `app/` or `gis/`."""

    package: str
    place: str  # like registry/store.py
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.place.split("/")[0].removesuffix(".py")

    @property
    def part(self) -> str:
        return Path(self.place).stem

    def fault(self, line: int, words: str) -> str:
        return f"{self.package}/{self.place}:{line} {words}"

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of everything imported; relative imports are not used here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (
                    (node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}")
                    for alias in node.names
                )


@cache
def sources(root: Path, package: str) -> list[Source]:
    return [
        Source(
            package,
            str(path.relative_to(root / package)),
            path,
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in sorted((root / package).rglob("*.py"))
    ]


def geography_stays_pure(source: Source) -> Iterator[str]:
    for line, name in source.imports():
        library = name.split(".")[0]
        allowed = (
            library in GIS_LIBRARIES
            or library == "gis"
            or source.part in GIS_LIBRARIES_OF_ONE_ROOM.get(library, ())
            or (library in sys.stdlib_module_names and library not in GIS_FORBIDDEN)
        )
        if not allowed:
            yield source.fault(line, f"imports {name}")
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value) == "np.random"
            and node.attr not in ("Generator", "default_rng")
        ):
            yield source.fault(node.lineno, f"uses np.random.{node.attr}: chance is an argument")


def parts_keep_to_their_libraries(source: Source) -> Iterator[str]:
    """Decisions know no web and no database; actions and stores no web; db is one way down."""
    closed = {
        "rules": WEB_LIBRARIES | DATABASE_LIBRARIES,
        "model": WEB_LIBRARIES | DATABASE_LIBRARIES,
        "store": WEB_LIBRARIES,
        "actions": WEB_LIBRARIES | DATABASE_LIBRARIES,
        "routes": DATABASE_LIBRARIES,
    }.get(source.part, set())
    for line, name in source.imports():
        if name.split(".")[0] in closed:
            yield source.fault(line, f"imports {name} in {source.part}")
        elif name.startswith("app.db.") and source.part in ("rules", "model"):
            yield source.fault(line, f"imports {name}: a decision knows no database")
        elif name.startswith("app.http") and source.part in ("rules", "model", "store", "actions"):
            yield source.fault(line, f"imports {name}: only routes know the request")


def nothing_imports_routes(source: Source) -> Iterator[str]:
    if source.place == "__init__.py":
        return
    for line, name in source.imports():
        if "routes" in name.split(".") and name.startswith("app."):
            yield source.fault(line, f"imports {name}; only create_app wires routes")


def rooms_call_downward(source: Source) -> Iterator[str]:
    """A room uses rooms on lower steps, and of them only the open parts."""
    if source.place in WIRING or source.room in WIRING_ROOMS | SHARED | HTTP_SIDE | {"db"}:
        return
    if source.room not in STEP_OF:
        yield source.fault(1, f"room {source.room} has no step; give it one in {__name__}")
        return
    for line, name in source.imports():
        words = name.split(".")
        if words[0] != "app" or len(words) < 2 or words[1] == source.room:
            continue
        yield from _faults_of_use(source, line, words)


def _faults_of_use(source: Source, line: int, words: list[str]) -> Iterator[str]:
    used, name = words[1], ".".join(words)
    if used in SHARED:
        return
    if used in HTTP_SIDE:
        if source.part not in ("routes", "parameters"):
            yield source.fault(line, f"imports {name}: only routes know the request")
    elif used not in STEP_OF:
        yield source.fault(line, f"imports {name}, which is no room below it")
    elif STEP_OF[used] <= STEP_OF[source.room]:
        yield source.fault(line, f"imports {name}: {used} does not lie below {source.room}")
    elif used != "db" and not OPEN_PARTS.intersection(words[2:4]):
        yield source.fault(line, f"imports {name}: use {used}'s actions")


def imports_stand_at_the_top(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield source.fault(inner.lineno, f"imports inside {getattr(node, 'name', '')}")


def statements_live_in_sql_files(source: Source) -> Iterator[str]:
    """No SQL in Python but in db/; templates of one VALUES row are no statement."""
    if source.room == "db":
        return
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and SQL_WORDS.match(node.value)
            and node.value.split()[0].isupper()
        ):
            yield source.fault(node.lineno, f"holds SQL: {node.value[:40]!r}")


def settings_read_the_environment(source: Source) -> Iterator[str]:
    if source.package == "app" and source.place in ENVIRONMENT_READERS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
            yield source.fault(node.lineno, f"reads the environment ({ast.unparse(node)})")
    for line, name in source.imports():
        if name in ("os.environ", "os.getenv"):
            yield source.fault(line, f"imports {name}")


RULES_OF_THE_APP = (
    parts_keep_to_their_libraries,
    nothing_imports_routes,
    rooms_call_downward,
    imports_stand_at_the_top,
    statements_live_in_sql_files,
    settings_read_the_environment,
)
RULES_OF_GEOGRAPHY = (
    geography_stays_pure,
    imports_stand_at_the_top,
    statements_live_in_sql_files,
    settings_read_the_environment,
)
