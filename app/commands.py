"""The command line: `./scripts/gridward …`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.db.connection import Database, Transaction
from app.db.deployment import deployment
from app.demo import actions as demo
from app.errors import Forbidden, Refusal, catch_everything, log
from app.grids import actions as grids, rules as grid_rules
from app.grids.model import BoundaryReport, BoundaryRequest
from app.grids.places import checked_place
from app.identity import actions as identity
from app.identity.actions import NewPerson
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports, rules as import_rules
from app.imports.actions import FileRequest
from app.imports.locating import LocateRequest, locate_table
from app.imports.rules import InspectionColumns, UnitColumns
from app.monitoring import actions as monitoring
from app.publishing import actions as publishing
from app.publishing.actions import PublishRequest
from app.registry import actions as registry
from app.registry.model import ImportReport, UnitFilter
from app.registry.rules import INSPECTED_DAYS, STATES
from app.reports import actions as reports
from app.settings import Settings, operating_system_user, read_settings
from gis.boundaries import BoundaryOptions
from gis.crs import parse_crs
from gis.errors import GisError

FILE = click.Path(dir_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
LONGEST_LABEL = 80
ALL_LEFTOVERS = 2_147_483_647
SHOWN = 20  # faults and errors printed for a person; --json has them all
COMMIT = click.option("--commit", is_flag=True, help="Write; without it nothing is written.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


class IncidentLog(logging.FileHandler):
    """The file below GRIDWARD_VAR that holds what a sentence leaves out."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            pass  # a full disk must not add a second fault


@dataclass
class Session:
    """What every command shares: settings, who acts, and how it answers."""

    settings: Settings
    acting: str | None

    @contextmanager
    def transaction(self, permission: str, commit: bool = True) -> Iterator[Transaction]:
        """One transaction as the service person; undone on a dry run.

        With --as it is narrowed to what that person sees, and may do.
        """
        with deployment(self.settings) as dsn:
            database = Database(dsn, os_user=operating_system_user())
            try:
                person = SERVICE_PERSON
                if self.acting:
                    with database.transaction_as(SERVICE_PERSON) as tx:
                        person = identity.person_number(tx, self.acting)
                with database.transaction_as(person) as tx:
                    if self.acting:
                        refuse_forbidden(tx, self.acting, permission)
                    yield tx
                    if not commit:
                        tx.undo()
            finally:
                database.close()


def refuse_forbidden(tx: Transaction, acting: str, permission: str) -> None:
    reader = identity.find_reader(tx)
    if reader is None or not reader.may(permission):
        raise Forbidden(
            "%(name)s may not do this: no role of theirs has the right %(right)s.",
            name=acting[:60],
            right=permission,
        )


def answer(document: Any, as_json: bool, words: Callable[[], str]) -> None:
    """The document for programs, or a few words for a person."""
    if as_json:
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
        sys.stdout.buffer.write(orjson.dumps(document, option=options))
        sys.stdout.flush()
    else:
        click.echo(words())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "acting", metavar="PERSON", help="Act as this person, in that person's area.")
@click.pass_context
def cli(context: click.Context, acting: str | None) -> None:
    """Gridward: grids, duties and the map of a city.

    Commands that write need --commit; without it they show what they would do.
    Exit code 0: done; 1: refused, with the reason; 2: wrong use.
    """
    settings = read_settings()
    log.addHandler(IncidentLog(settings.var / "errors.log", delay=True))
    log.propagate = False  # a person reads sentences, not tracebacks
    context.obj = Session(settings, acting)


# -- levels and boundaries ----------------------------------------------------------------


@cli.group()
def levels() -> None:
    """The level scheme of the city."""


