"""Coverage: of duties as programmes set them, and of units inspected in the days up to a date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.coverage import rules, store
from app.coverage.model import (
    BELOW,
    OWN,
    Counted,
    Counts,
    Coverage,
    CoverageQuestion,
    Drawing,
    GridCoverage,
    InspectedQuestion,
    Sketch,
    Turn,
)
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.grids.model import Level
from app.inspections.checks.model import Tally
from app.programmes import actions as programmes
from app.programmes.rules import previous_period, reporting_period

MOST_DRAWN = 4000  # shapes; more are a grey cloud on a page
DUTIES_AT_ONCE = 200_000  # that one folding counts: about two seconds; the next one goes on


def inspected_by_grid(tx: Transaction, asked: InspectedQuestion, level: Level) -> list[Any]:
    """no, code, name, name_en, units, inspected for each grid of the level, by code."""
    return store.list_inspected_by_grid(tx, asked, level.depth)


def inspected_within(tx: Transaction, asked: InspectedQuestion) -> Counted:
    return Counted(*store.count_inspected_within(tx, asked))


def units_directly_in(tx: Transaction, grid: int, on: date) -> int:
    """Units that lie in the grid but in none of the grids below it."""
    return store.count_units_directly_in(tx, grid, on)


def grids_in_territory(tx: Transaction, grids: Sequence[int]) -> set[int]:
    """Which of these grids the reader may know figures of."""
    return store.list_grids_in_territory(tx, grids)


# -- duties -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, as it was written."""

    programme: str
    level: str
    period: str
    within: str | None = None
    on_grids: str = "then"
    as_of: date | None = None
    rule: str | None = None  # only of this one; None: of all the programme's


def question(tx: Transaction, wish: Wish, today: date) -> CoverageQuestion:
    """The wish in numbers and days; refused where it names what is not there.

    Nothing is known of a day to come: then the answer is as of today, and says so.
    """
    programmes.programme(tx, wish.programme)
    first, last = reporting_period(wish.period)
    active = grids.active_edition(tx)
    return CoverageQuestion(
        wish.programme,
        grids.level_named(tx, wish.level).depth,
        first,
        last,
        as_of=min(wish.as_of or today, today),
        live=wish.as_of is not None and wish.as_of < today,
        within=grids.grid_named(tx, active.no, wish.within).no if wish.within else None,
        on_grids=wish.on_grids,
        rule=rule_named(tx, wish.programme, wish.rule) if wish.rule else None,
    )


def rule_named(tx: Transaction, programme: str, key: str) -> str:
    if key not in {rule.key for rule in programmes.duty_rules(tx, programme)}:
        raise NotFound("The programme has no rule %(rule)s.", rule=key[:40])
    return key


def turns(tx: Transaction, programme: str, first: date, last: date) -> list[Turn]:
    """What of the programme is due in [first, last]."""
    found = programmes.duty_rules(tx, programmes.programme(tx, programme).key)
    return rules.turns(found, first, last, programmes.calendar(tx))


def coverage(tx: Transaction, asked: CoverageQuestion) -> Coverage:
    """Every grid of the level in the reader's territory, also those without any duty.

    A duty of a level above is none of a grid's; so it is in no row and in no sum.
    """
    due = due_turns(tx, asked)
    found = _told(tx, asked, due, _with_never(tx, asked, due, counted(tx, asked, due)))
    return _with_verified(tx, asked, due, found)


def _with_verified(
    tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn], found: Coverage
) -> Coverage:
    whole, tallies = Tally(), {}
    for row in store.count_checked(tx, asked, due):
        tally = Tally(row.confirmed, row.not_confirmed, row.unable)
        if row.grid_no is None:
            whole = tally
        else:
            tallies[row.grid_no, OWN if row.own else BELOW] = tally
    return rules.with_verified(found, tallies, whole, store.list_masked_grids(tx, asked, due))


def rates(tx: Transaction, asked: CoverageQuestion) -> Coverage:
    """The same without looking for who was never visited, which costs more than all the rest."""
    due = due_turns(tx, asked)
    return _told(tx, asked, due, counted(tx, asked, due))


def rates_before(tx: Transaction, wish: Wish, today: date) -> Coverage:
    """Of the period before the wished one."""
    return rates(tx, question(tx, replace(wish, period=previous_period(wish.period)), today))


def due_turns(tx: Transaction, asked: CoverageQuestion) -> list[Turn]:
    """Turns of the level's own duties and of those below it."""
    found = turns(tx, asked.programme, asked.first, asked.last)
    return [
        turn
        for turn in found
        if turn.rule.depth >= asked.depth and asked.rule in (None, turn.rule.key)
    ]


def masked_grids(tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]) -> set[int]:
    """Grids of whose households the reader may not know small numbers, if any are counted."""
    return store.list_masked_grids(tx, asked, due)


