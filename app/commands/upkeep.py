"""Health of the data, and the invented demo city."""

from __future__ import annotations

import click

from app.commands.session import JSON, Session, answer, cli, show_progress
from app.db.connection import Database
from app.db.deployment import deployment
from app.demo import actions as demo
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.monitoring import actions as monitoring
from app.settings import operating_system_user


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
        database = Database(dsn, os_user=operating_system_user(), settings=settings)
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
