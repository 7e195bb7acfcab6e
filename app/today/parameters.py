"""The list of a day as programs are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.errors import Refusal
from app.registry.rules import class_name
from app.residents.rules import NEED_CLASSES
from app.today.model import ORDERS, Day, Duty, Stop
from app.web.api_types import Day as ApiDay, Decimal, Doc, OneOf


@dataclass(frozen=True, kw_only=True)
class TodayQuery:
    order: Annotated[
        str, OneOf(ORDERS), Doc("Nearest first, late first, or as a walk over the open stops.")
    ] = "near"
    lon: Annotated[
        Annotated[Decimal, Field(ge=-180, le=180)] | None,
        Doc("From where; without it from the middle of the own grids. Goes with `lat`."),
    ] = None
    lat: Annotated[Annotated[Decimal, Field(ge=-90, le=90)] | None, Doc("Goes with `lon`.")] = None

    def place(self) -> tuple[float, float] | None:
        if self.lon is None and self.lat is None:
            return None
        if self.lon is None or self.lat is None:
            raise Refusal("A place is lon and lat; only one of the two is given.")
        return self.lon, self.lat


class DutyTold(TypedDict):
    programme: str
    rule: str
    name_zh: str
    name_en: str
    since: ApiDay
    due_on: ApiDay
    counts_until: Annotated[ApiDay, Doc("A visit after the due day and up to then is late.")]
    days_late: int
    missed_on: Annotated[ApiDay | None, Doc("The due day of the turn before, if nobody came.")]
    checklist: str | None
    minutes: int


class StopTold(TypedDict):
    no: int
    kind: str
    id: str
    name: str
    address: str | None
    lon: float | None
    lat: float | None
    late: bool
    last_done: ApiDay | None
    tried: Annotated[str | None, Doc("The outcome of a visit in vain on this day.")]
    exclusion_asked: bool
    duties: Sequence[DutyTold]


class RecordedTold(TypedDict):
    id: str
    target: int
    kind: str
    name: str
    outcome: str
    happened_at: datetime


@dataclass(frozen=True)
class TodayList:
    on: ApiDay
    grids: Annotated[Sequence[str], Doc("That the reader answers for, as level:code.")]
    late: int
    stops: Annotated[Sequence[StopTold], Doc("One for each target, with all that a visit closes.")]
    recorded: Annotated[Sequence[RecordedTold], Doc("What the reader recorded on this day.")]
    next_on: Annotated[ApiDay | None, Doc("When something new is due.")]


def today_list(found: Day) -> TodayList:
    return TodayList(
        on=found.on,
        grids=[grid.reference for grid in found.grids],
        late=found.late,
        stops=[stop_told(stop, found.on) for stop in found.stops],
        recorded=[_recorded(row) for row in found.done],
        next_on=found.next_on,
    )


def stop_told(stop: Stop, today: date) -> StopTold:
    row = stop.row
    return {
        "no": row.no,
        "kind": row.kind,
        "id": row.id,
        "name": stop.name,
        "address": row.address,
        "lon": row.lon,
        "lat": row.lat,
        "late": stop.is_late(today),
        "last_done": row.last_done,
        "tried": row.tried,
        "exclusion_asked": row.exclusion_asked,
        "duties": [_duty(duty, today) for duty in stop.duties],
    }


def _duty(duty: Duty, today: date) -> DutyTold:
    rule = duty.rule
    return {
        "programme": rule.programme_key,
        "rule": rule.key,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "since": duty.period.since,
        "due_on": duty.period.due_on,
        "counts_until": duty.period.grace_until,
        "days_late": duty.days_late(today),
        "missed_on": duty.missed_on,
        "checklist": rule.checklist_key,
        "minutes": rule.minutes,
    }


def _recorded(row: Any) -> RecordedTold:
    return {
        "id": str(row.id),
        "target": row.target_no,
        "kind": row.kind,
        "name": row.name,
        "outcome": row.outcome,
        "happened_at": row.happened_at,
    }


def class_words(row: Any, language: str) -> str | None:
    if row.kind == "household":
        names = NEED_CLASSES.get(row.class_key)
        return names[0 if language == "en" else 1] if names else row.class_key
    return class_name(row.class_key, language) if row.kind == "unit" else None
