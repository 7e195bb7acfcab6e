"""The command line: `./scripts/gridward …`.  Each module adds its commands when it is imported."""

from __future__ import annotations

import sys

import click

from app.commands import (  # noqa: F401
    backup,
    batches,
    boundaries,
    checks,
    coverage,
    figures,
    locating,
    people,
    programmes,
    registers,
    residents,
    targets,
    units,
    upkeep,
)
from app.commands.session import cli
from app.errors import Refusal, catch_everything
from gis.errors import GisError


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
        raise Refusal(fault.sentence, **fault.values) from fault
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
