"""Levels, boundaries and editions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from app.commands.session import (
    COMMIT,
    DAY,
    FILE,
    JSON,
    SHOWN,
    Session,
    answer,
    cli,
    show_progress,
    written,
)
from app.errors import Refusal
from app.grids import actions as grids, rules as grid_rules
from app.grids.model import BoundaryReport, BoundaryRequest
from app.imports import rules as import_rules
from app.publishing import actions as publishing
from app.publishing.actions import PublishRequest
from gis.boundaries import BoundaryOptions
from gis.crs import parse_crs


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
