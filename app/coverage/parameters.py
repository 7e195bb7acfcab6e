"""What addresses say about coverage of duties, and what the interface for programs answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict

from app.coverage.actions import Wish
from app.coverage.model import BELOW, GRIDS, OWN, Counts, Coverage, GridCoverage
from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid, Level
from app.http import date_of, reader, text_parameter
from app.inspections.checks.model import Tally
from app.inspections.checks.rules import wilson_interval
from app.programmes import actions as programmes
from app.programmes.rules import period_text
from app.web.api_types import Day, Doc, OneOf, Required, Text

PERIOD_WORDS = "A calendar period: 2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026-H2 or 2026."


@dataclass(frozen=True, kw_only=True)
class CoverageQuery:
    programme: Annotated[Required, Doc("Key of the programme.")]
    level: Annotated[Required, Doc("Key of the level.")]
    period: Annotated[Required, Doc(PERIOD_WORDS)]
    within: Annotated[Text | None, Doc("Only inside this grid, as level:code.")] = None
    on_grids: Annotated[
        Annotated[str, OneOf(GRIDS)],
        Doc("The grids of the due dates, or those of today."),
    ] = "then"
    as_of: Annotated[Day | None, Doc("As the visits up to this day say; today without it.")] = None


class Sampled(TypedDict):
    """Visits that another person checked again."""

    n: Annotated[int, Doc("Confirmed or not; without what nobody could check.")]
    confirmed: int
    unable: Annotated[int, Doc("Drawn and looked at, but nobody could say.")]
    low: Annotated[float | None, Doc("Lower bound of confirmed ÷ n (Wilson, 95 %).")]
    high: Annotated[float | None, Doc("Upper bound of confirmed ÷ n (Wilson, 95 %).")]


class ListedCounts(TypedDict):
    due: int | None
    done: int | None
    on_time: int | None
    late: int | None
    overdue: int | None
    open: Annotated[int | None, Doc("Neither done nor overdue yet.")]
    never: Annotated[int | None, Doc("Targets that have never been visited.")]
    excluded: int | None
    rate: Annotated[float | None, Doc("Done ÷ due; null where nothing is due.")]
    verified: Sampled


class ListedCoverage(ListedCounts):
    grid: Annotated[str, Doc("The grid's code.")]
    name: str
    name_en: str | None
    scope: Annotated[
        Annotated[str, OneOf((OWN, BELOW))],
        Doc("The grid's own duties, or those of the levels below it."),
    ]
    masked: Annotated[bool, Doc("Too few households to be told: the figures are null.")]


@dataclass(frozen=True)
class CoverageTable:
    programme: str
    level: str
    period: str
    since: Day
    until: Day
    as_of: Day
    on_grids: str
    rows: Sequence[ListedCoverage]
    total: ListedCounts


def sampled(verified: Tally) -> Sampled:
    low, high = wilson_interval(verified.confirmed, verified.n) if verified.n else (None, None)
    return {
        "n": verified.n,
        "confirmed": verified.confirmed,
        "unable": verified.unable,
        "low": low,
        "high": high,
    }


def listed_counts(counts: Counts, masked: bool, verified: Tally) -> ListedCounts:
    def told(figure: int) -> int | None:
        return None if masked else figure

    return {
        "due": told(counts.due),
        "done": told(counts.done),
        "on_time": told(counts.on_time),
        "late": told(counts.late),
        "overdue": told(counts.overdue),
        "open": told(counts.open),
        "never": told(counts.never),
        "excluded": told(counts.excluded),
        "rate": None if masked else counts.rate,
        "verified": sampled(verified),
    }


def listed_coverage(row: GridCoverage) -> ListedCoverage:
    return {
        "grid": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "scope": row.scope,
        "masked": row.masked,
        **listed_counts(row.counts, row.masked, row.verified),
    }


def table_of(
    asked: tuple[str, str, str], days: tuple[Day, Day, Day], on_grids: str, found: Coverage
) -> CoverageTable:
    """``asked``: programme, level, period; ``days``: since, until, as of."""
    return CoverageTable(
        *asked,
        *days,
        on_grids,
        [listed_coverage(row) for row in found.rows],
        listed_counts(found.total, found.masked, found.verified),
    )


# -- addresses ----------------------------------------------------------------------------


def asked_wish(tx: Transaction, today: date) -> Wish:
    """What the address asks for; without words the first programme, this month, and the level
    below the grid that was asked for.
    """
    known, levels = programmes.programmes(tx), grids.levels(tx)
    reference = text_parameter("within")
    within = grids.grid_named(tx, grids.active_edition(tx).no, reference) if reference else None
    as_of, on_grids = text_parameter("as_of"), text_parameter("on_grids") or "then"
    return Wish(
        text_parameter("programme") or (known[0].key if known else ""),
        text_parameter("level") or (first_level(levels, within) if levels else ""),
        text_parameter("period") or period_text("month", today),
        reference,
        on_grids if on_grids in GRIDS else "then",
        date_of(as_of, "as_of") if as_of else None,
        text_parameter("rule"),
    )


def first_level(levels: Sequence[Level], within: Grid | None) -> str:
    """Below the grid that was asked for, else the top; a chief's own level further down."""
    if within is not None:
        return levels[min(within.depth, len(levels) - 1)].key
    return levels[0 if reader().whole_city else -1].key


def chain_of(tx: Transaction, reference: str | None) -> list[Grid]:
    """From the top level down to the grid that was asked for; empty: everywhere."""
    if reference is None:
        return []
    edition = grids.active_edition(tx).no
    grid = grids.grid_named(tx, edition, reference)
    return grids.chains(tx, edition, [grid.no])[grid.no]


def address_of(wish: Wish, **changes: Any) -> dict[str, Any]:
    """What brings a page back to exactly this."""
    held: dict[str, Any] = {
        "programme": wish.programme,
        "level": wish.level,
        "period": wish.period,
        "within": wish.within,
        "on_grids": None if wish.on_grids == "then" else wish.on_grids,
        "as_of": wish.as_of and wish.as_of.isoformat(),
        "rule": wish.rule,
    }
    return {key: value for key, value in (held | changes).items() if value is not None}
