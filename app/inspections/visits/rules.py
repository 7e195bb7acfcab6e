"""Pure decisions about one visit: its moment, its target, its answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.errors import Conflict, Forbidden, NotFound, Refusal
from app.inspections.visits.model import (
    VOIDED,
    Answer,
    ChecklistVersion,
    Deviation,
    Visit,
)
from app.programmes.model import Item
from app.registry.rules import content_digest

AHEAD = timedelta(minutes=10)  # how far a device's clock may go before the server's
OLDEST_YEARS = 2
LONGEST_ANSWER = 500
NO_PHOTOS = ',"photos":[]}'  # the last words of a visit
Lists = Mapping[ChecklistVersion, list[Item]]


def digest(visit: Visit) -> str:
    """Says whether the same id came with the same content.

    A visit without photos has the digest that it had before there were any.
    """
    said = orjson.dumps(visit, option=orjson.OPT_SORT_KEYS).decode()  # fields in their order
    return content_digest(said if visit.photos else said.replace(NO_PHOTOS, "}"))


def check_moment(happened_at: datetime, now: datetime) -> None:
    """Both in the zone of the deployment."""
    if happened_at > now + AHEAD:
        raise Refusal(
            "The visit is said to have been at %(at)s, but it is %(now)s now. Set the clock of "
            "the device, then send it again.",
            at=f"{happened_at:%Y-%m-%d %H:%M}",
            now=f"{now:%Y-%m-%d %H:%M}",
        )
    if happened_at.date() < years_before(now.date(), OLDEST_YEARS):
        raise Refusal(
            "The visit is of %(day)s. Visits older than %(years)s years come with an import of "
            "their file, not one by one.",
            day=happened_at.date(),
            years=OLDEST_YEARS,
        )


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; of 29 February the day before."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def check_target(target: Any, on: date) -> None:
    """Refuse what was not there on the day."""
    if target.valid_from > on:
        raise Refusal(
            "%(name)s is on record only from %(since)s on; the visit is of %(day)s.",
            name=target.name,
            since=target.valid_from,
            day=on,
        )
    gone = target.valid_until is not None and target.valid_until <= on
    if gone and target.merged_into is not None:
        raise Refusal(
            "%(name)s was found on %(since)s to be the same as %(other)s. Record the visit there.",
            name=target.name,
            since=target.valid_until,
            other=target.merged_name or target.merged_into,
        )
    if gone or target.resting:
        raise Refusal(
            "%(name)s was closed on %(day)s, so that no visit counts there. If it is open, ask "
            "your administrator to open it again.",
            name=target.name,
            day=on,
        )


def check_correction(visit: Visit, former: Any | None) -> None:
    """Whether this event may take the place of that one."""
    if former is None:
        raise Refusal(
            "There is no visit %(id)s in your area that could be corrected.", id=visit.supersedes
        )
    if former.target_no != visit.target:
        raise Refusal("A correction is about the same target as the visit that it corrects.")
    if former.superseded_by is not None or former.outcome == VOIDED:
        raise Conflict("This visit was corrected or taken back already; look at its latest state.")
    if not former.correctable:
        raise Forbidden(
            "Only who recorded a visit corrects it, or the chief of its grid, an area manager, the "
            "authority or an administrator."
        )


def check_answers(
    lists: Lists, answers: Mapping[str, Answer | None], photos: Sequence[UUID] = ()
) -> None:
    """Each answer belongs to an item of a named checklist and has the form of its kind.

    A photo that is asked for is answered by the id of one of the visit's photos.
    """
    shown = {str(photo) for photo in photos}
    items = {name: item for name, item in _items(lists)}
    for name, answer in answers.items():
        item = items.get(name)
        if item is None:
            raise Refusal(
                "The answer %(item)s belongs to none of the checklists that are named.",
                item=name[:120],
            )
        if answer is not None and not _FITS[item.kind](item, answer):
            raise Refusal(
                "The answer %(value)s does not fit %(item)s, which wants %(kind)s.",
                value=str(answer)[:40],
                item=name,
                kind=item.kind,
            )
        if item.kind == "photo" and answer is not None and answer not in shown:
            raise Refusal(
                "The answer to %(item)s is the id of one of the photos of this visit.", item=name
            )


def check_photos(usable: Mapping[UUID, Any], photos: Sequence[UUID]) -> None:
    """Each was sent by who records the visit and is shown by no other visit.

    ``usable``: those that the recorder may see; `loose` where no visit shows it, `carried` where
    the corrected visit does.
    """
    for photo in photos:
        found = usable.get(photo)
        if found is None:
            raise NotFound(
                "There is no photo %(id)s of yours. Send it first, then the visit.", id=photo
            )
        if not (found.loose or found.carried):
            raise used_elsewhere(photo)


def used_elsewhere(photo: UUID) -> Conflict:
    return Conflict(
        "The photo %(id)s belongs to another visit. Send it again with an id of its own.", id=photo
    )


def deviations(lists: Lists, answers: Mapping[str, Answer | None]) -> list[Deviation]:
    """In the order of the checklists."""
    return [
        Deviation(name, item.zh, item.en, answer)
        for name, item in _items(lists)
        if (answer := answers.get(name)) is not None and not is_normal(item, answer)
    ]


def _items(lists: Lists) -> Iterator[tuple[str, Item]]:
    for version, items in lists.items():
        for item in items:
            yield version.item(item.key), item


def is_normal(item: Item, answer: Answer) -> bool:
    """Questions are put so that yes is as it should be."""
    if item.kind == "yes_no":
        return answer is True
    if item.kind == "number":
        value = float(answer)
        return (item.least is None or value >= item.least) and (
            item.most is None or value <= item.most
        )
    if item.kind == "choice":
        return any(one.key == answer and one.normal for one in item.choices)
    return True


def _is_number(item: Item, answer: Answer) -> bool:
    return not isinstance(answer, bool | str) and math.isfinite(answer)


_FITS: Mapping[str, Callable[[Item, Answer], bool]] = {
    "yes_no": lambda item, answer: isinstance(answer, bool),
    "number": _is_number,
    "choice": lambda item, answer: any(one.key == answer for one in item.choices),
    "text": lambda item, answer: isinstance(answer, str) and len(answer) <= LONGEST_ANSWER,
    "photo": lambda item, answer: isinstance(answer, str),
}
