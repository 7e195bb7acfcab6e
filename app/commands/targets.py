"""Targets of every kind that lies on the map: places, buildings, roads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from app.commands.registers import import_rows, register_options
from app.commands.session import Session, cli
from app.facilities import actions as facilities
from app.places import actions as places
from app.registry.model import Field

KINDS = {
    writer.register.kind: writer.register
    for writer in (places.PLACES, facilities.BUILDINGS, places.ROADS)
}
# each once; what only one kind has is refused with the others
FIELDS: dict[str, Field] = {
    field.key: field for register in KINDS.values() for field in register.fields
}


@cli.group()
def targets() -> None:
    """What duties look at besides units: places, buildings, roads."""


def import_targets(
    session: Session, /, kind: str, commit: bool, as_json: bool, **given: Any
) -> None:
    """Import places (points, lines, areas), buildings or roads (lines) from a file.

    A layer brings its shapes along; a text table names coordinates, or a column of WKT.
    """
    register = KINDS[kind]
    strange = [
        key
        for key in FIELDS
        if register.field(key) is None and (given[f"{key}_field"] or given.get(f"{key}_same"))
    ]
    if strange:
        raise click.UsageError(f"A {kind} has no field {strange[0]}.")
    if not register.shapes and given.pop("wkt_field"):  # popped: it has no such option itself
        raise click.UsageError(f"A {kind} is a point; give --lon-field and --lat-field.")
    import_rows(session, register, commit, as_json, given)


def _command() -> Callable[..., Any]:
    command: Callable[..., Any] = click.pass_obj(import_targets)
    kind = click.option("--kind", required=True, type=click.Choice(list(KINDS)))
    shape = click.option("--wkt-field", help="Of a text table: the column with the shape.")
    for option in (*register_options(list(FIELDS.values())), shape, kind):
        command = option(command)
    return command


targets.command("import")(_command())
