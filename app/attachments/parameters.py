"""What programs send of a photo, and what they are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from app.web.api_types import Doc


@dataclass(frozen=True, kw_only=True)
class PhotoQuery:
    id: Annotated[UUID, Doc("Made by the sender; sent again it answers what was stored at first.")]


@dataclass(frozen=True)
class PhotoKept:
    id: str
    width: int
    height: int
    taken_at: Annotated[datetime | None, Doc("By the camera's clock, where it said so.")]
    url: Annotated[str, Doc("Of the picture, a JPEG.")]
    thumbnail: Annotated[str, Doc("Of a small picture, a JPEG.")]


def photo_kept(photo: Any) -> PhotoKept:
    """Of a photo, or of a row of a list that says as much."""
    return PhotoKept(
        id=str(photo.id),
        width=photo.width,
        height=photo.height,
        taken_at=photo.taken_at,
        url=f"/photos/{photo.id}",
        thumbnail=f"/photos/{photo.id}/small",
    )
