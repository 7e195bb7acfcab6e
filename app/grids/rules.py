"""Pure decisions about levels, references, dates, and the numbers of grids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.errors import Refusal
from app.grids.model import Grid, Level

LEAST_DEPTH, MOST_DEPTH = 2, 6
# Numbers kept free inside each grid that is not on the lowest level, so that what comes later
# (a new block, an establishment leaf) takes a number inside its parent's own range.
SPARE_NUMBERS = 256
LAST_NUMBER = 2_147_483_647
LONGEST_EDITION = 80

Key = tuple[int, str]  # depth, code


def parse_levels(words: Sequence[str]) -> list[Level]:
    """`key=中文/English` words, from the top level down."""
    levels = []
    for depth, word in enumerate(words, 1):
        found = re.fullmatch(r"([a-z][a-z0-9_]{0,31})=([^/=]{1,40})(?:/([^/=]{1,40}))?", word)
        if not found:
            raise Refusal(
                "%(word)s is not a level; write key=中文/English, the key in small "
                "letters, like town=街道/Town.",
                word=word[:80],
            )
        key, name_zh, name_en = found.groups()
        levels.append(Level(depth, key, name_zh.strip(), (name_en or name_zh).strip()))
    if not LEAST_DEPTH <= len(levels) <= MOST_DEPTH:
        raise Refusal(
            "A city has %(least)s to %(most)s levels; %(given)s were given.",
            least=LEAST_DEPTH,
            most=MOST_DEPTH,
            given=len(levels),
        )
    if len({level.key for level in levels}) < len(levels):
        raise Refusal("Two levels have the same key.")
    return levels


def split_reference(reference: str) -> tuple[str | None, str]:
    """`level:code` or a bare code; a code may itself hold a colon after the level's."""
    level, colon, code = reference.partition(":")
    if colon and re.fullmatch("[a-z][a-z0-9_]{0,31}", level):
        return level, code
    return None, reference


def check_edition_name(name: str) -> None:
    """A name is part of addresses: it must survive there."""
    if not 1 <= len(name) <= LONGEST_EDITION:
        raise Refusal("An edition's name has 1 to %(most)s characters.", most=LONGEST_EDITION)
    if name != name.strip() or name in (".", "..") or not name.isprintable() or "/" in name:
        raise Refusal(
            "%(name)s cannot be the name of an edition: leave out slashes, line breaks "
            "and blanks at its ends.",
            name=repr(name),
        )


def check_publishing_day(day: date, today: date, active_from: date | None) -> None:
    """Not in the future, and not before the edition that holds now began."""
    if day > today:
        raise Refusal(
            "An edition cannot begin in the future: %(day)s is after today, %(today)s.",
            day=day,
            today=today,
        )
    if active_from is not None and day < active_from:
        raise Refusal(
            "The edition that holds now began on %(active)s; the new one cannot begin "
            "before it, on %(day)s.",
            active=active_from,
            day=day,
        )


@dataclass(frozen=True)
class Node:
    key: Key
    parent: Key | None


@dataclass(frozen=True)
class Span:
    """A grid's number and the end (exclusive) of the numbers kept for its descendants."""

    no: int
    end: int


def number_grids(nodes: Sequence[Node], known: Mapping[Key, Span], deepest: int) -> dict[Key, Span]:
    """Numbers for the grids that have none: depth-first, inside the parent's range.

    A child for which the parent's range has no room takes the next number after all others;
    numbers once given are never changed nor given again.  Spans therefore always nest.
    """
    children: dict[Key | None, list[Key]] = {}
    for node in sorted(nodes, key=lambda node: (node.key[0], node.key[1].encode())):
        children.setdefault(node.parent, []).append(node.key)
    widths = _widths(nodes, children, known, deepest)
    spans = dict(known)
    free = _first_free_numbers(known)
    after_all = max((span.end for span in known.values()), default=1)
    given: dict[Key, Span] = {}
    waiting: list[tuple[Key | None, Key]] = [
        (None, key) for key in reversed(children.get(None, []))
    ]
    while waiting:
        parent, key = waiting.pop()
        waiting.extend((key, child) for child in reversed(children.get(key, [])))
        if key in known:
            continue
        width = widths[key]
        if parent is not None and free[parent] + width <= spans[parent].end:
            start = free[parent]
            free[parent] += width
        else:
            start = after_all
            after_all += width
        spans[key] = given[key] = Span(start, start + width)
        free[key] = start + 1
    if after_all > LAST_NUMBER:
        raise Refusal("There are no free grid numbers left.")
    return given


def _widths(
    nodes: Sequence[Node],
    children: Mapping[Key | None, Sequence[Key]],
    known: Mapping[Key, Span],
    deepest: int,
) -> dict[Key, int]:
    """How many numbers each new grid keeps: itself, twice its new children, and spare ones."""
    widths: dict[Key, int] = {}
    for node in sorted(nodes, key=lambda node: -node.key[0]):
        below = sum(widths[child] for child in children.get(node.key, ()) if child not in known)
        widths[node.key] = 1 if node.key[0] == deepest else 1 + 2 * below + SPARE_NUMBERS
    return widths


def _first_free_numbers(spans: Mapping[Key, Span]) -> dict[Key, int]:
    """For each span the first number behind every other span that lies inside it."""
    free = {key: span.no + 1 for key, span in spans.items()}
    around: list[Key] = []  # the spans that hold the present one, outermost first
    for key, span in sorted(spans.items(), key=lambda item: item[1].no):
        while around and spans[around[-1]].end <= span.no:
            around.pop()
        if around:
            free[around[-1]] = span.end
        around.append(key)
    return free


def territories(spans: Sequence[Span], parents: Mapping[int, int | None]) -> dict[int, list[Span]]:
    """The numbers of each grid and of all below it, as few ranges as possible.

    Each number belongs to the innermost of ``spans`` that holds it; a grid's territory is what
    belongs to it and to its descendants by ``parents``.  A grid that moved under another parent
    thus leaves a hole in the old territory and an extra range in the new one.
    """
    found: dict[int, list[Span]] = {span.no: [] for span in spans}
    for owner, part in _innermost(spans):
        grid: int | None = owner
        while grid is not None:
            parts = found[grid]
            if parts and parts[-1].end == part.no:
                parts[-1] = Span(parts[-1].no, part.end)
            else:
                parts.append(part)
            grid = parents[grid]
    return found


def _innermost(spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    """(owner, part) from low to high: a sweep over nested spans with a stack."""
    open_spans: list[Span] = []
    position = 0
    for span in [*sorted(spans, key=lambda span: span.no), Span(LAST_NUMBER, LAST_NUMBER)]:
        while open_spans and position < span.no:
            end = min(open_spans[-1].end, span.no)
            if position < end:
                yield open_spans[-1].no, Span(position, end)
                position = end
            if open_spans[-1].end <= span.no:
                open_spans.pop()
        position = span.no
        open_spans.append(span)


def plain(word: str) -> str:
    """Without what people write differently: case, blanks, signs; of `a / b` only b counts."""
    return re.sub(r"[\s_\-./:：()（）*]+", "", word.rsplit(" / ", 1)[-1].casefold())


def is_named(word: str, chain: Sequence[Grid]) -> bool:
    """Whether somebody's word for a grid means one of these, by code or by name."""
    written = (
        name
        for grid in chain
        for name in (grid.code, grid.name, grid.name_en, grid.reference)
        if name
    )
    return plain(word) in map(plain, written)