def _told(
    tx: Transaction,
    asked: CoverageQuestion,
    due: Sequence[Turn],
    found: Mapping[int, Mapping[str, Counts]],
) -> Coverage:
    masks = masked_grids(tx, asked, due)
    rows = [
        GridCoverage(grid.no, grid.code, grid.name, grid.name_en, scope, counts, masked)
        for grid in grids_of_level(tx, asked.depth, asked.within, day_of_grids(asked))
        for scope, counts in _scopes(found.get(grid.no, {}))
        for masked in [rules.is_masked(counts, asked.depth, grid.no in masks)]
    ]
    return rules.with_total(rows)


def day_of_grids(asked: CoverageQuestion) -> date | None:
    """Whose edition a page draws and names; None: today's."""
    return None if asked.on_grids == "today" else asked.last


def grids_of_level(
    tx: Transaction, depth: int, within: int | None, on: date | None = None
) -> list[Any]:
    """no, code, name, name_en of those in the reader's territory, by code."""
    return store.list_grids_of_level(tx, depth, within, on)


def sketch(
    tx: Transaction, depth: int, grids: Collection[int], on: date | None = None
) -> Sketch | None:
    """These grids drawn; None where there are none, or too many to be told apart."""
    if not 0 < len(grids) <= MOST_DRAWN:
        return None
    outlines = store.list_outlines(tx, depth, sorted(grids), on)
    return rules.sketch(outlines) if outlines else None


def drawing(tx: Transaction, asked: CoverageQuestion, found: Coverage) -> Drawing | None:
    """The map of these rows."""
    drawn = sketch(tx, asked.depth, {row.no for row in found.rows}, day_of_grids(asked))
    return rules.drawing(drawn, found.rows) if drawn else None


def trend(
    tx: Transaction, wish: Wish, today: date, periods: int
) -> list[tuple[str, Counts | None]]:
    """The totals of the periods up to the wished one, the earliest first; None: not told."""
    found: list[tuple[str, Counts | None]] = []
    period = wish.period
    for _ in range(periods):
        whole = rates(tx, question(tx, replace(wish, period=period), today))
        found.append((period, None if whole.masked else whole.total))
        period = previous_period(period)
    return found[::-1]


def _scopes(counted: Mapping[str, Counts]) -> list[tuple[str, Counts]]:
    """A grid without any duty has one row, which says so."""
    found = [(scope, counted[scope]) for scope in (OWN, BELOW) if scope in counted]
    return found or [(OWN, Counts())]


def counted(
    tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]
) -> dict[int, dict[str, Counts]]:
    """Grid → scope → its counts; only what has any."""
    grids: dict[int, dict[str, Counts]] = defaultdict(dict)
    for row in store.count_duties(tx, asked, due):
        counts = Counts(row.due, row.on_time, row.late, row.overdue, row.open, 0, row.excluded)
        if row.due or row.excluded:
            grids[row.grid_no][OWN if row.own else BELOW] = counts
    return grids


def _with_never(
    tx: Transaction,
    asked: CoverageQuestion,
    due: Sequence[Turn],
    found: dict[int, dict[str, Counts]],
) -> dict[int, dict[str, Counts]]:
    for row in store.count_never(tx, asked, rules.last_turns(due)):
        scope, held = OWN if row.own else BELOW, found.get(row.grid_no, {})
        if scope in held:
            held[scope] = replace(held[scope], never=row.never)
    return found


def duties(
    tx: Transaction, asked: CoverageQuestion, state: str, limit: int, offset: int
) -> list[Any]:
    """The duties behind a figure, those that the reader may see, by their due dates."""
    if state not in rules.LISTED:
        raise Refusal(
            "There is no state %(state)s; use one of: %(states)s.",
            state=state[:40],
            states=", ".join(rules.LISTED),
        )
    due = due_turns(tx, asked)
    if state == "never":
        return store.list_never(tx, asked, rules.last_turns(due), limit, offset)
    if state in ("overdue", "open"):  # no need to look at turns where there can be none
        due = [
            turn for turn in due if (turn.period.grace_until < asked.as_of) == (state == "overdue")
        ]
    return store.list_duties(tx, asked, due, None if state == "all" else state, limit, offset)


def checked(tx: Transaction, asked: CoverageQuestion, limit: int, offset: int) -> list[Any]:
    """The visits behind a verified share, those that the reader may see, the latest first."""
    return store.list_checked(tx, asked, due_turns(tx, asked), limit, offset)


def fold(tx: Transaction, today: date) -> int:
    """Bring the counts that coverage is read from up to date, a bounded piece of work; answer how
    many periods remain.
    """
    found = programmes.duty_rules(tx)
    begun = rules.begun_turns(found, today, programmes.calendar(tx))
    months = [rules.counted_with(turn, today) for turn in begun]
    return store.fold_coverage(tx, begun, months, DUTIES_AT_ONCE)
