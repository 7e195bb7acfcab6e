"""A piece of long work and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

# done, total, words; raises Cancelled when somebody asked to stop
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Job:
    no: int
    kind: str
    arguments: Mapping[str, Any]
    asked_by: int
    state: str
    done: int
    total: int
    message: str
    result: Any
    cancel_requested: bool

    @property
    def over(self) -> bool:
        return self.state in ("done", "refused", "failed", "cancelled")

    def as_dict(self) -> dict[str, Any]:
        """What a page may show; the arguments stay here."""
        return {
            key: value
            for key, value in asdict(self).items()
            if key not in ("arguments", "asked_by")
        } | {"over": self.over}


def no_progress(done: int, total: int, message: str) -> None:
    """For callers that show nothing."""
