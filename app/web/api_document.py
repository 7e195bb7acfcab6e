"""The OpenAPI 3.1 document, made from what the views declare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import orjson
from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from app.http import Problem
from app.web.api import GEOJSON, Declaration
from app.web.api_types import Text

Mode = Literal["validation", "serialization"]
VERSION = "1"
ARGUMENT = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<limits>[^)]*)\))?:)?(?P<name>\w+)>")
REFUSALS = (400, 401, 403, 404, 405, 409, 413, 422, 503)
DESCRIPTION = """\
Every answer holds what lies in the reader's territory and nothing else. Programs send
`Authorization: Bearer <token>`; an administrator makes a token with `gridward token create`.

Lists come in pages: `limit` rows, and `next` (also the `Link` header) is the address of the next
page. Days are written 2026-11-21, points as longitude and latitude in WGS 84. An answer to GET
carries an `ETag`; sent back as `If-None-Match` it is answered by 304 while nothing changed.
A refusal is a problem document (RFC 9457) whose `detail` says what is wrong.
"""


@dataclass(frozen=True)
class Operation:
    """One declared view at its address."""

    address: str  # /api/v1/grids/{reference}
    rule: Rule
    declaration: Declaration

    @property
    def room(self) -> str:
        return str(self.rule.endpoint).partition(".")[0]


def operations(app: Flask) -> list[Operation]:
    """Every declared view, by address and method."""
    found = [
        Operation(ARGUMENT.sub(r"{\g<name>}", rule.rule), rule, view.declaration)
        for rule in app.url_map.iter_rules()
        if hasattr(view := app.view_functions[rule.endpoint], "declaration")
    ]
    return sorted(found, key=lambda one: (one.address, one.declaration.method))


def document(app: Flask) -> dict[str, Any]:
    """What the interface takes and answers; the same for every reader."""
    declared = operations(app)
    schemas, definitions = _schemas(declared)
    paths: dict[str, Any] = {}
    for one in declared:
        path = paths.setdefault(one.address, {})
        path[one.declaration.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gridward", "version": VERSION, "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": {"Problem": _problem()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "gridward"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _schemas(declared: Sequence[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """(of each type by itself and mode, the definitions that they refer to)."""
    wanted: set[tuple[Any, Mode]] = {(Problem, "serialization"), *_types(declared)}
    made, shared = TypeAdapter.json_schemas(
        [(key, key[1], TypeAdapter(key[0])) for key in sorted(wanted, key=str)],
        ref_template="#/components/schemas/{model}",
    )
    return {key: schema for (key, _), schema in made.items()}, shared.get("$defs", {})


def _types(declared: Sequence[Operation]) -> Iterator[tuple[Any, Mode]]:
    for one in declared:
        yield one.declaration.answer, "serialization"
        yield one.declaration.query, "validation"
        if one.declaration.geojson:
            yield one.declaration.geojson, "serialization"
        if one.declaration.body:
            yield one.declaration.body, "validation"


def _operation(one: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    said = one.declaration
    content = {"application/json": {"schema": schemas[said.answer, "serialization"]}}
    if said.geojson:
        schema = schemas[said.geojson, "serialization"]
        content = {} if said.geojson is said.answer else content
        content[GEOJSON] = {"schema": schema}
    done: dict[str, Any] = {"description": "Done.", "content": content}
    answers = {"200": done}
    if said.method == "GET":
        done["headers"] = {"ETag": {"schema": {"type": "string"}}}
        answers["304"] = {"description": "What you have is still right."}
    return {
        "operationId": one.rule.endpoint.replace(".", "_"),
        "tags": [one.room],
        "summary": said.summary,
        "description": f"{said.description}\n\nNeeds the right `{said.permission}`.".strip(),
        "parameters": [*_path_parameters(one), *query_parameters(said)],
        **({"requestBody": _body(schemas, said)} if said.body or said.takes else {}),
        "responses": answers
        | {str(status): {"$ref": "#/components/responses/Problem"} for status in REFUSALS},
    }


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    found = []
    for argument in ARGUMENT.finditer(one.rule.rule):
        whole = argument["converter"] == "int"
        schema = TypeAdapter(int if whole else Text).json_schema()
        limit = re.search(r"max=(\d+)", argument["limits"] or "")
        if whole:
            schema |= {"minimum": 0} | ({"maximum": int(limit[1])} if limit else {})
        else:
            schema |= {"minLength": 1}
        if argument["converter"] == "any":
            schema = {"type": "string", "enum": (argument["limits"] or "").split(",")}
        found.append(
            {
                "name": argument["name"],
                "in": "path",
                "required": True,
                "description": one.declaration.path.get(argument["name"], ""),
                "schema": schema,
            }
        )
    return found


def query_parameters(said: Declaration) -> list[dict[str, Any]]:
    """A parameter that may be left out is never null: its schema is that of its value."""
    query = TypeAdapter(said.query).json_schema(ref_template="#/components/schemas/{model}")
    required = query.get("required", ())
    found = []
    for name, schema in query.get("properties", {}).items():
        kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
        choices = [one for one in kept.pop("anyOf", ()) if one != {"type": "null"}]
        if choices:
            kept = choices[0] | {key: value for key, value in kept.items() if value is not None}
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": schema.get("description", ""),
                "schema": kept,
            }
        )
    return found


def _body(schemas: dict[Any, Any], said: Declaration) -> dict[str, Any]:
    if said.takes:
        return {
            "required": True,
            "content": {kind: {"schema": schema} for kind, schema in said.takes.items()},
        }
    content: dict[str, Any] = {"schema": schemas[said.body, "validation"]}
    if said.example:
        content["example"] = orjson.loads(said.example)
    return {"required": True, "content": {"application/json": content}}


def _problem() -> dict[str, Any]:
    return {
        "description": "Not done; `detail` says why. "
        + ", ".join(f"{status} {HTTPStatus(status).phrase}" for status in REFUSALS),
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
