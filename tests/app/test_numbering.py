"""Grid numbers are given once and for ever; territories are what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from app.errors import Refusal
from app.grids.rules import LAST_NUMBER, SPARE_NUMBERS, Key, Node, Span, number_grids, territories

REPEATABLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
Tree = dict[Key, Key | None]  # grid → parent, of one edition


@dataclass
class City:
    """What several editions leave behind: every number ever given, and the present tree."""

    deepest: int
    known: dict[Key, Span] = field(default_factory=dict)
    tree: Tree = field(default_factory=dict)

    def publish(self, tree: Tree) -> dict[Key, Span]:
        given_now = number_grids([Node(*item) for item in tree.items()], self.known, self.deepest)
        self.known |= given_now
        self.tree = tree
        return given_now

    @property
    def active(self) -> dict[Key, Span]:
        return {key: self.known[key] for key in self.tree}

    def territories(self) -> dict[int, list[Span]]:
        parents = {
            self.known[key].no: None if parent is None else self.known[parent].no
            for key, parent in self.tree.items()
        }
        return territories(list(self.active.values()), parents)


@strategies.composite
def histories(draw: strategies.DrawFn) -> tuple[int, list[Tree]]:
    """A number of levels and some editions; each adds, removes and moves grids of the last."""
    deepest = draw(strategies.integers(2, 6))
    editions: list[Tree] = []
    tree: Tree = {}
    serial = 0
    for _ in range(draw(strategies.integers(1, 4))):
        gone = draw(strategies.sets(strategies.sampled_from(sorted(tree)))) if tree else set()
        tree = without_orphans({key: parent for key, parent in tree.items() if key not in gone})
        for key in draw(strategies.sets(strategies.sampled_from(sorted(tree)))) if tree else ():
            above = sorted(other for other in tree if other[0] == key[0] - 1)
            tree[key] = draw(strategies.sampled_from(above)) if above else None
        for depth in range(1, deepest + 1):
            above = sorted(other for other in tree if other[0] == depth - 1)
            for _ in range(draw(strategies.integers(1 if depth == 1 else 0, 4))):
                if depth == 1 or above:
                    serial += 1
                    parent = draw(strategies.sampled_from(above)) if above else None
                    tree[depth, f"g{serial}"] = parent
        editions.append(dict(tree))
    return deepest, editions


def without_orphans(tree: Tree) -> Tree:
    """The grids whose ancestors are all still there."""
    kept: Tree = {}
    for key, parent in sorted(tree.items()):
        if parent is None or parent in kept:
            kept[key] = parent
    return kept


def numbers_in(parts: Sequence[Span]) -> set[int]:
    return {number for part in parts for number in range(part.no, part.end)}


def assert_spans_nest(spans: Mapping[Key, Span]) -> None:
    """Any two spans are apart, or one holds the other whole."""
    ends: list[int] = []
    for span in sorted(spans.values(), key=lambda one: one.no):
        while ends and ends[-1] <= span.no:
            ends.pop()
        assert span.no < span.end
        assert not ends or span.end <= ends[-1], span
        ends.append(span.end)


@REPEATABLE
@given(histories())
def test_numbers_are_unique_nest_and_never_change(history: tuple[int, list[Tree]]) -> None:
    deepest, editions = history
    city = City(deepest)
    for tree in editions:
        before = dict(city.known)
        given_now = city.publish(tree)
        assert not given_now.keys() & before.keys()
        assert before.items() <= city.known.items()
        assert set(tree) <= set(city.known)
        numbers = [span.no for span in city.known.values()]
        assert len(set(numbers)) == len(numbers) and min(numbers) > 0
        assert_spans_nest(city.known)


def ancestors(tree: Tree, key: Key) -> list[Key]:
    found = [key]
    while (parent := tree[found[-1]]) is not None:
        found.append(parent)
    return found


def owned_numbers(city: City) -> dict[int, set[int]]:
    """Each grid's own number and those of all that lies below it now."""
    owned = {span.no: set[int]() for span in city.active.values()}
    for key in city.tree:
        for above in ancestors(city.tree, key):
            owned[city.known[above].no].add(city.known[key].no)
    return owned


