"""What every template may use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import (
    format_date as babel_date,
    format_datetime as babel_moment,
    format_decimal,
    get_locale,
    gettext,
)

from app.db.connection import Database
from app.errors import Busy
from app.grids import actions as grids
from app.jobs import actions as jobs
from app.jobs.model import Job
from app.settings import Settings
from app.web.assets import STATIC, version_of
from app.web.languages import LANGUAGES, html_language
from app.web.words import fault_in_words

PRODUCT = "Gridward 网格守望"


def install(app: Flask) -> None:
    settings: Settings = app.extensions["gridward_settings"]
    database: Database = app.extensions["gridward_database"]
    app.context_processor(lambda: page_words(settings, database))
    app.jinja_env.globals.update(
        format_date=format_day,
        format_moment=format_moment,
        format_time=format_time,
        format_number=format_decimal,
        asset=asset,
        fault_in_words=fault_in_words,
    )


def page_words(settings: Settings, database: Database) -> dict[str, Any]:
    language = str(get_locale())
    person = g.get("reader")
    demo, named = state_of_city(database, language)
    return {
        "person": person,
        "viewing": g.get("viewing"),
        "language": language,
        "html_lang": html_language(language),
        "languages": LANGUAGES,
        "city_name": settings.city_name or named or PRODUCT,
        "today": settings.today(),
        "navigation": navigation(person.may) if person else [],
        "demo": None if demo is None or demo.over else demo.as_dict(),
    }


def state_of_city(database: Database, language: str) -> tuple[Job | None, str | None]:
    """The demo's job and the city's name; neither while the database is away, so that even
    then a page can say what happened."""
    try:
        with database.transaction_as(None) as tx:
            return jobs.latest_of_kind(tx, "demo"), grids.city_name(tx, language)
    except Busy:
        return None, None


def navigation(may: Callable[[str], bool]) -> list[tuple[str, str, str, str | None]]:
    """Address, words, icon, and for ``aria-current`` whether it is this page or one below it.

    A place is an endpoint or an address; what hangs below a place shares its first word.
    """
    entries = [
        ("today.show_today", gettext("Today"), "today", "today.use"),
        ("maps.show_map", gettext("Map"), "map", "map.read"),
        ("coverage.show_duties_coverage", gettext("Coverage"), "coverage", "coverage.read"),
        ("registry.list_units", gettext("Units"), "units", "units.read"),
        ("/hazards", gettext("Hazards"), "hazards", "registers.read"),
        ("residents.list_residents", gettext("Residents"), "residents", "residents.read"),
        ("/facilities", gettext("Facilities"), "facilities", "registers.read"),
        ("/buildings", gettext("Buildings"), "buildings", "registers.read"),
        ("/places", gettext("Places"), "places", "registers.read"),
        ("/roads", gettext("Roads"), "roads", "registers.read"),
        ("programmes.list_programmes", gettext("Programmes"), "programmes", "programmes.read"),
        ("leftovers.list_queue", gettext("Leftovers"), "leftovers", "leftovers.read"),
        ("publishing.list_editions", gettext("Editions"), "editions", "editions.publish"),
        ("imports.import_form", gettext("Imports"), "imports", "imports.write"),
        ("exclusions.list_exclusions", gettext("Exclusions"), "leftovers", "exclusions.decide"),
        ("checks.show_checks", gettext("Re-checks"), "check", "checks.read"),
        ("people.list_people", gettext("People"), "people", "people.read"),
        ("handover.list_handovers", gettext("Hand-overs"), "forward", "handovers.sign"),
        ("audit.show_log", gettext("Audit"), "audit", "audit.read"),
    ]
    if not may("people.read"):
        entries.append(("people.show_gaps", gettext("Nobody answers"), "people", "people.gaps"))
    return [
        (address, words, icon, _current(address))
        for place, words, icon, permission in entries
        if may(permission) and (address := place if place[0] == "/" else url_for(place))
    ]


def _current(address: str) -> str | None:
    if request.path == address:
        return "page"
    return "true" if request.path.split("/")[1] == address.split("/")[1] else None


def format_day(day: date) -> str:
    """21 November 2026, or 2026年11月21日."""
    return str(babel_date(day, "d MMMM y" if str(get_locale()) == "en" else "y年M月d日"))


def format_moment(moment: datetime, seconds: bool = False) -> str:
    """21 November 2026, 09:30, in the deployment's time zone."""
    day = "d MMMM y, " if str(get_locale()) == "en" else "y年M月d日 "
    return str(babel_moment(moment, day + ("HH:mm:ss" if seconds else "HH:mm")))


def format_time(moment: datetime) -> str:
    """09:05, in the city's time zone."""
    return str(babel_moment(moment, "HH:mm"))


def asset(name: str) -> str:
    """The address of a static file, with a version that changes with its content."""
    return url_for("web.static_file", name=name, v=version_of(STATIC / name))
