"""Whether the people of the grids can do what a rule would ask, before it is ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from app.db.connection import Transaction
from app.programmes import actions as programmes
from app.programmes.model import DutyRule
from app.programmes.rules import WORKING_DAYS_A_MONTH, in_force, visits_a_month
from app.programmes.workload import rules, store
from app.programmes.workload.model import HOURS_A_DAY, Outlook, Workload


def holders(tx: Transaction, depth: int, on: date) -> Mapping[tuple[int, str], int]:
    """(grid, role) → how many hold the role there, among the grids of a level."""
    return store.list_holders(tx, depth, on)


def proposed(tx: Transaction, wanted: DutyRule, today: date) -> Outlook:
    """An average month of the rule with all others of the same role and level, its own former
    self apart; with the targets and people of today.
    """
    others = [
        rule
        for rule in programmes.duty_rules(tx)
        if (rule.depth, rule.role) == (wanted.depth, wanted.role)
        and (rule.programme_key, rule.key) != (wanted.programme_key, wanted.key)
        and in_force(rule, today)
    ]
    minutes: dict[int, float] = defaultdict(float)
    for rule in [wanted, *others]:
        if rule.target_kind != "household":
            for grid, targets in store.count_targets_by_grid(tx, rule, today).items():
                minutes[grid] += visits_a_month(rule, targets) * rule.minutes
    people = holders(tx, wanted.depth, today)
    hours = WORKING_DAYS_A_MONTH * HOURS_A_DAY
    found = [
        Workload(
            *(grid.no, grid.code, grid.name, grid.name_en, wanted.role),
            minutes[grid.no],
            people.get((grid.no, wanted.role), 0),
            hours,
        )
        for grid in store.list_grids(tx, wanted.depth)
    ]
    return rules.outlook(found, any(rule.target_kind == "household" for rule in [wanted, *others]))