@levels.command("set")
@click.argument("scheme", nargs=-1, required=True)
@COMMIT
@JSON
@click.pass_obj
def set_levels(session: Session, /, scheme: tuple[str, ...], commit: bool, as_json: bool) -> None:
    """Set the levels from the top down: town=街道/Town community=社区/Community …"""
    parsed = grid_rules.parse_levels(scheme)
    with session.transaction("editions.publish", commit) as tx:
        grids.set_levels(tx, parsed)
    document = {
        "levels": [
            {"depth": one.depth, "key": one.key, "name_zh": one.name_zh, "name_en": one.name_en}
            for one in parsed
        ],
        "committed": commit,
    }
    answer(document, as_json, lambda: written(commit, f"{len(parsed)} levels"))


def written(commit: bool, what: str) -> str:
    return f"{what}: written" if commit else f"{what}: dry run, nothing written (add --commit)"


@cli.group()
def boundaries() -> None:
    """Check and import grid boundaries."""


def boundary_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("file", type=FILE),
            click.option("--layer", help="Layer of a file that has several."),
            click.option("--level", "level", required=True, help="Key of the level."),
            click.option(
                "--code-field", required=True, help="Field of the code; A+B joins fields."
            ),
            click.option("--name-field"),
            click.option("--name-en-field"),
            click.option(
                "--parent-field",
                default="",
                help="Field of the parent's code; without it the largest overlap decides.",
            ),
            click.option("--crs", help="EPSG:…, gcj02 or bd09, where the file does not say."),
            click.option("--encoding"),
            click.option("--dissolve", is_flag=True, help="Unite features with the same code."),
            click.option("--repair", is_flag=True, help="Make self-crossing shapes valid."),
        )
    ):
        command = option(command)
    return command


def boundary_request(given: dict[str, Any]) -> BoundaryRequest:
    crs = given["crs"]
    options = BoundaryOptions(
        layer=given["layer"],
        code_fields=import_rules.split_fields(given["code_field"]),
        name_field=given["name_field"],
        name_en_field=given["name_en_field"],
        parent_fields=import_rules.split_fields(given["parent_field"]),
        crs=parse_crs(crs) if crs else None,
        encoding=given["encoding"],
        dissolve=given["dissolve"],
        repair=given["repair"],
    )
    return BoundaryRequest(given["file"], given["level"], given["edition"], options)


def id_fields(text: str) -> tuple[str, ...]:
    """The fields of an id: at least one."""
    fields = import_rules.split_fields(text)
    if not fields:
        raise click.UsageError("--id-field names no field.")
    return fields


@boundaries.command("check")
@boundary_options
@click.option("--edition", default="check", help="The draft whose parents are looked at.")
@JSON
@click.pass_obj
def check_boundaries(session: Session, /, as_json: bool, **given: Any) -> None:
    """Find the faults of a boundary file; nothing is written."""
    with session.transaction("imports.write", commit=False) as tx:
        report = grids.check_boundaries(tx, boundary_request(given))
    answer_boundaries(report, as_json)


@boundaries.command("import")
@boundary_options
@click.option("--edition", required=True, help="The draft edition; a new name begins one.")
@COMMIT
@JSON
@click.pass_obj
def import_boundaries(session: Session, /, commit: bool, as_json: bool, **given: Any) -> None:
    """Put one level into a draft edition, replacing what the draft held there."""
    with session.transaction("imports.write", commit) as tx:
        report = grids.import_boundaries(tx, boundary_request(given))
        if report.refused:
            tx.undo()
    answer_boundaries(replace(report, committed=report.committed and commit), as_json)


def answer_boundaries(report: BoundaryReport, as_json: bool) -> None:
    def words() -> str:
        lines = [
            f"{fault.severity} {fault.kind} {fault.code or ''}: {fault.detail}"
            for fault in report.faults[:SHOWN]
        ]
        more = len(report.faults) - SHOWN
        lines += [f"… and {more} more (see --json)"] if more > 0 else []
        counts = f"{report.features} features, {report.created} grids, {len(report.faults)} faults"
        return "\n".join([*lines, counts if report.refused else written(report.committed, counts)])

    answer(report.as_dict(), as_json, words)
    if report.refused:
        raise Refusal("The file has errors; nothing was written.")


