"""A city for the benchmark of coverage: nested grids, units, duties and three years of visits."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

FIRST, TODAY = date(2023, 7, 1), date(2026, 6, 30)
LEVELS = {"town": 115, "community": 684, "block": 3_765, "stairwell": 50_000}
TOWN, BLOCK, LEAF = 1, 3, 4
UNITS = 40_000
PROGRAMME = "fire"
# key, depth whose duty it is, kind and class of targets, period, days of grace
RULES = (
    ("weekly", LEAF, "unit", "{}", "week", 2),
    ("daily", BLOCK, "grid", "{block}", "day", 1),
    ("monthly", LEAF, "grid", "{stairwell}", "month", 5),
)
# of a hundred visits so many are to units, to blocks, and to leaf grids
SHARES = (60, 30, 10)
ANALYSED = (
    "target", "target_place", "inspection", "grid_chain", "grid", "grid_shape", "territory",
)  # fmt: skip
KEPT_INDEXES = "inspection_target", "inspection_supersedes", "inspection_recorded"
# the visits of a batch, by day as they happen; a tenth finds nobody
VISITS = """
    INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, uploaded_at,
        recorded_at, recorded_by, grid_no, edition_no, target_name, target_class, content)
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(v.n), 12, '0'))::uuid, p.target_no,
           CASE WHEN v.luck < 0.9 THEN 'done' ELSE 'locked' END, v.day, v.day, v.day, v.day, 1,
           p.grid_no, 1, 'x', 'x', ''
    FROM (SELECT n, random() AS luck, %(first)s::date
                 + (n::float8 * %(days)s / %(events)s)::int AS day,
                 CASE WHEN n %% 100 < %(units_share)s THEN 1 + floor(random() * %(units)s)
                      WHEN n %% 100 < %(blocks_share)s
                      THEN %(units)s + 1 + floor(random() * %(blocks)s)
                      ELSE %(units)s + %(blocks)s + 1 + floor(random() * %(leaves)s)
                 END::int AS place
          FROM generate_series(%(low)s::int, %(high)s::int) n) v
    JOIN bench_place p ON p.place = v.place
    ORDER BY v.n"""


@dataclass(frozen=True)
class Grids:
    """Numbers given depth first; a parent's grids follow it."""

    depth: npt.NDArray[np.int64]
    ancestors: npt.NDArray[np.int64]  # one column a level, 0 below the own one


def cut(seed: int, scale: float) -> Grids:
    """Every level cut into the next one at random, each grid into one at least."""
    rng = np.random.default_rng(seed)
    counts = [max(2, round(count * scale)) for count in LEVELS.values()]
    parents = [np.zeros(counts[0], dtype=np.int64)]
    for above, count in zip(counts, counts[1:], strict=False):
        extra = rng.integers(0, above, count - above)
        parents.append(np.sort(np.concatenate([np.arange(above), extra])))
    rows: list[tuple[int, ...]] = []
    starts = [
        np.searchsorted(held, np.arange(above + 1))
        for held, above in zip(parents[1:], counts, strict=False)
    ]

    def descend(level: int, place: int, above: tuple[int, ...]) -> None:
        chain = (*above, len(rows) + 1)
        rows.append(chain)
        if level + 1 < len(counts):
            for child in range(starts[level][place], starts[level][place + 1]):
                descend(level + 1, child, chain)

    for town in range(counts[0]):
        descend(0, town, ())
    ancestors = np.array([row + (0,) * (len(counts) - len(row)) for row in rows])
    return Grids((ancestors > 0).sum(axis=1), ancestors)


def load(cursor: Any, grids: Grids, events: int, seed: int) -> None:
    """As a superuser, past triggers and policies: the log stays empty."""
    cursor.execute("SET search_path = gridward, public; SET session_replication_role = replica")
    _load_grids(cursor, grids)
    units = _load_targets(cursor, grids, np.random.default_rng(seed))
    _load_rules(cursor)
    _load_visits(cursor, grids, units, events)
    cursor.execute("SET session_replication_role = origin")


def _copy(cursor: Any, table: str, columns: npt.NDArray[Any]) -> None:
    text = io.StringIO()
    np.savetxt(text, columns, fmt="%d", delimiter="\t")
    text.seek(0)
    cursor.copy_expert(f"COPY {table} FROM STDIN", text)


