"""Persons, what they answer for, and keys for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from app.accounts.access import actions as access
from app.accounts.factors import actions as factors
from app.commands.session import COMMIT, DAY, JSON, Session, answer, cli, written
from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids
from app.identity import actions as identity, rules as identity_rules
from app.identity.actions import NewPerson
from app.people import actions, rules
from app.people.model import Assignment, CoverRequest, GapQuestion, PeopleFilter

LONGEST_LABEL = 80
EVERYBODY = 2_147_483_647
FIRST = click.option("--from", "first", type=DAY, help="First day, like 2026-01-01; else today.")
LAST = click.option("--until", "last", type=DAY, help="Last day; without it until further notice.")


@cli.group()
def people() -> None:
    """Persons and what they answer for."""


def grid_number(tx: Transaction, reference: str | None) -> int | None:
    if reference is None:
        return None
    return grids.grid_named(tx, grids.active_edition(tx).no, reference).no


def day_of(given: datetime | None, default: date) -> date:
    return given.date() if given else default


@people.command("list")
@click.option("--state", type=click.Choice(rules.STATES), default="active")
@click.option("--role", type=click.Choice(identity_rules.ROLES))
@click.option("--within", help="Only who answers for this grid or one below it, as level:code.")
@click.option("--text", help="Part of a name, a sign-in name or an organisation.")
@JSON
@click.pass_obj
def list_people(
    session: Session,
    /,
    state: str,
    role: str | None,
    within: str | None,
    text: str | None,
    as_json: bool,
) -> None:
    """Persons with what they answer for; `until` is the last day."""
    today = session.settings.today()
    with session.transaction("people.read") as tx:
        wanted = PeopleFilter(today, state, role, grid_number(tx, within), text)
        found = actions.people(tx, wanted, "", EVERYBODY)
        held = actions.assignments(tx, [one.no for one in found])
    rows = [
        {
            "sign_in": one.sign_in,
            "name": one.name,
            "organisation": one.organisation,
            "active": one.active,
            "assignments": [
                {
                    "no": row.no,
                    "role": row.role,
                    "grid": f"{row.level}:{row.code}" if row.code else None,
                    "kind": row.kind,
                    "for": row.absent_name,
                    "from": row.valid_from,
                    "until": rules.last_day(row.valid_until),
                }
                for row in held
                if row.person_no == one.no and (row.valid_until is None or row.valid_until > today)
            ],
        }
        for one in found
    ]
    answer(
        {"on": today, "people": rows},
        as_json,
        lambda: "\n".join(
            f"{row['sign_in']}  {row['name']}  "
            + ", ".join(f"{one['role']} {one['grid'] or 'city'}" for one in row["assignments"])
            for row in rows
        ),
    )


@people.command("add")
@click.argument("name")
@click.option("--role", required=True)
@click.option("--grid", help="level:code; without it the whole city.")
@click.option("--full-name", help="As shown to others; else the sign-in name.")
@click.option("--organisation", help="Of a fire authority, the police or a department.")
@FIRST
@LAST
@COMMIT
@JSON
@click.pass_obj
def add_person(session: Session, /, name: str, commit: bool, as_json: bool, **given: Any) -> None:
    """Add a person with one role; the password is shown once."""
    password = identity.make_password()
    with session.transaction("people.manage", commit) as tx:
        new = NewPerson(
            name,
            given["full_name"] or name,
            given["role"],
            grid_number(tx, given["grid"]),
            password,
            organisation=given["organisation"],
        )
        first = day_of(given["first"], session.settings.today())
        actions.add(tx, new, first, last_of(given["last"]))
    document = {"name": name, "password": password if commit else None, "committed": commit}
    answer(document, as_json, lambda: f"{name} / {password}" if commit else written(False, name))


def last_of(given: datetime | None) -> date | None:
    """The first day without, of the last day that was written."""
    return rules.day_after(given.date()) if given else None


@people.command("end")
@click.argument("name")
@click.option("--assignment", type=int, help="Only this one, by its number in `people list`.")
@LAST
@COMMIT
@JSON
@click.pass_obj
def end_person(
    session: Session,
    /,
    name: str,
    assignment: int | None,
    last: datetime | None,
    commit: bool,
    as_json: bool,
) -> None:
    """End a person's assignments, sessions and tokens at once, or one assignment on a day."""
    today = session.settings.today()
    with session.transaction("people.manage", commit) as tx:
        no = actions.person_named(tx, name).no
        if assignment is None:
            ended = actions.end(tx, no, today)
        else:
            actions.end_assignment(tx, no, assignment, day_of(last, today))
            ended = 1
    document = {"name": name, "assignments_ended": ended, "committed": commit}
    answer(document, as_json, lambda: written(commit, f"{name}: {ended} assignments ended"))


