"""Questions about records that look unlikely."""

from __future__ import annotations

import click

from app.commands.session import JSON, Session, answer, cli
from app.inspections.questions import actions
from app.inspections.questions.actions import DAYS


@cli.command("ask-questions")
@click.option("--days", type=click.IntRange(1, 366), default=DAYS, show_default=True)
@JSON
@click.pass_obj
def ask_questions(session: Session, /, days: int, as_json: bool) -> None:
    """Look at the records of the last days, as the worker does each day; say how many are new.

    What is asked is seen by those concerned alone, on the page of questions.
    """
    with session.transaction("imports.write", commit=True) as tx:
        new = actions.look(tx, session.settings.today(), days)
    answer({"new": new}, as_json, lambda: f"{new} new questions")
