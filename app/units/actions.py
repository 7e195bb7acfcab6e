"""Change a unit by hand: facts, place, life, class, parent; and take the last change back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import actions as grids
from app.jobs.model import Progress, no_progress
from app.registry import actions as registry
from app.registry.rules import UNIT_CLASSES
from app.units import pairs, rules, store
from app.units.hours import parse_hours
from app.units.matching import find_pairs
from app.units.model import Change, ClassPeriod, Facts, Relative, State, UnitEvent, UnitPair
from app.units.writer import UNITS as UNIT_WRITER
from gis.errors import GisError
from gis.tiles import tile_key

UNITS = UNIT_WRITER  # what brings files of units in
MOST_RELATIVES = 500
MOST_EVENTS = 300


@dataclass(frozen=True)
class Held:
    """A unit that nobody else changes until the transaction ends."""

    row: Any
    former: State


def hold(tx: Transaction, change: Change, today: date) -> Held:
    """The unit as the person saw it; a conflict where somebody was faster."""
    rules.check_day(change.on, today)
    registry.lock_locating(tx)
    row = store.lock_unit(tx, change.unit)
    if row is None:
        raise NotFound("There is no unit %(no)s in your area.", no=change.unit)
    if row.version != change.version:
        raise Conflict(
            "Somebody changed this unit while you were at it; nothing of yours was written. "
            "Look at the present state and enter your change again."
        )
    if row.merged_into is not None:
        raise Refusal(
            "This unit was merged into another one; change that one, or separate them first."
        )
    return Held(row, store.list_states(tx, [change.unit])[change.unit])


def finish(
    tx: Transaction,
    change: Change,
    held: Held,
    kind: str,
    takes_back: int | None = None,
) -> None:
    """Write down what the change did; a change that changes nothing leaves no trace."""
    present = store.list_states(tx, [change.unit])[change.unit]
    changes = rules.differences(held.former, present)
    if not changes:
        raise Refusal("Nothing is different from what is on record; nothing was written.")
    version = store.raise_version(tx, change.unit)
    store.insert_event(
        tx,
        UnitEvent(
            change.unit,
            kind,
            change.on,
            change.reason,
            changes,
            held.former,
            version,
            takes_back=takes_back,
        ),
    )
    audit.record(
        tx, f"unit_{kind}", held.row.id, unit=change.unit, on=change.on, reason=change.reason
    )


def _change(
    tx: Transaction,
    change: Change,
    today: date,
    kind: str,
    write: Callable[[Any], None],
) -> None:
    held = hold(tx, change, today)
    write(held.row)
    finish(tx, change, held, kind)


def checked_facts(values: Mapping[str, str]) -> Facts:
    """What somebody typed, field by field; the first that cannot be is refused."""
    said = {key: " ".join(value.split()) or None for key, value in values.items()}
    name = said.get("name")
    if not name:
        raise Refusal("A unit needs a name.")
    for key, most in rules.LENGTHS.items():
        rules.check_length(key, said.get(key), most)
    code, phone, hours = said.get("credit_code"), said.get("phone"), said.get("hours_text")
    if hours:
        parse_hours(hours)
    return Facts(
        name,
        said.get("address"),
        rules.checked_credit_code(code) if code else None,
        said.get("responsible"),
        said.get("manager"),
        rules.checked_phone(phone) if phone else None,
        hours,
    )


def edit(tx: Transaction, change: Change, facts: Facts, today: date) -> None:
    """Write other facts; a new name is a renaming."""
    held = hold(tx, change, today)
    store.update_facts(tx, change.unit, facts, parse_hours(facts.hours_text or ""))
    finish(tx, change, held, "renamed" if facts.name != held.row.name else "edited")


def move(tx: Transaction, change: Change, lon: float, lat: float, today: date) -> int:
    """Another place, located by the rule; answers the number of its grid, 0 outside every grid."""
    held = hold(tx, change, today)
    try:
        key = int(tile_key([lon], [lat])[0])
    except GisError as fault:
        raise Refusal(fault.sentence, **fault.values) from fault
    grid = grids.grid_at(tx, lon, lat)
    store.update_place(tx, change.unit, (lon, lat), key, grid)
    finish(tx, change, held, "moved")
    return grid


def close(tx: Transaction, change: Change, today: date) -> None:
    """From the day on the unit is in no list and no coverage; all that was stays."""

    def write(row: Any) -> None:
        if row.valid_until is not None:
            raise Refusal("This unit is closed since %(day)s already.", day=row.valid_until)
        rules.check_closing(change.on, row.valid_from, row.open_since)
        store.close_unit(tx, change.unit, change.on)

    _change(tx, change, today, "closed", write)


def reopen(tx: Transaction, change: Change, today: date) -> None:
    """Open again from the day on; the days between stay closed."""

    def write(row: Any) -> None:
        rules.check_reopening(change.on, row.valid_until)
        store.reopen_unit(tx, change.unit, change.on)

    _change(tx, change, today, "reopened", write)


def set_class(tx: Transaction, change: Change, scheme: str, key: str, today: date) -> None:
    """A class of one scheme from the day on; the reason is its basis."""
    rules.check_class(scheme, key, list(UNIT_CLASSES))

    def write(row: Any) -> None:
        held = store.list_classes(tx, change.unit)
        if key == _class_without_period(held, scheme, row):
            raise Refusal("It has this class already.")
        rules.check_class_period(held, scheme, key, change.on)
        store.begin_classes(tx, scheme, {change.unit: key}, change.on, change.reason)

    _change(tx, change, today, "class_changed", write)


def _class_without_period(held: Sequence[ClassPeriod], scheme: str, row: Any) -> str | None:
    """What a unit is while nobody has said anything of the scheme."""
    if any(one.scheme == scheme for one in held):
        return None
    return str(row.class_key) if scheme == "kind" else "ordinary"


def set_parent(tx: Transaction, change: Change, parent_id: str | None, today: date) -> None:
    """What the unit is a part of: the mall of a shop, the building of a floor; or nothing."""
    parent = None
    if parent_id:
        parent = store.find_unit_no(tx, parent_id)
        if parent is None:
            raise Refusal("There is no unit with the number %(id)s.", id=parent_id[:100])
        _check_parent(tx, change.unit, parent)
    _change(
        tx, change, today, "parent_changed", lambda _: store.update_parent(tx, change.unit, parent)
    )


def _check_parent(tx: Transaction, unit: int, parent: int) -> None:
    above = [one.no for one in store.list_ancestors(tx, parent)]
    below = max((one.depth for one in store.list_descendants(tx, unit, MOST_RELATIVES)), default=0)
    rules.check_parent(unit, parent, above, below)


def take_back(tx: Transaction, change: Change, today: date) -> None:
    """Put the state before the unit's last change back, exactly; both stay in its history."""
    held = hold(tx, change, today)
    last = store.find_last_change(tx, change.unit)
    if last is None:
        raise Refusal("There is no change by hand that could be taken back.")
    if last.kind == "merged":
        raise Refusal("A merger is undone by separating the two units.")
    if last.version != held.row.version:
        raise Refusal("Since that change an import has written this unit; undo the import first.")
    parent = last.former["parent_no"]
    if parent is not None and parent != held.row.parent_no:
        _check_parent(tx, change.unit, parent)
    put_back(tx, {change.unit: last.former})
    finish(tx, change, held, "taken_back", takes_back=last.no)