@REPEATABLE
@given(histories())
def test_a_territory_is_its_descendants_and_free_numbers(history: tuple[int, list[Tree]]) -> None:
    deepest, editions = history
    city = City(deepest)
    for tree in editions:
        city.publish(tree)
    every_active = {span.no for span in city.active.values()}
    found = {no: numbers_in(parts) for no, parts in city.territories().items()}
    for no, owned in owned_numbers(city).items():
        assert found[no] & every_active == owned  # the rest are free gap numbers
    of_grid = {key: found[span.no] for key, span in city.active.items()}
    for key, parent in city.tree.items():
        assert parent is None or of_grid[key] <= of_grid[parent]
    for key, other in combinations(city.tree, 2):
        assert key[0] != other[0] or not of_grid[key] & of_grid[other]


@REPEATABLE
@given(histories())
def test_parts_are_in_order_and_as_few_as_possible(history: tuple[int, list[Tree]]) -> None:
    deepest, editions = history
    city = City(deepest)
    for tree in editions:
        city.publish(tree)
    for parts in city.territories().values():
        assert parts
        assert all(left.end < right.no for left, right in zip(parts, parts[1:], strict=False))


def even_tree(counts: Sequence[int]) -> Tree:
    """So many grids on each level, shared out evenly among those above."""
    tree: Tree = {}
    for depth, count in enumerate(counts, 1):
        for position in range(count):
            parent = None
            if depth > 1:
                parent = (depth - 1, f"{position * counts[depth - 2] // count:06d}")
            tree[depth, f"{position:06d}"] = parent
    return tree


@pytest.mark.parametrize(
    "counts",
    [(3, 9), (2, 6, 30), (2, 4, 8, 16, 64), (2, 2, 4, 4, 8, 30)],
    ids=lambda counts: f"{len(counts)} levels",
)
def test_a_fresh_city_gives_one_range_to_every_grid(counts: tuple[int, ...]) -> None:
    city = City(len(counts))
    city.publish(even_tree(counts))
    assert all(len(parts) == 1 for parts in city.territories().values())


def test_a_later_grid_takes_a_number_from_its_parents_own_gap() -> None:
    city = City(3)
    tree = even_tree((2, 4, 12))
    city.publish(tree)
    before = city.territories()
    given_now = city.publish(tree | {(3, "new"): (2, "000001")})
    parent = city.known[2, "000001"]
    assert parent.no < given_now[3, "new"].no < parent.end
    after = city.territories()
    for key in tree:
        if key[0] < 3:  # readers of the parents see it without a new range
            assert after[city.known[key].no] == before[city.known[key].no]


def test_a_moved_grid_leaves_a_hole_and_brings_a_range() -> None:
    city = City(3)
    tree = even_tree((2, 4, 12))
    city.publish(tree)
    moved, old, new = (2, "000001"), (1, "000000"), (1, "000001")
    city.publish(tree | {moved: new})
    found = city.territories()
    span = city.known[moved]
    assert numbers_in(found[span.no]) == set(range(span.no, span.end))
    assert not numbers_in(found[city.known[old].no]) & numbers_in([span])
    assert numbers_in([span]) <= numbers_in(found[city.known[new].no])
    assert len(found[city.known[old].no]) == len(found[city.known[new].no]) == 2


def test_a_full_parent_sends_new_grids_behind_all_others() -> None:
    city = City(2)
    tree = even_tree((1, 1))
    city.publish(tree)
    room = city.known[1, "000000"].end - city.known[2, "000000"].end
    assert room > SPARE_NUMBERS
    many: Tree = {(2, f"new{position:04d}"): (1, "000000") for position in range(room + 3)}
    given_now = city.publish(tree | many)
    outside = [span for span in given_now.values() if span.no >= city.known[1, "000000"].end]
    assert len(outside) == 3
    assert len(city.territories()[city.known[1, "000000"].no]) == 1  # they follow at once


def test_a_metropolis_is_numbered_and_numbered_again() -> None:
    city = City(4)
    tree = even_tree((115, 684, 3765, 49_952))
    assert len(city.publish(tree)) == 54_516
    assert_spans_nest(city.known)
    assert all(len(parts) == 1 for parts in city.territories().values())
    assert list(city.publish(tree | {(4, "new"): (3, "000007")})) == [(4, "new")]


def test_an_exhausted_supply_of_numbers_is_refused() -> None:
    known = {(1, "last"): Span(LAST_NUMBER - 1, LAST_NUMBER)}
    with pytest.raises(Refusal, match="no free grid numbers"):
        number_grids([Node((1, "more"), None)], known, 2)
