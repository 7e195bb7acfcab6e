"""The web application.  ``create_app`` is the only place where its rooms are wired together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from flask import Flask
from flask_babel import Babel
from flask_talisman import Talisman

from app import http
from app.accounts import routes as accounts_routes
from app.accounts.access import routes as access_routes
from app.accounts.factors import routes as factors_routes
from app.api import routes as api_routes
from app.attachments import jobs as attachments_jobs, routes as attachments_routes
from app.audit import routes as audit_routes
from app.coverage import routes as coverage_routes
from app.coverage.capacity import routes as capacity_routes
from app.coverage.checked import routes as coverage_checked_routes
from app.coverage.grid import routes as coverage_grid_routes
from app.coverage.neglect import routes as neglect_routes
from app.db.connection import Database, refuse_strong_role
from app.demo import jobs as demo_jobs
from app.grids import routes as grids_routes
from app.handover import routes as handover_routes
from app.identity.model import SERVICE_PERSON
from app.imports import jobs as import_jobs, routes as imports_routes, steps as import_steps
from app.imports.batches import routes as batches_routes
from app.imports.boundaries import routes as boundaries_routes
from app.inspections import routes as inspections_routes
from app.inspections.checks import jobs as checks_jobs, routes as checks_routes
from app.inspections.exclusions import routes as exclusions_routes
from app.inspections.questions import jobs as questions_jobs, routes as questions_routes
from app.inspections.visits import routes as visits_routes
from app.jobs import routes as jobs_routes
from app.jobs.actions import Chore, Handler
from app.jobs.queue import JobQueue
from app.leftovers import routes as leftovers_routes
from app.maps import routes as maps_routes
from app.monitoring import routes as monitoring_routes
from app.people import routes as people_routes
from app.programmes import routes as programmes_routes
from app.publishing import jobs as publishing_jobs, routes as publishing_routes
from app.registry import routes as registry_routes
from app.reports import routes as reports_routes
from app.reports.coverage import routes as coverage_files_routes
from app.residents import jobs as residents_jobs, routes as residents_routes
from app.residents.retention import routes as retention_routes
from app.search import routes as search_routes
from app.settings import Settings, read_settings
from app.tiles import routes as tiles_routes
from app.today import routes as today_routes
from app.today.stops import routes as stops_routes
from app.units import jobs as units_jobs, routes as units_routes
from app.web import routes as web_routes, templating
from app.web.languages import choose_locale

LARGEST_UPLOAD = 200 * 1024 * 1024
REQUEST_LIMIT_MS = 20_000
ROOMS = (
    accounts_routes,
    factors_routes,
    access_routes,
    audit_routes,
    grids_routes,
    people_routes,
    registry_routes,
    residents_routes,
    retention_routes,
    units_routes,
    programmes_routes,
    inspections_routes,
    attachments_routes,
    visits_routes,
    exclusions_routes,
    checks_routes,
    questions_routes,
    today_routes,
    stops_routes,
    coverage_routes,
    coverage_checked_routes,
    coverage_grid_routes,
    neglect_routes,
    capacity_routes,
    maps_routes,
    tiles_routes,
    reports_routes,
    coverage_files_routes,
    handover_routes,
    leftovers_routes,
    search_routes,
    imports_routes,
    boundaries_routes,
    batches_routes,
    publishing_routes,
    jobs_routes,
    monitoring_routes,
    api_routes,
    web_routes,
)
CONTENT_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "worker-src": "'self' blob:",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "object-src": "'none'",
}


def create_app(settings: Settings | None = None, dsn: str | None = None) -> Flask:
    """The server's application.

    ``dsn`` is the application role's; without it the environment names it, as the
    supervisor passes it on.
    """
    settings = settings or read_settings()
    app = Flask(__name__, template_folder="web/templates", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.key("session_key"),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="gridward",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        BABEL_DEFAULT_LOCALE="zh_Hans",
        BABEL_DEFAULT_TIMEZONE=settings.time_zone,
        BABEL_TRANSLATION_DIRECTORIES="web/translations",
    )
    database = Database(
        dsn or settings.app_database_url or "",
        size=4,
        statement_timeout_ms=REQUEST_LIMIT_MS,
        settings=settings,
    )
    refuse_strong_role(database)
    database.close()  # the check's connection must not be shared by forks
    app.extensions |= {
        "gridward_settings": settings,
        "gridward_database": database,
        "gridward_queue": JobQueue(database.dsn),
    }
    Babel(app, locale_selector=choose_locale)
    Talisman(
        app,
        content_security_policy=CONTENT_POLICY,
        content_security_policy_nonce_in=["script-src"],
        force_https=settings.public_https,
        session_cookie_secure=settings.public_https,
        strict_transport_security=settings.public_https,
        referrer_policy="same-origin",
    )
    http.install(app)
    templating.install(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    return app


def job_handlers(settings: Settings) -> Mapping[str, Handler]:
    """What the worker runs, by the name that a job carries."""
    return {
        "demo": partial(demo_jobs.fill_demo, settings),
        "publish": partial(publishing_jobs.run_publication, settings),
        "duplicates": partial(units_jobs.run_duplicates, settings),
        "import": partial(import_jobs.run_import, settings),
        "import_step": partial(import_steps.run_step, settings),
    }


def hourly_chores(settings: Settings) -> Sequence[Chore]:
    """What the worker does each hour without being asked."""
    return [
        partial(import_jobs.forget_uploads, settings),
        partial(attachments_jobs.forget_photos, settings, SERVICE_PERSON),
        partial(residents_jobs.check_retention, settings),
        partial(checks_jobs.draw_month, settings),
        partial(questions_jobs.look, settings),
    ]