@cli.group()
def editions() -> None:
    """Dated sets of boundaries."""


@editions.command("publish")
@click.argument("name")
@click.option("--from", "valid_from", type=DAY, required=True, help="First day, like 2026-01-01.")
@click.option("--accept-warnings", is_flag=True)
@COMMIT
@JSON
@click.pass_obj
def publish_edition(
    session: Session,
    /,
    name: str,
    valid_from: datetime,
    accept_warnings: bool,
    commit: bool,
    as_json: bool,
) -> None:
    """Make a draft the active edition and locate every point anew."""
    request = PublishRequest(name, valid_from.date(), accept_warnings)
    with session.transaction("editions.publish", commit) as tx:
        result = publishing.publish(tx, request, session.settings.today(), show_progress)
    answer(
        result | {"committed": commit},
        as_json,
        lambda: written(
            commit,
            f"{result['grids']} grids, {result['moved']} points moved, "
            f"{result['warnings']} warnings accepted",
        ),
    )


def show_progress(done: int, total: int, message: str) -> None:
    click.echo(f"{100 * done // max(total, 1):3d} % {message}", err=True)


@editions.command("list")
@JSON
@click.pass_obj
def list_editions(session: Session, /, as_json: bool) -> None:
    """All editions with their dates."""
    with session.transaction("grids.read") as tx:
        found = grids.editions(tx)
    rows = [
        {"name": one.name, "state": one.state, "from": one.valid_from, "until": one.valid_until}
        for one in found
    ]
    answer(
        {"editions": rows},
        as_json,
        lambda: (
            "\n".join(
                f"{one.name}  {one.state}  {one.valid_from or '-'} … {one.valid_until or ''}"
                for one in found
            )
            or "No editions yet."
        ),
    )


# -- locate -------------------------------------------------------------------------------


@cli.command()
@click.option("--lon", type=float)
@click.option("--lat", type=float)
@click.option("--crs", default="EPSG:4326")
@click.option("--on", "on", type=DAY)
@click.option("--csv", "table", type=FILE, help="A table of points instead of one.")
@click.option("--lon-field")
@click.option("--lat-field")
@click.option("--out", type=FILE)
@click.option("--encoding")
@click.option("--skip-errors", is_flag=True)
@JSON
@click.pass_obj
def locate(session: Session, /, as_json: bool, **given: Any) -> None:
    """The grids of a point, or of each row of a table."""
    on: date = given["on"].date() if given["on"] else session.settings.today()
    if given["table"] is not None:
        locate_rows(session, on, as_json, given)
        return
    if given["lon"] is None or given["lat"] is None:
        raise click.UsageError(
            "Give --lon and --lat, or --csv with --lon-field, --lat-field and --out."
        )
    lon, lat = checked_place(given["lon"], given["lat"], given["crs"])
    with session.transaction("grids.read") as tx:
        found = grids.locate(tx, lon, lat, on)
    answer(
        found,
        as_json,
        lambda: (
            " > ".join(f"{one['level']}:{one['code']} {one['name']}" for one in found["grids"])
            or (
                f"In no grid; the nearest is {found['nearest']['level']}:"
                f"{found['nearest']['code']}, "
                f"{found['nearest']['distance_m']} m away."
            )
        ),
    )


def locate_rows(session: Session, /, on: date, as_json: bool, given: dict[str, Any]) -> None:
    if not (given["lon_field"] and given["lat_field"] and given["out"]):
        raise click.UsageError("--csv needs --lon-field, --lat-field and --out.")
    request = LocateRequest(
        given["table"],
        given["out"],
        given["lon_field"],
        given["lat_field"],
        given["crs"],
        on,
        given["encoding"],
        given["skip_errors"],
    )
    with session.transaction("grids.read") as tx:
        report = locate_table(tx, request)
    answer(
        report,
        as_json,
        lambda: "\n".join(
            [
                *error_lines(report["errors"]),
                f"{report['rows']} rows: {report['located']} located, "
                f"{report['leftovers']} leftovers, "
                f"{report['unlocated']} without coordinates",
            ]
        ),
    )
    if report["out"] is None:
        raise Refusal("Rows are in error; nothing was written (--skip-errors writes the others).")