@people.command("assign")
@click.argument("name")
@click.option("--role", required=True)
@click.option("--grid", help="level:code; without it the whole city.")
@FIRST
@LAST
@COMMIT
@JSON
@click.pass_obj
def assign_person(
    session: Session, /, name: str, commit: bool, as_json: bool, **given: Any
) -> None:
    """Give a person one more role, for a grid or for the whole city."""
    first = day_of(given["first"], session.settings.today())
    with session.transaction("people.manage", commit) as tx:
        place = grid_number(tx, given["grid"])
        wanted = Assignment(given["role"], place, first, last_of(given["last"]))
        actions.assign(tx, actions.person_named(tx, name).no, wanted)
    document = {
        "name": name,
        "role": given["role"],
        "grid": given["grid"],
        "from": first,
        "until": rules.last_day(wanted.valid_until),
        "committed": commit,
    }
    answer(document, as_json, lambda: written(commit, f"{name}: {given['role']}"))


@people.command("cover")
@click.argument("name")
@click.option("--deputy", required=True, help="Sign-in name of who stands in.")
@click.option("--from", "first", type=DAY, required=True, help="First day away.")
@click.option("--until", "last", type=DAY, required=True, help="Last day away.")
@click.option("--grid", "wanted", multiple=True, help="level:code; without it all of them.")
@click.option("--hide", is_flag=True, help="NAME sees nothing of these grids meanwhile.")
@COMMIT
@JSON
@click.pass_obj
def cover_person(session: Session, /, name: str, commit: bool, as_json: bool, **given: Any) -> None:
    """A deputy stands in while NAME is away; it ends by itself."""
    first, last = given["first"].date(), given["last"].date()
    until = rules.day_after(last) or last
    with session.transaction("people.manage", commit) as tx:
        no = actions.person_named(tx, name).no
        places = [grid_number(tx, reference) for reference in given["wanted"]]
        held = [
            row.no
            for row in actions.assignments(tx, [no])
            if row.kind == "own"
            and row.valid_from < until
            and (row.valid_until is None or row.valid_until > first)
            and (not places or row.grid_no in places)
        ]
        cover = actions.cover(
            tx, CoverRequest(no, given["deputy"], first, until, held, not given["hide"])
        )
    document = {
        "name": name,
        "deputy": given["deputy"],
        "from": first,
        "until": last,
        "grids": len(held),
        "cover": cover if commit else None,
        "committed": commit,
    }
    answer(
        document, as_json, lambda: written(commit, f"{given['deputy']} for {name}, {first}–{last}")
    )


@people.command("gaps")
@click.option("--on", "on", type=DAY, help="Else today.")
@click.option("--ahead", type=click.IntRange(0, 3660), default=90, help="Days to look ahead.")
@click.option("--level")
@click.option("--within", help="Only this grid and those below it, as level:code.")
@JSON
@click.pass_obj
def list_gaps(
    session: Session,
    /,
    on: datetime | None,
    ahead: int,
    level: str | None,
    within: str | None,
    as_json: bool,
) -> None:
    """Grids where a role that must be there has nobody, or soon will have nobody."""
    day = day_of(on, session.settings.today())
    with session.transaction("people.gaps") as tx:
        if level:
            grids.level_named(tx, level)
        found = actions.gaps(tx, GapQuestion(day, ahead, level, grid_number(tx, within)))
    rows = [
        {
            "grid": f"{row.level}:{row.code}",
            "name": row.name,
            "role": row.role,
            "from": row.starts,
            "since": row.since,
            "until": rules.last_day(row.ends),
        }
        for row in found
    ]
    answer(
        {"on": day, "rows": rows},
        as_json,
        lambda: (
            "\n".join(f"{row['grid']} {row['role']} from {row['from']}" for row in rows)
            or "somebody answers everywhere"
        ),
    )


@people.command("password")
@click.argument("name")
@COMMIT
@JSON
@click.pass_obj
def new_password(session: Session, /, name: str, commit: bool, as_json: bool) -> None:
    """Another one-time password, shown once; sessions under the old one end."""
    with session.transaction("people.manage", commit) as tx:
        password = actions.new_password(tx, actions.person_named(tx, name).no)
    document = {"name": name, "password": password if commit else None, "committed": commit}
    answer(document, as_json, lambda: f"{name} / {password}" if commit else written(False, name))


@people.command("unlock")
@click.argument("name")
@COMMIT
@JSON
@click.pass_obj
def unlock_person(session: Session, /, name: str, commit: bool, as_json: bool) -> None:
    """Let a sign-in name try again that wrong passwords have locked."""
    with session.transaction("people.manage", commit) as tx:
        access.release(tx, name)
    document = {"name": name, "unlocked": commit, "committed": commit}
    answer(document, as_json, lambda: written(commit, f"{name} can sign in again"))


@people.command("remove-factor")
@click.argument("name")
@COMMIT
@JSON
@click.pass_obj
def remove_factor(session: Session, /, name: str, commit: bool, as_json: bool) -> None:
    """Take the second factor from a person whose phone and recovery codes are lost."""
    with session.transaction("people.manage", commit) as tx:
        factors.remove_of(tx, name)
    document = {"name": name, "removed": commit, "committed": commit}
    answer(document, as_json, lambda: written(commit, f"{name}: second factor removed"))


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
