"""What the kept counts are measured beside: the same figures from the same visits, by others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from app.coverage.model import Turn

Figures = dict[tuple[int, bool], tuple[int, int, int]]  # grid, own → due, on time, late
# Fair to the others: only what this city has. No corrections, mergers, moves, exclusions or quotas.
PLAIN = """
    WITH done AS (
        SELECT i.target_no, turn.rule_no, turn.due, min(i.happened_on) AS on_day
        FROM :visits i
        JOIN turn ON i.happened_on BETWEEN turn.since AND turn.grace
        JOIN listed ON listed.target_no = i.target_no AND listed.rule_no = turn.rule_no
        WHERE i.outcome = 'done' AND i.happened_on BETWEEN DATE ':first' AND DATE ':last'
        GROUP BY i.target_no, turn.rule_no, turn.due)
    SELECT up.ancestor_no AS grid_no, listed.depth = :depth AS own, count(*) AS due,
           sum(CASE WHEN done.on_day <= turn.due THEN 1 ELSE 0 END) AS on_time,
           sum(CASE WHEN done.on_day > turn.due THEN 1 ELSE 0 END) AS late
    FROM listed
    JOIN turn ON turn.rule_no = listed.rule_no
    JOIN chain up ON up.grid_no = listed.grid_no AND up.depth = :depth
    LEFT JOIN done ON done.target_no = listed.target_no AND done.rule_no = turn.rule_no
         AND done.due = turn.due
    WHERE listed.depth >= :depth AND (:within = 0 OR EXISTS (
        SELECT 1 FROM chain town
        WHERE town.grid_no = listed.grid_no AND town.ancestor_no = :within))
    GROUP BY up.ancestor_no, listed.depth = :depth"""
TURNS = "INSERT INTO turn VALUES :rows"
READ = "CREATE TABLE :name AS SELECT * FROM read_csv(':path', header = true)"
LISTED = """
    SELECT r.no AS rule_no, r.depth, t.no AS target_no, t.grid_no
    FROM duty_rule r
    JOIN target t ON t.kind = r.target_kind
    JOIN grid g ON g.no = t.grid_no
    JOIN level l ON l.depth = g.depth
    WHERE r.classes = '{}' OR l.key = ANY (r.classes)"""


def plain_sql(
    turns: Sequence[Turn], depth: int, within: int = 0, visits: str = "inspection"
) -> str:
    values = {
        ":visits": visits,
        ":depth": str(depth),
        ":within": str(within),
        ":first": str(min(turn.period.since for turn in turns)),
        ":last": str(max(turn.period.grace_until for turn in turns)),
    }
    sql = PLAIN
    for name, value in values.items():
        sql = sql.replace(name, value)
    return sql


def prepare(cursor: Any) -> None:
    """The lists and the index that a plain query would want."""
    cursor.execute("CREATE TABLE listed AS " + LISTED)
    cursor.execute("CREATE TABLE chain AS SELECT grid_no, depth, ancestor_no FROM grid_chain")
    cursor.execute("CREATE INDEX ON chain (ancestor_no); CREATE INDEX ON chain (grid_no)")
    cursor.execute("CREATE INDEX ON listed (rule_no)")
    cursor.execute(
        "CREATE INDEX peer_days ON inspection (happened_on, target_no) WHERE outcome = 'done'"
    )
    cursor.execute("CREATE TABLE turn (rule_no int, since date, due date, grace date)")
    cursor.execute("VACUUM ANALYZE listed, chain, inspection")


def set_turns(cursor: Any, turns: Sequence[Turn]) -> None:
    """For PostgreSQL and for DuckDB alike."""
    cursor.execute("DELETE FROM turn")
    rows = [
        str((turn.rule.no, *(str(day) for day in vars(turn.period).values()))) for turn in turns
    ]
    cursor.execute(TURNS.replace(":rows", ", ".join(rows)))
    cursor.execute("ANALYZE turn")


def figures(rows: Sequence[Any]) -> Figures:
    return {(int(r[0]), bool(r[1])): (int(r[2]), int(r[3]), int(r[4])) for r in rows}


def to_duckdb(cursor: Any, folder: Path) -> duckdb.DuckDBPyConnection:
    """The same rows in its own tables, in memory, on two threads."""
    other = duckdb.connect()
    other.execute("SET threads = 2")
    sources = {
        "visits": "SELECT target_no, outcome, happened_on FROM inspection",
        "listed": "SELECT rule_no, depth, target_no, grid_no FROM listed",
        "chain": "SELECT grid_no, depth, ancestor_no FROM chain",
    }
    for name, sql in sources.items():
        path = folder / f"{name}.csv"
        with open(path, "w", encoding="utf-8") as written:
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, HEADER)", written)
        other.execute(READ.replace(":name", name).replace(":path", str(path)))
        path.unlink()
    other.execute("CREATE TABLE turn (rule_no int, since date, due date, grace date)")
    return other
