"""Who was inspected, and lists as files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.commands.session import DAY, FILE, JSON, Session, answer, cli
from app.coverage import actions as coverage
from app.coverage.actions import Wish
from app.coverage.model import GRIDS, InspectedQuestion
from app.coverage.rules import LISTED
from app.db.connection import Transaction
from app.grids import actions as grids
from app.registry.model import UnitFilter
from app.registry.rules import INSPECTED_DAYS, STATES
from app.reports import actions as reports, registers
from app.reports.coverage import actions as coverage_files
from app.reports.files import TYPES, File
from app.reports.model import RowFilter
from app.reports.rules import LISTS


@cli.command()
@click.option("--level", "level", required=True)
@click.option("--on", "on", type=DAY)
@click.option("--days", type=click.IntRange(1, 3660), default=INSPECTED_DAYS)
@click.option("--within", help="Only inside this grid, as level:code.")
@JSON
@click.pass_obj
def inspected(
    session: Session,
    /,
    level: str,
    on: datetime | None,
    days: int,
    within: str | None,
    as_json: bool,
) -> None:
    """Units with a completed inspection in the days up to a date, per grid."""
    today = session.settings.today()
    with session.transaction("coverage.read") as tx:
        inside = grids.grid_named(tx, grids.active_edition(tx).no, within).no if within else None
        asked = InspectedQuestion(on.date() if on else today, days, inside)
        rows = coverage.inspected_by_grid(tx, asked, grids.level_named(tx, level))
        total = coverage.inspected_within(tx, asked)
    document = {
        "level": level,
        "on": asked.on,
        "days": days,
        "rows": [
            {"grid": row.code, "name": row.name, "units": row.units, "inspected": row.inspected}
            for row in rows
        ],
        "total": {"units": total.units, "inspected": total.inspected},
    }
    answer(document, as_json, lambda: f"{total.inspected} of {total.units} units inspected")


@cli.group()
def export() -> None:
    """Lists as files."""


@export.command("units")
@click.option("--format", "kind", type=click.Choice(sorted(TYPES)), default="csv")
@click.option("--out", type=FILE, help="Without it the file goes to stdout.")
@click.option("--on", "on", type=DAY)
@click.option("--within")
@click.option("--state", default="all", help=f"One of: {', '.join(STATES)}.")
@JSON
@click.pass_obj
def export_units(session: Session, /, as_json: bool, out: Path | None, **given: Any) -> None:
    """Units with their grids and last inspection."""
    if as_json and out is None:
        raise click.UsageError("--json needs --out: stdout holds one document, not two.")
    kind, on, within = given["kind"], given["on"], given["within"]
    today = session.settings.today()
    with session.transaction("units.export") as tx:
        inside = grids.grid_named(tx, grids.active_edition(tx).no, within).no if within else None
        wanted = UnitFilter(on.date() if on else today, INSPECTED_DAYS, inside, given["state"])
        file = reports.export_units(tx, wanted, kind)
    write_out(file, out, kind, as_json)


def add_register(key: str) -> None:
    """`export hazards` and the like."""

    @export.command(key, help=f"{key.title()} with their grids and further columns.")
    @click.option("--format", "kind", type=click.Choice(sorted(TYPES)), default="csv")
    @click.option("--out", type=FILE, help="Without it the file goes to stdout.")
    @click.option("--on", "on", type=DAY)
    @click.option("--within")
    @click.option("--class", "class_key")
    @click.option(
        "--state", default="all", help=f"One of: {', '.join(('all', *LISTS[key].states))}."
    )
    @JSON
    @click.pass_obj
    def export_register(session: Session, /, as_json: bool, out: Path | None, **given: Any) -> None:
        if as_json and out is None:
            raise click.UsageError("--json needs --out: stdout holds one document, not two.")
        on = given["on"].date() if given["on"] else session.settings.today()
        with session.transaction("registers.export") as tx:
            wanted = RowFilter(
                on, grid_inside(tx, given["within"]), given["class_key"], given["state"]
            )
            file = registers.export_rows(tx, LISTS[key], wanted, given["kind"])
        write_out(file, out, given["kind"], as_json)


for register in LISTS:
    add_register(register)


def grid_inside(tx: Transaction, reference: str | None) -> int | None:
    """The number of the grid that --within names."""
    if not reference:
        return None
    return grids.grid_named(tx, grids.active_edition(tx).no, reference).no


@export.command("coverage")
@click.option("--level", "level", required=True)
@click.option("--programme", help="Of duties, not of units inspected lately; with --period.")
@click.option("--period", help="2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026-H2 or 2026.")
@click.option("--on-grids", type=click.Choice(GRIDS), default="then", show_default=True)
@click.option("--as-of", "as_of", type=DAY, help="Duties as the visits up to this day say.")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--out", type=FILE, help="Without it the file goes to stdout.")
@click.option("--on", "on", type=DAY, help="Units inspected in the days up to this one.")
@click.option("--within")
@JSON
@click.pass_obj
def export_coverage(session: Session, /, as_json: bool, out: Path | None, **given: Any) -> None:
    """The coverage table of a level: of duties, or of units inspected lately."""
    if as_json and out is None:
        raise click.UsageError("--json needs --out: stdout holds one document, not two.")
    if bool(given["programme"]) != bool(given["period"]):
        raise click.UsageError("--programme and --period go together.")
    today = session.settings.today()
    with session.transaction("coverage.export") as tx:
        if given["programme"]:
            file = coverage_files.export_coverage(tx, wish_of(given), today, given["kind"])
        else:
            day = given["on"].date() if given["on"] else today
            asked = InspectedQuestion(day, INSPECTED_DAYS, grid_inside(tx, given["within"]))
            level = grids.level_named(tx, given["level"])
            file = reports.export_coverage(tx, asked, level, given["kind"])
    write_out(file, out, given["kind"], as_json)


@export.command("duties")
@click.option("--programme", required=True, help="Key of the programme.")
@click.option("--level", required=True, help="Duties of this level and of those below it.")
@click.option("--period", required=True)
@click.option("--state", type=click.Choice(LISTED), default="all", show_default=True)
@click.option("--on-grids", type=click.Choice(GRIDS), default="then", show_default=True)
@click.option("--as-of", "as_of", type=DAY)
@click.option("--within", help="Only inside this grid, as level:code.")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--out", type=FILE, help="Without it the file goes to stdout.")
@JSON
@click.pass_obj
def export_duties(session: Session, /, as_json: bool, out: Path | None, **given: Any) -> None:
    """The duties that figures of coverage count, one a line."""
    if as_json and out is None:
        raise click.UsageError("--json needs --out: stdout holds one document, not two.")
    with session.transaction("coverage.export") as tx:
        file = coverage_files.export_duties(
            tx, wish_of(given), given["state"], session.settings.today(), given["kind"]
        )
    write_out(file, out, given["kind"], as_json)


def wish_of(given: Mapping[str, Any]) -> Wish:
    as_of = given["as_of"].date() if given["as_of"] else None
    words = (given["programme"], given["level"], given["period"], given["within"])
    return Wish(*words, given["on_grids"], as_of)


def write_out(file: File, out: Path | None, kind: str, as_json: bool) -> None:
    if out is None:
        sys.stdout.buffer.write(file.content)
        return
    out.write_bytes(file.content)
    document = {"out": str(out), "format": kind, "bytes": len(file.content)}
    answer(document, as_json, lambda: f"{out}: {len(file.content)} bytes")
