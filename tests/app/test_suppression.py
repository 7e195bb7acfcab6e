"""What is told of small places leaves every small number open; and that is tried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from app.residents.model import Node, Told
from app.residents.rules import FEW
from app.residents.suppression import tell, tree_of

CLASSES = ("a", "b", "c")
COUNTS = st.fixed_dictionaries({key: st.sampled_from([0, 0, 1, 2, 4, 5, 6, 9]) for key in CLASSES})


@st.composite
def cities(draw: st.DrawFn) -> Node:
    """Two levels of places, and now and then buildings, which are told without classes."""
    towns = []
    for town in range(draw(st.integers(1, 2))):
        blocks = []
        for block in range(draw(st.integers(0, 3))):
            buildings = [
                Node((town, block, number), draw(COUNTS), by_class=False)
                for number in range(draw(st.integers(0, 2)))
            ]
            own = dict.fromkeys(CLASSES, 0) if buildings else draw(COUNTS)
            blocks.append(Node((town, block), own, buildings))
        towns.append(Node((town,), draw(COUNTS), blocks))
    return Node((), dict.fromkeys(CLASSES, 0), towns)


def everything(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from everything(part)


class Guesser:
    """Somebody who knows what is told, and which place lies in which, and tries what else fits.

    What fits as well as the truth is looked for near it: one or two persons who are elsewhere, of
    another class, missing or more.  A number that no such change alters counts as betrayed.
    """

    def __init__(self, root: Node, told: dict[Any, Told]) -> None:
        # the unknowns: persons of a place in no part of it
        cells = [(node, key) for node in everything(root) for key in CLASSES]
        self.place = {(node.key, key): position for position, (node, key) in enumerate(cells)}
        self.truth = np.array([node.own.get(key, 0) for node, key in cells])
        self.equal: list[np.ndarray] = []
        self.few: list[np.ndarray] = []
        for node in everything(root):
            self._learn(node, told[node.key])
            beside = told.get((node.key, "beside"))
            if beside is not None:
                self._learn(Node(node.key, node.own), beside)
            elif node.parts and told[node.key].total is not None:  # nobody is beside its parts
                self.equal += [self.row(Node(node.key, {}), (key,)) for key in CLASSES]

    def row(self, node: Node, classes: tuple[str, ...] = CLASSES) -> np.ndarray:
        """Which unknowns make up the persons of these classes in this place and its parts."""
        found = np.zeros(len(self.truth), dtype=int)
        for part in everything(node):
            for key in classes:
                found[self.place[(part.key, key)]] = 1
        return found

    def _learn(self, node: Node, told: Told) -> None:
        if told.few:
            self.few.append(self.row(node))
        if told.total is not None:
            self.equal.append(self.row(node))
        self.equal += [self.row(node, (key,)) for key in told.classes]

    def others(self) -> Iterator[np.ndarray]:
        """Changes of the truth that leave everything told as it is."""
        size = len(self.truth)
        facts = np.array([*self.equal, np.zeros(size, dtype=int)])
        steps = np.vstack([np.eye(size, dtype=int), np.zeros(size, dtype=int)])
        moves = (steps[None, :, :] - steps[:, None, :]).reshape(-1, size)
        moves = moves[((self.truth + moves) >= 0).all(axis=1) & moves.any(axis=1)]
        effects = moves @ facts.T
        by_effect: dict[bytes, list[int]] = {}
        for position, effect in enumerate(effects):
            by_effect.setdefault(effect.tobytes(), []).append(position)
        none = np.zeros(len(facts), dtype=effects.dtype).tobytes()
        changes = [moves[position] for position in by_effect.get(none, ())]
        yield from (change for change in changes if self._fits(change))
        for position, effect in enumerate(effects):
            for other in by_effect.get((-effect).tobytes(), ()):
                if other > position and self._fits(change := moves[position] + moves[other]):
                    yield change

    def _fits(self, change: np.ndarray) -> bool:
        tried = self.truth + change
        return bool((tried >= 0).all()) and all(0 < row @ tried < FEW for row in self.few)


def betrayed(root: Node, told: dict[Any, Told]) -> list[str]:
    """Every number from one to four that what was told leaves no doubt of."""
    guesser = Guesser(root, told)
    small: dict[str, np.ndarray] = {}
    for node in everything(root):
        rows = {"all": guesser.row(node)} | {key: guesser.row(node, (key,)) for key in CLASSES}
        for key, row in rows.items():
            if 0 < row @ guesser.truth < FEW:
                small[f"{node.key} {key}: {row @ guesser.truth}"] = row
    for change in guesser.others() if small else ():
        small = {words: row for words, row in small.items() if not row @ change}
        if not small:
            break
    return list(small)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cities())
@example(Node((), {}, [Node((0,), {"a": 3, "b": 9}), Node((1,), {"a": 4, "b": 9})]))
@example(Node((), {}, [Node((0,), {"a": 1}), Node((1,), {"a": 1}), Node((2,), {"a": 5})]))
def test_nothing_told_betrays_a_few(root: Node) -> None:
    assert betrayed(root, tell(root)) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cities())
def test_what_is_told_is_true(root: Node) -> None:
    told = tell(root)
    for node in everything(root):
        said, total = told[node.key], sum(node.counts.values())
        assert said.total in (None, total)
        assert not said.few or 0 < total < FEW
        assert all(node.counts.get(key, 0) == persons for key, persons in said.classes.items())
        assert all(persons == 0 or persons >= FEW for persons in said.classes.values())
        assert said.total is None or said.total == 0 or said.total >= FEW


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.integers(1, 40),
        st.fixed_dictionaries(
            {key: st.sampled_from([0, 1, 4, 5, 9]) for key in ("none", "disabled", "bedridden")}
        ),
        min_size=1,
    ),
    st.sets(st.integers(1, 40)),
)
def test_what_is_told_does_not_depend_on_what_is_asked(
    counts: dict[Any, dict[str, int]], asked: set[int]
) -> None:
    parts = {grid: [3 * grid + step for step in range(3)] for grid in range(1, 14)}
    parts["all"] = [1, 2]
    above = {part: grid for grid, found in parts.items() for part in found}
    way: set[Any] = {"all"}
    for grid in asked:
        while grid in above:
            way.add(grid)
            grid = above[grid]
    whole = tell(tree_of("all", counts, parts, {"all", *above}))
    some = tell(tree_of("all", counts, parts, way))
    assert some == {key: told for key, told in whole.items() if key in some}
    assert all(grid in some for grid in way & above.keys())


def test_a_rule_without_the_second_one_would_be_found() -> None:
    """The check can fail: hiding the small number alone leaves it open to subtraction."""
    root = Node((), {}, [Node((0,), {"a": 3}), Node((1,), {"a": 9}), Node((2,), {"a": 8})])
    careless = {
        (): Told(20, False, {"a": 20}),
        (0,): Told(None, True, {}),
        (1,): Told(9, False, {"a": 9}),
        (2,): Told(8, False, {"a": 8}),
    }
    assert betrayed(root, careless) == ["(0,) all: 3", "(0,) a: 3"]
    assert betrayed(root, tell(root)) == []


@pytest.mark.parametrize("persons", [1, 4])
def test_a_place_with_a_few_says_so_and_no_more(persons: int) -> None:
    root = Node("here", {}, [Node("part", {"a": persons})])
    assert tell(root) == {"here": Told(None, True, {}), "part": Told(None, False, {})}


def test_large_numbers_are_told_whole() -> None:
    root = Node("city", {}, [Node("north", {"a": 20, "b": 7}), Node("south", {"a": 5, "b": 0})])
    told = tell(root)
    assert told["city"] == Told(32, False, {"a": 25, "b": 7})
    assert told["south"] == Told(5, False, {"a": 5, "b": 0})
