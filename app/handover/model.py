"""What is wanted of a hand-over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class HandoverRequest:
    giver: int
    takers: Mapping[int, str]  # the giver's assignment → the sign-in name of who takes it
    happens_on: date  # the first day of the takers
    note: str | None = None
