"""Persons, what they answer for, and keys for programs."""

from __future__ import annotations

import click

from app.commands.session import COMMIT, JSON, Session, answer, cli, written
from app.errors import Refusal
from app.grids import actions as grids
from app.identity import actions as identity
from app.identity.actions import NewPerson

LONGEST_LABEL = 80


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
