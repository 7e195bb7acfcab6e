"""Statements on programmes, rules, checklists and the calendar."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.programmes.checklists import stored_items
from app.programmes.model import (
    CalendarYear,
    Checklist,
    DutyRule,
    Item,
    NamedDay,
    Programme,
)

SQL = Statements.beside(__file__)


def list_programmes(tx: Transaction) -> list[Programme]:
    return [Programme(*row) for row in tx.rows(SQL.list_programmes)]


def find_programme(tx: Transaction, key: str) -> Programme | None:
    row = tx.row(SQL.find_programme, key=key)
    return Programme(*row) if row else None


def hold_programme(tx: Transaction, key: str) -> None:
    tx.rows(SQL.hold_programme, key=key)


def put_programme(tx: Transaction, programme: Programme, source: str) -> None:
    tx.execute(SQL.put_programme, **asdict(programme), source=source)


def list_rules(tx: Transaction, programme: str | None) -> list[DutyRule]:
    return [DutyRule(*row) for row in tx.rows(SQL.list_rules, programme=programme)]


def insert_rule(tx: Transaction, rule: DutyRule) -> int:
    values = asdict(rule) | {"classes": list(rule.classes), "importances": list(rule.importances)}
    return int(tx.value(SQL.insert_rule, **values))


def end_rule(tx: Transaction, no: int, valid_until: date | None) -> None:
    tx.execute(SQL.end_rule, no=no, valid_until=valid_until)


def delete_rule(tx: Transaction, no: int) -> None:
    tx.execute(SQL.delete_rule, no=no)


def list_checklists(tx: Transaction, programme: str | None) -> list[Checklist]:
    return [
        Checklist(
            row.no,
            row.programme_key,
            row.key,
            row.version,
            row.name_zh,
            row.name_en,
            [Item.of(one) for one in row.items],
            row.valid_from,
            row.withdrawn_on,
        )
        for row in tx.rows(SQL.list_checklists, programme=programme)
    ]


def insert_checklist(tx: Transaction, checklist: Checklist) -> None:
    tx.execute(
        SQL.insert_checklist,
        programme_key=checklist.programme_key,
        key=checklist.key,
        version=checklist.version,
        name_zh=checklist.name_zh,
        name_en=checklist.name_en,
        items=orjson.dumps(stored_items(checklist.items)).decode(),
        valid_from=checklist.valid_from,
    )


def withdraw_checklist(tx: Transaction, no: int, on: date) -> None:
    tx.execute(SQL.withdraw_checklist, no=no, on=on)


def list_classes(tx: Transaction) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in tx.rows(SQL.list_classes)]


# -- the calendar -------------------------------------------------------------------------


def list_calendar_days(tx: Transaction, first: date, last: date) -> list[NamedDay]:
    rows = tx.rows(SQL.list_calendar_days, first=first, last=last)
    return [NamedDay(*row) for row in rows]


def list_calendar_years(tx: Transaction) -> dict[int, str]:
    """Which are known, with where from."""
    return {row.year: row.source for row in tx.rows(SQL.list_calendar_years)}


def put_calendar_year(tx: Transaction, year: CalendarYear) -> None:
    tx.execute(SQL.put_calendar_year, year=year.year, source=year.source)
    first, last = date(year.year, 1, 1), date(year.year, 12, 31)
    tx.execute(SQL.delete_calendar_days, first=first, last=last)
    tx.many(
        SQL.insert_calendar_days,
        [asdict(day) for day in year.days],
        "(%(day)s, %(working)s, %(name_zh)s, %(name_en)s)",
    )


# -- how many there are -------------------------------------------------------------------


def count_grids(tx: Transaction, depth: int) -> int:
    return int(tx.value(SQL.count_grids, depth=depth))


def count_units(tx: Transaction, rule: DutyRule, on: date) -> int:
    return int(
        tx.value(
            SQL.count_units,
            on=on,
            classes=list(rule.classes),
            importances=list(rule.importances),
        )
    )


def count_places(tx: Transaction, rule: DutyRule, on: date) -> int:
    return int(tx.value(SQL.count_places, kind=rule.target_kind, on=on, classes=list(rule.classes)))
