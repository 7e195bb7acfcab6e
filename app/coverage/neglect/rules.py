"""Fixed classes of neglect, so that the maps of two months compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from app.coverage.neglect.model import Neglect

# first and last day of each class; what was never visited has none
CLASSES: Mapping[str, tuple[int, int]] = {
    "days_30": (0, 30),
    "days_90": (31, 90),
    "days_180": (91, 180),
    "days_365": (181, 365),
    "older": (366, 2**31 - 1),
}
STATES = ("targets", *CLASSES, "never")
SHOWN = ("median", "longest")


def class_of(days: int) -> str:
    return next(key for key, (_, last) in CLASSES.items() if days <= last)


def colour(found: Neglect, shown: str) -> str:
    """The class of a grid's median or longest time; ``never`` where it has none, ``none`` where
    there are no targets. The longest of a grid with one that was never visited is never.
    """
    if not found.targets:
        return "none"
    if found.median is None or shown == "longest" and found.never:
        return "never"
    days = found.median if shown == "median" else found.longest
    return "never" if days is None else class_of(days)


def together(found: Iterable[Neglect]) -> Neglect:
    """Counts add up; a median does not."""
    counted = [one.name for one in fields(Neglect) if one.name not in SHOWN]
    rows = list(found)
    return Neglect(**{name: sum(getattr(row, name) for row in rows) for name in counted})
