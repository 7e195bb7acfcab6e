"""Find anything by a few signs, within the reader's territory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.grids import actions as grids
from app.grids.model import Grid
from app.search import rules, store
from app.search.model import Answer, Candidate, Group, Piece, Query
from app.search.sounds import initial_pieces, sound_pieces

# the order in which groups are shown; households are never searched
KINDS = ("grid", "unit", "address", "building", "facility", "place", "road", "hazard", "person")
BOUND = 2000  # of one piece at most so many places are looked at
CANDIDATES = 200  # and of all at most so many things are ranked
FEW = 5  # with less than that, what sounds alike is looked for too
PEOPLE = 200
NAMED = (rules.EXACT, rules.BEGINS)


@dataclass(frozen=True)
class Question:
    """A text with everything that is looked for because of it."""

    text: str
    asked: rules.Asked
    written: list[Piece]
    heard: list[Piece]


def search(tx: Transaction, query: Query, on: date, limit: int) -> Answer:
    """The best ``limit`` of each kind, with how many there are."""
    if rules.is_too_short(query.text):
        return Answer(query.text, too_short=True)
    question = _question(tx, query.text, query.near)
    near_areas = _area_candidates(tx, question)
    areas = rules.ranked(question.asked, near_areas)
    things, more = _things(tx, question, on)
    if not things:
        things, more = _things_there(tx, query, near_areas, on)
    if not things and not areas:
        things, areas = _mistyped(tx, question, on), rules.nearly(question.asked, near_areas)
    found = [
        _group("grid", areas, limit),
        *(_group(kind, [one for one in things if one.kind == kind], limit, more) for kind in KINDS),
        _group("address", rules.places(question.asked, things), limit),
        _group("person", _people(tx, question, areas, on), limit),
    ]
    shown = sorted(
        (group for group in found if group.total), key=lambda group: KINDS.index(group.kind)
    )
    return Answer(query.text, shown, _grids_of(tx, shown))


def _group(kind: str, found: Sequence[Any], limit: int, more: bool = False) -> Group:
    return Group(kind, found[:limit], len(found), more)


def _question(tx: Transaction, text: str, near: tuple[float, float] | None = None) -> Question:
    stored = store.list_pieces(tx, text)
    written = [
        Piece(row.gram, row.part, slot)
        for slot, row in enumerate(stored)
        if row.part == "whole" or slot < rules.MOST_PIECES
    ]
    characters = sorted(set("".join(rules.CHINESE.findall(rules.normal(text)))))
    readings = store.list_readings(tx, characters) if characters else {}
    sounds, silent = sound_pieces(text, readings)
    heard = [*sounds[: 4 * rules.MOST_PIECES], *initial_pieces(text)]
    return Question(
        text,
        rules.asked_of(text, heard, silent, near),
        [*written, *rules.class_pieces(text)],
        heard,
    )


def _things(
    tx: Transaction, question: Question, on: date, within: int | None = None
) -> tuple[list[Candidate], bool]:
    """What lies on the map and answers, and whether there is more than was looked at.

    What only sounds alike is looked for where little is written so.
    """
    rows = store.list_target_candidates(tx, question.written, BOUND, CANDIDATES, within)
    found = rules.ranked(question.asked, _targets(tx, rows, on))
    if len(found) < FEW and question.heard:
        alike = store.list_target_candidates(tx, question.heard, BOUND, CANDIDATES, within)
        known = {one.no for one in found}
        found += rules.ranked(
            question.asked, _targets(tx, [row for row in alike if row.no not in known], on)
        )
    return found, len(rows) >= CANDIDATES and len(found) * 2 > CANDIDATES


def _things_there(
    tx: Transaction, query: Query, areas: Sequence[Candidate], on: date
) -> tuple[list[Candidate], bool]:
    """Of a question that begins with the name of a grid: the rest of it, in that grid."""
    split = rules.place_and_rest(query.text, areas)
    if split is None:
        return [], False
    area, rest = split
    return _things(tx, _question(tx, rest, query.near), on, area.no)


def _mistyped(tx: Transaction, question: Question, on: date) -> list[Candidate]:
    rows = store.list_target_candidates(tx, question.written, BOUND, CANDIDATES)
    return rules.nearly(question.asked, _targets(tx, rows, on))


def _shared(rows: Iterable[Any]) -> dict[int, dict[str, int]]:
    return {row.no: {"sound": row.sound, "initials": row.initials} for row in rows}


def _targets(tx: Transaction, rows: Sequence[Any], on: date) -> list[Candidate]:
    shared = _shared(rows)
    return [
        Candidate(
            **row._asdict(),
            class_words=" ".join(rules.class_words(row.kind, row.class_key)),
            shared=shared[row.no],
        )
        for row in (store.list_targets(tx, list(shared), on) if shared else [])
    ]


def _area_candidates(tx: Transaction, question: Question) -> list[Candidate]:
    """Grids of today that share pieces with the question, the wider ones first."""
    active = grids.find_active(tx)
    if active is None:
        return []
    pieces = [*question.written, *question.heard]
    shared = _shared(store.list_grid_candidates(tx, pieces, BOUND, CANDIDATES))
    chains = grids.chains(tx, active.no, list(shared)) if shared else {}
    return [
        Candidate(
            kind="grid",
            no=no,
            id=chain[-1].code,
            name=chain[-1].name,
            name_en=chain[-1].name_en,
            grid_no=no,
            shared=shared[no],
        )
        for no, chain in sorted(chains.items(), key=lambda pair: len(pair[1]))
    ]


def _people(
    tx: Transaction, question: Question, areas: Sequence[Candidate], on: date
) -> list[Candidate]:
    """By role, also of a grid; else by name, and those who answer for the grids that were found."""
    roles, rest = rules.roles_in(question.text)
    if roles:
        where = _numbers_named(tx, rest) if rest else None
        return _assigned(store.list_assignments(tx, on, PEOPLE, roles=roles, grids=where))
    pieces = [*question.written, *question.heard]
    shared = _shared(store.list_person_candidates(tx, pieces, BOUND, CANDIDATES))
    named = store.list_assignments(tx, on, PEOPLE, people=list(shared)) if shared else []
    found = rules.ranked(question.asked, _assigned(named, shared))
    meant = [one.no for one in areas[:3] if rules.tier_of(question.asked, one) in NAMED]
    answering = store.list_assignments(tx, on, PEOPLE, grids=meant) if meant else []
    known = {(one.no, one.grid_no) for one in found}
    return found + [
        one
        for one in _assigned(answering)
        if one.grid_no in meant and (one.no, one.grid_no) not in known
    ]


def _numbers_named(tx: Transaction, text: str) -> list[int]:
    question = _question(tx, text)
    return [one.no for one in rules.ranked(question.asked, _area_candidates(tx, question))[:20]]


def _assigned(
    rows: Iterable[Any], shared: Mapping[int, Mapping[str, int]] | None = None
) -> list[Candidate]:
    return [
        Candidate(
            kind="person",
            no=row.no,
            id=row.id,
            name=row.name,
            address=row.organisation,
            role=row.role,
            grid_no=row.grid_no,
            shared=(shared or {}).get(row.no, {}),
        )
        for row in rows
    ]


def _grids_of(tx: Transaction, groups: Sequence[Group]) -> dict[int, Grid]:
    """The deepest grid of everything that is shown."""
    numbers = sorted({one.grid_no for group in groups for one in group.found if one.grid_no})
    active = grids.find_active(tx) if numbers else None
    chains = grids.chains(tx, active.no, numbers) if active else {}
    return {number: chain[-1] for number, chain in chains.items()}
