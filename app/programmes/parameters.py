"""What the form of a rule says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flask_babel import gettext

from app.errors import Refusal
from app.http import date_of
from app.programmes.files import LONGEST_GRACE, LONGEST_VISIT, ROLES
from app.programmes.model import DutyRule
from app.programmes.rules import PERIODS, checked_percent

FIELDS = ("period", "working_days", "role", "grace", "percent", "minutes", "from")
LONGEST = 20


def given_of(rule: DutyRule, begins: date) -> dict[str, str]:
    """The rule as its form shows it first."""
    return {
        "period": rule.period,
        "working_days": "1" if rule.working_days else "",
        "role": rule.role,
        "grace": str(rule.grace_days),
        "percent": "" if rule.percent is None else f"{rule.percent.normalize():f}",
        "minutes": str(rule.minutes),
        "from": begins.isoformat(),
    }


def wanted_rule(rule: DutyRule, given: Mapping[str, str]) -> DutyRule:
    """The rule with what the form changed."""
    period, role = given.get("period", ""), given.get("role", "")
    if period not in PERIODS or role not in ROLES:
        raise Refusal("Choose how often and who from the lists.")
    return replace(
        rule,
        period=period,
        working_days=given.get("working_days") == "1",
        role=role,
        grace_days=_number(given.get("grace", ""), gettext("Days of grace"), 0, LONGEST_GRACE),
        percent=rule.percent
        if rule.percent is None
        else checked_percent(gettext("Share"), _share(given.get("percent", ""))),
        minutes=_number(given.get("minutes", ""), gettext("Minutes a visit"), 1, LONGEST_VISIT),
    )


def wanted_day(given: Mapping[str, str]) -> date:
    return date_of(given.get("from", "").strip()[:LONGEST], gettext("From the day"))


def _number(value: str, name: str, least: int, most: int) -> int:
    value = value.strip()
    if not (value.isascii() and value.isdecimal()) or len(value) > LONGEST:
        raise Refusal(
            "%(name)s is %(value)s; write a whole number.", name=name, value=value[:40] or "–"
        )
    if not least <= int(value) <= most:
        raise Refusal(
            "%(name)s must lie between %(least)s and %(most)s.", name=name, least=least, most=most
        )
    return int(value)


def _share(value: str) -> float:
    try:
        return float(value.strip().removesuffix("%")[:LONGEST])
    except ValueError as fault:
        raise Refusal(
            "%(name)s is missing or not a number: %(value)s.",
            name=gettext("Share"),
            value=value[:40],
        ) from fault
