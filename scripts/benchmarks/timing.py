"""Medians, spread and the table of a benchmark."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Seconds of each run of one method, and how many answers differ from the referee's."""

    name: str
    seconds: Sequence[float]
    points: int
    mismatches: int
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def as_dict(self) -> dict[str, Any]:
        return {
            "method": self.name,
            "median_s": round(self.median, 4),
            "least_s": round(min(self.seconds), 4),
            "most_s": round(max(self.seconds), 4),
            "points_per_s": round(self.points / self.median),
            "mismatches": self.mismatches,
            "note": self.note,
        }


def timed(work: Callable[[], Any], runs: int) -> tuple[list[float], Any]:
    """Seconds of each run, and what the last one answered."""
    seconds, answer = [], None
    for _ in range(runs):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return seconds, answer


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "processor": platform.machine(),
    }


def table(results: Sequence[Measured], baseline: str) -> str:
    """Lines of a table whose last column says how many times faster than the baseline."""
    base = next(result for result in results if result.name == baseline)
    lines = [
        f"{'method':<34}{'median s':>10}{'spread s':>16}{'points/s':>14}{'ratio':>8}"
        f"{'mismatches':>12}"
    ]
    for one in results:
        spread = f"{min(one.seconds):.3f}–{max(one.seconds):.3f}"
        lines.append(
            f"{one.name:<34}{one.median:>10.3f}{spread:>16}"
            f"{one.points / one.median:>14,.0f}{base.median / one.median:>8.2f}"
            f"{one.mismatches:>12}  {one.note}".rstrip()
        )
    return "\n".join(lines)
