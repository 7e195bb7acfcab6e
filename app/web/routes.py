"""Our own static files and the pinned front-end libraries."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.http import PUBLIC, route
from app.settings import FRONT_END_PACKAGES

blueprint = Blueprint("web", __name__)
STATIC = Path(__file__).parent / "static"
# address → folder of the installed package; nothing else of node_modules is served
LIBRARIES = {
    "maplibre-gl": FRONT_END_PACKAGES / "maplibre-gl" / "dist",
    "noto-sans-sc": FRONT_END_PACKAGES / "@fontsource-variable" / "noto-sans-sc",
}
YEAR = 31_536_000


@route(blueprint, "/static/<path:name>", permission=PUBLIC)
def static_file(name: str) -> ResponseReturnValue:
    return _cached(send_from_directory(STATIC, name))


@route(blueprint, "/vendor/<library>/<path:name>", permission=PUBLIC)
def library_file(library: str, name: str) -> ResponseReturnValue:
    if library not in LIBRARIES:
        raise NotFound("There is nothing at this address.")
    return _cached(send_from_directory(LIBRARIES[library], name))


def _cached(response: Response) -> Response:
    """For a year where the address carries a version; else asked for again, by its tag."""
    if "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "public, no-cache"
    return response
