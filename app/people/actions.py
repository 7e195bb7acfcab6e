"""Add people, give and take what they answer for, and say where nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import actions as grids
from app.identity import actions as identity, rules as identity_rules
from app.identity.actions import NewPerson
from app.people import rules, store
from app.people.model import (
    Assignment,
    CoverRequest,
    GapQuestion,
    PeopleFilter,
    RequiredRoles,
)

# -- persons ------------------------------------------------------------------------------


def people(tx: Transaction, wanted: PeopleFilter, after: str, limit: int) -> list[Any]:
    """One page by sign-in name: no, sign_in, name, organisation, active, signed_in_at."""
    return store.list_people(tx, wanted, after, limit)


def count_people(tx: Transaction, wanted: PeopleFilter) -> int:
    return store.count_people(tx, wanted)


def people_by_role(tx: Transaction, on: date) -> list[Any]:
    return store.count_people_by_role(tx, on)


def person(tx: Transaction, no: int) -> Any:
    found = store.find_person(tx, no)
    if found is None:
        raise NotFound("There is no person with this number here.")
    return found


def person_named(tx: Transaction, sign_in: str) -> Any:
    return person(tx, identity.person_number(tx, sign_in.strip()))


def assignments(tx: Transaction, persons: Sequence[int]) -> list[Any]:
    """All that were ever held, the latest first; `valid_until` is the first day without."""
    return store.list_assignments(tx, persons)


def covers(tx: Transaction, persons: Sequence[int], since: date) -> list[Any]:
    """Days away and days of standing in that last beyond a day, the latest first."""
    return store.list_covers(tx, persons, since)


def suggest_people(tx: Transaction, text: str) -> list[Any]:
    return store.suggest_people(tx, text)


def suggest_grids(tx: Transaction, text: str) -> list[Any]:
    return store.suggest_grids(tx, text)


def add(tx: Transaction, new: NewPerson, first: date, valid_until: date | None) -> int:
    """A person with one assignment; answers the person's number."""
    rules.check_days(first, valid_until)
    return identity.add_person(tx, new, first, valid_until)


def rename(tx: Transaction, no: int, name: str, organisation: str | None) -> None:
    """Another name or organisation; what was recorded under the former one shows the new one.

    The log keeps both, so that who reads it finds the person again.
    """
    one = person(tx, no)
    identity.check_names(name, organisation)
    wanted = (name.strip(), organisation)
    if wanted == (one.name, one.organisation):
        return
    store.rename_person(tx, no, *wanted)
    audit.record(
        tx,
        "person_renamed",
        one.sign_in,
        name=wanted[0],
        organisation=organisation,
        former=" · ".join(filter(None, (one.name, one.organisation))),
    )


def new_password(tx: Transaction, no: int) -> str:
    """Another one-time password; the sessions under the old one end."""
    one = person(tx, no)
    password = identity.make_password()
    identity.change_password(tx, one.sign_in, password)
    return password


def end(tx: Transaction, no: int, today: date) -> int:
    """Take everything from a person who left; answers how many assignments ended."""
    one = person(tx, no)
    if no == tx.person:
        raise Refusal("Nobody ends themselves; ask another administrator.")
    if not one.active:
        raise Refusal("%(name)s has ended already.", name=one.name)
    held = [row for row in store.list_assignments(tx, [no]) if row.role == "admin"]
    if any(is_held(row, today) for row in held) and not store.count_admins(tx, no, today):
        raise Refusal(
            "%(name)s is the last administrator; make somebody else one first.", name=one.name
        )
    for row in store.list_covers(tx, [no], today):
        if row.deputy_no == no:
            end_cover(tx, row.no, today)
    return identity.end_person(tx, one.sign_in)


def reactivate(tx: Transaction, no: int) -> None:
    """Let a person in again; what was answered for does not come back by itself."""
    one = person(tx, no)
    if one.active:
        raise Refusal("%(name)s is active.", name=one.name)
    store.reactivate_person(tx, no)
    audit.record(tx, "person_reactivated", one.sign_in)


# -- what they answer for -----------------------------------------------------------------


def is_held(assignment: Any, on: date) -> bool:
    return bool(
        assignment.valid_from <= on
        and (assignment.valid_until is None or assignment.valid_until > on)
    )


def assign(tx: Transaction, no: int, wanted: Assignment) -> None:
    """Give a person one more role, for a grid or for the whole city."""
    one = person(tx, no)
    store.hold_people(tx, [no])
    _check_assignment(tx, one, wanted)
    identity.assign(
        tx, one.sign_in, wanted.grid_no, wanted.role, wanted.valid_from, wanted.valid_until
    )
    audit.record(
        tx,
        "assigned",
        one.sign_in,
        role=wanted.role,
        grid=wanted.grid_no,
        first=wanted.valid_from,
        until=wanted.valid_until,
    )


def _check_assignment(tx: Transaction, one: Any, wanted: Assignment) -> None:
    identity_rules.check_role_place(wanted.role, wanted.grid_no is not None)
    rules.check_days(wanted.valid_from, wanted.valid_until)
    if not one.active:
        raise Refusal("%(name)s has ended; let them in again first.", name=one.name)
    same = store.find_same_assignment(tx, one.no, wanted)
    if same is not None:
        raise Conflict(
            "%(name)s has this role there already since %(first)s; end that one first, or choose "
            "other days.",
            name=one.name,
            first=same.valid_from,
        )


