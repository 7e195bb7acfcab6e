"""The description of the interface for programs: as a document, and as a page to read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.http import PUBLIC, json_answer, route
from app.web.api import PREFIX
from app.web.api_document import Operation, document, operations

blueprint = Blueprint("api", __name__)


@route(blueprint, f"{PREFIX}/openapi.json", permission=PUBLIC)
def openapi() -> ResponseReturnValue:
    """Public: it describes the program, not the city."""
    answer = json_answer(document(current_app))
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@route(blueprint, "/api", permission=PUBLIC)
def describe() -> ResponseReturnValue:
    paths = document(current_app)["paths"]
    found = [
        shown(one, paths[one.address][one.declaration.method.lower()])
        for one in operations(current_app)
    ]
    return render_template(
        "api.html",
        rooms=[(room, list(shown)) for room, shown in groupby(found, lambda one: one["room"])],
        host=request.url_root.rstrip("/"),
    )


def shown(one: Operation, described: dict[str, Any]) -> dict[str, Any]:
    """What the page says of one operation."""
    said = one.declaration
    return {
        "room": one.address.removeprefix(f"{PREFIX}/").partition("/")[0],
        "method": said.method,
        "address": one.address,
        "anchor": f"{said.method.lower()}-{one.rule.endpoint.replace('.', '-')}",
        "summary": said.summary,
        "description": " ".join(said.description.split()),
        "permission": said.permission,
        "parameters": [
            {
                "name": parameter["name"],
                "required": parameter["required"],
                "description": parameter["description"],
                "form": form_of(parameter["schema"]),
                "default": parameter["schema"].get("default"),
            }
            for parameter in described["parameters"]
        ],
        "example": f"{PREFIX}{said.example}" if said.example and not said.body else None,
        "body": said.example if said.body else None,
        "geojson": said.geojson is not None and said.geojson is not said.answer,
    }


def form_of(schema: dict[str, Any]) -> dict[str, Any]:
    """What a value looks like, for words in the reader's language."""
    return {
        "choices": schema.get("enum", ()),
        "type": schema.get("format") or schema.get("type", "string"),
        "least": schema.get("minimum"),
        "most": schema.get("maximum"),
    }
