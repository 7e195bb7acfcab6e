"""Say why the register is kept, find what is kept too long, and have it forgotten."""

from __future__ import annotations

from datetime import date

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Refusal
from app.residents import store
from app.residents.model import Notice, RetentionCheck

SHOWN_CHECKS = 12
MOST_AT_ONCE = 10_000  # households; what is left is due again the night after
LONGEST_LINE = 1_000  # characters of a purpose or a legal basis
LONGEST_NOTICE = 4_000


def notice(tx: Transaction) -> Notice | None:
    """What the residents are told, once somebody has written it."""
    return store.find_notice(tx)


def set_notice(tx: Transaction, given: Notice) -> None:
    """From now on this is told; what was told before stays on record."""
    if not given.purpose or not given.legal_basis:
        raise Refusal("Say for what purpose and on which legal basis the register is kept.")
    if max(len(given.purpose), len(given.legal_basis)) > LONGEST_LINE:
        raise Refusal(
            "A purpose or legal basis has at most %(most)s characters.", most=LONGEST_LINE
        )
    if len(given.notice) > LONGEST_NOTICE:
        raise Refusal("A notice has at most %(most)s characters.", most=LONGEST_NOTICE)
    if given == store.find_notice(tx):
        return
    store.insert_notice(tx, given)
    audit.record(tx, "residents_notice_set", automatic=given.automatic)


def checks(tx: Transaction) -> list[RetentionCheck]:
    """What the last nights found, the latest first."""
    return store.list_checks(tx, SHOWN_CHECKS)


def check(tx: Transaction, today: date) -> None:
    """Count once a day what is kept too long; forget it where the register's rule says so."""
    due = store.count_due(tx, today)
    no = store.insert_check(tx, today, due) if due else None
    if no is None:
        return
    audit.record(tx, "residents_due", today.isoformat(), households=due)
    told = store.find_notice(tx)
    if told is not None and told.automatic:
        _forget(tx, no, today, automatic=True)


def forget_due(tx: Transaction, no: int) -> int:
    """An administrator's decision on what the latest night found; answers how many went."""
    latest = next(iter(store.list_checks(tx, 1)), None)
    if latest is None or latest.no != no or latest.decided_at is not None:
        raise Refusal(
            "This was decided already, or a later night has counted anew. Nothing was deleted; "
            "look at the page again."
        )
    return _forget(tx, no, latest.checked_on, automatic=False)


def _forget(tx: Transaction, no: int, day: date, automatic: bool) -> int:
    removed = store.expire_households(tx, day, MOST_AT_ONCE)
    store.decide_check(tx, no, removed)
    audit.record(tx, "residents_expired", day.isoformat(), households=removed, automatic=automatic)
    return removed
