"""Statements on one unit: its state, its classes, its events, its relatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.units.hours import Opening
from app.units.model import ClassPeriod, Facts, Relative, State, UnitEvent

SQL = Statements.beside(__file__)


def lock_unit(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.lock_unit, no=no)


def find_unit(tx: Transaction, no: int, on: date) -> Any | None:
    return tx.row(SQL.find_unit, no=no, on=on)


def find_unit_no(tx: Transaction, identity: str) -> int | None:
    found = tx.value(SQL.find_unit_no, id=identity)
    return None if found is None else int(found)


def list_states(tx: Transaction, units: Sequence[int]) -> dict[int, State]:
    """Everything of these units that a change may touch, by number."""
    return {row.no: row.state for row in tx.rows(SQL.list_states, units=list(units))}


def restore_states(tx: Transaction, states: Mapping[int, State], grids: Mapping[int, int]) -> None:
    """Put whole states back, each into the grid that its place has now."""
    written = {no: orjson.dumps(state).decode() for no, state in states.items()}
    rows = [{"no": no, "state": state} for no, state in written.items()]
    tx.many(
        SQL.restore_targets,
        [row | {"grid": grids[no]} for no, row in zip(written, rows, strict=True)],
        "(%(no)s::bigint, %(grid)s::int, %(state)s::jsonb)",
    )
    tx.execute(SQL.move_merged_along, units=list(states))
    tx.many(SQL.restore_units, rows, "(%(no)s::bigint, %(state)s::jsonb)")
    tx.execute(SQL.delete_classes, units=list(states))
    tx.many(SQL.restore_classes, rows, "(%(no)s::bigint, %(state)s::jsonb)")


def raise_version(tx: Transaction, no: int) -> int:
    return int(tx.value(SQL.raise_version, no=no))


def update_facts(tx: Transaction, no: int, facts: Facts, hours: Sequence[Opening]) -> None:
    tx.execute(
        SQL.update_facts,
        no=no,
        name=facts.name,
        address=facts.address,
        credit_code=facts.credit_code,
        responsible=facts.responsible,
        manager=facts.manager,
        phone=facts.phone,
        hours_text=facts.hours_text,
        hours=hours_json(hours) if facts.hours_text else None,
    )


def hours_json(hours: Sequence[Opening]) -> str:
    return orjson.dumps([[one.day, one.since, one.until] for one in hours]).decode()


def update_place(tx: Transaction, no: int, place: tuple[float, float], key: int, grid: int) -> None:
    tx.execute(SQL.update_place, no=no, lon=place[0], lat=place[1], key=key, grid=grid)


def close_unit(tx: Transaction, no: int, on: date) -> None:
    tx.execute(SQL.close_unit, no=no, on=on)


def reopen_unit(tx: Transaction, no: int, on: date) -> None:
    tx.execute(SQL.reopen_unit, no=no, on=on)


def update_parent(tx: Transaction, no: int, parent: int | None) -> None:
    tx.execute(SQL.update_parent, no=no, parent=parent)


def list_ancestors(tx: Transaction, no: int) -> list[Relative]:
    """From the unit that it is a part of upwards."""
    return [Relative(*row) for row in tx.rows(SQL.list_ancestors, no=no)]


def list_descendants(tx: Transaction, no: int, limit: int) -> list[Relative]:
    return [Relative(*row) for row in tx.rows(SQL.list_descendants, no=no, limit=limit)]


def list_classes(tx: Transaction, no: int) -> list[ClassPeriod]:
    return [ClassPeriod(*row) for row in tx.rows(SQL.list_classes, no=no)]


def begin_classes(
    tx: Transaction, scheme: str, classes: Mapping[int, str], on: date, basis: str | None
) -> None:
    """From the day on these units have these classes; what held on it ends on it."""
    if not classes:
        return
    units, keys = list(classes), list(classes.values())
    if scheme == "kind":
        tx.execute(SQL.note_first_kinds, units=units, on=on)
        tx.execute(SQL.update_kinds, units=units, classes=keys)
    tx.execute(SQL.end_classes, units=units, scheme=scheme, on=on)
    tx.execute(SQL.delete_classes_from, units=units, scheme=scheme, on=on)
    tx.execute(SQL.insert_classes, units=units, classes=keys, scheme=scheme, on=on, basis=basis)


def insert_event(tx: Transaction, event: UnitEvent) -> int:
    return int(
        tx.value(
            SQL.insert_event,
            no=event.unit,
            kind=event.kind,
            on=event.on,
            reason=event.reason,
            changes=orjson.dumps(event.changes).decode(),
            former=orjson.dumps(event.former).decode(),
            version=event.version,
            other=event.other,
            takes_back=event.takes_back,
        )
    )


def find_last_change(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_last_change, no=no)


def list_events(tx: Transaction, no: int, limit: int) -> list[Any]:
    return tx.rows(SQL.list_events, no=no, limit=limit)


def list_merged(tx: Transaction, no: int) -> list[Any]:
    return tx.rows(SQL.list_merged, no=no)


def list_identities(tx: Transaction, units: Sequence[int]) -> dict[int, str]:
    return {row.target_no: row.id for row in tx.rows(SQL.list_identities, units=list(units))}


def list_exported(tx: Transaction, units: Sequence[int], on: date) -> dict[int, Any]:
    return {row.no: row for row in tx.rows(SQL.list_exported, units=list(units), on=on)}