def error_lines(errors: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"row {one['row']}, {one['field']}: {one['message']} ({one['value']})"
        for one in errors[:SHOWN]
    ]
    more = len(errors) - SHOWN
    return lines + ([f"… and {more} more (see --json)"] if more > 0 else [])


# -- registers ----------------------------------------------------------------------------


def import_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("file", type=FILE),
            click.option("--id-field", required=True, help="Field of the id; A+B joins fields."),
            click.option("--encoding"),
            click.option("--skip-errors", is_flag=True, help="Write the sound rows all the same."),
        )
    ):
        command = option(command)
    return command


@cli.group()
def units() -> None:
    """Units: shops, schools, factories …"""


@units.command("import")
@import_options
@click.option("--name-field")
@click.option("--lon-field", required=True)
@click.option("--lat-field", required=True)
@click.option("--crs", required=True, help="EPSG:…, gcj02 or bd09: declared, never guessed.")
@click.option("--class-field")
@click.option("--address-field")
@COMMIT
@JSON
@click.pass_obj
def import_units(session: Session, /, commit: bool, as_json: bool, **given: Any) -> None:
    """Import units from a CSV file."""
    columns = UnitColumns(
        id_fields(given["id_field"]),
        given["lon_field"],
        given["lat_field"],
        given["name_field"],
        given["class_field"],
        given["address_field"],
    )
    request = FileRequest(given["file"], given["encoding"], commit, given["skip_errors"])
    with session.transaction("imports.write") as tx:
        report = imports.import_units(tx, request, columns, given["crs"])
    answer_import(report, request, as_json)


@cli.group()
def inspections() -> None:
    """Visits to units."""


@inspections.command("import")
@import_options
@click.option("--target-field", required=True)
@click.option("--target-kind", type=click.Choice(["unit"]), default="unit")
@click.option("--date-field", required=True)
@click.option("--outcome-field")
@click.option("--outcome-map", help="'Pass=done,Fail=done,…'")
@click.option("--result-field")
@COMMIT
@JSON
@click.pass_obj
def import_inspections(session: Session, /, commit: bool, as_json: bool, **given: Any) -> None:
    """Import inspections from a CSV file; what is stored already is not repeated."""
    if given["outcome_map"] and not given["outcome_field"]:
        raise click.UsageError("--outcome-map needs --outcome-field.")
    columns = InspectionColumns(
        id_fields(given["id_field"]),
        given["target_field"],
        given["date_field"],
        given["outcome_field"],
        import_rules.parse_outcome_map(given["outcome_map"]),
        given["result_field"],
    )
    request = FileRequest(given["file"], given["encoding"], commit, given["skip_errors"])
    with session.transaction("imports.write") as tx:
        report = imports.import_inspections(tx, request, columns, session.settings)
    answer_import(report, request, as_json)


def answer_import(report: ImportReport, request: FileRequest, as_json: bool) -> None:
    refused = bool(report.errors) and not request.skip_errors
    counts = (
        f"{report.rows} rows: {report.created} new, {report.updated} changed, "
        f"{report.unchanged} unchanged, {report.leftovers} leftovers, "
        f"{report.unlocated} without coordinates, {len(report.errors)} in error"
    )
    answer(
        report.as_dict(),
        as_json,
        lambda: "\n".join(
            [
                *error_lines([error.as_dict() for error in report.errors]),
                *(hint.message for hint in report.hints),
                counts if refused else written(report.committed, counts),
            ]
        ),
    )
    if refused:
        raise Refusal("Rows are in error; nothing was written (--skip-errors writes the others).")


