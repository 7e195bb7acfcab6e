"""Liveness for a load balancer, figures for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from app.http import PUBLIC, database, json_answer, route, transaction
from app.jobs import actions as jobs
from app.monitoring import actions

blueprint = Blueprint("monitoring", __name__)
FIGURES = {
    "grids": "Grids ever numbered",
    "units": "Units in the register",
    "without_grid": "Targets that touch no grid or have no coordinates",
    "jobs_waiting": "Jobs queued or running",
    "jobs_failed": "Jobs that failed",
}


@route(blueprint, "/healthz", permission=PUBLIC)
def healthz() -> ResponseReturnValue:
    """Answers 200 while the server and its database do; no figures without a sign-in."""
    with database().transaction_as(None) as tx:
        return json_answer({"status": "ok" if actions.alive(tx) else "degraded"})


@route(blueprint, "/metrics", permission="metrics.read")
def metrics() -> ResponseReturnValue:
    with transaction() as tx:
        health = actions.data_health(tx)
    registry = CollectorRegistry()
    for name, words in FIGURES.items():
        Gauge(f"gridward_{name}", words, registry=registry).set(health[name])
    if health["last_event"]:
        Gauge(
            "gridward_last_event_seconds",
            "When the newest inspection was recorded",
            registry=registry,
        ).set(health["last_event"].timestamp())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@route(blueprint, "/demo-progress", permission=PUBLIC)
def demo_progress() -> ResponseReturnValue:
    """How far the demo city is; null where there is none.  Says nothing about the data."""
    with database().transaction_as(None) as tx:
        job = jobs.latest_of_kind(tx, "demo")
    return json_answer(None if job is None else job.as_dict() | {"result": None})
