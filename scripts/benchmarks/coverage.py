"""Coverage of duties read from kept counts, beside the same figures from the visits by others."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

from app.coverage import actions, store
from app.coverage.actions import Wish
from app.coverage.model import CoverageQuestion, Turn
from app.db.cluster import SUPERUSER, Cluster
from app.db.connection import Database, Transaction
from app.db.migrate import migrate
from app.identity.model import SERVICE_PERSON
from scripts.benchmarks import coverage_city as city, coverage_peers as peers
from scripts.benchmarks.timing import timed

ZONE = "Asia/Shanghai"
LAST_MONTH, LONG_AGO = "2026-05", "2024-06"
GROUP_BY = "plain GROUP BY"
WAITING = 1_000  # visits in the log while somebody reads: about a minute of a busy city
INSERTS, MANY, ROUNDS = 300, 100, 6
INSERT = """
    INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, recorded_by, grid_no,
        edition_no, target_name, target_class, content)
    SELECT gen_random_uuid(), p.target_no, 'done', %(day)s::date, %(day)s::date, person(),
           p.grid_no, 1, 'x', 'x', ''
    FROM (SELECT %(place)s::int + generate_series(1, %(rows)s::int) AS place) v
    JOIN bench_place p ON p.place = v.place"""
TRIGGERS = "coverage_of_inspections", "coverage_of_corrections"
STORAGE = """
    SELECT pg_total_relation_size('coverage_count') / 1e6 AS counts_mb,
           pg_total_relation_size('inspection') / 1e6 AS visits_mb,
           (SELECT count(*) FROM coverage_count) AS rows,
           (SELECT count(*) FROM coverage_part) AS parts,
           (SELECT count(*) FROM coverage_period) AS periods,
           (SELECT sum(c.due + c.excluded) FROM coverage_count c WHERE c.depth = 1) AS duties"""


@dataclass(frozen=True)
class Read:
    """One question to one method; ``wrong``: grids whose figures differ from the plain query's."""

    question: str
    method: str
    seconds: Sequence[float]
    wrong: int | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Report:
    reads: Sequence[Read]
    facts: Sequence[tuple[str, float]]  # in the unit that the words name

    def as_dict(self) -> dict[str, Any]:
        reads = [
            {
                "question": one.question,
                "method": one.method,
                "median_ms": round(1000 * one.median, 3),
                "least_ms": round(1000 * min(one.seconds), 3),
                "most_ms": round(1000 * max(one.seconds), 3),
                "times_faster": round(_base(self.reads, one) / one.median, 1),
                "wrong_grids": one.wrong,
            }
            for one in self.reads
        ]
        return {"reads": reads, "facts": {name: round(value, 4) for name, value in self.facts}}

    @property
    def wrong(self) -> bool:
        return any(one.wrong for one in self.reads)


def _base(reads: Sequence[Read], one: Read) -> float:
    return next(r.median for r in reads if (r.question, r.method) == (one.question, GROUP_BY))


def table(report: Report) -> str:
    lines = [
        f"{'question':<34}{'method':<34}{'median ms':>11}{'spread ms':>20}{'ratio':>8}{'wrong':>7}"
    ]
    for one in report.reads:
        spread = f"{1000 * min(one.seconds):.2f}–{1000 * max(one.seconds):.2f}"
        wrong = "" if one.wrong is None else one.wrong
        lines.append(
            f"{one.question:<34}{one.method:<34}{1000 * one.median:>11.2f}{spread:>20}"
            f"{_base(report.reads, one) / one.median:>8.1f}{wrong:>7}"
        )
    return "\n".join([*lines, "", *(f"{name:<68}{value:>14,.2f}" for name, value in report.facts)])


@dataclass(frozen=True)
class Bench:
    """The product's own door, and a superuser's cursor for the others."""

    database: Database
    cursor: Any
    folder: Path
    runs: int

    def asking(self, wish: Wish, live: bool = False) -> tuple[CoverageQuestion, list[Turn]]:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            asked = replace(actions.question(tx, wish, city.TODAY), live=live)
            due = actions.turns(tx, asked.programme, asked.first, asked.last)
        return asked, [turn for turn in due if turn.rule.depth >= asked.depth]


