"""Rules, targets and periods in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, get_locale, gettext

from app.facilities.rules import BUILDING_CLASSES, FACILITY_CLASSES
from app.grids.model import Level
from app.places.rules import PLACE_CLASSES, ROAD_CLASSES
from app.programmes.model import DutyRule
from app.registry.rules import UNIT_CLASSES
from app.residents.rules import NEED_CLASSES
from app.units.rules import IMPORTANCE
from app.web.words import role_names

CLASSES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "unit": UNIT_CLASSES,
    "household": NEED_CLASSES,
    "facility": FACILITY_CLASSES,
    "building": BUILDING_CLASSES,
    "place": PLACE_CLASSES,
    "road": ROAD_CLASSES,
}


def period_names() -> dict[str, str]:
    return {
        "day": gettext("daily"),
        "week": gettext("weekly"),
        "month": gettext("monthly"),
        "quarter": gettext("quarterly"),
        "half": gettext("half-yearly"),
        "year": gettext("yearly"),
    }


def due_names() -> dict[str, str]:
    """By when, in each period."""
    return {
        "day": gettext("due the same day"),
        "week": gettext("due on Sunday"),
        "month": gettext("due on the last day of the month"),
        "quarter": gettext("due on the last day of the quarter"),
        "half": gettext("due on 30 June and 31 December"),
        "year": gettext("due on 31 December"),
    }


def due_words(rule: DutyRule) -> str:
    if not rule.working_days:
        return due_names()[rule.period]
    if rule.period == "day":
        return str(gettext("due on working days"))
    return str(gettext("due on the last working day"))


def who_words(rule: DutyRule, levels: Mapping[int, Level]) -> str:
    """The grid chief · Block."""
    level = levels[rule.depth].name(str(get_locale())) if rule.depth in levels else "?"
    return f"{role_names()[rule.role]} · {level}"


def target_words(rule: DutyRule, levels: Mapping[int, Level]) -> str:
    language = str(get_locale())
    place = 0 if language == "en" else 1
    everything = {
        "unit": gettext("All units"),
        "household": gettext("All households"),
        "facility": gettext("All facilities"),
        "building": gettext("All buildings"),
        "place": gettext("All places"),
        "road": gettext("All roads"),
        "grid": gettext("Every grid"),
    }
    known: dict[str, str] = {
        key: names[place] for key, names in CLASSES.get(rule.target_kind, {}).items()
    }
    if rule.target_kind == "grid":
        known = {
            level.key: gettext("Every grid of the level %(level)s", level=level.name(language))
            for level in levels.values()
        }
    named = [known.get(key, key) for key in rule.classes]
    importances = [IMPORTANCE[key][place] for key in rule.importances]
    if named and importances:
        return f"{_joined(named)} ({_joined(importances)})"
    return _joined(named or importances) or everything[rule.target_kind]


def season_words(rule: DutyRule) -> str:
    if rule.season_from is None or rule.season_until is None:
        return ""
    return str(
        gettext(
            "%(first)s to %(last)s",
            first=_month_day(rule.season_from),
            last=_month_day(rule.season_until),
        )
    )


def _month_day(written: str) -> str:
    day = date.fromisoformat(f"2000-{written}")  # a leap year has them all
    return str(format_date(day, "d MMMM" if str(get_locale()) == "en" else "M月d日"))


def _joined(words: Sequence[str]) -> str:
    return (", " if str(get_locale()) == "en" else "、").join(words)


def page_words() -> dict[str, Any]:
    """What every page of programmes says rules with."""
    return {
        "period_names": period_names(),
        "due_words": due_words,
        "who_words": who_words,
        "target_words": target_words,
        "season_words": season_words,
        "day_before": day_before,
    }


def day_before(until: date) -> date:
    """People name the last day; the database keeps the first day without."""
    return until - timedelta(days=1)


def month_name(day: date) -> str:
    return str(format_date(day, "LLLL"))


def weekday_sign(day: date) -> str:
    """M, T, W …, or 一, 二, 三."""
    return str(format_date(day, "EEEEE"))
