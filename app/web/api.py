"""The interface for programs: each view below /api says what it takes and what it answers.

The same words check the request and make the OpenAPI document, so the two cannot differ::

    @dataclass(frozen=True, kw_only=True)
    class HydrantsQuery(Page):                    # `limit` and `after` come with Page
        within: Annotated[Text | None, Doc("Only inside this grid, as level:code.")] = None
        on: Annotated[Day | None, Doc("As of this day; today without it.")] = None

    @dataclass(frozen=True)
    class Hydrant:
        no: int
        lon: float | None

    @dataclass(frozen=True)
    class Hydrants:
        hydrants: Sequence[Hydrant]
        next: NextPage                            # also sent as a Link header

    @api(blueprint, "/hydrants", permission="facilities.read", answer=Hydrants,
         query=HydrantsQuery, example="?limit=2")
    def list_hydrants(query: HydrantsQuery) -> Hydrants:
        '''Hydrants in the reader's territory.'''  # the summary; further lines: the description
        …
        return Hydrants(rows, next_page(rows[-1].no if len(rows) == query.limit else None))

The dataclasses stand in the room's ``parameters.py`` or ``model.py``.  A view that also answers
GeoJSON names ``geojson=FeatureCollection[HydrantProperties]``, has a field ``format: Format``
in its query and returns the collection when it is asked for.  ``body=`` is the dataclass of a
JSON body, handed over as ``body``.  Path arguments are handed over by name; ``path={"no": "…"}``
describes them.  ``takes=`` gives the media types, with their schemas, of a body that the view
reads by itself.  Unknown, repeated and ill-formed parameters are refused with a sentence; an
answer to GET carries an ETag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import getdoc
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.http import json_answer, route
from app.web.api_reading import Reading, read_body, read_query
from app.web.api_types import Feature, FeatureCollection, Nothing

PREFIX = "/api/v1"
GEOJSON = "application/geo+json"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Declaration:
    """What the document says of one operation."""

    method: str
    permission: str
    summary: str
    description: str
    answer: Any
    query: Any = Nothing
    body: Any = None
    takes: Mapping[str, Any] | None = None  # media type → schema of a body that is no JSON
    geojson: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    example: str = ""  # of a query, or of a JSON body; run by a test


def api(
    blueprint: Blueprint,
    address: str,
    *,
    permission: str,
    answer: Any,
    query: Any = Nothing,
    body: Any = None,
    takes: Mapping[str, Any] | None = None,
    geojson: Any = None,
    method: str = "GET",
    path: Mapping[str, str] | None = None,
    example: str = "",
) -> Callable[[View], View]:
    """Register a view below /api/v1 together with what it takes and answers."""

    def register(view: View) -> View:
        summary, _, description = (getdoc(view) or "").partition("\n")
        if not summary:
            raise ValueError(f"{view.__name__} has no docstring: the document needs a summary")
        declaration = Declaration(
            method=method,
            permission=permission,
            summary=summary,
            description=description.strip(),
            answer=answer,
            query=query,
            body=body,
            takes=takes,
            geojson=geojson,
            path=path or {},
            example=example,
        )
        reading_query = Reading(query)
        reading_body = Reading(body) if body is not None else None

        @wraps(view)
        def checked(**arguments: Any) -> ResponseReturnValue:
            asked = read_query(reading_query)
            if query is not Nothing:
                arguments["query"] = asked
            if reading_body is not None:
                arguments["body"] = read_body(reading_body)
            return _answered(view(**arguments))

        checked.declaration = declaration  # type: ignore[attr-defined]
        route(blueprint, f"{PREFIX}{address}", permission=permission, methods=[method])(checked)
        return view

    return register


def next_page(key: Any) -> str | None:
    """The address of the page after the row with this key; None: there is none."""
    if key is None:
        return None
    return f"{request.path}?{urlencode(request.args.to_dict() | {'after': str(key)})}"


def _answered(answer: Any) -> Response:
    mimetype = GEOJSON if isinstance(answer, FeatureCollection | Feature) else "application/json"
    response = json_answer(answer, mimetype=mimetype)
    following = answer.get("next") if isinstance(answer, dict) else getattr(answer, "next", None)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    if request.method in ("GET", "HEAD"):
        response.add_etag()
        response.make_conditional(request)
    return response
