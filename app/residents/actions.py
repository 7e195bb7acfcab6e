"""Keep the register of residents: list it masked, reveal with a reason, count, forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.grids import actions as grids
from app.grids.model import Grid
from app.registry.actions import DetailWriter
from app.residents import rules, store
from app.residents.keyring import Keyring, change_key, keyring_for_writing, read_keyring
from app.residents.model import BuildingCount, HouseholdFilter, Opened, Told
from app.residents.sealing import masked, opened_row, resealed_row
from app.residents.suppression import tell, tree_of
from app.residents.writer import HouseholdWriter
from app.settings import Settings

REKEY_BATCH = 500
CITY = "all"  # the key of the reader's whole territory among what is told
RESIDENTS: DetailWriter = HouseholdWriter()


def register(settings: Settings) -> DetailWriter:
    """The register's writer with the keys of this deployment."""
    return HouseholdWriter(settings)


def keyring(settings: Settings) -> Keyring:
    """What opens the sealed values, as the keys folder has it now."""
    return read_keyring(settings)


# -- keys ------------------------------------------------------------------------------------


def rekey(tx: Transaction, keys: Keyring) -> int:
    """Seal one batch of rows with the present key; answers how many were left to another one."""
    assert keys.present is not None
    numbers = store.list_households_of_other_keys(tx, keys.present, REKEY_BATCH)
    rows = store.sealed_households(tx, numbers)
    store.put_households(tx, [resealed_row(keys, row) for row in rows.values()])
    if rows:
        audit.record(tx, "residents_rekeyed", keys.present, households=len(rows))
    return len(rows)


def begin_rekey(tx: Transaction, settings: Settings) -> Keyring:
    """A new key, or the present one where an earlier change was interrupted."""
    in_use = store.keys_in_use(tx)
    keys = keyring_for_writing(settings, in_use)
    unfinished = any(key != keys.present for key in in_use)
    return keys if unfinished else change_key(settings)


def count_sealed(tx: Transaction) -> int:
    return sum(store.keys_in_use(tx).values())


def keys_for_writing(tx: Transaction, settings: Settings) -> Keyring:
    return keyring_for_writing(settings, store.keys_in_use(tx))


# -- reading ------------------------------------------------------------------------------


def sees_persons(tx: Transaction) -> bool:
    """Whether the reader answers for a community and so sees its households."""
    return store.sees_persons(tx)


def list_households(
    tx: Transaction, keys: Keyring, wanted: HouseholdFilter, after: str, limit: int
) -> list[dict[str, Any]]:
    """Households of the reader's own community, name and phone masked."""
    _check_class(wanted.class_key)
    return [
        {
            "no": row.no,
            "id": row.id,
            "building": row.building,
            "class": row.class_key,
            "persons": row.persons,
            "evacuation": row.evacuation,
            "expires_on": row.expires_on,
            "grid_no": row.grid_no,
            "name": rules.mask_name(
                keys.unseal(row.name_sealed, f"resident/{row.no}/{row.position}/name", row.key_id)
            ),
            "phone": rules.mask_phone(
                keys.unseal(row.phone_sealed, f"resident/{row.no}/{row.position}/phone", row.key_id)
            ),
            "lon": row.lon,
            "lat": row.lat,
        }
        for row in store.list_households(tx, wanted, after, limit)
    ]


def _check_class(key: str | None) -> None:
    if key is not None and key not in rules.NEED_CLASSES:
        raise Refusal(
            "class is %(value)s; use one of: %(choices)s.",
            value=key[:40],
            choices=", ".join(rules.NEED_CLASSES),
        )


def count_households(tx: Transaction, wanted: HouseholdFilter) -> Any:
    """households, persons."""
    _check_class(wanted.class_key)
    return store.count_households(tx, wanted)


def household(tx: Transaction, keys: Keyring, no: int) -> tuple[Any, Opened]:
    """A household of the own community, masked."""
    row, found = opened(tx, keys, no)
    return row, masked(found)


