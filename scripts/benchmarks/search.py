"""Search while typing: ours as each role, beside ILIKE under the policy and pg_trgm without one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2

from app.db.cluster import SUPERUSER, Cluster
from app.db.connection import Database
from app.db.migrate import migrate
from app.demo import actions as demo
from app.identity.model import SERVICE_PERSON
from app.jobs.model import no_progress
from app.search import actions
from app.search.model import Query
from app.settings import Settings
from scripts.benchmarks.timing import timed

ZONE = "Asia/Shanghai"
TODAY = date(2026, 6, 30)
READERS = ("chief", "area_manager", "planner", "leader", "auditor", "admin")
QUESTIONS = (
    "面馆", "陆记面馆", "超市", "U0001", "U00012", "ljmg", "luji", "mianguan", "noodels",
    "Hotel", "餐饮场所", "12 号", "大道 100 号", "陆纪面馆", "网格长", "dongdu", "不存在的名字",
)  # fmt: skip
SHOWN = 5
# the demo city's units again and again, each with the name of one and the address of another
MULTIPLY = """
    WITH made AS (
        INSERT INTO target (kind, grid_no, tile_key, geom, imported_by)
        SELECT 'unit', grid_no, tile_key, geom, imported_by
        FROM (SELECT t.*, row_number() OVER (ORDER BY t.no) AS place
              FROM target t WHERE t.kind = 'unit' AND t.batch_no IS NOT NULL) t
        WHERE place <= %(count)s
        RETURNING no, grid_no, imported_by),
    numbered AS (SELECT made.*, row_number() OVER (ORDER BY no) AS place FROM made),
    given AS (SELECT name, class, row_number() OVER (ORDER BY md5(id || %(round)s)) AS place
              FROM unit WHERE id LIKE 'U%%'),
    lying AS (SELECT address, row_number() OVER (ORDER BY md5(%(round)s || id)) AS place
              FROM unit WHERE id LIKE 'U%%')
    INSERT INTO unit (target_no, grid_no, imported_by, id, name, class, address, content)
    SELECT n.no, n.grid_no, n.imported_by, 'V' || %(round)s || '-' || n.place,
           g.name, g.class, l.address, 'x'
    FROM numbered n JOIN given g USING (place) JOIN lying l USING (place)"""
LIKE = """
    SELECT target_no, name FROM unit
    WHERE name || ' ' || id || ' ' || coalesce(address, '') ILIKE %(like)s LIMIT 300"""
TRIGRAMS = """
    SELECT target_no, name FROM unit
    WHERE (name || ' ' || id || ' ' || coalesce(address, '')) %%> %(text)s
    ORDER BY (name || ' ' || id || ' ' || coalesce(address, '')) <->> %(text)s LIMIT 300"""


@dataclass(frozen=True)
class Answered:
    """Milliseconds of all questions of one reader by one method."""

    method: str
    reader: str
    milliseconds: Sequence[float]

    def as_dict(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "reader": self.reader,
            "p50_ms": round(float(np.percentile(self.milliseconds, 50)), 1),
            "p95_ms": round(float(np.percentile(self.milliseconds, 95)), 1),
            "most_ms": round(max(self.milliseconds), 1),
        }


def measure(units: int, runs: int) -> list[Answered]:
    """Every question, by every reader and method, in a throw-away cluster."""
    var = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    var.chmod(0o755)
    try:
        with Cluster(var).running() as cluster:
            migrate(cluster.dsn(SUPERUSER), None, ZONE)
            database = Database(cluster.dsn("gridward_app", "gridward"))
            _fill(database, Settings(var=var, time_zone=ZONE, fixed_today=TODAY))
            superuser = psycopg2.connect(cluster.dsn(SUPERUSER, "gridward"))
            superuser.autocommit = True
            with superuser.cursor() as cursor:
                _multiply(cursor, units)
                return [*_ours(database, runs), *_others(database, cursor, runs)]
    finally:
        shutil.rmtree(var, ignore_errors=True)


def _fill(database: Database, settings: Settings) -> None:
    with database.transaction_as(SERVICE_PERSON) as tx:
        demo.prepare(tx, "Lantern-river-20", TODAY)
    demo.fill(database, settings, no_progress)


def _multiply(cursor: Any, units: int) -> None:
    cursor.execute("SET search_path = gridward, public")
    cursor.execute("SELECT count(*) FROM unit")
    known = int(cursor.fetchone()[0])
    for number in range(units // known):
        missing = min(known, units - known * (number + 1))
        if missing > 0:
            cursor.execute(MULTIPLY, {"count": missing, "round": str(number)})
    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    cursor.execute(
        "CREATE INDEX ON unit USING gin ((name || ' ' || id || ' ' || coalesce(address, '')) "
        "gin_trgm_ops)"
    )
    cursor.execute("VACUUM ANALYZE")


def table(results: Sequence[Answered]) -> str:
    lines = [f"{'method':<26}{'reader':<14}{'p50 ms':>10}{'p95 ms':>10}{'most ms':>10}"]
    for one in results:
        shown = one.as_dict()
        lines.append(
            f"{one.method:<26}{one.reader:<14}{shown['p50_ms']:>10}{shown['p95_ms']:>10}"
            f"{shown['most_ms']:>10}"
        )
    return "\n".join(lines)


def _ours(database: Database, runs: int) -> list[Answered]:
    return [
        Answered("gridward", name, _asked(partial(_search, database, person), runs))
        for name, person in _people(database).items()
    ]


def _people(database: Database) -> dict[str, int]:
    with database.transaction_as(SERVICE_PERSON) as tx:
        rows = tx.rows(
            "SELECT sign_in, no FROM person WHERE sign_in = ANY (%(names)s)", names=list(READERS)
        )
    numbers = {row.sign_in: row.no for row in rows}
    return {name: numbers[name] for name in READERS}


def _search(database: Database, person: int, text: str) -> int:
    with database.transaction_as(person) as tx:
        return actions.search(tx, Query(text), TODAY, SHOWN).total


def _others(database: Database, cursor: Any, runs: int) -> list[Answered]:
    leader = _people(database)["leader"]

    def like(text: str) -> int:
        with database.transaction_as(leader) as tx:
            return len(tx.rows(LIKE, like=f"%{text}%"))

    def trigrams(text: str) -> int:
        cursor.execute(TRIGRAMS, {"text": text})
        return len(cursor.fetchall())

    return [
        Answered("ILIKE with policy", "leader", _asked(like, runs)),
        Answered("pg_trgm without policy", "superuser", _asked(trigrams, runs)),
    ]


def _asked(ask: Callable[[str], int], runs: int) -> list[float]:
    found = []
    for text in QUESTIONS:
        seconds, _ = timed(partial(ask, text), runs)
        found += [1000 * one for one in seconds]
    return found
