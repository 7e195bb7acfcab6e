"""Units that may be one: find them, merge them, separate them again."""

from __future__ import annotations

import click

from app.commands.registers import units_commands as units
from app.commands.session import COMMIT, JSON, SHOWN, Session, answer, written
from app.db.connection import Transaction
from app.units import actions, merging
from app.units.model import Change


@units.command("duplicates")
@click.option("--commit", is_flag=True, help="Keep them for the page where they are decided.")
@JSON
@click.pass_obj
def find_duplicates(session: Session, /, commit: bool, as_json: bool) -> None:
    """Pairs of units that may be one, the likeliest first."""
    today = session.settings.today()
    with session.transaction("units.write" if commit else "units.read", commit) as tx:
        if commit:
            actions.find_duplicates(tx, today)
        found = actions.look_for_duplicates(tx, today)
        ids = actions.identities(
            tx, sorted({no for one in found for no in (one.first, one.second)})
        )
    pairs = [
        {
            "first": ids[one.first],
            "second": ids[one.second],
            "score": one.score,
            "reasons": list(one.reasons),
            "distance_m": None if one.distance_m is None else round(one.distance_m, 1),
        }
        for one in found
    ]
    lines = [f"{one['first']}  {one['second']}  {one['score']:.2f}" for one in pairs[:SHOWN]]
    answer(
        {"pairs": pairs, "committed": commit},
        as_json,
        lambda: "\n".join([*lines, written(commit, f"{len(pairs)} pairs")]),
    )


def change_of(tx: Transaction, session: Session, identity: str, reason: str | None) -> Change:
    no = actions.unit_number(tx, identity)
    today = session.settings.today()
    return Change(no, actions.unit(tx, no, today).version, today, reason)


@units.command("merge")
@click.argument("keep")
@click.argument("gone")
@click.option("--reason", help="Why they are one.")
@COMMIT
@JSON
@click.pass_obj
def merge_units(
    session: Session, /, keep: str, gone: str, reason: str | None, commit: bool, as_json: bool
) -> None:
    """Keep the first unit; the second becomes a part of its history."""
    with session.transaction("units.write", commit) as tx:
        other = change_of(tx, session, gone, reason)
        change = change_of(tx, session, keep, reason)
        merging.merge(tx, change, other.unit, other.version, session.settings.today())
    answer(
        {"kept": keep, "merged": gone, "committed": commit},
        as_json,
        lambda: written(commit, f"{gone} merged into {keep}"),
    )


@units.command("unmerge")
@click.argument("gone")
@click.option("--reason")
@COMMIT
@JSON
@click.pass_obj
def separate_units(
    session: Session, /, gone: str, reason: str | None, commit: bool, as_json: bool
) -> None:
    """Undo a merger exactly; name the unit that had gone."""
    with session.transaction("units.write", commit) as tx:
        change = change_of(tx, session, gone, reason)
        keep = merging.separate(tx, change, session.settings.today())
        kept = actions.identities(tx, [keep])[keep]
    answer(
        {"kept": kept, "separated": gone, "committed": commit},
        as_json,
        lambda: written(commit, f"{gone} separated from {kept}"),
    )
