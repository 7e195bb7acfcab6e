"""Counts that betray nobody: what may be said of places where few persons are registered.

One table for a reader's whole territory, from its top downwards, whatever the reader asks for:
filters cannot be played against each other.  A class is told for all parts of a place or for
none, and never one hidden class alone, so that what is hidden is a full rectangle whose cells
its margins leave open (the Fréchet bounds of a cell differ where two rows and two columns are
not zero).  Where a part has one to four persons, the total of a second one is kept back too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from app.residents.model import Node, Told
from app.residents.rules import FEW, NEED_CLASSES

UNTOLD = Told(None, False, {})
A_FEW = Told(None, True, {})


def tree_of(
    key: Any,
    counts: Mapping[Any, Mapping[str, int]],
    parts: Mapping[Any, Sequence[Any]],
    opened: Collection[Any],
) -> Node:
    """A place and what lies in it, down to the parts of the opened ones.

    A part that stays closed counts as a whole; its own parts change nothing of what is told of
    the others.
    """
    by_class = not isinstance(key, tuple)  # a building
    if key in opened:
        inner = [tree_of(part, counts, parts, opened) for part in parts.get(key, ())]
        return Node(key, {**dict.fromkeys(NEED_CLASSES, 0), **counts.get(key, {})}, inner, by_class)
    found = dict.fromkeys(NEED_CLASSES, 0)
    waiting = [key]
    while waiting:
        place = waiting.pop()
        waiting.extend(parts.get(place, ()))
        for name, persons in counts.get(place, {}).items():
            found[name] += persons
    return Node(key, found, (), by_class)


def tell(root: Node) -> dict[Any, Told]:
    """What is told of the root and of every part below it, by key."""
    counts = root.counts
    total = sum(counts.values())
    if 0 < total < FEW:
        return {root.key: A_FEW} | dict.fromkeys(_keys(root.parts), UNTOLD)
    hidden = _hidden_at_the_top(counts)
    told = {root.key: Told(total, False, _without(counts, hidden))}
    return told | _tell_parts(root, counts, hidden)


def _hidden_at_the_top(counts: Mapping[str, int]) -> frozenset[str]:
    """The small classes, with the next larger ones until nobody in them can be told apart."""
    hidden = {key for key, persons in counts.items() if 0 < persons < FEW}
    if not hidden:
        return frozenset()
    for key in _smallest_first(counts, hidden):
        if len(hidden) > 1 and sum(counts[one] for one in hidden) >= FEW:
            break
        hidden.add(key)
    return frozenset(hidden)


def _tell_parts(
    place: Node, counts: Mapping[str, int], hidden_above: frozenset[str]
) -> dict[Any, Told]:
    """Of a place whose total is told."""
    rows = [(part, part.counts) for part in place.parts]
    if any(place.own.values()) and place.parts:  # persons in none of the parts are a row as well
        rows.append((Node((place.key, "beside"), place.own), dict(place.own)))
    hidden = _hidden_of_parts(place, counts, [row for _, row in rows], hidden_above)
    kept_back = _kept_back([row for _, row in rows], hidden)
    told: dict[Any, Told] = {}
    for position, (part, row) in enumerate(rows):
        total = sum(row.values())
        if kept_back is None or position == kept_back:
            told |= {part.key: UNTOLD} | dict.fromkeys(_keys(part.parts), UNTOLD)
        elif 0 < total < FEW:
            told |= {part.key: A_FEW} | dict.fromkeys(_keys(part.parts), UNTOLD)
        else:
            told[part.key] = Told(total, False, _without(row, hidden))
            told |= _tell_parts(part, row, hidden)
    return told


def _hidden_of_parts(
    place: Node,
    counts: Mapping[str, int],
    rows: Sequence[Mapping[str, int]],
    hidden_above: frozenset[str],
) -> frozenset[str]:
    if any(not part.by_class for part in place.parts):
        return frozenset(counts) | hidden_above
    small = {key for row in rows for key, persons in row.items() if 0 < persons < FEW}
    added = small - hidden_above
    # what was hidden above is one column here: only its sum is known
    columns = len(added) + (1 if any(counts.get(key, 0) > 0 for key in hidden_above) else 0)
    if added and columns < 2:
        added |= set(next(([key] for key in _smallest_first(counts, hidden_above | added)), []))
    return hidden_above | added


def _kept_back(rows: Sequence[Mapping[str, int]], hidden: frozenset[str]) -> int | None:
    """The row whose total protects the small ones; -1 where none is needed, None where none can."""
    totals = [sum(row.values()) for row in rows]
    if not any(0 < total < FEW for total in totals):
        return -1
    able = [
        (total, position)
        for position, (row, total) in enumerate(zip(rows, totals, strict=True))
        if total > FEW and any(row.get(key, 0) > 0 for key in hidden)
    ]
    return min(able)[1] if able else None


def _smallest_first(counts: Mapping[str, int], without: set[str] | frozenset[str]) -> list[str]:
    return sorted(
        (key for key, persons in counts.items() if persons and key not in without),
        key=lambda key: (counts[key], key),
    )


def _without(counts: Mapping[str, int], hidden: frozenset[str]) -> dict[str, int]:
    return {key: persons for key, persons in counts.items() if key not in hidden}


def _keys(parts: Sequence[Node]) -> Iterator[Any]:
    for part in parts:
        yield part.key
        yield from _keys(part.parts)
