"""What the interface for programs takes and answers when something is sought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from app.web.api_types import Doc, Text, Whole

LONGEST = 80  # signs of a question
WHILE_TYPING, MOST = 5, 50  # answers of each kind
LONGITUDE = r"-?(180(\.0+)?|(1[0-7][0-9]|[0-9]{1,2})(\.[0-9]+)?)"
LATITUDE = r"-?(90(\.0+)?|[0-8]?[0-9](\.[0-9]+)?)"


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    q: Annotated[
        Annotated[
            Text,
            WithJsonSchema({"type": "string", "maxLength": LONGEST, "pattern": r"^[^\u0000]*$"}),
        ],
        Doc("What is sought: at least two signs, or one Chinese character."),
    ] = ""
    near: Annotated[
        Annotated[Text, WithJsonSchema({"type": "string", "pattern": f"^{LONGITUDE},{LATITUDE}$"})],
        Doc("Longitude and latitude like 118.6,31.4: what lies near comes first."),
    ] = ""
    limit: Annotated[
        int, Field(ge=1, le=MOST, description="Answers of each kind at most."), Whole
    ] = WHILE_TYPING


@dataclass(frozen=True)
class FoundGroup:
    """Answers of one kind; what a result holds beside title and url depends on it."""

    kind: str
    name: str
    total: int
    more: bool
    results: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Found:
    q: str
    too_short: bool
    total: int
    more: bool
    groups: Sequence[FoundGroup]
