"""Reads the picture out of a file and makes it anew, upright and without anything else.

What a camera or an app writes beside the picture (place, device, names, previews, comments) would
tell of people; none of it is copied, because a fresh picture is drawn from the pixels.
"""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime, tzinfo

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from app.attachments import rules
from app.attachments.model import Picture

LONG_SIDE = 1600  # pixels: a sign can be read on it across a room
THUMBNAIL_SIDE = 320
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
PAPER = (255, 255, 255)  # behind what is transparent
# what the decoders say of damaged files
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, IndexError)
Image.MAX_IMAGE_PIXELS = None  # the rule of this room is asked first, and speaks in words


def picture_of(name: str, content: bytes, zone: tzinfo) -> Picture:
    """Decode, turn upright, strip and shrink.

    Raises
    ------
    Refusal
        The file is empty, too large, no picture, damaged, or has too many pixels.
    """
    rules.check_content(name, content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            rules.check_pixels(name, *opened.size)
            taken_at = _taken_at(opened, zone)
            upright = _upright(opened)
    except UnidentifiedImageError:
        raise rules.no_picture(name) from None
    except DAMAGED:
        raise rules.broken_picture(name) from None
    big = _shrunk(upright, LONG_SIDE)
    return Picture(_jpeg(big), _jpeg(_shrunk(big, THUMBNAIL_SIDE)), big.width, big.height, taken_at)


def _upright(opened: Image.Image) -> Image.Image:
    """In plain colours, turned as the camera was held; large JPEGs are decoded at a fraction."""
    orientation = opened.getexif().get(ExifTags.Base.Orientation)
    opened.draft("RGB", (2 * LONG_SIDE, 2 * LONG_SIDE))
    opened.load()
    # a fresh picture holds pixels alone: no comment, no profile, no preview comes along
    plain = Image.new("RGB", opened.size, PAPER)
    if opened.has_transparency_data:
        seen = opened.convert("RGBA")
        plain.paste(seen, mask=seen.getchannel("A"))
    else:
        plain.paste(opened.convert("RGB"))
    return plain if orientation is None else _turned(plain, orientation)


def _turned(plain: Image.Image, orientation: object) -> Image.Image:
    plain.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(plain)


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def _jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True, exif=b"")
    return written.getvalue()


def _taken_at(opened: Image.Image, zone: tzinfo) -> datetime | None:
    """The one thing that is kept of what the camera wrote."""
    said = opened.getexif().get_ifd(ExifTags.IFD.Exif)
    return rules.taken_moment(
        said.get(ExifTags.Base.DateTimeOriginal), said.get(ExifTags.Base.OffsetTimeOriginal), zone
    )
