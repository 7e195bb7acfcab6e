"""Record one visit, correct it, take it back: each is a further event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from app.attachments import rules as attachment_rules
from app.db.connection import Transaction
from app.errors import Conflict, NotFound, Refusal
from app.grids import actions as grids
from app.inspections.exclusions import actions as exclusions
from app.inspections.exclusions.model import Request
from app.inspections.visits import rules, store
from app.inspections.visits.model import (
    VOIDED,
    ChecklistVersion,
    Place,
    Recorded,
    Visit,
)
from app.programmes.model import Item
from app.registry import actions as registry


@dataclass(frozen=True)
class Clocks:
    """What the server's clock says, in the deployment's zone, and the device's when it sent."""

    now: datetime
    sent_at: datetime | None = None


def target_number(tx: Transaction, kind: str, id_: str) -> int:
    """The target of this kind in the reader's territory; a grid is named as level:code."""
    grid = grids.grid_named(tx, grids.active_edition(tx).no, id_).no if kind == "grid" else None
    found = store.find_number(tx, kind, id_, grid)
    if found is None:
        raise NotFound("There is no %(kind)s %(id)s in your area.", kind=kind, id=id_[:100])
    return found


def target(tx: Transaction, no: int, on: date) -> Any:
    """no, kind, name, class_key, grid_then and whether it was there on the day."""
    found = store.find_target(tx, no, on)
    if found is None or found.name is None:
        raise NotFound("There is no target %(no)s in your area.", no=no)
    return found


def record(tx: Transaction, visit: Visit, clocks: Clocks) -> Recorded:
    """Append the event; the same id with the same content answers what was stored at first.

    Raises
    ------
    Conflict
        The id is stored with other content, or the corrected event is not the latest any more.
    """
    content = rules.digest(visit)
    known = store.find_visit(tx, visit.id)
    if known is None:
        registry.lock_locating(tx)
        values = _taken_back(tx, visit) if visit.outcome == VOIDED else _new(tx, visit, clocks)
        fresh = store.insert_visit(
            tx,
            values
            | {
                "id": str(visit.id),
                "outcome": visit.outcome,
                "supersedes": visit.supersedes and str(visit.supersedes),
                "uploaded_at": clocks.sent_at,
                "note": visit.note,
                "content": content,
            },
        )
        if fresh:
            _add_to(tx, visit, values["happened_on"])
        known = store.find_visit(tx, visit.id)
    if known is None:
        raise Conflict("The id %(id)s is that of another record. Send a new one.", id=visit.id)
    if known.content != content:
        raise _conflict(visit, recorded(tx, known))
    return recorded(tx, known)


def _add_to(tx: Transaction, visit: Visit, on: date) -> None:
    """What comes with a visit: its photos, and the wish that its target is not counted."""
    if visit.photos:
        shown = store.show_photos(tx, visit.id, visit.photos, visit.supersedes)
        if shown < len(visit.photos):  # two visits at once named the same photo
            raise rules.used_elsewhere(visit.photos[0])
    if visit.exclusion is not None:
        exclusions.ask(tx, _request(visit, on))


def _conflict(visit: Visit, stored: Recorded) -> Conflict:
    shown = {
        name: getattr(stored.row, name)
        for name in ("target_no", "outcome", "happened_at", "note", "answers", "supersedes")
    } | {"photos": [str(one.id) for one in stored.photos]}
    return Conflict(
        "The visit %(id)s is stored with other content. Events are never changed: send a "
        "correction with an id of its own.",
        id=visit.id,
    ).showing(
        stored=shown,
        sent={
            "target_no": visit.target,
            "outcome": visit.outcome,
            "happened_at": visit.happened_at,
            "note": visit.note,
            "answers": visit.answers,
            "supersedes": visit.supersedes,
            "photos": [str(one) for one in visit.photos],
        },
    )


def _new(tx: Transaction, visit: Visit, clocks: Clocks) -> dict[str, Any]:
    """All that the server adds to what was sent, checked."""
    happened_at = (visit.happened_at or clocks.now).astimezone(clocks.now.tzinfo)
    rules.check_moment(happened_at, clocks.now)
    on = happened_at.date()
    found = target(tx, visit.target, on)
    rules.check_target(found, on)
    if visit.supersedes is not None:
        _former(tx, visit)
    lists = checklists(tx, visit.checklists)
    rules.check_answers(_items(lists), visit.answers, visit.photos)
    attachment_rules.check_number(visit.photos)
    if visit.photos:
        usable = store.list_usable_photos(tx, visit.photos, visit.supersedes)
        rules.check_photos(usable, visit.photos)
    asked = visit.exclusion.programme if visit.exclusion else None
    _check_programmes(tx, [*visit.programmes, *([asked] if asked else [])])
    place = _place(tx, found.grid_then, on)
    return {
        "target": visit.target,
        "happened_at": happened_at,
        "happened_on": on,
        "grid": place.grid_no,
        "edition": place.edition_no,
        "early": place.early,
        "chief": place.chief_no,
        "name": found.name,
        "class_key": found.class_key,
        "programmes": sorted(set(visit.programmes)),
        "checklists": orjson.dumps(
            [_labelled(version, row, on) for version, row in lists.items()]
        ).decode(),
        "answers": orjson.dumps(
            {name: answer for name, answer in visit.answers.items() if answer is not None}
        ).decode(),
        "lon": visit.position.lon if visit.position else None,
        "lat": visit.position.lat if visit.position else None,
        "accuracy_m": visit.position.accuracy_m if visit.position else None,
    }


