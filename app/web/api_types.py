"""Types of what the interface for programs takes and answers; each carries its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema

from app.http import FIRST_YEAR, LAST_YEAR

LONGEST_TEXT = 200
DAY_FORM = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT_FORM = re.compile(
    r"(19|20)\d{2}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
Properties = TypeVar("Properties")


def Doc(words: str) -> Any:  # noqa: N802
    """The description of a field, for the document."""
    return Field(description=words)


def _day_form(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and DAY_FORM.fullmatch(value.strip())):
        return value
    raise PydanticCustomError("day", "a day")


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
        raise PydanticCustomError("int_parsing", "a whole number")
    return value


def _usual_year(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("year", "an unusual year")
    return day


Day = Annotated[
    date,
    BeforeValidator(_day_form),
    AfterValidator(_usual_year),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": r"^(19[0-9]{2}|20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$",
        }
    ),
]


def _moment_form(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and MOMENT_FORM.fullmatch(value)):
        return value
    raise PydanticCustomError("moment", "a moment")


# with its distance from UTC: a device may be in another zone than the city
Moment = Annotated[
    datetime,
    BeforeValidator(_moment_form),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_TEXT, "pattern": r"^[^\u0000]*$"}),
]


Required = Annotated[
    Text,
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": LONGEST_TEXT,
            "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        }
    ),
]


class OneOf:
    """The choices of a parameter, where they are a tuple of the room's own."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = list(choices)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema(self.choices)


# after the limits: Annotated[int, Field(ge=1, le=9), Whole]
Whole = BeforeValidator(_whole_number)
Decimal = FiniteFloat
Format = Annotated[Literal["json", "geojson"], Doc("`geojson` for map programs.")]
Geometry = Annotated[
    Any,
    WithJsonSchema({"type": ["object", "null"], "description": "A GeoJSON geometry in WGS 84."}),
]
NextPage = Annotated[
    str | None, Doc("The address of the next page, also in the Link header; null on the last.")
]


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """A query without parameters."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A JSON body; a name that it does not have is refused."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of a list: so many rows after the row with this key."""

    limit: Annotated[int, Field(ge=1, le=1000, description="Rows on a page."), Whole] = 100
    after: Annotated[Text | None, Doc("The key of the last row of the page before.")] = None


# made for each object, so that `type` is written, and first: GDAL knows the format by it
def _feature() -> Literal["Feature"]:
    return "Feature"


def _feature_collection() -> Literal["FeatureCollection"]:
    return "FeatureCollection"


@dataclass(frozen=True)
class Feature(Generic[Properties]):
    type: Literal["Feature"] = field(default_factory=_feature, init=False)
    id: int
    geometry: Geometry
    properties: Properties


@dataclass(frozen=True)
class FeatureCollection(Generic[Properties]):
    type: Literal["FeatureCollection"] = field(default_factory=_feature_collection, init=False)
    features: Sequence[Feature[Properties]]
    next: NextPage = None


def point_geometry(lon: float | None, lat: float | None) -> dict[str, Any] | None:
    return None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
