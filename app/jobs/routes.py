"""Progress of long work, for pages and programs."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.http import json_answer, reader, route, transaction
from app.jobs import actions

blueprint = Blueprint("jobs", __name__)


@route(blueprint, "/api/v1/jobs/<int:no>", permission="jobs.follow")
def show_job(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        return json_answer(actions.follow(tx, no, reader().may("jobs.everyone")).as_dict())


@route(blueprint, "/api/v1/jobs/<int:no>/cancel", permission="jobs.follow", methods=["POST"])
def cancel_job(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        return json_answer(actions.cancel(tx, no, reader().may("jobs.everyone")).as_dict())
