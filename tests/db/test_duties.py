"""Coverage from kept counts, from the visits and by the plain rules is the same at any time."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.coverage import actions as coverage, rules, store
from app.coverage.model import Counts, CoverageQuestion, Obligation, Turn
from app.db.connection import Database, Transaction
from app.grids.model import DraftShape
from app.identity.model import SERVICE_PERSON
from app.monitoring.actions import examine
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_person,
    add_units,
    grid_number,
    publish_city,
    square_city,
)
from tests.conftest import Databases

FIRST = date(2026, 4, 1)
HISTORIES, STEPS, UNITS = 4, 8, 16
RULES = (  # key, depth, kind, classes, period, grace, percent
    ("weekly_block", 3, "grid", "{block}", "week", 2, None),
    ("monthly_shop", 2, "unit", "{shop}", "month", 5, None),
    ("key_unit", 1, "unit", "{}", "quarter", 0, None),
    ("third", 3, "unit", "{}", "month", 0, 33),
    ("daily_community", 2, "grid", "{community}", "day", 1, None),
)
DEPTHS = {"block": 3, "community": 2}


@pytest.fixture
def city(databases: Databases) -> Iterator[Database]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        spread = random.Random(3)
        places = [
            (WEST + spread.random() * 2 * SIDE, SOUTH + spread.random() * SIDE)
            for _ in range(UNITS)
        ]
        add_units(tx, places)
        write_rules(tx)
    yield opened
    opened.close()
    databases.drop(name)


def write_rules(tx: Transaction) -> None:
    tx.execute(
        "INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, "
        "source, set_by) VALUES ('fire', '消防', 'Fire', '', '', '', '', person())"
    )
    for key, depth, kind, classes, period, grace, percent in RULES:
        tx.execute(
            "INSERT INTO duty_rule (programme_key, key, name_zh, name_en, depth, role, "
            "target_kind, classes, importances, period, grace_days, percent, seed, source, "
            "valid_from) VALUES "
            "('fire', %(key)s, %(key)s, %(key)s, %(depth)s, 'grid_chief', %(kind)s, %(classes)s, "
            "%(importances)s, %(period)s, %(grace)s, %(percent)s, %(seed)s, 'x', %(first)s)",
            key=key,
            depth=depth,
            kind=kind,
            classes=classes,
            importances="{key}" if key == "key_unit" else "{}",
            period=period,
            grace=grace,
            percent=percent,
            seed=7 if percent else None,
            first=FIRST,
        )


def question(depth: int, **given: Any) -> CoverageQuestion:
    asked: dict[str, Any] = {"first": FIRST, "last": TODAY, "as_of": TODAY, "live": False}
    return CoverageQuestion("fire", depth, **(asked | given))


def by_grid(rows: list[Any]) -> dict[tuple[int, bool], Counts]:
    return {
        (row.grid_no, row.own): Counts(
            row.due, row.on_time, row.late, row.overdue, row.open, 0, row.excluded
        )
        for row in rows
        if row.due or row.excluded
    }


def plainly(tx: Transaction, asked: CoverageQuestion, due: list[Turn]) -> dict[Any, Counts]:
    """From the raw rows, by `rules.count`; nothing of the functions under test is used."""
    targets = tx.rows(
        "SELECT t.no, t.kind, t.valid_from, t.valid_until, g.depth FROM target t "
        "LEFT JOIN grid g ON t.kind = 'grid' AND g.no = t.grid_no"
    )
    visits = grouped(
        tx,
        "SELECT target_no, happened_on, programmes FROM inspection i WHERE outcome = 'done' "
        "AND NOT EXISTS (SELECT 1 FROM inspection l WHERE l.supersedes = i.id)",
    )
    dated = {
        "key": grouped(tx, "SELECT target_no, valid_from, valid_until FROM unit_class"),
        "place": grouped(
            tx, "SELECT target_no, valid_from, valid_until, grid_no FROM target_place"
        ),
        "closed": grouped(
            tx,
            "SELECT no AS target_no, lower(gap) AS valid_from, upper(gap) AS valid_until "
            "FROM target, unnest(closed) gap",
        ),
        "excluded": grouped(
            tx,
            "SELECT target_no, valid_from, valid_until FROM exclusion WHERE decision = 'accepted'",
        ),
    }
    drawn = {
        (row.rule_no, row.due_on, row.target_no)
        for row in tx.rows("SELECT rule_no, due_on, target_no FROM quota_list WHERE drawn")
    }
    found: dict[tuple[int, bool], list[Obligation]] = defaultdict(list)
    chains = ancestors(tx, {turn.period.due_on for turn in due}, asked.depth)
    for turn in due:
        day, chain = turn.period.due_on, chains[turn.period.due_on]
        for target in targets:
            grids = [one.grid_no for one in dated["place"][target.no] if holds(one, day)]
            if not is_due(turn, target, dated, drawn) or grids[0] not in chain:
                continue
            seen = [
                one.happened_on
                for one in visits[target.no]
                if turn.period.since <= one.happened_on <= turn.period.grace_until
                and (not one.programmes or "fire" in one.programmes)
            ]
            found[chain[grids[0]], turn.rule.depth == asked.depth].append(
                Obligation(
                    day,
                    turn.period.grace_until,
                    min(seen, default=None),
                    any(holds(one, day) for one in dated["excluded"][target.no]),
                )
            )
    return {key: rules.count(held, asked.as_of) for key, held in found.items()}


def grouped(tx: Transaction, sql: str) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for row in tx.rows(sql):
        found[row.target_no].append(row)
    return found


def ancestors(tx: Transaction, days: Iterable[date], depth: int) -> dict[date, dict[int, int]]:
    """Of each grid, in the edition that held on each of the days."""
    editions = tx.rows("SELECT no, valid_from FROM edition WHERE state <> 'draft'")
    sql = "SELECT * FROM grid_chain WHERE depth = %(depth)s AND edition_no = %(no)s"
    chains = {
        edition.no: {
            row.grid_no: row.ancestor_no for row in tx.rows(sql, depth=depth, no=edition.no)
        }
        for edition in editions
    }
    return {
        day: chains[
            max(editions, key=lambda row, day=day: (row.valid_from <= day, row.valid_from)).no
        ]
        for day in days
    }


def holds(dated: Any, day: date) -> bool:
    return bool(dated.valid_from <= day and (dated.valid_until is None or dated.valid_until > day))


def is_due(turn: Turn, target: Any, dated: dict[str, Any], drawn: set[Any]) -> bool:
    rule, day = turn.rule, turn.period.due_on
    if target.kind != rule.target_kind or not holds(target, day):
        return False
    if any(holds(one, day) for one in dated["closed"][target.no]):
        return False
    if rule.target_kind == "grid":
        return bool(target.depth == DEPTHS[rule.classes[0]])
    if rule.percent:
        return (rule.no, day, target.no) in drawn
    return not rule.importances or any(holds(one, day) for one in dated["key"][target.no])


def happen(tx: Transaction, chance: random.Random) -> None:
    """Something that moves the figures, on a day of the past three months."""
    day = FIRST + timedelta(days=chance.randrange((TODAY - FIRST).days + 1))
    unit = f"u{chance.randrange(UNITS)}"
    what = chance.choice(["visit", "visit", "grid", "class", "exclude", "close", "void", "locked"])
    if what in ("visit", "locked"):
        add_inspections(tx, [(unit, day, "done" if what == "visit" else "locked")])
    elif what == "grid":
        last = chance.choice(["", *"1234"])
        visit_grid(tx, f"{chance.choice('12')}{chance.choice('1234')}{last}", day)
    elif what == "class":
        tx.execute(
            "INSERT INTO unit_class (target_no, scheme, class, valid_from, valid_until, set_by) "
            "SELECT target_no, 'importance', 'key', %(day)s, %(day)s + 40, person() FROM unit u "
            "WHERE u.id = %(unit)s AND NOT EXISTS (SELECT 1 FROM unit_class c "
            "WHERE c.target_no = u.target_no AND c.valid_from < %(day)s + 40 "
            "AND c.valid_until > %(day)s)",
            unit=unit,
            day=day,
        )
    elif what == "close":
        tx.execute(
            "UPDATE target SET closed = closed + datemultirange(daterange(%(day)s, %(day)s + 9)) "
            "WHERE no = (SELECT target_no FROM unit WHERE id = %(unit)s)",
            unit=unit,
            day=day,
        )
    elif what == "exclude":
        tx.execute(
            "INSERT INTO exclusion (target_no, reason, valid_from, valid_until, asked_by) "
            "SELECT target_no, 'locked', %(day)s, %(day)s + 20, person() FROM unit "
            "WHERE id = %(unit)s",
            unit=unit,
            day=day,
        )
    else:
        tx.execute(
            "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, "
            "recorded_by, grid_no, target_name, target_class, supersedes, content) "
            "SELECT gen_random_uuid(), "
            "target_no, 'voided', happened_at, happened_on, person(), grid_no, target_name, "
            "target_class, id, '' FROM inspection i WHERE outcome = 'done' AND NOT EXISTS ("
            "SELECT 1 FROM inspection l WHERE l.supersedes = i.id) ORDER BY happened_on, id LIMIT 1"
        )


def visit_grid(tx: Transaction, code: str, day: date) -> None:
    """For the programme, for another one, or for all, by the grid."""
    tx.execute(
        "INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, "
        "recorded_by, grid_no, target_name, target_class, content, programmes) "
        "SELECT gen_random_uuid(), t.no, "
        "'done', %(day)s, %(day)s, person(), t.grid_no, 'x', 'block', '', %(programmes)s::text[] "
        "FROM target t JOIN grid g ON g.no = t.grid_no AND g.code = %(code)s "
        "WHERE t.kind = 'grid'",
        code=code,
        day=day,
        programmes={"1": "{fire}", "2": "{visits}"}.get(code[-1], "{}"),
    )


def accept(tx: Transaction) -> None:
    """Whatever exclusion was asked for: by a second person, as the database demands."""
    tx.execute(
        "UPDATE exclusion SET decision = 'accepted', decided_by = person(), decided_at = now() "
        "WHERE decision IS NULL"
    )


@pytest.mark.parametrize("history", range(HISTORIES))
def test_kept_counts_equal_the_raw_visits_at_any_instant(
    city: Database, history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folded in small pieces, on days that pass: what was kept by days is later kept by months,
    and visits, classes and exclusions of those months still come.
    """
    monkeypatch.setattr(coverage, "DUTIES_AT_ONCE", 4000)
    chance = random.Random(history)
    with city.transaction_as(SERVICE_PERSON) as tx:
        second = add_person(tx, "second", "admin", None)
        shapes = square_city(west=WEST + SIDE / 8)  # the same codes, moved eastward
        shapes["block"] = [other_parent(shape) for shape in shapes["block"]]
    for step in range(STEPS):
        with city.transaction_as(SERVICE_PERSON) as tx:
            happen(tx, chance)
        with city.transaction_as(second) as tx:
            accept(tx)
        if step == STEPS // 2 and history % 2:
            with city.transaction_as(SERVICE_PERSON) as tx:
                publish_city(tx, name="moved", shapes=shapes, valid_from=date(2026, 5, 15))
        with city.transaction_as(SERVICE_PERSON) as tx:
            if chance.random() < 0.6:
                coverage.fold(tx, TODAY - timedelta(days=chance.choice([0, 3, 40])))
            compare(tx, question(chance.choice([1, 2, 3])))
            month = date(2026, chance.choice([4, 5]), 1)
            compare(tx, question(2, first=month, last=month + timedelta(days=27)))
    with city.transaction_as(SERVICE_PERSON) as tx:
        while coverage.fold(tx, TODAY):
            pass
        assert tx.value("SELECT count(*) FROM coverage_log") == 0
        assert lacking(tx, coverage.turns(tx, "fire", FIRST, TODAY)) == 0
        parts = "SELECT count(DISTINCT part_no) FROM coverage_period k JOIN duty_rule r ON r.no = "
        daily = parts + "k.rule_no WHERE r.period = 'day'"
        # by months, but for the last fortnight, and with a part more where the edition changed
        assert tx.value(daily) == 3 + 14 + history % 2
        for depth in (1, 2, 3):
            compare(tx, question(depth))
        assert tx.rows("SELECT * FROM coverage_faults()") == []


