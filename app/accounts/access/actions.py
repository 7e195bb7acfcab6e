"""Keys for programs, and what an administrator does for somebody who cannot get in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.accounts import store
from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import NotFound, Refusal
from app.identity import actions as identity, rules as identity_rules
from app.identity.model import Reader

LONGEST_LABEL = 80
MOST_TOKENS = 20  # of one person that hold at the same time
LIVES = (30, 90, 365, 0)  # days to choose from; 0 is until it is revoked


def own_tokens(tx: Transaction) -> list[Any]:
    return store.list_own_tokens(tx)


def make_token(tx: Transaction, reader: Reader, label: str, days: int, now: datetime) -> str:
    """A key that acts as the reader; it is shown once."""
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL:
        raise Refusal("A key's name has 1 to %(most)s characters.", most=LONGEST_LABEL)
    if days not in LIVES:
        raise Refusal("Choose one of the times that the form offers.")
    if store.count_own_tokens(tx) >= MOST_TOKENS:
        raise Refusal(
            "You have %(most)s keys already; revoke one that is not used any more.",
            most=MOST_TOKENS,
        )
    return identity.create_token(
        tx, reader.sign_in, label, now + timedelta(days=days) if days else None
    )


def tokens_of_everybody(tx: Transaction, before: int, limit: int) -> list[Any]:
    """For an admin: the newest first."""
    return store.list_tokens(tx, before, limit)


def revoke(tx: Transaction, no: int) -> None:
    """The own key, or anybody's by an admin."""
    found = store.revoke_token(tx, no)
    if found is None:
        raise NotFound("That key is revoked already, or it is not yours.")
    audit.record(tx, "token_revoked", found.sign_in, name=found.name)


def locked_names(tx: Transaction) -> list[Any]:
    return store.list_locked_names(tx)


def release(tx: Transaction, sign_in: str) -> None:
    """Let a locked name try again; its failures count anew."""
    typed = sign_in.strip().lower()[: identity_rules.SIGN_IN_LENGTH]
    if all(one.name != typed for one in store.list_locked_names(tx)):
        raise NotFound("%(name)s is not locked at the moment.", name=typed)
    audit.record(tx, "sign_in_released", typed)
