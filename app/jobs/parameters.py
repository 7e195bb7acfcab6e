"""What the interface for programs answers about jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class JobAnswer:
    no: int
    kind: str
    state: Literal["queued", "running", "done", "refused", "failed", "cancelled"]
    done: int
    total: int
    message: str
    result: Any
    cancel_requested: bool
    over: bool
