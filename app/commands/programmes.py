"""Programmes and the calendar."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.commands.session import COMMIT, DAY, JSON, Session, answer, cli, written
from app.errors import Refusal
from app.grids import actions as grids
from app.programmes import actions, rules
from app.programmes.calendars import read_csv
from app.programmes.files import read_source
from app.programmes.model import CalendarYear, DutyRule


@cli.group()
def programmes() -> None:
    """What must be looked at, by whom and how often."""


@programmes.command("set")
@click.argument("file")
@click.option(
    "--from", "first", type=DAY, help="First day of rules that name none; without it today."
)
@COMMIT
@JSON
@click.pass_obj
def set_programme(
    session: Session, /, file: str, first: datetime | None, commit: bool, as_json: bool
) -> None:
    """Make a programme what FILE says: a TOML file, or shipped:fire, shipped:visits and the like.

    Rules that did not change stay; a changed one ends and begins anew, so that the past stays.
    """
    today = session.settings.today()
    source = read_source(file)
    with session.transaction("programmes.write", commit) as tx:
        begins = first.date() if first else None
        report = actions.set_programme(tx, source, today, begins)
    document = report.as_dict() | {"committed": commit}
    answer(
        document,
        as_json,
        lambda: "\n".join(
            [written(commit, report.programme.key)]
            + [f"  rule {one['key']}: {rule_words(one)}" for one in document["rules"]]
            + [f"  checklist {one['key']}: {list_words(one)}" for one in document["checklists"]]
            + [f"  calendar of {year}" for year in document["calendar"]]
        ),
    )


def rule_words(change: dict[str, Any]) -> str:
    day = change["from"] or change["until"]
    return f"{change['change']}, from {day}" if day else str(change["change"])


def list_words(change: dict[str, Any]) -> str:
    return f"version {change['version']}" if change["version"] else "withdrawn"


@programmes.command("list")
@JSON
@click.pass_obj
def list_programmes(session: Session, /, as_json: bool) -> None:
    """Every programme with its rules and the versions of its checklists."""
    with session.transaction("programmes.read") as tx:
        levels = {level.depth: level.key for level in grids.levels(tx)}
        held, lists = sorted(actions.duty_rules(tx), key=rules.order), actions.checklists(tx)
        found = actions.programmes(tx)
    rows: list[dict[str, Any]] = [
        {
            "key": one.key,
            "name_zh": one.name_zh,
            "name_en": one.name_en,
            "purpose_zh": one.purpose_zh,
            "purpose_en": one.purpose_en,
            "legal_basis": one.legal_basis,
            "rules": [
                rule_document(rule, levels) for rule in held if rule.programme_key == one.key
            ],
            "checklists": [
                {
                    "key": row.key,
                    "version": row.version,
                    "name_zh": row.name_zh,
                    "name_en": row.name_en,
                    "items": [item.key for item in row.items],
                    "from": row.valid_from,
                    "withdrawn": row.withdrawn_on,
                }
                for row in lists
                if row.programme_key == one.key
            ],
        }
        for one in found
    ]
    answer(
        {"programmes": rows},
        as_json,
        lambda: (
            "\n".join(
                line
                for row in rows
                for line in (
                    f"{row['key']}  {row['name_zh']}",
                    *(
                        f"  {one['key']}  {one['period']}  {one['level']}  {one['role']}  "
                        f"{one['from']}–{one['until'] or ''}"
                        for one in row["rules"]
                    ),
                )
            )
            or "No programme was set yet; begin with: programmes set shipped:fire --commit"
        ),
    )


def rule_document(rule: DutyRule, levels: dict[int, str]) -> dict[str, Any]:
    """A rule for programs; `until` is the first day without."""
    return {
        "no": rule.no,
        "key": rule.key,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "level": levels[rule.depth],
        "role": rule.role,
        "targets": {
            "kind": rule.target_kind,
            "classes": list(rule.classes),
            "importances": list(rule.importances),
        },
        "period": rule.period,
        "working_days": rule.working_days,
        "season": [rule.season_from, rule.season_until] if rule.season_from else None,
        "grace": rule.grace_days,
        "percent": None if rule.percent is None else float(rule.percent),
        "seed": rule.seed,
        "checklist": rule.checklist_key,
        "minutes": rule.minutes,
        "source": rule.source,
        "from": rule.valid_from,
        "until": rule.valid_until,
    }


@cli.group()
def calendar() -> None:
    """Holidays and make-up working days."""


@calendar.command("import")
@click.argument("file")
@click.option("--source", help="Where the days were published, as the page shows it.")
@COMMIT
@JSON
@click.pass_obj
def import_calendar(
    session: Session, /, file: str, source: str | None, commit: bool, as_json: bool
) -> None:
    """Take whole years from a CSV file with the columns day, working (1 or 0), name, name_en.

    shipped:2026 and the like take the table of the State Council that comes with Gridward.
    """
    years = _years(file, source)
    with session.transaction("programmes.write", commit) as tx:
        actions.set_calendar(tx, years)
    document = {
        "years": [{"year": one.year, "days": len(one.days)} for one in years],
        "committed": commit,
    }
    answer(
        document,
        as_json,
        lambda: written(commit, ", ".join(f"{one.year}: {len(one.days)} days" for one in years)),
    )


def _years(file: str, source: str | None) -> list[CalendarYear]:
    if not file.startswith("shipped:"):
        path = Path(file)
        return read_csv(path, source or path.name)
    shipped = actions.shipped_years()
    wanted = file.removeprefix("shipped:")
    if not wanted.isdecimal() or int(wanted) not in shipped:
        raise Refusal(
            "No calendar of %(year)s is shipped; there are: %(known)s.",
            year=wanted[:20],
            known=", ".join(str(one) for one in shipped),
        )
    return [shipped[int(wanted)]]
