"""What every command shares: who acts, how it answers, and the options of most."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from app.db.connection import Database, Transaction
from app.db.deployment import deployment
from app.errors import Forbidden, log
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.settings import Settings, operating_system_user, read_settings

FILE = click.Path(dir_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
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
            database = Database(dsn, os_user=operating_system_user(), settings=self.settings)
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


def written(commit: bool, what: str) -> str:
    return f"{what}: written" if commit else f"{what}: dry run, nothing written (add --commit)"


def show_progress(done: int, total: int, message: str) -> None:
    click.echo(f"{100 * done // max(total, 1):3d} % {message}", err=True)


def error_lines(errors: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"row {one['row']}, {one['field']}: {one['message']} ({one['value']})"
        for one in errors[:SHOWN]
    ]
    more = len(errors) - SHOWN
    return lines + ([f"… and {more} more (see --json)"] if more > 0 else [])


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
