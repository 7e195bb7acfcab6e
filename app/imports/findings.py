"""What a person should look at before writing: rows that look alike, and claimed grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.grids.model import Grid
from app.grids.rules import is_named, plain
from app.registry.model import TargetDraft
from gis.live_index import Neighbourhood

NEAR_METRES = 30.0
MOST_FOUND = 500  # pairs; a file with more is spoiled as a whole


@dataclass(frozen=True)
class Repeat:
    """Two rows with one name and nearly one place."""

    row: int
    earlier: int
    name: str


@dataclass(frozen=True)
class Claim:
    """A row that names another grid than the one it lies in."""

    row: int
    name: str
    claimed: str
    located: str


def repeats(drafts: Sequence[TargetDraft]) -> list[Repeat]:
    """Rows that may be the same thing twice under two ids."""
    by_name: dict[str, list[TargetDraft]] = {}
    for draft in drafts:
        if draft.lon is not None and draft.name != draft.id:
            by_name.setdefault(plain(draft.name), []).append(draft)
    found: list[Repeat] = []
    for alike in by_name.values():
        if len(alike) > 1 and len(found) < MOST_FOUND:
            found += _near_ones(alike)
    return sorted(found[:MOST_FOUND], key=lambda repeat: repeat.row)


def _near_ones(alike: Sequence[TargetDraft]) -> list[Repeat]:
    seen = Neighbourhood(NEAR_METRES)
    found = []
    for draft in alike:
        near = seen.meet(draft.lon or 0.0, draft.lat or 0.0)
        if near:
            found.append(Repeat(draft.row, alike[near[0]].row, draft.name))
    return found


def claims(
    drafts: Sequence[TargetDraft],
    numbers: Sequence[int],
    claimed: Mapping[int, str],
    chains: Mapping[int, Sequence[Grid]],
) -> list[Claim]:
    """Rows whose claimed grid is none of those they lie in, by code or by name."""
    found = []
    for draft, number in zip(drafts, numbers, strict=True):
        word = claimed.get(draft.row, "").strip()
        chain = chains.get(number, ())
        if word and number and not is_named(word, chain):
            found.append(Claim(draft.row, draft.name, word[:100], " › ".join(map(_title, chain))))
    return found


def _title(grid: Grid) -> str:
    return f"{grid.name} ({grid.code})"
