"""The density of overdue stops: whom it counts, and how its bands are drawn."""

from __future__ import annotations

from datetime import date

import shapely

from app.coverage import actions as coverage
from app.coverage.actions import Wish
from app.coverage.density import actions
from app.coverage.density.model import BREAKS
from app.coverage.density.rules import overdue, path_of
from app.db.connection import Transaction
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_inspections,
    add_programme,
    add_rule,
    add_units,
    publish_city,
)


def test_a_stop_is_a_target_with_anything_overdue(tx: Transaction) -> None:
    publish_city(tx)
    add_units(tx, [(WEST + 0.001 + n / 2000, SOUTH + 0.001) for n in range(4)])
    add_programme(tx, "fire", {})
    add_rule(tx, "fire", "monthly", valid_from=date(2026, 4, 1))
    add_inspections(tx, [("u0", date(2026, month, 9), "done") for month in (4, 5)])
    add_inspections(tx, [("u1", date(2026, 4, 9), "done")])
    asked = coverage.question(tx, Wish("fire", "town", "2026-Q2"), TODAY)
    found = actions.overdue(tx, asked, 250)  # June is still open; u2 and u3 are late twice
    assert (found.stops, found.bandwidth, len(found.paths)) == (3, 250, len(BREAKS))
    assert found.paths[0].startswith("M") and found.paths[0].endswith("Z")
    one = coverage.question(tx, Wish("fire", "town", "2026-04"), TODAY)
    assert actions.overdue(tx, one, 250).stops == 2


def test_nothing_overdue_has_no_bands() -> None:
    assert overdue([], [], 250).paths == [""] * len(BREAKS)


def test_a_band_with_a_hole_is_drawn_with_its_hole_and_north_up() -> None:
    band = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    path = path_of(band)
    assert path.count("M") == path.count("Z") == 2 and "-30" in path
    assert path_of(shapely.MultiPolygon()) == ""
