"""Which grids hold a point, or each row of a table."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from app.commands.session import DAY, FILE, JSON, Session, answer, cli, error_lines
from app.errors import Refusal
from app.grids import actions as grids
from app.grids.places import checked_place
from app.imports.locating import LocateRequest, locate_table


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