def end_assignment(tx: Transaction, no: int, assignment: int, last: date) -> None:
    """The person's assignment ends after the last day, and with it who stands in."""
    one = person(tx, no)
    held = _own_assignment(tx, no, assignment)
    until = rules.day_after(last)
    assert until is not None
    if held.valid_until is not None and held.valid_until <= until:
        raise Refusal("It ends on %(last)s already.", last=rules.last_day(held.valid_until))
    if until < held.valid_from:
        raise Refusal(
            "The last day, %(last)s, lies before the first, %(first)s.",
            last=last,
            first=held.valid_from,
        )
    store.end_assignment(tx, assignment, until)
    audit.record(tx, "assignment_ended", one.sign_in, role=held.role, grid=held.grid_no, last=last)


def change_assignment(tx: Transaction, no: int, assignment: int, wanted: Assignment) -> None:
    """From a day on another role or grid: the old one ends the day before."""
    held = _own_assignment(tx, no, assignment)
    if (held.role, held.grid_no) == (wanted.role, wanted.grid_no):
        raise Refusal("That is what it is already; choose another role or grid.")
    end_assignment(tx, no, assignment, rules.last_day(wanted.valid_from) or wanted.valid_from)
    assign(tx, no, wanted)


def _own_assignment(tx: Transaction, no: int, assignment: int) -> Any:
    held = store.find_assignment(tx, assignment)
    if held is None or held.person_no != no:
        raise NotFound("This person has no such assignment.")
    if held.kind == "cover":
        raise Refusal("This is a cover for somebody who is away; end the cover instead.")
    return held


# -- where nobody answers -----------------------------------------------------------------


def required_roles(tx: Transaction) -> RequiredRoles:
    """The roles that a grid must have, by `top`, `leaf` or the key of a level."""
    found = store.find_required_roles(tx)
    return rules.DEFAULT_ROLES if found is None else found


def require_roles(tx: Transaction, wanted: RequiredRoles) -> None:
    checked = rules.check_required(wanted, [level.key for level in grids.levels(tx)])
    store.set_required_roles(tx, checked)
    audit.record(tx, "required_roles_set", roles=checked)


def gaps(tx: Transaction, asked: GapQuestion) -> list[Any]:
    """Grids of the reader's territory where a role that must be there has nobody, or soon will
    have nobody: no, depth, level, code, name, name_en, role, starts, since, ends."""
    return store.list_gaps(tx, asked, required_roles(tx))


def missing_roles(tx: Transaction, grid: int, on: date) -> list[str]:
    """The roles that must be at a grid of the reader's territory and are not."""
    return [row.role for row in gaps(tx, GapQuestion(on, ahead=0, grid=grid)) if row.starts == on]


# -- standing in --------------------------------------------------------------------------


def cover(tx: Transaction, asked: CoverRequest) -> int:
    """A deputy answers for grids while their person is away; answers the cover's number.

    Nobody stands in who is away on one of those days, and nobody who stands in goes away: so
    covers never form chains or loops.
    """
    deputy = person_named(tx, asked.deputy)
    rules.check_cover(asked, deputy.no)
    store.hold_people(tx, [asked.person, deputy.no])
    one = person(tx, asked.person)
    for person_ in (one, deputy):
        if not person_.active:
            raise Refusal("%(name)s has ended; let them in again first.", name=person_.name)
    _check_covers(tx, asked, deputy)
    _check_covered(tx, asked, one)
    no = store.insert_cover(tx, asked, deputy.no)
    store.insert_cover_assignments(tx, no, deputy.no, asked.assignments)
    if not asked.keeps_scope:
        store.resume_assignments(tx, no, asked.assignments)
        store.interrupt_assignments(tx, no, asked.assignments)
    audit.record(
        tx,
        "cover_set",
        one.sign_in,
        deputy=deputy.sign_in,
        first=asked.valid_from,
        until=asked.valid_until,
        assignments=len(asked.assignments),
        keeps_scope=asked.keeps_scope,
    )
    return no


def _check_covers(tx: Transaction, asked: CoverRequest, deputy: Any) -> None:
    for other in store.list_overlapping_covers(tx, asked, deputy.no):
        if other.person_no == deputy.no:
            raise Conflict(
                "%(name)s is away from %(first)s to %(last)s; choose another deputy or other days.",
                name=other.person_name,
                first=other.valid_from,
                last=rules.last_day(other.valid_until),
            )
        if other.deputy_no == asked.person:
            raise Conflict(
                "%(name)s stands in for %(absent)s from %(first)s to %(last)s; end that cover "
                "first, or choose other days.",
                name=other.deputy_name,
                absent=other.person_name,
                first=other.valid_from,
                last=rules.last_day(other.valid_until),
            )


def _check_covered(tx: Transaction, asked: CoverRequest, one: Any) -> None:
    held = {row.no: row for row in store.list_assignments(tx, [one.no]) if row.kind == "own"}
    for no in asked.assignments:
        row = held.get(no)
        if (
            row is None
            or row.valid_from >= asked.valid_until
            or (row.valid_until is not None and row.valid_until <= asked.valid_from)
        ):
            raise Refusal(
                "%(name)s does not answer for all of these grids on those days.", name=one.name
            )
    taken = store.list_assignments_covered(tx, asked)
    if taken:
        raise Conflict(
            "Somebody stands in for %(name)s in %(count)s of these grids on those days already.",
            name=one.name,
            count=len(taken),
        )


def end_cover(tx: Transaction, no: int, today: date) -> Any:
    """The absent one is back earlier: from today on everything is as before."""
    found = store.find_cover(tx, no)
    if found is None:
        raise NotFound("There is no such cover.")
    if found.valid_until <= today:
        raise Refusal("This cover has ended already.")
    store.hold_people(tx, [found.person_no, found.deputy_no])
    store.end_cover(tx, no, max(today, found.valid_from))
    audit.record(
        tx,
        "cover_ended",
        person(tx, found.person_no).sign_in,
        deputy=person(tx, found.deputy_no).sign_in,
    )
    return found
