"""What programs send of a visit, and what they are told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from app.attachments.parameters import PhotoKept, photo_kept
from app.attachments.rules import MOST_PHOTOS
from app.inspections.exclusions.model import Wish
from app.inspections.visits.model import (
    KINDS,
    RECORDED,
    ChecklistVersion,
    Position,
    Recorded,
    Visit,
)
from app.web.api_types import Body, Day, Decimal, Doc, Moment, OneOf, Required, Text

MOST_ANSWERS = 200
Kind = Annotated[str, OneOf(KINDS)]
Outcome = Annotated[str, OneOf(RECORDED)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")
]
Answers = Annotated[Mapping[str, bool | float | str | None], Field(max_length=MOST_ANSWERS)]


@dataclass(frozen=True, kw_only=True)
class TargetNamed(Body):
    kind: Kind
    id: Annotated[Required, Doc("Its id in the register; of a grid level:code.")]


@dataclass(frozen=True, kw_only=True)
class ChecklistNamed(Body):
    programme: Required
    key: Required
    version: Annotated[int, Field(ge=1, le=32767)]


@dataclass(frozen=True, kw_only=True)
class PositionSent(Body):
    lon: Annotated[Decimal, Field(ge=-180, le=180)]
    lat: Annotated[Decimal, Field(ge=-90, le=90)]
    accuracy_m: Annotated[
        Annotated[Decimal, Field(ge=0, le=1_000_000)] | None, Doc("Radius in metres.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class ExclusionAsked(Body):
    until: Annotated[Day, Doc("Up to and on this day, a year after the visit at most.")]
    programme: Annotated[Text | None, Doc("Only of this programme; without it of all.")] = None


@dataclass(frozen=True, kw_only=True)
class NewInspection(Body):
    id: Annotated[UUID, Doc("Made by the sender; sent again it answers what was stored at first.")]
    target: TargetNamed
    outcome: Annotated[
        Outcome, Doc("Only `done` counts. `voided` takes the superseded visit back.")
    ]
    happened_at: Annotated[Moment, Doc("By the clock of the device.")]
    sent_at: Annotated[
        Moment | None, Doc("By the same clock, when it was sent: tells how wrong the clock is.")
    ] = None
    note: Note | None = None
    programmes: Annotated[
        Sequence[Required], Field(max_length=20), Doc("That it counts for; empty: all.")
    ] = ()
    checklists: Annotated[Sequence[ChecklistNamed], Field(max_length=20)] = ()
    answers: Annotated[Answers, Doc("By `programme/list/item` of the checklists named.")] = field(
        default_factory=dict
    )
    position: PositionSent | None = None
    supersedes: Annotated[UUID | None, Doc("The visit that this one corrects.")] = None
    exclusion: Annotated[
        ExclusionAsked | None,
        Doc("Asks not to count the target for a while; a second person decides."),
    ] = None
    photos: Annotated[
        Sequence[UUID],
        Field(max_length=MOST_PHOTOS),
        Doc("Sent before; an item that asks for a photo is answered by the id of one of these."),
    ] = ()


class ChecklistKept(TypedDict):
    programme: str
    key: str
    version: int
    withdrawn: bool


class DeviationTold(TypedDict):
    item: str
    zh: str
    en: str
    answer: bool | float | str


class PositionKept(TypedDict):
    lon: float
    lat: float
    accuracy_m: float | None


class TargetThen(TypedDict):
    no: int
    kind: str
    name: Annotated[str, Doc("At that moment; of a household that of its building.")]
    class_key: str


@dataclass(frozen=True)
class Inspection:
    id: str
    target: TargetThen
    outcome: Outcome
    happened_at: datetime
    happened_on: Annotated[Day, Doc("In the city's time zone.")]
    uploaded_at: datetime
    recorded_at: datetime
    grid: Annotated[str | None, Doc("Of its moment, as level:code.")]
    edition: str | None
    before_first_edition: bool
    chief: Annotated[str | None, Doc("Who was the grid's chief then.")]
    note: str | None
    programmes: Sequence[str]
    checklists: Sequence[ChecklistKept]
    answers: Mapping[str, bool | float | str]
    deviations: Annotated[Sequence[DeviationTold], Doc("Answers that are not as they should be.")]
    position: PositionKept | None
    photos: Annotated[Sequence[PhotoKept], Doc("In the order in which they were named.")]
    supersedes: str | None
    superseded_by: str | None


def visit_of(sent: NewInspection, target: int) -> Visit:
    return Visit(
        id=sent.id,
        target=target,
        outcome=sent.outcome,
        happened_at=sent.happened_at,
        note=sent.note or None,
        programmes=list(sent.programmes),
        checklists=[
            ChecklistVersion(one.programme, one.key, one.version) for one in sent.checklists
        ],
        answers=dict(sent.answers),
        position=Position(sent.position.lon, sent.position.lat, sent.position.accuracy_m)
        if sent.position
        else None,
        supersedes=sent.supersedes,
        exclusion=Wish(sent.exclusion.until, sent.exclusion.programme) if sent.exclusion else None,
        photos=list(sent.photos),
    )


def inspection(recorded: Recorded) -> Inspection:
    row = recorded.row
    return Inspection(
        id=str(row.id),
        target={
            "no": row.target_no,
            "kind": row.kind,
            "name": row.target_name,
            "class_key": row.target_class,
        },
        outcome=row.outcome,
        happened_at=row.happened_at,
        happened_on=row.happened_on,
        uploaded_at=row.uploaded_at,
        recorded_at=row.recorded_at,
        grid=f"{row.level}:{row.code}" if row.grid_no else None,
        edition=row.edition,
        before_first_edition=row.before_first_edition,
        chief=row.chief,
        note=row.note,
        programmes=row.programmes,
        checklists=[_kept(one) for one in row.checklists],
        answers=row.answers,
        deviations=[
            {"item": one.item, "zh": one.zh, "en": one.en, "answer": one.answer}
            for one in recorded.deviations
        ],
        position=None
        if row.lon is None
        else {"lon": row.lon, "lat": row.lat, "accuracy_m": row.accuracy_m},
        photos=[photo_kept(one) for one in recorded.photos],
        supersedes=row.supersedes and str(row.supersedes),
        superseded_by=row.superseded_by and str(row.superseded_by),
    )


def _kept(one: Mapping[str, Any]) -> ChecklistKept:
    return {
        "programme": one["programme"],
        "key": one["key"],
        "version": one["version"],
        "withdrawn": one.get("withdrawn", False),
    }
