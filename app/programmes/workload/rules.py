"""Working days and shares of time: the arithmetic before an order is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from app.programmes.model import Calendar
from app.programmes.rules import is_working_day
from app.programmes.workload.model import Outlook, Workload


def working_days(first: date, last: date, calendar: Calendar) -> int:
    """Of [first, last]; a year that the calendar does not know is refused."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(is_working_day(day, calendar) for day in days)


def worst_first(found: Iterable[Workload]) -> list[Workload]:
    """Of the grids that have somebody."""
    held = [one for one in found if one.share is not None]
    return sorted(held, key=lambda one: (-(one.share or 0), one.code, one.role))


def without_anybody(found: Iterable[Workload]) -> list[Workload]:
    """Grids with work and nobody to do it, the most work first."""
    left = [one for one in found if not one.people and one.minutes]
    return sorted(left, key=lambda one: (-one.minutes, one.code, one.role))


def outlook(found: Sequence[Workload], households: bool) -> Outlook:
    ordered = worst_first(one for one in found if one.minutes)
    return Outlook(
        sum(one.minutes > 0 for one in found),
        [one for one in ordered if one.impossible],
        len(without_anybody(found)),
        ordered[0] if ordered else None,
        households,
    )
