"""Registers and events from files, and what of them waits without a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import click

from app.commands.session import (
    COMMIT,
    FILE,
    JSON,
    Session,
    answer,
    cli,
    error_lines,
    written,
)
from app.errors import Refusal
from app.facilities import actions as facilities
from app.hazards import actions as hazards
from app.imports import actions as imports, rules as import_rules
from app.imports.actions import FileRequest
from app.imports.rules import InspectionColumns, RegisterColumns
from app.imports.sources import Reading
from app.inspections import actions as inspection_actions
from app.leftovers import actions as queue
from app.leftovers.model import EVERYTHING
from app.registry.actions import DetailWriter
from app.registry.model import Field, ImportReport, Register
from app.units import actions as units

# those of households are recorded by whoever answers for them, never by a file
TARGET_KINDS = inspection_actions.KINDS
ALL_LEFTOVERS = 2_147_483_647


def id_fields(text: str) -> tuple[str, ...]:
    """The fields of an id: at least one."""
    fields = import_rules.split_fields(text)
    if not fields:
        raise click.UsageError("--id-field names no field.")
    return fields


def import_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("file", type=FILE),
            click.option("--id-field", required=True, help="Field of the id; A+B joins fields."),
            click.option("--encoding"),
            click.option("--sheet", help="Of a workbook, or the layer of a GeoPackage."),
            click.option("--header-row", type=click.IntRange(1), help="Else it is found."),
            click.option("--header-rows", type=click.IntRange(1, 2), default=1),
            click.option("--skip-errors", is_flag=True, help="Write the sound rows all the same."),
        )
    ):
        command = option(command)
    return command


def reading_of(given: dict[str, Any]) -> Reading:
    return Reading(given["encoding"], given["sheet"], given["header_row"], given["header_rows"])


def field_option(field: Field) -> Callable[..., Any]:
    """`--name-field` and the like."""
    words = [
        f"--{word}-field".replace("_", "-") for word in {field.option or field.key: 0, field.key: 0}
    ]
    return click.option(*words, f"{field.key}_field")


def same_option(field: Field) -> Callable[..., Any]:
    """`--class` and the like, for a file without such a column."""
    word = f"--{field.option or field.key}".replace("_", "-")
    return click.option(word, f"{field.key}_same", help="The same for all rows of the file.")


def sources(
    fields: Sequence[Field], given: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str]]:
    """Field.key → its column, and Field.key → its value in every row."""
    named = {one.key: name for one in fields if (name := given[f"{one.key}_field"])}
    same = {one.key: word for one in fields if one.common and (word := given[f"{one.key}_same"])}
    for one in fields:
        option = (one.option or one.key).replace("_", "-")
        if one.required and one.key not in named.keys() | same.keys():
            also = f" or --{option} (the same for all rows)" if one.common else ""
            raise click.UsageError(f"Missing option --{option}-field{also}.")
        if one.key in named.keys() & same.keys():
            raise click.UsageError(f"Give --{option}-field or --{option}, not both.")
    return named, same


def place_fields(given: dict[str, Any]) -> dict[str, str | None]:
    """The fields of the longitude and the latitude, of one field also the order of its two; or
    that of the shape."""
    ways = [
        (given["lon_field"], given["lat_field"], None),
        (given["latlon_field"], given["latlon_field"], "lat_lon"),
        (given["lonlat_field"], given["lonlat_field"], "lon_lat"),
    ]
    named = [way for way in ways if way[0] or way[1]]
    shape = given.get("wkt_field")
    if len(named) + bool(shape) > 1:
        raise click.UsageError("Name the place in one way: two fields, or one with both.")
    x, y, pair = named[0] if named else (None, None, None)
    layer = "wkt_field" in given and not named  # it holds the shapes, and mostly says its system
    if not layer and len({bool(x), bool(y), bool(given["crs"])}) > 1:
        raise click.UsageError("Give --lon-field, --lat-field and --crs, or none of them.")
    if shape and not given["crs"]:
        raise click.UsageError("Give --crs with --wkt-field.")
    return {"lon": x, "lat": y, "pair": pair, "shape": shape}


def grids_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--as-grids --level block`: what else a file of units can be."""

    @click.option("--as-grids", is_flag=True, help="Each unit becomes a grid of its own.")
    @click.option("--level", help="Of these grids: the lowest.")
    @wraps(command)
    def with_level(*args: Any, as_grids: bool, level: str | None, **given: Any) -> None:
        if as_grids != bool(level):
            raise click.UsageError("Give --as-grids and --level together.")
        command(*args, as_grids_of=level, **given)

    return with_level


