"""How densely what is overdue lies, beside how much of it is done."""

from __future__ import annotations

from app.coverage import actions as coverage
from app.coverage.density import rules, store
from app.coverage.density.model import Overdue
from app.coverage.model import CoverageQuestion
from app.db.connection import Transaction

MOST_DUTIES = 100_000  # more tell a map nothing new


def overdue(tx: Transaction, asked: CoverageQuestion, bandwidth: int) -> Overdue:
    """Each target with anything overdue is one stop; households are none."""
    found = {row.target_no for row in coverage.duties(tx, asked, "overdue", MOST_DUTIES, 0)}
    places = store.list_places(tx, sorted(found))
    return rules.overdue([row.lon for row in places], [row.lat for row in places], bandwidth)
