"""Duties ÷ people ÷ hours, for each grid and role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from app.coverage import actions as coverage
from app.coverage.capacity.model import Capacity, CapacityQuestion, GridWork, Part
from app.coverage.model import OWN, CoverageQuestion, Turn
from app.db.connection import Transaction
from app.programmes import actions as programmes
from app.programmes.workload import actions as workload
from app.programmes.workload.model import Workload
from app.programmes.workload.rules import without_anybody, working_days, worst_first


def capacity(tx: Transaction, asked: CapacityQuestion, today: date) -> Capacity:
    days = working_days(asked.first, asked.last, programmes.calendar(tx))
    turns = _turns(tx, asked)
    told = [due for due in turns if not _untold(tx, asked, due, today)]
    parts = _parts(tx, asked, told, today)
    people = workload.holders(tx, asked.depth, min(max(today, asked.first), asked.last))
    hours = float(days * asked.hours_a_day)
    found = [
        GridWork(
            Workload(
                *(grid.no, grid.code, grid.name, grid.name_en, role),
                float(sum(part.due * part.rule.minutes for part in held)),
                people.get((grid.no, role), 0),
                hours,
            ),
            held,
        )
        for grid in coverage.grids_of_level(tx, asked.depth, asked.within)
        for role, held in sorted(parts.get(grid.no, {}).items())
    ]
    held_by = {(row.work.no, row.work.role): row for row in found}
    works = [row.work for row in found]
    return Capacity(
        days,
        hours,
        [held_by[work.no, work.role] for work in worst_first(works)],
        [held_by[work.no, work.role] for work in without_anybody(works)],
        untold=len(told) < len(turns),
        undrawn=any(
            turn.rule.percent is not None and turn.period.since > today
            for due in turns
            for turn in due
        ),
    )


def _turns(tx: Transaction, asked: CapacityQuestion) -> list[list[Turn]]:
    """By rule; only those whose duty is the level's own."""
    found: dict[int, list[Turn]] = defaultdict(list)
    keys = [asked.programme] if asked.programme else [one.key for one in programmes.programmes(tx)]
    for key in keys:
        for turn in coverage.turns(tx, key, asked.first, asked.last):
            if turn.rule.depth == asked.depth:
                found[turn.rule.no].append(turn)
    return list(found.values())


def _question(asked: CapacityQuestion, due: Sequence[Turn], today: date) -> CoverageQuestion:
    return CoverageQuestion(
        due[0].rule.programme_key,
        asked.depth,
        asked.first,
        asked.last,
        as_of=today,
        live=False,
        within=asked.within,
    )


def _untold(tx: Transaction, asked: CapacityQuestion, due: Sequence[Turn], today: date) -> bool:
    return bool(coverage.masked_grids(tx, _question(asked, due, today), due))


def _parts(
    tx: Transaction, asked: CapacityQuestion, turns: Sequence[Sequence[Turn]], today: date
) -> Mapping[int, Mapping[str, list[Part]]]:
    """Grid → role → what each rule asks there."""
    found: dict[int, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for due in turns:
        rule = due[0].rule
        for grid, scopes in coverage.counted(tx, _question(asked, due, today), due).items():
            if OWN in scopes and scopes[OWN].due:
                found[grid][rule.role].append(Part(rule, scopes[OWN].due))
    return found
