"""What is asked of coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class InspectedQuestion:
    """Units with a completed inspection in the ``days`` up to ``on``, inside a grid or anywhere."""

    on: date
    days: int
    within: int | None = None


@dataclass(frozen=True)
class Counted:
    units: int
    inspected: int

    @property
    def rate(self) -> float | None:
        """Inspected ÷ units; no units is no rate, never 0 or 100 %."""
        return self.inspected / self.units if self.units else None