def _load_grids(cursor: Any, grids: Grids) -> None:
    for depth, key in enumerate(LEVELS, 1):
        cursor.execute("INSERT INTO level VALUES (%s, %s, %s, %s)", (depth, key, key, key))
    cursor.execute(
        "INSERT INTO edition (name, state, valid_from) VALUES ('bench', 'active', '2023-01-01')"
    )
    numbers = np.arange(1, len(grids.depth) + 1)
    chain = [
        np.column_stack([np.ones(held.sum()), numbers[held], np.full(held.sum(), depth),
                         grids.ancestors[held, depth - 1]])
        for depth in range(1, len(LEVELS) + 1)
        for held in [grids.ancestors[:, depth - 1] > 0]
    ]  # fmt: skip
    _copy(cursor, "grid_chain (edition_no, grid_no, depth, ancestor_no)", np.vstack(chain))
    cursor.execute("""
        INSERT INTO grid (no, depth, code, span_end)
        SELECT c.grid_no, max(c.depth), 'G' || c.grid_no, c.grid_no + 1 FROM grid_chain c
        GROUP BY c.grid_no;
        INSERT INTO grid_shape (edition_no, grid_no, parent_no, name)
        SELECT 1, g.no, up.ancestor_no, 'Grid ' || g.no FROM grid g
        LEFT JOIN grid_chain up ON up.grid_no = g.no AND up.depth = g.depth - 1;
        INSERT INTO territory (grid_no, numbers)
        SELECT ancestor_no, int4multirange(int4range(min(grid_no), max(grid_no) + 1))
        FROM grid_chain GROUP BY ancestor_no""")


def _load_targets(cursor: Any, grids: Grids, rng: np.random.Generator) -> int:
    """Units first, then blocks, then leaf grids: numbered as `bench_place` says."""
    leaves, blocks = (np.flatnonzero(grids.depth == depth) + 1 for depth in (LEAF, BLOCK))
    units = rng.choice(leaves, round(UNITS * len(leaves) / LEVELS["stairwell"]))
    places = np.concatenate([units, blocks, leaves])
    cursor.execute(
        "CREATE UNLOGGED TABLE bench_place (place int, grid_no int, target_no bigint);"
        "GRANT SELECT ON bench_place TO gridward_app"
    )
    numbers = np.arange(1, len(places) + 1)
    _copy(cursor, "bench_place", np.column_stack([numbers, places, numbers]))
    cursor.execute(
        """
        INSERT INTO target (kind, grid_no, imported_by)
        SELECT CASE WHEN place <= %(units)s THEN 'unit' ELSE 'grid' END, grid_no, 1
        FROM bench_place ORDER BY place;
        UPDATE bench_place SET target_no = place + (SELECT min(no) - 1 FROM target);
        CREATE UNIQUE INDEX ON bench_place (place);
        INSERT INTO target_place (target_no, kind, grid_no, valid_from)
        SELECT no, kind, grid_no, '1900-01-01' FROM target;
        INSERT INTO unit (target_no, grid_no, imported_by, id, name, class, content)
        SELECT no, grid_no, 1, 'U' || no, 'Unit ' || no, 'shop', '' FROM target WHERE kind = 'unit'
        """,
        {"units": len(units)},
    )
    return len(units)


def _load_rules(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, "
        "source, set_by) VALUES (%(key)s, %(key)s, %(key)s, '', '', '', '', 1)",
        {"key": PROGRAMME},
    )
    for key, depth, kind, classes, period, grace in RULES:
        cursor.execute(
            "INSERT INTO duty_rule (programme_key, key, name_zh, name_en, depth, role, "
            "target_kind, classes, period, grace_days, source, valid_from) "
            "VALUES (%s, %s, %s, %s, %s, 'grid_chief', %s, %s, %s, %s, '', %s)",
            (PROGRAMME, key, key, key, depth, kind, classes, period, grace, FIRST),
        )


def _load_visits(cursor: Any, grids: Grids, units: int, events: int) -> None:
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY (%s)", ([*KEPT_INDEXES],))
    made = [text for (text,) in cursor.fetchall()]
    for name in KEPT_INDEXES:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET max_parallel_workers_per_gather = 0; ANALYZE bench_place")
    cursor.execute("SELECT setseed(0.5)")
    batch = 2_000_000
    for low in range(1, events + 1, batch):
        cursor.execute(
            VISITS,
            {
                "first": FIRST,
                "days": (TODAY - FIRST).days,
                "events": events,
                "units": units,
                "blocks": int((grids.depth == BLOCK).sum()),
                "leaves": int((grids.depth == LEAF).sum()),
                "units_share": SHARES[0],
                "blocks_share": SHARES[0] + SHARES[1],
                "low": low,
                "high": min(low + batch - 1, events),
            },
        )
    for text in made:
        cursor.execute(text)
    cursor.execute(f"VACUUM ANALYZE {', '.join(ANALYSED)}")
