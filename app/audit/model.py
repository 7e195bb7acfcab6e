"""Events of the log and what one asks for of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

NEWEST = 9_223_372_036_854_775_807  # above every event's number
# what one may ask for beside single actions: who was shown persons or took them along, and why
DISCLOSURE = "disclosure"
DISCLOSURES = ("resident_revealed", "residents_exported")


@dataclass(frozen=True)
class AuditFilter:
    """What narrows the log; None does not."""

    action: str | None = None
    person: str | None = None  # a part of a name or sign-in name, or of a system user
    subject: str | None = None  # a part of what it was done to
    first: date | None = None
    last: date | None = None

    @property
    def actions(self) -> Sequence[str] | None:
        if self.action is None:
            return None
        return DISCLOSURES if self.action == DISCLOSURE else (self.action,)


@dataclass(frozen=True)
class AuditEvent:
    no: int
    at: datetime
    person_no: int | None
    name: str | None
    sign_in: str | None
    kind: str | None  # of the person: service is the command line or the worker
    os_user: str | None
    action: str
    subject: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class ChainHead:
    """The newest link: whoever keeps it elsewhere can prove later that nothing was cut off."""

    position: int
    hash: str
