"""The form of a visit: what a page sent, and what it shows again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from app.errors import Refusal
from app.http import date_of
from app.inspections.exclusions.model import Wish
from app.inspections.visits.model import (
    RECORDED,
    Answer,
    ChecklistVersion,
    Position,
    Recorded,
    Visit,
)
from app.web.api_types import Moment

LONGEST_NOTE = 1000
ANSWER_KINDS = ("yes_no", "number", "choice", "text", "photo")
Form = MultiDict[str, str]
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def visit_of_form(form: Form, target: int, corrected: Any | None = None) -> Visit:
    """What a page sent; what does not fit is refused in words.

    A correction is of the moment, the programmes and the place of the visit that it corrects.
    """
    outcome = form.get("outcome", "")
    if outcome not in RECORDED:
        raise Refusal("Choose what you found.")
    until = form.get("until", "").strip()
    answers = _answers(form)
    return Visit(
        id=id_of(form.get("id", "")),
        target=target,
        outcome=outcome,
        happened_at=corrected.happened_at
        if corrected
        else _moment(form.get("happened_at", "").strip()),
        note=form.get("note", "").strip()[:LONGEST_NOTE] or None,
        checklists=[_version(one) for one in form.getlist("checklist")],
        answers=answers,
        programmes=corrected.programmes if corrected else (),
        position=_position_of(corrected) if corrected else _position(form),
        supersedes=UUID(str(corrected.id)) if corrected else None,
        exclusion=Wish(date_of(until, "until")) if until and outcome != "done" else None,
        photos=photos_of_form(form),
    )


def photos_of_form(form: Form) -> list[UUID]:
    """Those of the visit, and those that answer an item, each once."""
    items = [value for field, value in form.items(multi=True) if field.startswith("photo:")]
    written = [value for value in (*form.getlist("photos"), *items) if value]
    return list(dict.fromkeys(id_of(value) for value in written))


def excused_items(form: Form) -> set[str]:
    """Items that ask for a photo where none is possible."""
    fields = [field.partition(":") for field in form]
    return {item for kind, _, item in fields if kind == "no_photo"}


def form_of_visit(recorded: Recorded, kinds: Mapping[str, str]) -> Form:
    """A recorded visit as the form would have sent it, to be corrected.

    ``kinds``: of the items of its checklists, by their names.
    """
    row = recorded.row
    answers = {name: _written(row.answers[name]) for name in kinds if name in row.answers}
    asked = {answers[name] for name, kind in kinds.items() if kind == "photo" and name in answers}
    return MultiDict(
        [
            ("outcome", row.outcome),
            ("note", row.note or ""),
            *((f"{kinds[name]}:{name}", answer) for name, answer in answers.items()),
            *(("photos", str(one.id)) for one in recorded.photos if str(one.id) not in asked),
        ]
    )


def _written(answer: Answer) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return answer if isinstance(answer, str) else f"{answer:g}"


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
    if kind == "photo":
        return str(id_of(written))
    if kind == "number":
        try:
            return float(written)
        except ValueError:
            raise Refusal(
                "%(name)s is not a number: %(value)s.", name="number", value=written[:40]
            ) from None
    return written


def _position_of(corrected: Any) -> Position | None:
    if corrected.lon is None:
        return None
    return Position(corrected.lon, corrected.lat, corrected.accuracy_m)


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
