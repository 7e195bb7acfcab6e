"""Draw samples of claimed visits, give them to second persons, record what those find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import actions as grids
from app.identity import actions as identity
from app.inspections.checks import rules, store
from app.inspections.checks.model import (
    Candidate,
    Claim,
    Finding,
    Listed,
    Opened,
    Sample,
    SampleRule,
    Tally,
    Wish,
)
from app.programmes import actions as programmes
from app.programmes.rules import period_text, previous_period, reporting_period

# -- drawing ------------------------------------------------------------------------------


def draw(tx: Transaction, wish: Wish, seed: int, today: date) -> int:
    """Freeze the list of claimed visits, draw from it and share them out; answers the number.

    Raises
    ------
    Refusal
        Nothing can be drawn there, fewer than asked for, or too many for one list.
    """
    programme = programmes.programme(tx, wish.programme)
    first, last = reporting_period(wish.period)
    within = _place(tx, wish.within)
    rules.check_days(wish.days)
    store.hold_draws(tx, programme.key)
    claims = store.list_claims(tx, programme.key, first, last, within)
    rules.check_size(wish.size, len(claims))
    sample = Sample(
        programme.key,
        wish.period,
        first,
        last,
        within,
        seed,
        wish.size,
        False,
        today,
        today + timedelta(days=wish.days),
    )
    return _freeze(tx, sample, rules.draw(claims, wish.size, seed))


def _place(tx: Transaction, reference: str | None) -> int | None:
    """The grid of a draw; the whole city is for those who answer for all of it."""
    if reference:
        return grids.grid_named(tx, grids.active_edition(tx).no, reference).no
    reader = identity.find_reader(tx)
    if reader is None or not reader.whole_city:
        raise Refusal("You answer for a part of the city: name the grid to draw from.")
    return None


def _freeze(tx: Transaction, sample: Sample, listed: Sequence[Listed]) -> int:
    number = store.insert_sample(tx, sample, listed)
    drawn = [one.claim for one in listed if one.drawn]
    candidates = store.list_candidates(tx, [one.grid for one in drawn], sample.drawn_on)
    shared = rules.share_out(drawn, candidates)
    given = [(claim, checker) for claim, checker in shared if checker is not None]
    if given:
        store.insert_assignments(tx, number, given, sample.drawn_on)
    audit.record(
        tx,
        "sample_drawn",
        sample.programme,
        period=sample.period,
        rows=len(drawn),
        grid=sample.grid,
    )
    return number


def draw_by_itself(tx: Transaction, programme: str, seed: int, today: date) -> int | None:
    """The sample of the month before, once; None where it is too early or was drawn."""
    period = previous_period(period_text("month", today))
    if today.day < rules.FIRST_DAY_OF_DRAW or store.has_automatic(tx, programme, period):
        return None
    store.hold_draws(tx, programme)
    if store.has_automatic(tx, programme, period):
        return None
    rule = store.list_rules(tx).get(programme, rules.DEFAULT)
    first, last = reporting_period(period)
    claims = store.list_claims(tx, programme, first, last, None)
    size = rules.size_by(rule, len(claims))
    sample = Sample(programme, period, first, last, None, seed, size, True, today,
                    today + timedelta(days=rule.days))  # fmt: skip
    return _freeze(tx, sample, rules.draw(claims, size, seed) if size else [])


def monthly_rules(tx: Transaction) -> dict[str, tuple[SampleRule, bool]]:
    """Of each programme what the worker draws, and whether somebody set it."""
    chosen = store.list_rules(tx)
    return {
        one.key: (chosen.get(one.key, rules.DEFAULT), one.key in chosen)
        for one in programmes.programmes(tx)
    }


def set_rule(tx: Transaction, programme: str, rule: SampleRule) -> None:
    programmes.refuse_part_of_city(tx)
    rules.check_rule(rule)
    key = programmes.programme(tx, programme).key
    store.insert_rule(tx, key, rule)
    audit.record(tx, "sample_rule_set", key, percent=rule.percent, rows=rule.visits, days=rule.days)


# -- samples ------------------------------------------------------------------------------


def samples(tx: Transaction, before: int, limit: int, today: date) -> list[tuple[Any, Tally]]:
    """The newest first, each with what was found as far as the reader may see it."""
    rows = store.list_samples(tx, before, limit)
    counted: dict[int, Tally] = {row.no: Tally() for row in rows}
    for row in store.count_items(tx, list(counted)):
        word = row.result or ("expired" if today > row.expires_on else "open")
        held = counted[row.sample_no]
        counted[row.sample_no] = replace(held, **{word: getattr(held, word) + row.visits})
    return [(row, counted[row.no]) for row in rows]


def sample(tx: Transaction, no: int, today: date) -> Opened:
    rows = store.list_samples(tx, no + 1, 1, no)
    if not rows:
        raise NotFound("There is no sample with this number in your area.")
    items = store.list_items(tx, today, rules.MOST, sample=no)
    return Opened(rows[0], items, rules.tally(items, today))


def frozen_list(tx: Transaction, no: int, after: int, limit: int) -> list[Any]:
    """In the order of the draw, from the place after the given one on."""
    return store.list_frozen(tx, no, after, limit)


# -- checks -------------------------------------------------------------------------------


def waiting(tx: Transaction, today: date) -> list[Any]:
    """Visits that the reader is to look at again."""
    return store.list_items(tx, today, rules.MOST, waiting=True)


def count_waiting(tx: Transaction, today: date) -> int:
    return store.count_waiting(tx, today)


def checked_of_own(tx: Transaction, today: date, limit: int) -> list[Any]:
    """What was found of visits that the reader recorded, the latest first."""
    return store.list_items(tx, today, limit, own=True)


def item(tx: Transaction, sample_no: int, visit: UUID, today: date) -> Any:
    """One drawn visit, for who is to look at it or draws samples; for others once it is checked, so
    that nobody learns beforehand which of the own visits were drawn.
    """
    rows = store.list_items(tx, today, 1, sample=sample_no, visit=visit)
    if not rows or not (rows[0].result or rows[0].checker_no == tx.person or leads(tx)):
        raise NotFound("This visit was not drawn, or it is not in your area.")
    return rows[0]


def leads(tx: Transaction) -> bool:
    """Whether the reader draws samples, and so may take checks over."""
    reader = identity.find_reader(tx)
    return reader is not None and reader.may("checks.draw")


def record(tx: Transaction, sample_no: int, visit: UUID, finding: Finding, today: date) -> None:
    """Append what was found; the same id again is the same finding.

    Raises
    ------
    Conflict
        Somebody else was first, or the id is that of another finding.
    """
    rules.check_finding(finding)
    found = item(tx, sample_no, visit, today)
    known = store.find_event(tx, finding.id)
    if known is None:
        rules.check_turn(found, tx.person or 0, leads(tx), finding, today)
        if store.insert_finding(tx, found, finding, today):
            return
        known = store.find_event(tx, finding.id)
    said = (sample_no, str(visit), finding.result, finding.how, finding.note, tx.person)
    if known is None or tuple(known) != said:
        raise Conflict(
            "Somebody has recorded a finding for this visit meanwhile. Look at it; then correct it "
            "if it is wrong."
        )


def checkers(tx: Transaction, found: Any, today: date) -> list[Candidate]:
    """Who could look at this visit, the nearest first."""
    candidates = store.list_candidates(tx, [found.grid_no], today)
    return rules.checkers(_claim(found), candidates)


def give(tx: Transaction, sample_no: int, visit: UUID, person: int, today: date) -> None:
    """Somebody else is to look at this visit."""
    found = item(tx, sample_no, visit, today)
    if found.result is not None:
        raise Conflict("This visit was checked meanwhile; there is nothing to give any more.")
    if person not in {one.person for one in checkers(tx, found, today)}:
        raise Refusal(
            "This person cannot check it: choose one of the list, never who recorded the visit."
        )
    store.insert_assignments(tx, sample_no, [(_claim(found), person)], today)
    audit.record(tx, "check_given", str(visit), on=today)


def _claim(found: Any) -> Claim:
    return Claim(
        UUID(found.inspection_id),
        found.target_no,
        found.of_household,
        found.grid_no,
        found.recorder_no,
    )
