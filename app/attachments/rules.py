"""Pure decisions about photos: what is taken, and in words what is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from uuid import UUID

from app.attachments.model import Photo
from app.errors import Conflict, Refusal

MOST_MEGABYTES = 20
MOST_MEGAPIXELS = 40
MOST_PHOTOS = 9  # of one visit
LONGEST_NAME = 60
LOOSE_DAYS = 30  # after which a photo that no visit shows is forgotten
APPLE = ("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")  # brands of HEIF files


def shown_name(file_name: str | None) -> str:
    """As a sentence repeats it: without folders, and not without end."""
    name = (file_name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:] or "photo"


def check_content(name: str, content: bytes) -> None:
    """What can be said of a file before it is read as a picture."""
    if not content:
        raise Refusal("%(name)s is empty.", name=name)
    if len(content) > MOST_MEGABYTES << 20:
        raise too_large(name)
    if content[4:8] == b"ftyp" and content[8:12].decode("latin-1") in APPLE:
        raise Refusal(
            "%(name)s is a HEIC photo, which is not taken. On an iPhone choose Settings, Camera, "
            "Formats, Most Compatible, and take it again; or send it as JPEG.",
            name=name,
        )


def too_large(name: str) -> Refusal:
    return Refusal(
        "%(name)s is too large: at most %(most)s MB are taken. Take it again with a smaller size.",
        name=name,
        most=MOST_MEGABYTES,
    )


def no_picture(name: str) -> Refusal:
    return Refusal(
        "%(name)s is no picture that can be read. Send a photo as JPEG, PNG or WebP.", name=name
    )


def broken_picture(name: str) -> Refusal:
    return Refusal(
        "%(name)s is damaged or was cut off on its way. Send it again, or take it again.", name=name
    )


def check_pixels(name: str, width: int, height: int) -> None:
    """Before anything is decoded: a small file can hold a picture that fills the memory."""
    if width * height > MOST_MEGAPIXELS * 1_000_000:
        raise Refusal(
            "%(name)s has %(width)s × %(height)s pixels; at most %(most)s million are taken. Take "
            "it again with a smaller size.",
            name=name,
            width=width,
            height=height,
            most=MOST_MEGAPIXELS,
        )


def taken_moment(written: Any, offset: Any, zone: tzinfo) -> datetime | None:
    """When a camera says that it took the photo; in the city's zone where it names none."""
    try:
        moment = datetime.strptime(str(written).strip("\x00 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    if not 1990 <= moment.year <= 2100:  # a clock that was never set
        return None
    return moment.replace(tzinfo=_offset(offset) or zone).astimezone(UTC)


def _offset(written: Any) -> timezone | None:
    """Of a text like +08:00."""
    text = str(written).strip("\x00 ")
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":":
        return None
    hours, minutes = text[1:3], text[4:6]
    if not (hours.isdecimal() and minutes.isdecimal()):
        return None
    away = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-away if text[0] == "-" else away) if away < timedelta(hours=15) else None


def check_same(stored: Photo | None, id_: UUID, original: str) -> None:
    """The same id with other bytes is a conflict, and so is the id of somebody else's photo."""
    if stored is None:
        raise Conflict("The id %(id)s is that of another record. Send a new one.", id=id_)
    if stored.original != original:
        raise Conflict(
            "The photo %(id)s is stored with other content. Photos are never changed: send it "
            "with an id of its own.",
            id=id_,
        ).showing(stored=stored.original, sent=original)


def check_number(photos: Sequence[UUID]) -> None:
    if len(photos) > MOST_PHOTOS:
        raise Refusal(
            "These are %(count)s photos; a visit shows at most %(most)s. Take some out.",
            count=len(photos),
            most=MOST_PHOTOS,
        )
    if len(set(photos)) < len(photos):
        raise Refusal("The same photo is named twice.")