def _labelled(version: ChecklistVersion, row: Any, on: date) -> dict[str, Any]:
    """A version that was withdrawn by then was filled in before the device knew of it."""
    withdrawn = row.withdrawn_on is not None and row.withdrawn_on <= on
    return {
        "programme": version.programme,
        "key": version.key,
        "version": version.version,
    } | ({"withdrawn": True} if withdrawn else {})


def _taken_back(tx: Transaction, visit: Visit) -> dict[str, Any]:
    """At the moment and place of the visit itself: it is taken out of the same figures."""
    if visit.supersedes is None:
        raise Refusal("Name the visit that is taken back in `supersedes`.")
    if visit.photos:
        raise Refusal("What takes a visit back shows no photos.")
    former = _former(tx, visit)
    return {
        "target": former.target_no,
        "happened_at": former.happened_at,
        "happened_on": former.happened_on,
        "grid": former.grid_no,
        "edition": former.edition_no,
        "early": former.before_first_edition,
        "chief": former.chief_no,
        "name": former.target_name,
        "class_key": former.target_class,
        "programmes": former.programmes,
        "checklists": "[]",
        "answers": "{}",
        "lon": None,
        "lat": None,
        "accuracy_m": None,
    }


def _former(tx: Transaction, visit: Visit) -> Any:
    assert visit.supersedes is not None
    store.lock_correction(tx, visit.supersedes)
    former = store.find_visit(tx, visit.supersedes)
    rules.check_correction(visit, former)
    return former


def _request(visit: Visit, on: date) -> Request:
    assert visit.exclusion is not None
    return Request(visit.target, visit.outcome, visit.note, visit.id, on, visit.exclusion)


def _place(tx: Transaction, grid: int, on: date) -> Place:
    """The edition of the day, before the first one that one; and the grid's chief."""
    if grids.find_active(tx) is None:
        return Place(grid, None, False, None)
    edition = grids.edition_on(tx, on)
    early = edition.valid_from is not None and on < edition.valid_from
    return Place(grid, edition.no, early, store.find_chief(tx, grid, on))


def checklists(tx: Transaction, asked: Sequence[ChecklistVersion]) -> dict[ChecklistVersion, Any]:
    """items and withdrawn_on of each; refused where one does not exist."""
    found = store.list_checklists(tx, asked)
    for version in asked:
        if version not in found:
            raise Refusal(
                "There is no version %(version)s of the checklist %(key)s of the programme "
                "%(programme)s. Load the list again.",
                version=version.version,
                key=version.key[:40],
                programme=version.programme[:40],
            )
    return {version: found[version] for version in sorted(set(asked))}


def items(tx: Transaction, asked: Sequence[ChecklistVersion]) -> dict[ChecklistVersion, list[Item]]:
    """The questions of each; refused where one does not exist."""
    return _items(checklists(tx, asked))


def _items(lists: Mapping[ChecklistVersion, Any]) -> dict[ChecklistVersion, list[Item]]:
    return {version: [Item.of(one) for one in row.items] for version, row in lists.items()}


def _check_programmes(tx: Transaction, keys: Sequence[str]) -> None:
    unknown = store.list_unknown_programmes(tx, keys)
    if unknown:
        raise Refusal("There is no programme %(key)s.", key=unknown[0][:40])


def visit(tx: Transaction, id_: UUID) -> Recorded:
    """One event of the reader's territory."""
    row = store.find_visit(tx, id_)
    if row is None:
        raise NotFound("There is no inspection %(id)s in your area.", id=id_)
    return recorded(tx, row)


def recorded(tx: Transaction, row: Any) -> Recorded:
    """A row with its photos and what in its answers is not as it should be, by the versions that
    it names."""
    (found,) = recorded_many(tx, [row])
    return found


def recorded_many(tx: Transaction, rows: Sequence[Any]) -> list[Recorded]:
    """The same of many rows, whose checklists are looked up once."""
    named = [_versions(row) for row in rows]
    wanted = sorted({version for one in named for version in one})
    lists = _items(store.list_checklists(tx, wanted)) if wanted else {}
    photos = store.list_photos(tx, [str(row.id) for row in rows])
    return [
        Recorded(
            row,
            rules.deviations({one: lists[one] for one in versions}, row.answers),
            photos.get(str(row.id), []),
        )
        for row, versions in zip(rows, named, strict=True)
    ]


def _versions(row: Any) -> list[ChecklistVersion]:
    return [
        ChecklistVersion(one["programme"], one["key"], one["version"]) for one in row.checklists
    ]