@contextmanager
def _prepared(runs: int) -> Iterator[Bench]:
    var = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    var.chmod(0o755)
    try:
        with Cluster(var).running() as cluster:
            migrate(cluster.dsn(SUPERUSER), None, ZONE)
            connection = psycopg2.connect(cluster.dsn(SUPERUSER, "gridward"))
            connection.autocommit = True
            database = Database(cluster.dsn("gridward_app", "gridward"))
            try:
                with connection.cursor() as cursor:
                    yield Bench(database, cursor, var, runs)
            finally:
                connection.close()
                database.close()
    finally:
        shutil.rmtree(var, ignore_errors=True)


def measure(events: int, runs: int, seed: int, scale: float, say: Callable[[str], None]) -> Report:
    """Everything in one run, in a throw-away cluster."""
    with _prepared(runs) as bench:
        say("the city and its visits …")
        loading, _ = timed(lambda: city.load(bench.cursor, city.cut(seed, scale), events, seed), 1)
        say(f"  {loading[0]:.0f} s; the counts from nothing …")
        facts = [("loading of the city, s", loading[0]), *_fold(bench)]
        say(f"  {facts[-2][1]:.0f} s; one visit written …")
        facts += _inserts(bench)
        say("questions …")
        peers.prepare(bench.cursor)
        return Report([*_reads(bench)], facts)


def _fold(bench: Bench) -> list[tuple[str, float]]:
    pieces: list[float] = []
    remaining = 1
    while remaining:
        start = time.perf_counter()
        with bench.database.transaction_as(SERVICE_PERSON) as tx:
            remaining = actions.fold(tx, city.TODAY)
        pieces.append(time.perf_counter() - start)
    bench.cursor.execute(
        "VACUUM ANALYZE coverage_count, coverage_period, coverage_part, coverage_log"
    )
    bench.cursor.execute(STORAGE)
    counts, visits, rows, parts, periods, duties = (float(one) for one in bench.cursor.fetchone())
    return [
        ("kept counts, MB", counts),
        ("visits with their indexes, MB", visits),
        ("rows of kept counts", rows),
        ("due dates", periods),
        ("parts that they are kept in", parts),
        ("duties counted", duties),
        ("longest piece of folding, s", max(pieces)),
        ("counted from nothing, s", sum(pieces)),
        ("duties counted a second", duties / sum(pieces)),
    ]


