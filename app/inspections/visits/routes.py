"""One visit, as programs and phones send it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint

from app.http import settings, transaction
from app.inspections.visits import actions
from app.inspections.visits.actions import Clocks
from app.inspections.visits.parameters import Inspection, NewInspection, inspection, visit_of
from app.web.api import api

blueprint = Blueprint("visits", __name__)


@api(
    blueprint,
    "/inspections",
    permission="inspections.record",
    method="POST",
    body=NewInspection,
    answer=Inspection,
)
def record_inspection(body: NewInspection) -> Inspection:
    """Record a visit: an event that is never changed.

    The same id with the same content answers what was stored at first; with other content it is
    refused (409) and both are shown. A correction is a further event that names the visit in
    `supersedes`.
    """
    with transaction() as tx:
        target = actions.target_number(tx, body.target.kind, body.target.id)
        clocks = Clocks(settings().now(), body.sent_at)
        return inspection(actions.record(tx, visit_of(body, target), clocks))


@api(
    blueprint,
    "/inspections/<uuid:id_>",
    permission="inspections.read",
    answer=Inspection,
    path={"id_": "The id of the visit."},
)
def show_inspection(id_: UUID) -> Inspection:
    """One visit with its answers, and what of them is not as it should be."""
    with transaction() as tx:
        return inspection(actions.visit(tx, id_))