def test_doctor_names_counts_that_are_wrong(city: Database, databases: Databases) -> None:
    with city.transaction_as(SERVICE_PERSON) as tx:
        # so that no more is left than it looks at each day
        tx.execute("DELETE FROM duty_rule WHERE period IN ('day', 'week')")
        add_inspections(tx, [("u1", FIRST, "done")])
        while coverage.fold(tx, TODAY):
            pass
        assert found_by_doctor(tx) == set()
        part = tx.value(
            "SELECT k.part_no FROM coverage_period k JOIN duty_rule r ON r.no = k.rule_no "
            "WHERE r.key = 'key_unit'"
        )
        block, name = grid_number(tx, "block:111"), tx.value("SELECT current_database()")
    databases.admin(
        name, f"INSERT INTO gridward.coverage_count VALUES ({part}, 3, {block}, 1,0,0,0, 1,0,0,0)"
    )
    with city.transaction_as(SERVICE_PERSON) as tx:
        due = "fire/key_unit due by 2026-06-30 (1): the counts kept of grid"
        assert found_by_doctor(tx) == {
            f"{due} 111 lack -1 due, 0 on time, 0 late, 0 excluded",
            f"{due} 11 are not the sum of those in it",
            f"{due} 1 are not the sum of those in it",
        }


