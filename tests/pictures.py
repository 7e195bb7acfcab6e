"""Photos as phones make them, for tests."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import ExifTags, Image

MARKS = (b"GPS-HERE", b"Maker-Phone", b"a comment of the camera", b"Owner-Name")


def photo(
    size: tuple[int, int] = (640, 480),
    orientation: int = 1,
    taken: str | None = "2026:06:30 09:15:00",
    colour: tuple[int, int, int] = (30, 90, 160),
    kind: str = "JPEG",
) -> bytes:
    """A dark picture with a bright corner at the top left as the camera held it, and with all that
    a phone writes into it: place, device, owner, comment."""
    image = Image.new("RGB", size, colour)
    image.paste((250, 240, 60), (0, 0, size[0] // 4, size[1] // 4))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Maker-Phone"
    exif[ExifTags.Base.Artist] = "Owner-Name"
    own = exif.get_ifd(ExifTags.IFD.Exif)
    if taken:
        own[ExifTags.Base.DateTimeOriginal] = taken
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitude] = (31.0, 2.0, 3.0)
    place[ExifTags.GPS.GPSLongitude] = (118.0, 5.0, 6.0)
    place[ExifTags.GPS.GPSAreaInformation] = b"GPS-HERE"
    written = io.BytesIO()
    extra = {"comment": b"a comment of the camera"} if kind == "JPEG" else {}
    image.save(written, kind, exif=exif, **extra)
    return written.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it is so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
