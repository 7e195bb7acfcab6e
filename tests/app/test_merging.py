"""Two units that are one: found, decided on, merged, and separated again exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.coverage import actions as coverage
from app.coverage.model import InspectedQuestion
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.monitoring import actions as monitoring
from app.units import actions as units, merging, store
from app.units.matching import Likeness, compare
from app.units.model import Change
from tests.builders import (
    SIDE,
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_units,
    batch,
    publish_city,
    registry,
    unit_draft,
)

HERE, THERE = (WEST + 0.001, SOUTH + 0.001), (WEST + SIDE + 0.001, SOUTH + 0.001)


@pytest.fixture
def city(tx: Transaction) -> Transaction:
    """u0 in block 111; u1, u2 in 211; u2 is a part of u1."""
    publish_city(tx)
    add_units(tx, [HERE, THERE, (WEST + SIDE + 0.002, SOUTH + 0.001)])
    units.set_parent(tx, change(tx, "u2"), "u1", TODAY)
    return tx


def number(tx: Transaction, identity: str) -> int:
    return units.unit_number(tx, identity)


def change(tx: Transaction, identity: str, on: date = TODAY) -> Change:
    no = number(tx, identity)
    return Change(no, units.unit(tx, no, TODAY).version, on, "same sign")


def merge(tx: Transaction, keep: str, gone: str, on: date = TODAY) -> None:
    other = change(tx, gone)
    merging.merge(tx, change(tx, keep, on), other.unit, other.version, TODAY)


def everything(tx: Transaction) -> Mapping[str, Any]:
    """State, grid and merger marks of every unit."""
    return {
        identity: (
            store.list_states(tx, [number(tx, identity)]),
            row.grid_no,
            row.merged_into,
            row.has_merged,
        )
        for identity in ("u0", "u1", "u2")
        for row in [units.unit(tx, number(tx, identity), TODAY)]
    }


def inspected(tx: Transaction, on: date) -> tuple[int, int]:
    found = coverage.inspected_within(tx, InspectedQuestion(on, 90, None))
    return found.units, found.inspected


def test_a_merger_keeps_both_histories_and_is_undone_exactly(city: Transaction) -> None:
    before = everything(city)
    merge(city, "u0", "u1")
    gone = units.unit(city, number(city, "u1"), TODAY)
    assert (gone.merged_id, gone.valid_until) == ("u0", TODAY)
    assert (gone.lon, gone.lat) == HERE
    assert units.unit(city, number(city, "u2"), TODAY).parent_id == "u0"
    assert [one.id for one in units.merged_units(city, number(city, "u0"))] == ["u1"]
    event = units.events(city, number(city, "u0"))[0]
    assert (event.kind, event.other_id, event.reason) == ("merged", "u1", "same sign")
    assert monitoring.examine(city)["sound"]
    merging.separate(city, change(city, "u1"), TODAY)
    assert everything(city) == before
    kinds = [(one.kind, one.undone) for one in units.events(city, number(city, "u0"))]
    assert kinds == [("unmerged", False), ("merged", True)]
    assert monitoring.examine(city)["sound"]


def test_visits_count_for_the_one_that_stays_from_the_day_on(city: Transaction) -> None:
    add_inspections(city, [("u1", date(2026, 5, 1), "done")])
    before = {day: inspected(city, day) for day in (date(2026, 5, 1), date(2026, 5, 31))}
    merge(city, "u0", "u1", on=date(2026, 6, 1))
    assert {day: inspected(city, day) for day in before} == before  # what was, was
    assert inspected(city, date(2026, 6, 1)) == (2, 1)
    by_grid = coverage.inspected_by_grid(
        city, InspectedQuestion(TODAY, 90, None), coverage_level(city)
    )
    assert {row.code: (row.units, row.inspected) for row in by_grid if row.units} == {
        "111": (1, 1),
        "211": (1, 0),
    }


def coverage_level(tx: Transaction) -> Any:
    return merging.actions.grids.level_named(tx, "block")


def test_what_was_merged_follows_and_refuses_changes_of_its_own(city: Transaction) -> None:
    merge(city, "u0", "u1")
    units.move(city, change(city, "u0"), *THERE, TODAY)
    assert units.unit(city, number(city, "u1"), TODAY).lon == THERE[0]
    units.take_back(city, change(city, "u0"), TODAY)
    assert units.unit(city, number(city, "u1"), TODAY).lon == HERE[0]
    with pytest.raises(Refusal, match="merged into another"):
        units.close(city, change(city, "u1"), TODAY)
    with pytest.raises(Refusal, match="separating"):
        units.take_back(city, change(city, "u0"), TODAY)


@pytest.mark.parametrize(
    ("keep", "gone", "words"),
    [
        ("u1", "u2", "part of the other"),
        ("u2", "u1", "part of the other"),
        ("u0", "u0", "into itself"),
    ],
)
def test_what_cannot_be_one_is_refused(city: Transaction, keep: str, gone: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        merge(city, keep, gone)


def test_a_chain_of_mergers_and_a_closed_keeper_are_refused(city: Transaction) -> None:
    with pytest.raises(Refusal, match="not merged"):
        merging.separate(city, change(city, "u1"), TODAY)
    merge(city, "u0", "u2")
    with pytest.raises(Refusal, match="other way round"):
        merge(city, "u1", "u0")
    units.close(city, change(city, "u0"), TODAY)
    with pytest.raises(Refusal, match="closed; open it again"):
        merge(city, "u0", "u1")


def test_pairs_are_found_decided_and_stay_decided(city: Transaction) -> None:
    drafts = [
        unit_draft("a", *HERE, row=2, name="陆记面馆"),
        unit_draft("b", HERE[0] + 0.0003, HERE[1], row=3, name="陆记面馆（老店）"),
        unit_draft("c", None, None, row=4, name="陆记面馆"),
        unit_draft("d", *THERE, row=5, name="Quite another"),
    ]
    registry.import_targets(city, registry.UNITS, drafts, [], len(drafts), batch("units"))
    found = units.find_duplicates(city, TODAY)
    shown = [
        {one.id, other.id} for _, one, other in merging.waiting(city, "open", merging.FIRST, 50)
    ]
    assert found == len(shown) and {"a", "c"} in shown and {"a", "b"} in shown
    assert not any("d" in pair for pair in shown)
    first, second = sorted((number(city, "a"), number(city, "b")))
    merging.call_different(city, first, second, "two doors")
    assert units.find_duplicates(city, TODAY) == found - 1
    decided = merging.waiting(city, "different", merging.FIRST, 50)
    assert [(pair.decided_by, pair.note) for pair, _, _ in decided] == [("Gridward", "two doors")]
    merging.call_open(city, first, second)
    assert merging.counts(city).open == found
    with pytest.raises(NotFound):
        merging.call_different(city, first, first, None)


def test_a_page_of_pairs_goes_on_where_the_last_one_ended(city: Transaction) -> None:
    drafts = [unit_draft(f"x{n}", *HERE, row=n + 2, name="One sign") for n in range(5)]
    registry.import_targets(city, registry.UNITS, drafts, [], len(drafts), batch("units"))
    total = units.find_duplicates(city, TODAY)
    seen: list[tuple[int, int]] = []
    after = merging.FIRST
    while page := merging.waiting(city, "open", after, 4):
        seen += [(pair.first, pair.second) for pair, _, _ in page]
        last = page[-1][0]
        after = (last.score, last.first, last.second)
    assert len(seen) == len(set(seen)) == total > 4


def test_codes_speak_first() -> None:
    one = Likeness(1, "陆记面馆", "滨河路 3 号", "91350100M000100Y43")
    assert compare(one, replace_likeness(one, name="海风餐厅"), 900.0) is not None
    assert compare(one, replace_likeness(one, credit_code="92350100M000100Y40"), 1.0) is None
    branch = replace_likeness(one, name="陆记面馆二店", credit_code=None)
    main = replace_likeness(one, name="陆记面馆一店", credit_code=None)
    assert compare(main, branch, 150.0) is None


def replace_likeness(one: Likeness, **values: Any) -> Likeness:
    return replace(one, no=2, **values)


# -- how well the finder does on a real register ----------------------------------------------

SAMPLE, COPIES, SEED = 900, 150, 20261127


@pytest.fixture
def chicago(real_data: Path) -> pd.DataFrame:
    """Places of Chicago that are surely different: no two share name or address."""
    frame = pd.read_csv(real_data / "chicago" / "units.csv.gz", dtype=str)
    frame = frame.dropna(subset=["name", "address", "lat"])
    frame["house"] = frame.address.str.extract(r"^(\S+ \S+ \S+)")[0]
    frame["first"] = frame.name.str.casefold().str.extract(r"^(\w+)")[0]
    frame = frame.drop_duplicates("house").drop_duplicates(["first", "zip"])
    return frame.sample(SAMPLE, random_state=SEED).reset_index(drop=True)


def spoiled(row: Any, chance: random.Random) -> tuple[str, float, float]:
    """The same place as somebody else would have written it down."""
    name = list(row.name_)
    for _ in range(chance.randint(0, 2)):
        place = chance.randrange(len(name))
        name[place] = chance.choice(["", name[place] * 2, chance.choice("aeiou")])
    text = "".join(name)
    text = chance.choice([text, text.upper(), text.title(), f"{text} LLC", f"The {text}"])
    return (
        text,
        float(row.lon) + chance.uniform(-0.0008, 0.0008),
        float(row.lat) + chance.uniform(-0.0006, 0.0006),
    )


def drafts_of(frame: pd.DataFrame) -> Iterator[Any]:
    chance = random.Random(SEED)
    rows = list(frame.rename(columns={"name": "name_"}).itertuples())
    for row in rows:
        draft = unit_draft(
            f"o{row.Index}", float(row.lon), float(row.lat), row.Index + 2, row.name_
        )
        yield replace(draft, address=row.address.strip())
    for row in chance.sample(rows, COPIES):
        name, lon, lat = spoiled(row, chance)
        address = row.address.strip().replace(" AVE", " Avenue").replace(" ST", " Street")
        copy = unit_draft(f"c{row.Index}", lon, lat, len(rows) + row.Index + 2, name)
        yield replace(copy, address=chance.choice([address, row.address.strip(), address.lower()]))


def test_spoiled_copies_are_found_and_little_else(tx: Transaction, chicago: pd.DataFrame) -> None:
    publish_city(tx)
    drafts = list(drafts_of(chicago))
    registry.import_targets(tx, registry.UNITS, drafts, [], len(drafts), batch("units"))
    units.find_duplicates(tx, TODAY)
    found = {
        frozenset((one.id, other.id))
        for _, one, other in merging.waiting(tx, "open", merging.FIRST, 5000)
    }
    true = {frozenset((f"o{draft.id[1:]}", draft.id)) for draft in drafts if draft.id[0] == "c"}
    recall, precision = len(found & true) / len(true), len(found & true) / len(found)
    print(f"recall {recall:.3f}, precision {precision:.3f}, {len(found)} pairs")
    assert recall >= 0.94 and precision >= 0.95