def import_rows(
    session: Session, register: Register, commit: bool, as_json: bool, given: dict[str, Any]
) -> None:
    """What every import of a register does with its options."""
    named, same = sources(register.fields, given)
    columns = RegisterColumns(
        id_fields(given["id_field"]),
        crs=given["crs"],
        fields=named,
        keep=given["keep"],
        grid=given["grid_field"],
        same=same,
        **place_fields(given),
    )
    request = FileRequest(
        given["file"], reading_of(given), commit, given["skip_errors"], given.get("as_grids_of")
    )
    with session.transaction("imports.write") as tx:
        report = imports.import_register(
            tx, request, register.key, columns, session.settings.today()
        )
    answer_import(report, request, as_json)


def register_options(fields: Sequence[Field]) -> list[Callable[..., Any]]:
    """From the last to the first, as decorators are applied."""
    return [
        JSON,
        COMMIT,
        *(same_option(field) for field in reversed(fields) if field.common),
        *(field_option(field) for field in reversed(fields)),
        click.option("--keep", multiple=True, help="A further field to keep; may be repeated."),
        click.option("--crs", help="EPSG:…, gcj02 or bd09: declared, never guessed."),
        click.option("--grid-field", help="The grid that the file names: compared, never used."),
        click.option("--lonlat-field", help="One field with both, the longitude first."),
        click.option("--latlon-field", help="One field with both, the latitude first."),
        click.option("--lat-field"),
        click.option("--lon-field"),
        import_options,
    ]


def add_register(
    writer: DetailWriter, help_: str, *more: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> click.Group:
    """The group of a register with its import."""
    register = writer.register

    def import_file(session: Session, /, commit: bool, as_json: bool, **given: Any) -> None:
        import_rows(session, register, commit, as_json, given)

    command: Callable[..., Any] = click.pass_obj(import_file)
    for option in (*more, *register_options(register.fields)):
        command = option(command)
    group = click.Group(register.key, help=help_)
    group.command("import", help=f"Import {register.key} from a file.")(command)
    cli.add_command(group)
    return group


units_commands = add_register(units.UNITS, "Units: shops, schools, factories …", grids_options)
add_register(facilities.BUILDINGS, "Buildings: use and floors.")
add_register(facilities.FACILITIES, "Facilities: hydrants, water sources, fire stations …")
add_register(hazards.HAZARDS, "Hazards: what was found, where and when.")


@cli.group()
def inspections() -> None:
    """Visits: events that are never changed."""


@inspections.command("import")
@import_options
@click.option("--target-field", required=True)
@click.option("--target-kind", type=click.Choice(TARGET_KINDS), default="unit")
@click.option("--date-field", required=True)
@click.option("--outcome-field")
@click.option("--outcome-map", help="'Pass=done,Fail=done,…'")
@click.option("--result-field")
@click.option("--programme", help="The only one that the visits count for; else every one.")
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
        given["target_kind"],
        given["programme"],
    )
    request = FileRequest(given["file"], reading_of(given), commit, given["skip_errors"])
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
        counts = queue.counts(tx)
        located = queue.located(tx)
        rows = queue.queue(tx, EVERYTHING, 0, ALL_LEFTOVERS)
    document = {
        "located": located,
        "leftovers": counts.leftover,
        "unlocated": counts.unlocated,
        "outside": counts.outside,
        "rows": [
            {
                "id": one.row.id,
                "name": one.row.name,
                "kind": one.row.state,
                "lon": one.row.lon,
                "lat": one.row.lat,
                "nearest": one.nearest[-1].reference if one.nearest else None,
                "distance_m": one.distance_m,
            }
            for one in rows
        ],
    }
    answer(
        document,
        as_json,
        lambda: (
            f"{counts.leftover} leftovers, {counts.unlocated} without "
            f"coordinates, {located} in a grid"
        ),
    )
