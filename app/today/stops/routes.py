"""The form of one stop with its photos, and the form that corrects a visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.datastructures import FileStorage

from app.attachments import actions as attachments
from app.attachments.rules import MOST_PHOTOS, shown_name
from app.errors import Conflict, Forbidden, Refusal
from app.http import reader, route, said, settings, transaction
from app.inspections.visits import actions as visits
from app.inspections.visits.actions import Clocks
from app.inspections.visits.model import VOIDED, ChecklistVersion, Recorded
from app.programmes.model import Checklist, Item
from app.today import actions
from app.today.parameters import class_words, stop_told
from app.today.rules import outcomes_of
from app.today.stops.parameters import (
    Form,
    excused_items,
    form_of_visit,
    id_of,
    photos_of_form,
    visit_of_form,
)
from app.web.words import outcome_names, reason_phrases

blueprint = Blueprint("stops", __name__)
NUMBER = "int(max=9007199254740991)"


@dataclass(frozen=True)
class Sheet:
    """What the page of a stop shows besides the stop."""

    sent: Form  # what stands in the fields
    corrected: Recorded | None = None
    fault: Refusal | None = None


@route(blueprint, f"/today/<{NUMBER}:no>", permission="today.use")
def show_stop(no: int) -> ResponseReturnValue:
    return _page(no, Sheet(request.form))


@route(blueprint, f"/today/<{NUMBER}:no>", permission="today.use", methods=["POST"])
def record(no: int) -> ResponseReturnValue:
    """The whole form; the same id again is the same visit, with the same photos."""
    return _record(no, None)


@route(blueprint, "/today/visits/<uuid:id_>", permission="inspections.record")
def show_correction(id_: UUID) -> ResponseReturnValue:
    corrected = _corrected(id_)
    kinds = {
        f"{one.programme_key}/{one.key}/{item.key}": item.kind
        for one in _lists_of(corrected)
        for item in one.items
    }
    return _page(corrected.row.target_no, Sheet(form_of_visit(corrected, kinds), corrected))


@route(blueprint, "/today/visits/<uuid:id_>", permission="inspections.record", methods=["POST"])
def correct(id_: UUID) -> ResponseReturnValue:
    """A further event takes the visit's place, at the visit's own moment."""
    corrected = _corrected(id_)
    return _record(corrected.row.target_no, corrected)


def _corrected(id_: UUID) -> Recorded:
    with transaction() as tx:
        found = visits.visit(tx, id_)
    if found.row.superseded_by or found.row.outcome == VOIDED:
        raise Conflict("This visit was corrected or taken back already; look at its latest state.")
    if not found.row.correctable:
        raise Forbidden(
            "Only who recorded a visit corrects it, or the chief of its grid, an area manager, the "
            "authority or an administrator."
        )
    return found


def _lists_of(corrected: Recorded) -> list[Checklist]:
    versions = {
        ChecklistVersion(one["programme"], one["key"], one["version"])
        for one in corrected.row.checklists
    }
    with transaction() as tx:
        return actions.checklists_of(tx, versions)


def _record(no: int, corrected: Recorded | None) -> ResponseReturnValue:
    """Photos first, each kept by itself: what is refused afterwards loses none of them."""
    form = request.form.copy()
    try:
        _keep_files(form)
        visit = visit_of_form(form, no, corrected.row if corrected else None)
        with transaction() as tx:
            actions.check_exception(tx, visit, excused_items(form), str(get_locale()))
            visits.record(tx, visit, Clocks(settings().now()))
    except Refusal as fault:
        return _page(no, Sheet(form, corrected, fault))
    if reader().may("today.use"):
        return redirect(url_for("today.show_today", recorded=visit.id))
    of_unit = corrected is not None and corrected.row.kind == "unit"
    return redirect(url_for("reports.show_unit", no=no) if of_unit else url_for("maps.home"))


def _keep_files(form: Form) -> None:
    """Store what a page without scripts sent, and name it in the form. The ids follow from the
    visit and the bytes: the form sent again names the same photos."""
    visit, fault = id_of(form.get("id", "")), None
    for field, file in request.files.items(multi=True):
        if file.filename and (field == "photo" or field.startswith("photo:")):
            try:
                id_ = _keep_file(visit, field, file)
            except Refusal as refused:
                fault = refused
                continue
            if field == "photo":
                form.add("photos", id_)
            else:
                form[field] = id_
    if fault is not None:
        raise fault


def _keep_file(visit: UUID, field: str, file: FileStorage) -> str:
    content = file.read()
    id_ = uuid5(visit, f"{field} {sha256(content).hexdigest()}")
    with transaction() as tx:
        attachments.keep(tx, settings(), id_, shown_name(file.filename), content)
    return str(id_)


def _page(no: int, sheet: Sheet) -> ResponseReturnValue:
    """The form of a visit; after a refusal with what was written into it."""
    language, today = str(get_locale()), settings().today()
    with transaction() as tx:
        stop = actions.stop(tx, settings(), no, language)
        earlier = [] if sheet.corrected else actions.earlier_visits(tx, no)
        lists = [] if sheet.corrected else actions.checklists(tx, stop.duties)
    names = outcome_names()
    page = render_template(
        "stop.html",
        stop=stop,
        told=stop_told(stop, today),
        class_name=class_words(stop.row, language),
        words=[(duty.rule.name(language), duty) for duty in stop.duties],
        lists=_list_words(_lists_of(sheet.corrected) if sheet.corrected else lists, language),
        outcomes={key: names[key] for key in outcomes_of(stop.row.kind)},
        phrases=reason_phrases(),
        earlier=earlier,
        outcome_names=names,
        corrected=sheet.corrected,
        sent=sheet.sent,
        photos=_photos_sent(sheet),
        most_photos=MOST_PHOTOS,
        new_id=sheet.sent.get("id") or str(uuid4()),
        fault=said(sheet.fault) if sheet.fault else None,
    )
    return page, sheet.fault.status if sheet.fault else 200


def _photos_sent(sheet: Sheet) -> Sequence[str]:
    """Those of the visit as a whole; one that answers an item stands beside it."""
    try:
        wanted = photos_of_form(sheet.sent)
    except Refusal:
        return []
    items = {value for field, value in sheet.sent.items() if field.startswith("photo:")}
    return [str(one) for one in wanted if str(one) not in items]


def _list_words(lists: Sequence[Checklist], language: str) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name(language),
            "version": f"{one.programme_key}/{one.key}/{one.version}",
            "items": [
                _item_words(item, f"{one.programme_key}/{one.key}/{item.key}", language)
                for item in one.items
            ],
        }
        for one in lists
    ]


def _item_words(item: Item, name: str, language: str) -> dict[str, Any]:
    return {
        "field": f"{item.kind}:{name}",
        "excuse": f"no_photo:{name}",
        "kind": item.kind,
        "words": item.words(language),
        "help": item.help(language),
        "article": item.article,
        "unit": item.unit,
        "least": item.least,
        "most": item.most,
        "choices": [(one.key, one.words(language), one.normal) for one in item.choices],
    }