def _inserts(bench: Bench) -> list[tuple[str, float]]:
    """In turns with the triggers of the log and without, so that both have the same luck."""
    cases = {
        "one visit, one transaction": (1, INSERTS, True),
        "one visit, without the commit": (1, INSERTS, False),
        "100 visits in one statement": (MANY, INSERTS // 10, False),
    }
    facts: list[tuple[str, float]] = []
    for name, (rows, times, commit) in cases.items():
        found: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(ROUNDS):
            for logged in (True, False) if turn % 2 else (False, True):
                for trigger in TRIGGERS:
                    switch = "ENABLE" if logged else "DISABLE"
                    bench.cursor.execute(f"ALTER TABLE inspection {switch} TRIGGER {trigger}")
                found[logged].append(_insert(bench, rows, times, commit))
        plain, logged_s = (statistics.median(found[key]) for key in (False, True))
        facts += [(f"{name}: plain, ms", 1000 * plain), (f"{name}: ratio", logged_s / plain)]
    for trigger in TRIGGERS:
        bench.cursor.execute(f"ALTER TABLE inspection ENABLE TRIGGER {trigger}")
    return facts


def _insert(bench: Bench, rows: int, times: int, commit: bool) -> float:
    """Median seconds of one statement; nothing of it stays."""
    seconds = []

    def write(tx: Transaction, place: int) -> None:
        tx.execute(INSERT, day=city.TODAY, place=place % 1000, rows=rows)

    if commit:
        for place in range(times // 3):
            start = time.perf_counter()
            with bench.database.transaction_as(SERVICE_PERSON) as tx:
                write(tx, place)
            seconds.append(time.perf_counter() - start)
        bench.cursor.execute(
            "DELETE FROM inspection WHERE id IN (SELECT id FROM inspection WHERE recorded_at >= "
            "now() - interval '1 hour'); TRUNCATE coverage_log"
        )
        return statistics.median(seconds)
    with bench.database.transaction_as(SERVICE_PERSON) as tx:
        for place in range(times):
            start = time.perf_counter()
            write(tx, place * rows)
            seconds.append(time.perf_counter() - start)
        tx.undo()
    return statistics.median(seconds)


def _reads(bench: Bench) -> Iterator[Read]:
    other = peers.to_duckdb(bench.cursor, bench.folder)
    bench.cursor.execute("SELECT code FROM grid WHERE depth = 1 ORDER BY no LIMIT 1")
    town = f"town:{bench.cursor.fetchone()[0]}"
    for level in ("block", "stairwell"):
        count = city.LEVELS[level]
        for period, words in ((LAST_MONTH, "last month"), (LONG_AGO, "two years ago")):
            wish = Wish(city.PROGRAMME, level, period)
            yield from _question(bench, other, f"{count:,} grids, {words}", wish)
        wish = Wish(city.PROGRAMME, level, LAST_MONTH, within=town)
        yield from _question(bench, other, f"{level}s of a town, last month", wish)
    other.close()


def _question(bench: Bench, other: Any, name: str, wish: Wish) -> Iterator[Read]:
    asked, due = bench.asking(wish)
    within = asked.within or 0
    peers.set_turns(bench.cursor, due)
    peers.set_turns(other, due)
    sql = peers.plain_sql(due, asked.depth, within)

    def fetched(cursor: Any, text: str) -> list[Any]:
        cursor.execute(text)
        return list(cursor.fetchall())

    seconds, rows = timed(partial(fetched, bench.cursor, sql), bench.runs)
    referee = peers.figures(rows)
    yield Read(name, GROUP_BY, seconds)
    view = "CREATE MATERIALIZED VIEW asked_view AS " + sql
    making, _ = timed(partial(bench.cursor.execute, view), 1)
    yield Read(name, "materialised view, refreshed", _seconds_of_refresh(bench))
    seconds, rows = timed(partial(fetched, bench.cursor, "TABLE asked_view"), bench.runs * 5)
    yield Read(name, "materialised view, read", seconds, _wrong(peers.figures(rows), referee))
    bench.cursor.execute("DROP MATERIALIZED VIEW asked_view")
    text = peers.plain_sql(due, asked.depth, within, "visits")
    seconds, rows = timed(partial(fetched, other, text), bench.runs)
    yield Read(name, "DuckDB", seconds, _wrong(peers.figures(rows), referee))
    yield from _ours(bench, name, wish, referee)


def _seconds_of_refresh(bench: Bench) -> list[float]:
    refresh = "REFRESH MATERIALIZED VIEW asked_view"
    return timed(partial(bench.cursor.execute, refresh), bench.runs)[0]


def _ours(bench: Bench, name: str, wish: Wish, referee: peers.Figures) -> Iterator[Read]:
    asked, due = bench.asking(wish)
    live = replace(asked, live=True)

    def counted(of: CoverageQuestion) -> tuple[float, list[Any]]:
        with bench.database.transaction_as(SERVICE_PERSON) as tx:
            start = time.perf_counter()
            rows = store.count_duties(tx, of, due)
            return time.perf_counter() - start, rows

    def timed_inside(of: CoverageQuestion, runs: int) -> tuple[list[float], peers.Figures]:
        counted(of)
        found = [counted(of) for _ in range(runs)]
        rows = [(r.grid_no, r.own, r.due, r.on_time, r.late) for r in found[-1][1]]
        return [seconds for seconds, _ in found], peers.figures(rows)

    def whole(ask: Callable[[Transaction, CoverageQuestion], Any]) -> Any:
        with bench.database.transaction_as(SERVICE_PERSON) as tx:
            return ask(tx, asked)

    seconds, found = timed_inside(asked, bench.runs * 5)
    yield Read(name, "Gridward, kept counts", seconds, _wrong(found, referee))
    yield Read(name, "Gridward, rates() whole", timed(partial(whole, actions.rates), bench.runs)[0])
    yield Read(
        name, "Gridward, coverage() whole", timed(partial(whole, actions.coverage), bench.runs)[0]
    )
    if asked.within is None:
        seconds, found = timed_inside(live, max(1, bench.runs // 3))
        yield Read(name, "Gridward, counted anew", seconds, _wrong(found, referee))
    with bench.database.transaction_as(SERVICE_PERSON) as tx:
        tx.execute(INSERT, day=city.TODAY, place=0, rows=WAITING)
        store.count_duties(tx, asked, due)
        seconds, _ = timed(partial(store.count_duties, tx, asked, due), bench.runs)
        tx.undo()
    yield Read(name, f"… with {WAITING:,} visits in the log", seconds)


def _wrong(found: peers.Figures, referee: peers.Figures) -> int:
    return sum(found.get(key) != referee.get(key) for key in found.keys() | referee.keys())
