"""The register of units as an import writes it: the common columns, and what units have beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.errors import Refusal
from app.registry import actions as registry
from app.registry.model import Field, Placed, Register
from app.registry.rules import ADDRESS, CLASS, NAME
from app.units import rules, store
from app.units.hours import parse_hours

SQL = Statements.beside(__file__)
NAMED = 5  # units that a sentence names
FACTS = ("credit_code", "responsible", "manager", "phone", "hours")
REGISTER = Register(
    "units",
    "unit",
    (
        NAME,
        CLASS,
        ADDRESS,
        Field(
            "credit_code",
            aliases=("credit_code", "统一社会信用代码", "信用代码"),
            check=rules.checked_credit_code,
        ),
        Field(
            "responsible", most=80, aliases=("responsible", "消防安全责任人", "责任人", "负责人")
        ),
        Field("manager", most=80, aliases=("manager", "消防安全管理人", "管理人")),
        Field("phone", most=40, aliases=("phone", "单位电话", "电话"), check=rules.checked_phone),
        Field("hours", aliases=("hours", "opening hours", "营业时间"), check=rules.checked_hours),
        Field("parent_id", most=100, aliases=("parent_id", "parent", "上级单位", "上级编号")),
        Field(
            "importance",
            "choice",
            choices=rules.IMPORTANCE,
            aliases=("importance", "监管类别", "单位级别"),
        ),
    ),
)


class UnitWriter:
    """Units with their own columns, their classes by date and their tree."""

    register = REGISTER

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        merged = [row.id for row in tx.rows(SQL.list_merged_ids, ids=list(ids), limit=NAMED)]
        if merged:
            raise Refusal(
                "These units were merged into others: %(ids)s. Separate them first, or leave "
                "their rows out.",
                ids=", ".join(merged),
            )
        return registry.UNITS.known(tx, ids)

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        registry.UNITS.insert(tx, rows)
        _write_own(tx, rows)
        store.begin_classes(tx, "importance", _importance(rows), rules.FIRST_DAY, None)

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        """A new class holds from today on; what it was before stays on record."""
        today = tx.value(SQL.find_today)
        present = {
            row.no: row for row in tx.rows(SQL.list_present_classes, units=[row.no for row in rows])
        }
        kinds = {
            row.no: row.draft.class_key
            for row in rows
            if row.draft.class_key != present[row.no].kind
        }
        raised = {no: key for no, key in _importance(rows).items() if key != present[no].importance}
        store.begin_classes(tx, "kind", kinds, today, None)
        store.begin_classes(tx, "importance", raised, today, None)
        registry.UNITS.update(tx, rows)
        _write_own(tx, rows)
        units = [row.no for row in rows]
        tx.execute(SQL.raise_versions, units=units)
        tx.execute(SQL.move_merged_along, units=units)

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [row.former for row in tx.rows(SQL.list_formers, units=list(numbers))]

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        written = orjson.dumps(list(rows)).decode()
        changed = tx.rows(SQL.list_changed_since, rows=written, limit=NAMED)
        if changed:
            raise Refusal(
                "After this batch somebody changed %(ids)s by hand; take those changes back first.",
                ids=", ".join(row.id for row in changed),
            )
        registry.UNITS.restore(tx, rows)
        tx.execute(SQL.restore_versions, rows=written)
        units = [int(row["target_no"]) for row in rows]
        tx.execute(SQL.delete_classes, units=units)
        tx.execute(SQL.put_classes_back, rows=written)
        tx.execute(SQL.move_merged_along, units=units)

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        registry.UNITS.delete(tx, numbers)


def _importance(rows: Sequence[Placed]) -> dict[int, str]:
    return {
        row.no: str(row.draft.values["importance"])
        for row in rows
        if row.draft.values.get("importance")
    }


def _write_own(tx: Transaction, rows: Sequence[Placed]) -> None:
    """What the file says beside the common columns; a field that it lacks stays as it is."""
    own = [row for row in rows if any(key in row.draft.values for key in FACTS)]
    tx.many(
        SQL.write_own,
        [{"no": row.no, "own": orjson.dumps(_own(row.draft.values)).decode()} for row in own],
        "(%(no)s::bigint, %(own)s::jsonb)",
    )
    parts = [row for row in rows if "parent_id" in row.draft.values]
    _write_parents(tx, {row.no: row.draft.values["parent_id"] for row in parts})


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: values[key] for key in FACTS if key in values}
    if "hours" in own:
        text = own.pop("hours")
        openings = parse_hours(text or "")
        hours = [[one.day, one.since, one.until] for one in openings] if text else None
        own |= {"hours_text": text, "hours": hours}
    return own


def _write_parents(tx: Transaction, parents: Mapping[int, str | None]) -> None:
    wanted = sorted({one for one in parents.values() if one})
    found = {row.id: row.target_no for row in tx.rows(SQL.list_numbers, ids=wanted)}
    missing = [one for one in wanted if one not in found]
    if missing:
        raise Refusal(
            "There is no unit with the number %(id)s, which is named as a parent.",
            id=missing[0][:100],
        )
    tx.many(
        SQL.write_parents,
        [{"no": no, "parent": found[one] if one else None} for no, one in parents.items()],
        "(%(no)s::bigint, %(parent)s::bigint)",
    )
    circle = tx.value(SQL.find_circle, units=[no for no, one in parents.items() if one])
    if circle:
        raise Refusal("Unit %(id)s would become a part of itself, over its parents.", id=circle)


UNITS: registry.DetailWriter = UnitWriter()
