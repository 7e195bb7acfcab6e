"""Downloads of coverage of duties."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.coverage.parameters import asked_wish
from app.http import file_answer, route, settings, text_parameter, transaction
from app.reports.coverage import actions

blueprint = Blueprint("coverage_files", __name__)


@route(blueprint, "/export/coverage/duties.<kind>", permission="coverage.export")
def export_coverage(kind: str) -> ResponseReturnValue:
    today = settings().today()
    with transaction() as tx:
        file = actions.export_coverage(tx, asked_wish(tx, today), today, kind)
    return file_answer(file.name, file.type, file.content)


@route(blueprint, "/export/coverage/duties-list.<kind>", permission="coverage.export")
def export_duties(kind: str) -> ResponseReturnValue:
    today, state = settings().today(), text_parameter("state") or "all"
    with transaction() as tx:
        file = actions.export_duties(tx, asked_wish(tx, today), state, today, kind)
    return file_answer(file.name, file.type, file.content)
