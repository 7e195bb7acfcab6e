"""The forms of a visit, and the list of a day as programs are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict
from werkzeug.datastructures import MultiDict

from app.errors import Refusal
from app.http import date_of
from app.inspections.exclusions.model import Wish
from app.inspections.visits.model import RECORDED, Answer, ChecklistVersion, Position, Visit
from app.today.model import ORDERS, Day, Duty, Stop
from app.web.api_types import Day as ApiDay, Doc, Moment, OneOf

LONGEST_NOTE = 1000
ANSWER_KINDS = ("yes_no", "number", "choice", "text")
Form = MultiDict[str, str]
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def visit_of_form(form: Form, target: int) -> Visit:
    """What a page sent; what does not fit is refused in words."""
    outcome = form.get("outcome", "")
    if outcome not in RECORDED:
        raise Refusal("Choose what you found.")
    until = form.get("until", "").strip()
    return Visit(
        id=id_of(form.get("id", "")),
        target=target,
        outcome=outcome,
        happened_at=_moment(form.get("happened_at", "").strip()),
        note=form.get("note", "").strip()[:LONGEST_NOTE] or None,
        checklists=[_version(one) for one in form.getlist("checklist")],
        answers=_answers(form),
        position=_position(form),
        supersedes=id_of(form["supersedes"]) if form.get("supersedes") else None,
        exclusion=Wish(date_of(until, "until")) if until and outcome != "done" else None,
    )


def id_of(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise not_understood() from None


def not_understood() -> Refusal:
    return Refusal("The request was not understood. Reload the page and try again.")


def _moment(written: str) -> datetime | None:
    """By the device's clock; a page without scripts sends none."""
    try:
        return _MOMENT.validate_python(written) if written else None
    except ValidationError:
        raise not_understood() from None


def _version(written: str) -> ChecklistVersion:
    parts = written.split("/")
    if len(parts) != 3 or not parts[2].isdecimal() or len(parts[2]) > 4:
        raise not_understood()
    return ChecklistVersion(parts[0], parts[1], int(parts[2]))


def _answers(form: Form) -> dict[str, Answer | None]:
    """A field is called by the kind and the name of its item: `yes_no:fire/weekly/exit`."""
    found: dict[str, Answer | None] = {}
    for field, written in form.items():
        kind, _, item = field.partition(":")
        if kind in ANSWER_KINDS and written.strip():
            found[item] = _answer(kind, written.strip())
    return found


def _answer(kind: str, written: str) -> Answer:
    if kind == "yes_no":
        return written == "yes"
    if kind == "number":
        try:
            return float(written)
        except ValueError:
            raise Refusal(
                "%(name)s is not a number: %(value)s.", name="number", value=written[:40]
            ) from None
    return written


def _position(form: Form) -> Position | None:
    """Never a reason to refuse: what is no position is left out."""
    try:
        lon, lat = float(form.get("lon", "")), float(form.get("lat", ""))
        accuracy = float(form.get("accuracy_m", "nan"))
    except ValueError:
        return None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    return Position(lon, lat, accuracy if accuracy >= 0 else None)


# -- for programs ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TodayQuery:
    order: Annotated[
        str, OneOf(ORDERS), Doc("Nearest to the middle of the own grids first, or late first.")
    ] = "near"


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
