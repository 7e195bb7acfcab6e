"""Coverage of duties."""

from __future__ import annotations

from datetime import datetime

import click

from app.commands.session import DAY, JSON, Session, answer, cli
from app.coverage import actions
from app.coverage.model import GRIDS, Coverage
from app.coverage.parameters import listed_counts, listed_coverage
from app.inspections.checks.rules import wilson_interval


@cli.command()
@click.option("--programme", required=True, help="Key of the programme.")
@click.option("--level", required=True)
@click.option(
    "--period", required=True, help="2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026-H2 or 2026."
)
@click.option("--within", help="Only inside this grid, as level:code.")
@click.option("--on-grids", type=click.Choice(GRIDS), default="then", show_default=True)
@click.option("--as-of", "as_of", type=DAY, help="As the visits up to this day say.")
@JSON
@click.pass_obj
def coverage(
    session: Session,
    /,
    programme: str,
    level: str,
    period: str,
    within: str | None,
    on_grids: str,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """What was due in a period and what became of it, per grid of a level."""
    today = session.settings.today()
    with session.transaction("coverage.read") as tx:
        asked = actions.question(
            tx,
            actions.Wish(
                programme, level, period, within, on_grids, as_of.date() if as_of else None
            ),
            today,
        )
        found = actions.coverage(tx, asked)
    document = {
        "programme": programme,
        "level": level,
        "period": period,
        "from": asked.first,
        "to": asked.last,
        "as_of": asked.as_of,
        "on_grids": on_grids,
        "rows": [listed_coverage(row) for row in found.rows],
        "total": listed_counts(found.total, found.masked, found.verified),
    }
    answer(document, as_json, lambda: _in_words(found, period))


def _in_words(found: Coverage, period: str) -> str:
    total, verified = found.total, found.verified
    words = f"{total.done} of {total.due} due done in {period}"
    if not verified.n:
        return words
    low, high = wilson_interval(verified.confirmed, verified.n)
    return (
        f"{words}; looked at again {verified.n}, confirmed {verified.confirmed} "
        f"({100 * low:.0f} to {100 * high:.0f} %)"
    )


@cli.command("fold-coverage")
@JSON
@click.pass_obj
def fold_coverage(session: Session, /, as_json: bool) -> None:
    """Bring the counts that coverage is read from up to date, as the worker does each minute."""
    remaining = 1
    while remaining:
        with session.transaction("imports.write", commit=True) as tx:
            remaining = actions.fold(tx, session.settings.today())
    answer({"remaining": remaining}, as_json, lambda: "The counts are up to date.")
