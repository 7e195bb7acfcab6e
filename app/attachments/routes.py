"""Photos come in before their visit, and are seen where it is."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.attachments import actions, rules
from app.attachments.model import BIG, SMALL
from app.attachments.parameters import PhotoKept, PhotoQuery, photo_kept
from app.errors import Refusal
from app.http import route, settings, transaction
from app.web.api import api

blueprint = Blueprint("attachments", __name__)
ROOM_FOR_THE_FORM = 64 * 1024  # bytes of a multipart body beside the file
MULTIPART = "multipart/form-data"
BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}


@api(
    blueprint,
    "/photos",
    permission="inspections.record",
    method="POST",
    query=PhotoQuery,
    answer=PhotoKept,
    takes={
        "image/*": BINARY,
        MULTIPART: {"type": "object", "properties": {"photo": BINARY}, "required": ["photo"]},
    },
)
def send_photo(query: PhotoQuery) -> PhotoKept:
    """Send a photo, before or with its visit, which names it in `photos`.

    As the body itself, or as the file `photo` of a form. JPEG, PNG and WebP of 20 MB and 40
    million pixels at most; what is kept is a JPEG of 1600 pixels with nothing of what the camera
    wrote into it but the time. The same id with the same bytes answers what was stored at first;
    with other bytes it is refused (409). A photo that no visit names is forgotten after 30 days.
    """
    name, content = _sent()
    with transaction() as tx:
        return photo_kept(actions.keep(tx, settings(), query.id, name, content))


def _sent() -> tuple[str, bytes]:
    request.max_content_length = (rules.MOST_MEGABYTES << 20) + ROOM_FOR_THE_FORM
    if (request.content_length or 0) > request.max_content_length:
        raise rules.too_large("photo")
    if request.mimetype != MULTIPART:
        return "photo", request.get_data()
    file = request.files.get("photo")
    if file is None:
        raise Refusal("The form holds no file that is called photo.")
    return rules.shown_name(file.filename), file.read()


@route(blueprint, "/photos/<uuid:id_>", permission="inspections.read")
def show_photo(id_: UUID) -> ResponseReturnValue:
    return _picture(id_, BIG)


@route(blueprint, "/photos/<uuid:id_>/small", permission="inspections.read")
def show_thumbnail(id_: UUID) -> ResponseReturnValue:
    return _picture(id_, SMALL)


def _picture(id_: UUID, size: str) -> Response:
    with transaction() as tx:
        found = actions.photo(tx, id_)
    return Response(
        actions.content(settings(), getattr(found, size)),
        mimetype="image/jpeg",
        headers={"Content-Disposition": f"inline; filename=photo-{id_}.jpg"},
    )
