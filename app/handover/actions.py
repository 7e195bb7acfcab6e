"""Hand grids over: prepare with what is open there, sign on both sides, undo before the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, Forbidden, NotFound, Refusal
from app.handover import rules, store
from app.handover.counters import open_work
from app.handover.model import HandoverRequest
from app.people import actions as people


@dataclass(frozen=True)
class Handover:
    head: Any
    parts: list[Any]
    events: list[Any]
    signatures: dict[int, Any | None]  # by person, the giver first
    names: dict[int, str]

    def waits_for(self, person: int) -> bool:
        return self.head.state == "prepared" and self.signatures.get(person, self) is None


@dataclass(frozen=True)
class Held:
    """An assignment that can be handed over, with what is open there."""

    assignment: Any
    open: dict[str, int]


def held_by(tx: Transaction, giver: int, on: date) -> list[Held]:
    return [
        Held(row, open_work(tx, row.grid_no, on))
        for row in people.assignments(tx, [giver])
        if row.kind == "own" and (row.valid_until is None or row.valid_until > on)
    ]


def open_of(tx: Transaction, person: int) -> tuple[list[int], int]:
    """Hand-overs of a person that wait for signatures, and jobs that still run."""
    return store.list_open_handovers_of(tx, person), store.count_unfinished_jobs(tx, person)


def handovers(tx: Transaction, before: int | None, limit: int) -> list[Any]:
    return store.list_handovers(tx, before, limit)


def handover(tx: Transaction, no: int) -> Handover:
    head = store.find_handover(tx, no)
    if head is None:
        raise NotFound("There is no hand-over with this number here.")
    parts, events = store.list_parts(tx, no), store.list_events(tx, no)
    return Handover(
        head,
        parts,
        events,
        rules.signatures(head.giver_no, parts, events),
        {head.giver_no: head.giver_name} | {part.taker_no: part.taker_name for part in parts},
    )


def prepare(tx: Transaction, asked: HandoverRequest, today: date) -> int:
    """Note who takes what, with what is open there; nothing moves before all have signed."""
    rules.check_request(asked, today)
    giver = people.person(tx, asked.giver)
    held = {one.assignment.no: one for one in held_by(tx, asked.giver, asked.happens_on)}
    if set(asked.takers) - set(held):
        raise Refusal(
            "%(name)s does not answer for all of these grids on those days.", name=giver.name
        )
    open_already = store.find_prepared(tx, list(asked.takers))
    if open_already is not None:
        raise Conflict(
            "Hand-over %(no)s moves one of these grids already; finish or undo it first.",
            no=open_already,
        )
    no = store.insert_handover(tx, asked)
    for assignment, sign_in in asked.takers.items():
        taker = people.person_named(tx, sign_in)
        if taker.no == giver.no:
            raise Refusal("Giver and taker are the same person; choose somebody else.")
        if not taker.active:
            raise Refusal("%(name)s has ended; let them in again first.", name=taker.name)
        store.insert_part(tx, no, assignment, taker.no, held[assignment].open)
    audit.record(tx, "handover_prepared", giver.sign_in, handover=no, grids=len(asked.takers))
    return no


def sign(tx: Transaction, no: int, person: int) -> bool:
    """Sign for oneself; answers whether everything has moved with it."""
    found = handover(tx, no)
    if not found.waits_for(person):
        raise Forbidden("This hand-over does not wait for your signature.")
    return _signed(tx, found, person, None)


def confirm(tx: Transaction, no: int, whose: int, reason: str) -> bool:
    """An administrator stands in for a signature that cannot be had."""
    rules.check_reason(reason)
    found = handover(tx, no)
    if not found.waits_for(whose):
        raise Refusal("This hand-over does not wait for that signature.")
    return _signed(tx, found, whose, reason.strip())


def _signed(tx: Transaction, found: Handover, whose: int, reason: str | None) -> bool:
    became = store.sign(tx, found.head.no, whose, reason)
    if became == "ended":
        raise Refusal(
            "One of these grids or takers has ended meanwhile; undo this hand-over and prepare "
            "another."
        )
    audit.record(
        tx,
        "handover_confirmed" if reason else "handover_signed",
        found.names[whose],
        handover=found.head.no,
        moved=became == "moved",
        reason=reason,
    )
    return became == "moved"


def undo(tx: Transaction, no: int, reason: str, today: date) -> None:
    """Before the day has come everything is as it was."""
    found = handover(tx, no)
    if not rules.may_undo(found.head, today):
        raise Refusal("The day has come; another hand-over leads back.")
    store.undo(tx, no, reason.strip()[: rules.LONGEST_REASON] or None)
    audit.record(tx, "handover_undone", found.head.giver_sign_in, handover=no)
