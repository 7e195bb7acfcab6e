"""A photo as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

BIG, SMALL = "picture", "thumbnail"


@dataclass(frozen=True)
class Picture:
    """What is left of a file that was sent: the picture, upright, and nothing else of it."""

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    taken_at: datetime | None


@dataclass(frozen=True)
class Photo:
    """What is known of a photo."""

    id: UUID
    original: str  # SHA-256 of the bytes that were sent, by which the same photo is found again
    picture: str  # SHA-256 of the file that is kept, and its name
    thumbnail: str
    width: int
    height: int
    taken_at: datetime | None
