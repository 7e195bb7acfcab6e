"""What a list of a register shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from app.registry.model import Register


@dataclass(frozen=True)
class RowFilter:
    """Which rows of a register, on a day; the same words as the page's address."""

    on: date
    within: int | None = None  # grid number
    class_key: str | None = None
    state: str = "all"
    text: str | None = None


@dataclass(frozen=True)
class RowList:
    """A register as lists show it: what can be chosen, and which of its days counts."""

    register: Register
    states: Mapping[str, tuple[str, str]]  # also what is asked for by more than one state
    columns: tuple[str, ...]  # its own, between class and grid

    @property
    def kind(self) -> str:
        return self.register.kind


@dataclass(frozen=True)
class Counts:
    """How many rows the filter finds, and how many of them ask for somebody."""

    rows: int = 0
    overdue: int = 0  # tests of facilities
    faulty: int = 0
    unsettled: int = 0  # hazards
    length_m: float = 0.0  # roads, together

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
