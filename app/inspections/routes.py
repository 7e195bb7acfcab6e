"""Lists of visits for programs."""

from __future__ import annotations

from flask import Blueprint

from app.grids import actions as grids
from app.http import transaction
from app.inspections import actions
from app.inspections.model import InspectionFilter
from app.inspections.parameters import Inspections, InspectionsQuery, listed_inspection
from app.web.api import api, next_page

blueprint = Blueprint("inspections", __name__)


@api(
    blueprint,
    "/inspections",
    permission="inspections.read",
    query=InspectionsQuery,
    answer=Inspections,
    example="/inspections?since=2026-01-01&outcome=done&limit=2",
)
def list_inspections(query: InspectionsQuery) -> Inspections:
    """Visits to units in the reader's territory, the oldest first.

    A visit that was corrected is left out; its correction is listed in its place.
    """
    with transaction() as tx:
        within = (
            grids.grid_named(tx, grids.active_edition(tx).no, query.within).no
            if query.within
            else None
        )
        wanted = InspectionFilter(within, query.unit, query.since, query.until, query.outcome)
        rows = actions.inspections(tx, wanted, query.after, query.limit)
    return Inspections(
        [listed_inspection(row) for row in rows],
        next_page(rows[-1].id if len(rows) == query.limit else None),
    )
