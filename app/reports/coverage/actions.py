"""Coverage of duties, and the duties behind a figure, as files that explain themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.coverage import actions as coverage
from app.coverage.actions import Wish
from app.coverage.model import CoverageQuestion
from app.coverage.parameters import listed_coverage
from app.coverage.rules import DEFINITIONS
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.programmes import actions as programmes
from app.reports.files import File, table_file

KINDS = ("csv", "xlsx")
MOST_DUTIES = 100_000  # lines; a spreadsheet is no place for more
ASKED = ("programme", "level", "period", "from", "to", "as_of", "on_grids")
DUTY_FIELDS = (
    "state",
    "due_on",
    "since",
    "grace_until",
    "done_on",
    "rule",
    "rule_zh",
    "rule_en",
    "kind",
    "id",
    "name",
    "grid_level",
    "grid",
    "grid_name",
)


def export_coverage(tx: Transaction, wish: Wish, today: date, kind: str) -> File:
    """The rows that the interface for programs answers, each with what was asked."""
    _check_kind(kind)
    asked = coverage.question(tx, wish, today)
    told = [_flat(listed_coverage(row)) for row in coverage.coverage(tx, asked).rows]
    given = _given(wish, asked)
    header = [*ASKED, *(told[0] if told else ())]
    audit.record(tx, "duty_coverage_exported", kind, rows=len(told), **_noted(wish))
    return table_file(
        f"coverage-{wish.programme}-{wish.level}-{wish.period}.{kind}",
        kind,
        "coverage",
        header,
        [[*given.values(), *row.values()] for row in told],
        _about(tx, wish, given),
    )


def export_duties(tx: Transaction, wish: Wish, state: str, today: date, kind: str) -> File:
    """The list behind a figure; of households only what the reader answers for.

    Raises
    ------
    Refusal
        There are more lines than a spreadsheet is good for.
    """
    _check_kind(kind)
    asked = coverage.question(tx, wish, today)
    found = coverage.duties(tx, asked, state, MOST_DUTIES + 1, 0)
    if len(found) > MOST_DUTIES:
        raise Refusal(
            "There are more than %(most)s duties; choose one grid, one state or a shorter period.",
            most=MOST_DUTIES,
        )
    rules = {rule.no: rule for rule in programmes.duty_rules(tx, wish.programme)}
    rows = [
        [
            *(row.state, row.due_on, row.since, row.grace_until, row.done_on),
            *(rule.key, rule.name_zh, rule.name_en),
            *(row.kind, row.id, row.name, row.grid_level, row.grid_code, row.grid_name),
        ]
        for row in found
        for rule in [rules[row.rule_no]]
    ]
    audit.record(tx, "duties_exported", kind, rows=len(rows), state=state, **_noted(wish))
    return table_file(
        f"duties-{wish.programme}-{wish.period}-{state}.{kind}",
        kind,
        "duties",
        DUTY_FIELDS,
        rows,
        [("state", state), *_about(tx, wish, _given(wish, asked))],
    )


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound("Coverage is exported as csv, xlsx.")


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The sample's figures stand beside the others."""
    sampled = {f"verified_{key}": value for key, value in row["verified"].items()}
    return {key: value for key, value in row.items() if key != "verified"} | sampled


def _given(wish: Wish, asked: CoverageQuestion) -> dict[str, Any]:
    values = (wish.programme, wish.level, wish.period, asked.first, asked.last, asked.as_of)
    return dict(zip(ASKED, (*values, asked.on_grids), strict=True))


def _noted(wish: Wish) -> dict[str, Any]:
    """For the audit log."""
    given = {
        "programme": wish.programme,
        "level": wish.level,
        "period": wish.period,
        "within": wish.within,
    }
    return {key: value for key, value in given.items() if value is not None}


def _about(tx: Transaction, wish: Wish, given: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    """What was asked, and what each figure means, in both languages."""
    programme = programmes.programme(tx, wish.programme)
    return [
        ("programme_name", programme.name_zh, programme.name_en),
        *((key, str(value)) for key, value in given.items()),
        *([("within", wish.within)] if wish.within else []),
        *((key, zh, en) for key, (en, zh) in DEFINITIONS.items() if key != "change"),
    ]