@cli.command()
@JSON
@click.pass_obj
def leftovers(session: Session, /, as_json: bool) -> None:
    """What touches no grid, with the nearest one; and what has no coordinates."""
    with session.transaction("leftovers.read") as tx:
        counts = registry.counts_by_place(tx)
        rows = registry.leftovers(tx, None, "", ALL_LEFTOVERS)
    document = {
        "located": counts.located,
        "leftovers": counts.leftovers,
        "unlocated": counts.unlocated,
        "rows": [
            {
                "id": row["id"],
                "name": row["name"],
                "kind": row["kind"],
                "lon": row["lon"],
                "lat": row["lat"],
                "nearest": row["nearest"].reference if row["nearest"] else None,
                "distance_m": row["distance_m"],
            }
            for row in rows
        ],
    }
    answer(
        document,
        as_json,
        lambda: (
            f"{counts.leftovers} leftovers, {counts.unlocated} without "
            f"coordinates, {counts.located} in a grid"
        ),
    )


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
@click.option("--format", "kind", type=click.Choice(sorted(reports.TYPES)), default="csv")
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


@export.command("coverage")
@click.option("--level", "level", required=True)
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--out", type=FILE, help="Without it the file goes to stdout.")
@click.option("--on", "on", type=DAY)
@click.option("--within")
@JSON
@click.pass_obj
def export_coverage(session: Session, /, as_json: bool, out: Path | None, **given: Any) -> None:
    """The coverage table of a level."""
    if as_json and out is None:
        raise click.UsageError("--json needs --out: stdout holds one document, not two.")
    day = given["on"].date() if given["on"] else session.settings.today()
    with session.transaction("coverage.export") as tx:
        inside = (
            grids.grid_named(tx, grids.active_edition(tx).no, given["within"]).no
            if given["within"]
            else None
        )
        asked = InspectedQuestion(day, INSPECTED_DAYS, inside)
        level = grids.level_named(tx, given["level"])
        file = reports.export_coverage(tx, asked, level, given["kind"])
    write_out(file, out, given["kind"], as_json)


def write_out(file: reports.File, out: Path | None, kind: str, as_json: bool) -> None:
    if out is None:
        sys.stdout.buffer.write(file.content)
        return
    out.write_bytes(file.content)
    document = {"out": str(out), "format": kind, "bytes": len(file.content)}
    answer(document, as_json, lambda: f"{out}: {len(file.content)} bytes")


# -- people, health, demo -----------------------------------------------------------------


@cli.group()
def people() -> None:
    """Persons and what they answer for."""


@people.command("add")
@click.argument("name")
@click.option("--role", required=True)
@click.option("--grid", help="level:code; without it the whole city.")
@click.option("--full-name", help="As shown to others; else the sign-in name.")
@COMMIT
@JSON
@click.pass_obj
def add_person(
    session: Session,
    /,
    name: str,
    role: str,
    grid: str | None,
    full_name: str | None,
    commit: bool,
    as_json: bool,
) -> None:
    """Add a person with one role; the password is shown once."""
    password = identity.make_password()
    today = session.settings.today()
    with session.transaction("people.manage", commit) as tx:
        place = grids.grid_named(tx, grids.active_edition(tx).no, grid).no if grid else None
        identity.add_person(tx, NewPerson(name, full_name or name, role, place, password), today)
    document = {"name": name, "password": password if commit else None, "committed": commit}
    answer(document, as_json, lambda: f"{name} / {password}" if commit else written(False, name))


@people.command("end")
@click.argument("name")
@COMMIT
@JSON
@click.pass_obj
def end_person(session: Session, /, name: str, commit: bool, as_json: bool) -> None:
    """End a person's assignments, sessions and tokens; the history stays."""
    with session.transaction("people.manage", commit) as tx:
        ended = identity.end_person(tx, name)
    document = {"name": name, "assignments_ended": ended, "committed": commit}
    answer(document, as_json, lambda: written(commit, f"{name}: {ended} assignments ended"))


