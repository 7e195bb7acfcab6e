"""What signing in and an account of one's own are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class SignInAttempt:
    """What became of a try: a person, or nobody; and for how long no other is taken."""

    person: int | None
    session_epoch: int = 0
    minutes_locked: int = 0
    checked_hash: str = field(default="", repr=False)


@dataclass(frozen=True)
class Origin:
    """Where a request comes from, as far as its sender says the truth."""

    address: str
    agent: str


@dataclass(frozen=True)
class OpenSession:
    """A sign-in that still holds, as its person may see it."""

    id: str
    started_at: datetime
    seen_at: datetime
    address: str
    agent: str


@dataclass(frozen=True)
class SecondFactor:
    """`secret` is sealed; `confirmed_at` is None until a first code was given."""

    secret: bytes
    made_at: datetime
    confirmed_at: datetime | None
    last_step: int
    codes_left: int