def put_back(tx: Transaction, states: Mapping[int, State]) -> None:
    """Whole states as they were; each place finds its grid of today."""
    found = {
        no: 0 if state["lon"] is None else grids.grid_at(tx, state["lon"], state["lat"])
        for no, state in states.items()
    }
    store.restore_states(tx, states, found)


# -- units that may be one ------------------------------------------------------------------


def look_for_duplicates(
    tx: Transaction, today: date, progress: Progress = no_progress
) -> list[UnitPair]:
    """Pairs that may be one unit, the likeliest first; what was called different is left out."""
    progress(0, 3, "Reading the units")
    units, keys = pairs.list_likenesses(tx, today)
    decided = pairs.list_decided_pairs(tx)
    progress(1, 3, "Comparing the units")
    near = pairs.stream_near_units(tx, keys, today)
    found = [one for one in find_pairs(units, near) if (one.first, one.second) not in decided]
    progress(2, 3, "Comparing the units")
    return sorted(found, key=lambda one: (-one.score, one.first, one.second))


def find_duplicates(tx: Transaction, today: date, progress: Progress = no_progress) -> int:
    """Look for duplicates and keep them for the page; answers how many wait for a decision."""
    found = look_for_duplicates(tx, today, progress)
    pairs.replace_open_pairs(tx, found)
    audit.record(tx, "duplicates_searched", None, pairs=len(found))
    return len(found)


# -- reading --------------------------------------------------------------------------------


def unit(tx: Transaction, no: int, on: date) -> Any:
    found = store.find_unit(tx, no, on)
    if found is None:
        raise NotFound("There is no unit %(no)s in your area.", no=no)
    return found


def unit_number(tx: Transaction, identity: str) -> int:
    """The number of the unit that a register calls so."""
    found = store.find_unit_no(tx, identity)
    if found is None:
        raise NotFound("There is no unit with the number %(id)s.", id=identity[:100])
    return found


def ancestors(tx: Transaction, no: int) -> list[Relative]:
    return store.list_ancestors(tx, no)


def descendants(tx: Transaction, no: int) -> list[Relative]:
    return store.list_descendants(tx, no, MOST_RELATIVES)


def classes(tx: Transaction, no: int) -> list[ClassPeriod]:
    return store.list_classes(tx, no)


def events(tx: Transaction, no: int) -> list[Any]:
    """The newest first, of the unit and of those merged into it."""
    return store.list_events(tx, no, MOST_EVENTS)


def last_change(tx: Transaction, no: int) -> Any | None:
    """The change that could be taken back: no, kind, happened_on."""
    return store.find_last_change(tx, no)


def merged_units(tx: Transaction, no: int) -> list[Any]:
    return store.list_merged(tx, no)


def identities(tx: Transaction, units: Sequence[int]) -> dict[int, str]:
    """Number → what the register calls it."""
    return store.list_identities(tx, units)


def exported(tx: Transaction, units: Sequence[int], on: date) -> dict[int, Any]:
    """By number: credit_code, responsible, manager, phone, hours_text, parent_id, importance."""
    return store.list_exported(tx, units, on)
