"""Our own static files and the pinned front-end libraries."""

from __future__ import annotations

from flask import Blueprint, request, send_from_directory
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.http import PUBLIC, route
from app.settings import FRONT_END_PACKAGES
from app.web.assets import STATIC, version_of

blueprint = Blueprint("web", __name__)
# address → folder of the installed package; nothing else of node_modules is served
LIBRARIES = {
    "maplibre-gl": FRONT_END_PACKAGES / "maplibre-gl" / "dist",
    "noto-sans-sc": FRONT_END_PACKAGES / "@fontsource-variable" / "noto-sans-sc",
}
YEAR = 31_536_000
ASK_AGAIN = "public, no-cache"  # kept, but asked for each time by its tag


@route(blueprint, "/static/<path:name>", permission=PUBLIC)
def static_file(name: str) -> ResponseReturnValue:
    """For a year where the address carries the version of what is sent; else asked for again."""
    response = send_from_directory(STATIC, name)  # refuses a name that leads outside
    versioned = request.args.get("v") == version_of(STATIC / name)
    response.headers["Cache-Control"] = (
        f"public, max-age={YEAR}, immutable" if versioned else ASK_AGAIN
    )
    return response


@route(blueprint, "/vendor/<library>/<path:name>", permission=PUBLIC)
def library_file(library: str, name: str) -> ResponseReturnValue:
    if library not in LIBRARIES:
        raise NotFound("There is nothing at this address.")
    response = send_from_directory(LIBRARIES[library], name)
    response.headers["Cache-Control"] = ASK_AGAIN
    return response