@cli.group()
def token() -> None:
    """Keys for programs."""


@token.command("create")
@click.argument("name")
@click.option("--label", default="command line")
@COMMIT
@JSON
@click.pass_obj
def create_token(session: Session, /, name: str, label: str, commit: bool, as_json: bool) -> None:
    """A token that acts as the person NAME; it is shown once."""
    if not 1 <= len(label.strip()) <= LONGEST_LABEL:
        raise Refusal("A token's label has 1 to %(most)s characters.", most=LONGEST_LABEL)
    with session.transaction("people.manage", commit) as tx:
        made = identity.create_token(tx, name, label)
    document = {"name": name, "token": made if commit else None, "committed": commit}
    answer(document, as_json, lambda: made if commit else written(False, "token"))


@token.command("revoke")
@click.argument("name")
@click.option("--label", default="command line")
@COMMIT
@JSON
@click.pass_obj
def revoke_token(session: Session, /, name: str, label: str, commit: bool, as_json: bool) -> None:
    """End the tokens of the person NAME that carry this label."""
    with session.transaction("people.manage", commit) as tx:
        revoked = identity.revoke_token(tx, name, label)
    document = {"name": name, "revoked": revoked, "committed": commit}
    answer(document, as_json, lambda: written(commit, f"{revoked} tokens revoked"))


@cli.command()
@JSON
@click.pass_obj
def doctor(session: Session, /, as_json: bool) -> None:
    """Check that the data are sound; exit code 1 where they are not."""
    with session.transaction("metrics.read") as tx:
        found = monitoring.examine(tx)
    answer(
        found,
        as_json,
        lambda: "\n".join(
            f"{'ok   ' if not one['faults'] else 'FAULT'} {one['check']}"
            + "".join(f"\n      {example}" for example in one["examples"])
            for one in found["checks"]
        ),
    )
    if not found["sound"]:
        raise Refusal("The data are not sound; see the checks above.")


@cli.command("demo")
@JSON
@click.pass_obj
def write_demo(session: Session, /, as_json: bool) -> None:
    """Write the invented demo city into an empty database."""
    settings = session.settings
    with deployment(settings) as dsn:
        database = Database(dsn, os_user=operating_system_user())
        with database.transaction_as(SERVICE_PERSON) as tx:
            unfinished = demo.prepare(tx, demo.demo_password(settings), settings.today())
        if not unfinished:
            raise Refusal(
                "This database already has data; the demo is only written into an empty one."
            )
        written_city = demo.fill(database, settings, show_progress)
        database.close()
    answer(
        written_city,
        as_json,
        lambda: f"{written_city['city']}: {written_city['units']} units written",
    )


def main() -> None:
    """Run a command; whatever goes wrong is a sentence on stderr, never a traceback."""
    try:
        incident = catch_everything(run_command)
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    if incident:
        click.echo(
            f"Something went wrong on our side (incident {incident}); what was not yet "
            "confirmed is undone. The reason is in errors.log below GRIDWARD_VAR.",
            err=True,
        )
        sys.exit(1)


def run_command() -> None:
    """The command, where every fault that a person can mend is a refusal or wrong use."""
    try:
        cli(prog_name="gridward", standalone_mode=False)
    except GisError as fault:
        raise Refusal(fault.message) from fault
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.exceptions.Abort:
        sys.exit(1)
    except UnicodeEncodeError as fault:
        raise Refusal("A word of the command is not written in UTF-8; type it again.") from fault
    except OSError as fault:
        raise Refusal(
            "%(file)s cannot be read or written: %(why)s.",
            file=fault.filename or "A file",
            why=fault.strerror or fault,
        ) from fault


if __name__ == "__main__":
    main()
