"""The log's filter as the address writes it."""

from __future__ import annotations

from datetime import date

from app.audit.model import AuditFilter
from app.errors import Refusal
from app.http import date_of, text_parameter


def audit_filter() -> AuditFilter:
    first, last = _day("from"), _day("to")
    if first and last and first > last:
        raise Refusal(
            "The first day, %(first)s, comes after the last, %(last)s.", first=first, last=last
        )
    return AuditFilter(
        action=text_parameter("action", 60),
        person=text_parameter("person", 80),
        subject=text_parameter("subject", 80),
        first=first,
        last=last,
    )


def _day(name: str) -> date | None:
    value = text_parameter(name)
    return date_of(value, name) if value else None