def found_by_doctor(tx: Transaction) -> set[str]:
    checks = {one["check"]: one["examples"] for one in examine(tx)["checks"]}
    return set(checks["coverage_equals_counting_anew"])


def test_folding_goes_on_where_it_stopped(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What touches all of the past is taken in piece by piece, and the figures are always right."""
    with city.transaction_as(SERVICE_PERSON) as tx:
        while coverage.fold(tx, TODAY):
            pass
    monkeypatch.setattr(coverage, "DUTIES_AT_ONCE", 1)
    with city.transaction_as(SERVICE_PERSON) as tx:
        tx.execute("UPDATE target SET valid_from = '2026-05-10' WHERE kind = 'unit'")
        logged = tx.value("SELECT count(*) FROM coverage_log")
        parts = tx.value("SELECT count(*) FROM coverage_part")
    for piece in range(parts):
        with city.transaction_as(SERVICE_PERSON) as tx:
            remaining = coverage.fold(tx, TODAY)
            left = tx.value("SELECT count(*) FROM coverage_log")
            assert left == (logged if remaining else 0)
            assert bool(remaining) == (piece < parts - 1)
            if piece % 9 == 4 or not remaining:
                compare(tx, question(2))


def other_parent(shape: DraftShape) -> DraftShape:
    """A block of community 11 that belongs to community 12 now; its code is the same."""
    return replace(shape, parent_code="12") if shape.code == "112" else shape


def compare(tx: Transaction, asked: CoverageQuestion) -> None:
    """Kept counts and counts made anew with plain counting, here and inside each town."""
    found = coverage.turns(tx, "fire", asked.first, asked.last)
    due = [turn for turn in found if turn.rule.depth >= asked.depth]
    plain = plainly(tx, asked, due)
    assert by_grid(store.count_duties(tx, asked, due)) == plain
    if asked.last < TODAY:  # a part of the time, since counting anew takes its time
        assert by_grid(store.count_duties(tx, replace(asked, live=True), due)) == plain
        town = grid_number(tx, "town:1")
        sql = "SELECT grid_no FROM grid_chain WHERE ancestor_no = %(town)s"
        inside = {row.grid_no for row in tx.rows(sql, town=town)}
        told = by_grid(store.count_duties(tx, replace(asked, within=town), due))
        assert told == {key: value for key, value in plain.items() if key[0] in inside}


def lacking(tx: Transaction, due: list[Turn]) -> int:
    """Rows that the counts kept lack."""
    arrays: dict[str, list[Any]] = {"rules": [turn.rule.no for turn in due]}
    for name in ("since", "due_on", "grace_until"):
        arrays[name] = [getattr(turn.period, name) for turn in due]
    sql = (
        "SELECT count(*) FROM coverage_tail(%(rules)s::int[], %(since)s::date[], "
        "%(due_on)s::date[], %(grace_until)s::date[], %(today)s)"
    )
    return int(tx.value(sql, **arrays, today=TODAY))
