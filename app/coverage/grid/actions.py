"""One grid: who answers for it, what was due in it by each rule, and what was seen there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from app.coverage import actions as coverage, rules
from app.coverage.actions import Wish
from app.coverage.grid import store
from app.coverage.grid.model import GridPage, RuleCoverage
from app.coverage.model import Counts, CoverageQuestion, Turn
from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.identity import actions as identity
from app.inspections.exclusions import actions as exclusions
from app.inspections.exclusions.actions import ListQuestion
from app.people import actions as people
from app.programmes.rules import order

PERIODS = 12
LISTED = 8  # of each list; the rest is one click away


def grid_page(tx: Transaction, reference: str, wish: Wish, today: date) -> GridPage:
    """Refused for a grid outside the reader's territory: nothing of it may be told."""
    edition = grids.active_edition(tx)
    grid = grids.grid_named(tx, edition.no, reference)
    if not coverage.grids_in_territory(tx, [grid.no]):
        raise NotFound("The grid %(grid)s does not lie in your area.", grid=grid.reference)
    wish = replace(wish, level=grid.level, within=grid.reference)
    chain = grids.chains(tx, edition.no, [grid.no])[grid.no]
    asked = coverage.question(tx, wish, today)
    return GridPage(
        grid,
        chain,
        identity.who_answers(tx, [one.no for one in chain], today),
        people.missing_roles(tx, grid.no, today),
        asked,
        coverage.coverage(tx, asked),
        by_rule(tx, asked, grid.no),
        coverage.trend(tx, wish, today, PERIODS),
        coverage.duties(tx, asked, "overdue", LISTED, 0),
        exclusions.exclusions(tx, ListQuestion("accepted", grid.no, today), 0, LISTED),
        store.list_last_visits(tx, grid.no, today, LISTED),
    )


def by_rule(tx: Transaction, asked: CoverageQuestion, grid: int) -> list[RuleCoverage]:
    """Rules that had anything due in the period, in the order in which people read them."""
    turns: dict[int, list[Turn]] = {}
    for turn in coverage.due_turns(tx, asked):
        turns.setdefault(turn.rule.no, []).append(turn)
    found = []
    for due in sorted(turns.values(), key=lambda due: order(due[0].rule)):
        counts, masked = _of_rule(tx, asked, grid, due)
        if masked or counts.due or counts.excluded:
            rule = due[0].rule
            found.append(RuleCoverage(rule, rule.depth == asked.depth, counts, masked))
    if any(one.masked for one in found):  # what is left of the sum would tell it
        return [replace(one, counts=Counts(), masked=True) for one in found]
    return found


def _of_rule(
    tx: Transaction, asked: CoverageQuestion, grid: int, due: Sequence[Turn]
) -> tuple[Counts, bool]:
    rows = coverage.counted(tx, asked, due).get(grid, {})
    counts = sum(rows.values(), Counts())
    if rules.is_masked(counts, asked.depth, grid in coverage.masked_grids(tx, asked, due)):
        return Counts(), True
    return counts, False
