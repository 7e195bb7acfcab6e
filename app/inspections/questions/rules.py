"""When records look unlikely. Each rule only asks: there may be a good reason. All of it pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.errors import Conflict, Forbidden, Refusal
from app.inspections.checks.rules import wilson_interval
from app.inspections.questions.model import (
    ALL_NORMAL,
    ANSWER,
    BURST,
    SAME_PHOTO,
    SPEED,
    Kept,
    Raised,
    Said,
    Stop,
)

FASTEST_KMH = 60  # as the crow flies
FAR_M = 300  # nearer places are too near to tell by their coordinates
MANY, WINDOW = 10, timedelta(minutes=1)
LEAST_RECORDS = 30  # of who is asked, and of the others in a class
UNLIKELY = 0.001
EARTH_M = 6_371_000
LONGEST_WORDS = 1000
Tallies = Mapping[tuple[int, int, str], Kept]  # by person, parent grid and class


def by_person(stops: Iterable[Stop]) -> list[list[Stop]]:
    """Each person's records in the order of the clock."""
    held: dict[int, list[Stop]] = defaultdict(list)
    for stop in stops:
        held[stop.person].append(stop)
    return [sorted(one, key=lambda stop: (stop.at, stop.id)) for one in held.values()]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle between two places (lon, lat)."""
    (west, south), (east, north) = ((math.radians(a), math.radians(b)) for a, b in (one, other))
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def too_fast(stops: Iterable[Stop]) -> list[Raised]:
    """From one place to another faster than anybody drives in a city."""
    found = []
    for own in by_person(stops):
        placed = [stop for stop in own if stop.place is not None]
        for before, after in zip(placed, placed[1:], strict=False):
            raised = _leg(before, after)
            if raised is not None:
                found.append(raised)
    return found


def _leg(before: Stop, after: Stop) -> Raised | None:
    if before.place is None or after.place is None or before.target == after.target:
        return None
    far = metres(before.place, after.place)
    seconds = (after.at - before.at).total_seconds()
    if far < FAR_M or far * 3.6 <= FASTEST_KMH * seconds:
        return None
    visits = [str(before.id), str(after.id)]
    facts = {"visits": visits, "metres": round(far), "seconds": round(seconds)}
    return Raised(SPEED, f"{SPEED} {' '.join(visits)}", after.person, after.grid, facts)


def too_many(stops: Iterable[Stop]) -> list[Raised]:
    """Ten records or more within a minute; records in one such run are asked about once."""
    return [
        raised
        for own in by_person(stops)
        for run in _runs(own)
        for raised in [_burst(own[run[0] : run[1] + 1])]
    ]


def _runs(own: Sequence[Stop]) -> list[tuple[int, int]]:
    """First and last of each run: windows that share a record are one."""
    runs: list[tuple[int, int]] = []
    for last in range(MANY - 1, len(own)):
        first = last - MANY + 1
        if own[last].at - own[first].at > WINDOW:
            continue
        if runs and first <= runs[-1][1]:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs


def _burst(run: Sequence[Stop]) -> Raised:
    facts = {
        "visits": [str(stop.id) for stop in run],
        "count": len(run),
        "seconds": round((run[-1].at - run[0].at).total_seconds()),
    }
    return Raised(BURST, f"{BURST} {run[0].id}", run[-1].person, run[-1].grid, facts)


def same_photos(pairs: Iterable[tuple[Stop, Stop]]) -> list[Raised]:
    """The same picture, byte for byte, at two visits; who showed it later is asked."""
    found = []
    for before, after in pairs:
        # of somebody else's visit nothing is told
        own = [before] if before.person == after.person else []
        facts = {"visits": [str(one.id) for one in (after, *own)]}
        key = f"{SAME_PHOTO} {before.id} {after.id}"
        found.append(Raised(SAME_PHOTO, key, after.person, after.grid, facts))
    return found


# -- nothing ever found -------------------------------------------------------------------


def chance_of_none(records: Mapping[str, int], others: Mapping[str, Kept]) -> float | None:
    """How likely so many records of these classes are all normal by chance.

    The binomial probability of none, with the share of the others at its lower bound (Wilson,
    95 %): doubt speaks for who is asked. None where the others say too little.
    """
    known = {key: others[key] for key in records if key in others}
    enough = {key: kept for key, kept in known.items() if kept.records >= LEAST_RECORDS}
    if sum(records[key] for key in enough) < LEAST_RECORDS:
        return None
    chance = 1.0
    for key, kept in enough.items():
        least, _ = wilson_interval(kept.deviating, kept.records)
        chance *= (1 - least) ** records[key]
    return chance


def never_anything(tallies: Tallies, period: tuple[date, date]) -> list[Raised]:
    """Who found nothing for months where neighbours find something at the same kind of place."""
    own: dict[tuple[int, int], dict[str, Kept]] = defaultdict(dict)
    for (person, parent, key), kept in tallies.items():
        own[person, parent][key] = kept
    found = []
    for (person, parent), held in own.items():
        if any(kept.deviating for kept in held.values()):
            continue
        others = _others(tallies, person, parent)
        records = {key: kept.records for key, kept in held.items()}
        chance = chance_of_none(records, others)
        if chance is not None and chance < UNLIKELY:
            found.append(_quiet(person, parent, records, others, chance, period))
    return found


def _others(tallies: Tallies, person: int, parent: int) -> dict[str, Kept]:
    found: dict[str, Kept] = {}
    for (other, place, key), kept in tallies.items():
        if other != person and place == parent:
            found[key] = found.get(key, Kept(0, 0)) + kept
    return found


def _quiet(
    person: int,
    parent: int,
    records: Mapping[str, int],
    others: Mapping[str, Kept],
    chance: float,
    period: tuple[date, date],
) -> Raised:
    known = [others[key] for key in records if key in others]
    facts = {
        "since": period[0].isoformat(),
        "until": period[1].isoformat(),
        "records": sum(records.values()),
        "others": sum(kept.records for kept in known),
        "deviating": sum(kept.deviating for kept in known),
        "p": float(f"{chance:.2g}"),
    }
    key = f"{ALL_NORMAL} {person} {parent} {period[0]} {period[1]}"
    return Raised(ALL_NORMAL, key, person, parent, facts)


# -- answers ------------------------------------------------------------------------------


def check_said(said: Said, question: Any, person: int) -> None:
    """Who is asked answers; somebody else closes, once, and with words."""
    if not said.words:
        raise Refusal("Write a few words; without them nobody can understand it later.")
    if said.kind == ANSWER and question.person_no != person:
        raise Forbidden("Only who is asked answers.")
    if said.kind != ANSWER and question.person_no == person:
        raise Forbidden("Nobody closes a question about the own records.")
    if question.closed_at is not None:
        raise Conflict("This question was closed meanwhile.")