def reveal(tx: Transaction, keys: Keyring, no: int, reason: str) -> tuple[Any, Opened]:
    """The same in clear: who, when, which and why are written down in the same transaction."""
    if reason not in rules.REASONS:
        raise Refusal("Choose the reason why the name is needed; it is written down.")
    row, found = opened(tx, keys, no)
    audit.record(tx, "resident_revealed", str(no), reason=reason)
    return row, found


def opened(tx: Transaction, keys: Keyring, no: int) -> tuple[Any, Opened]:
    """In clear: the caller masks it, or writes down who asked and why."""
    row = store.find_household(tx, no)
    if row is None:
        raise NotFound("There is no household %(no)s in your community.", no=no)
    return row, opened_row(keys, row, store.list_residents(tx, no))


def forget(tx: Transaction, numbers: Sequence[int], reason: str, today: date) -> int:
    """Delete all that tells of these persons; the place stays as a tombstone without a name."""
    if reason not in rules.FORGET_REASONS:
        raise Refusal("Choose the reason why the record is deleted; it is written down.")
    if not numbers:
        raise Refusal("Choose at least one household to delete.")
    gone = store.forget_households(tx, numbers, today)
    for no in gone:
        audit.record(tx, "resident_forgotten", str(no), reason=reason)
    if len(gone) < len(set(numbers)):
        raise NotFound(
            "Some of these households are not in your community, or were deleted before; "
            "nothing was deleted."
        )
    return len(gone)


# -- counts -------------------------------------------------------------------------------


def told_counts(
    tx: Transaction, named: Sequence[int] = ()
) -> tuple[dict[Any, Told], dict[Any, list[Any]]]:
    """What may be said of places to a reader who sees no persons, and the parts of each.

    Of the whole territory, of the grids that are named, of those above them, and of the parts of
    all these; what is told of one does not depend on what else is asked for.  Grids by their
    number; buildings, in the lowest of the named grids, by (grid, building, tile key).
    """
    counts: dict[Any, Mapping[str, int]] = dict(store.list_counts(tx))
    above = store.list_places(tx)
    parts: dict[Any, list[Any]] = {}
    for grid, parent in above.items():
        parts.setdefault(parent if parent in above else CITY, []).append(grid)
    leaves = [grid for grid in named if grid not in parts]
    for row in store.list_buildings(tx, leaves):
        parts.setdefault(row.grid_no, []).append((row.grid_no, row.building, row.tile_key))
        counts[(row.grid_no, row.building, row.tile_key)] = row.counts
        counts[row.grid_no] = {}

    opened: set[Any] = {CITY}
    for grid in named:
        step: int | None = grid
        while step in above and step not in opened:
            opened.add(step)
            step = above[step]
    return tell(tree_of(CITY, counts, parts, opened)), parts


def buildings_within(tx: Transaction, first: int, last: int) -> list[BuildingCount]:
    """What the reader's list tells of each building in a range of tile keys, and no more.

    Who sees the households of the own community is told of no other: exact counts here and
    suppressed ones beside them could be subtracted.
    """
    if store.sees_persons(tx):
        return [
            BuildingCount(
                row.grid_no,
                row.building,
                row.lon,
                row.lat,
                Told(row.persons, False, {}),
                row.households,
            )
            for row in store.list_own_buildings(tx, first, last)
        ]
    places = store.list_building_places(tx, first, last)
    told, _ = told_counts(tx, sorted({row.grid_no for row in places}))
    return [
        BuildingCount(row.grid_no, row.building, row.lon, row.lat, told[key])
        for row in places
        if (key := (row.grid_no, row.building, row.tile_key)) in told
    ]


def titles(tx: Transaction, numbers: Sequence[int]) -> dict[int, list[Grid]]:
    """Grid → the grids from the top down to it."""
    active = grids.find_active(tx)
    return grids.chains(tx, active.no, numbers) if active else {}
