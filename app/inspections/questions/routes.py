"""The page of questions: to who recorded the visits and to the area manager alike."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.http import route, said as in_words, transaction
from app.inspections.questions import actions
from app.inspections.questions.model import ANSWER, CLOSE, Said
from app.inspections.questions.rules import LONGEST_WORDS

blueprint = Blueprint("questions", __name__)
NUMBER = "int(max=2147483646)"
SHOWN = 200


@route(blueprint, "/checks/questions", permission="questions.use")
def list_questions() -> ResponseReturnValue:
    return _page(None, None)


def _page(fault: Refusal | None, about: int | None) -> ResponseReturnValue:
    """After a refusal with the words that were sent."""
    with transaction() as tx:
        found = actions.questions(tx, SHOWN)
    return render_template(
        "questions.html",
        questions=[_told(one) for one in found],
        open=sum(one.row.closed_at is None for one in found),
        new_id=lambda: str(uuid4()),
        longest=LONGEST_WORDS,
        sent=request.form if about is not None else {},
        about=about,
        fault=in_words(fault) if fault else None,
    ), (fault.status if fault else 200)


def _told(one: actions.Question) -> dict[str, Any]:
    facts = dict(one.row.facts)
    for key in ("since", "until"):
        if key in facts:
            facts[key] = date.fromisoformat(facts[key])
    return {"row": one.row, "facts": facts, "visits": one.visits, "answers": one.answers}


@route(blueprint, f"/checks/questions/<{NUMBER}:no>", permission="questions.use", methods=["POST"])
def say(no: int) -> ResponseReturnValue:
    """An answer of who is asked, or the words of who closes."""
    form = request.form
    try:
        kind = CLOSE if form.get("kind") == CLOSE else ANSWER
        said = Said(_uuid(form.get("id", "")), kind, form.get("words", "").strip()[:LONGEST_WORDS])
        with transaction() as tx:
            actions.say(tx, no, said)
    except Refusal as fault:
        return _page(fault, no)
    return redirect(url_for("questions.list_questions"))


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise Refusal("The request was not understood. Reload the page and try again.") from None
