"""Reads a request by the types that a view declares; what does not fit is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from pydantic import TypeAdapter, ValidationError

from app.errors import Refusal
from app.http import FIRST_YEAR, LAST_YEAR, text_parameter

LARGEST_BODY = 4 * 1024 * 1024
QUOTED = 40  # characters of a wrong value that a sentence repeats


class UnreadableBody(Refusal):
    status = 400
    code = "unreadable_body"


class Reading:
    """How a query or a body is read: its type, and what it is called by name."""

    def __init__(self, wanted: Any) -> None:
        self.adapter: TypeAdapter[Any] = TypeAdapter(wanted)
        self.properties: Mapping[str, Any] = self.adapter.json_schema().get("properties", {})

    def takes_any_text(self, name: str) -> bool:
        schema = self.properties[name]
        return any(
            one.get("type") == "string" and not one.keys() & {"format", "enum"}
            for one in (schema, *schema.get("anyOf", ()))
        )


def read_query(reading: Reading) -> Any:
    for name, values in request.args.lists():
        if name not in reading.properties:
            raise Refusal(
                "There is no parameter %(name)s here; known are: %(known)s.",
                name=name[:QUOTED],
                known=", ".join(reading.properties) or "-",
            )
        if len(values) > 1:
            raise Refusal("The parameter %(name)s is given twice.", name=name)
    given = {name: text_parameter(name) for name in request.args}
    try:
        return reading.adapter.validate_strings(
            {
                name: value or ""
                for name, value in given.items()
                # an empty text is one that was left out; an empty day is none
                if value is not None or not reading.takes_any_text(name)
            }
        )
    except ValidationError as fault:
        raise _refusal_of(fault, reading) from None


def read_body(reading: Reading) -> Any:
    if not request.is_json:
        raise UnreadableBody("Send the body as application/json.")
    if (request.content_length or 0) > LARGEST_BODY:
        raise UnreadableBody(
            "The body is too large: at most %(most)s MB are taken.", most=LARGEST_BODY >> 20
        )
    try:
        return reading.adapter.validate_json(request.get_data())
    except ValidationError as fault:
        raise _refusal_of(fault, reading) from None


@dataclass(frozen=True)
class Wrong:
    """What a value is that does not fit, and what would."""

    name: str
    value: str
    limits: Mapping[str, Any]  # as the check that failed names them
    schema: Mapping[str, Any]  # of the whole parameter
    known: Sequence[str]  # all parameters


def _not_whole(wrong: Wrong) -> Refusal:
    return Refusal(
        "%(name)s is %(value)s; write a whole number.", name=wrong.name, value=wrong.value
    )


def _out_of_range(wrong: Wrong) -> Refusal:
    return Refusal(
        "%(name)s must lie between %(least)s and %(most)s.",
        name=wrong.name,
        least=wrong.schema.get("minimum", "-∞"),
        most=wrong.schema.get("maximum", "∞"),
    )


def _not_a_number(wrong: Wrong) -> Refusal:
    return Refusal("%(name)s is not a number: %(value)s.", name=wrong.name, value=wrong.value)


def _not_a_day(wrong: Wrong) -> Refusal:
    return Refusal(
        "%(name)s is %(value)s; write a day like 2026-11-21.", name=wrong.name, value=wrong.value
    )


def _not_a_moment(wrong: Wrong) -> Refusal:
    return Refusal(
        "%(name)s is %(value)s; write a moment like 2026-11-21T09:30:00+08:00.",
        name=wrong.name,
        value=wrong.value,
    )


def _not_an_id(wrong: Wrong) -> Refusal:
    return Refusal(
        "%(name)s is %(value)s; write an id like 3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a15.",
        name=wrong.name,
        value=wrong.value,
    )


SENTENCES: Mapping[str, Callable[[Wrong], Refusal]] = {
    "missing": lambda wrong: Refusal("%(name)s is missing.", name=wrong.name),
    "day": _not_a_day,
    "date_from_datetime_parsing": _not_a_day,
    "date_parsing": _not_a_day,
    "year": lambda wrong: Refusal(
        "%(name)s must lie between %(least)s and %(most)s.",
        name=wrong.name,
        least=FIRST_YEAR,
        most=LAST_YEAR,
    ),
    "moment": _not_a_moment,
    "datetime_from_date_parsing": _not_a_moment,
    "datetime_parsing": _not_a_moment,
    "uuid_parsing": _not_an_id,
    "uuid_type": _not_an_id,
    "int_parsing": _not_whole,
    "int_type": _not_whole,
    "int_from_float": _not_whole,
    "int_parsing_size": _not_whole,
    "float_parsing": _not_a_number,
    "float_type": _not_a_number,
    "finite_number": _not_a_number,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "literal_error": lambda wrong: Refusal(
        "%(name)s is %(value)s; use one of: %(expected)s.",
        name=wrong.name,
        value=wrong.value,
        expected=str(wrong.limits["expected"]).replace("'", ""),
    ),
    "too_short": lambda wrong: Refusal("%(name)s is empty.", name=wrong.name),
    "unexpected_keyword_argument": lambda wrong: Refusal(
        "There is no %(name)s here; known are: %(known)s.",
        name=wrong.name[:QUOTED],
        known=", ".join(wrong.known),
    ),
    "too_long": lambda wrong: Refusal(
        "%(name)s holds too many entries: at most %(most)s.",
        name=wrong.name,
        most=wrong.limits["max_length"],
    ),
    "json_invalid": lambda wrong: UnreadableBody("The body is no JSON."),
}


def _refusal_of(fault: ValidationError, reading: Reading) -> Refusal:
    """The first thing that is wrong, in words."""
    first = fault.errors(include_url=False)[0]
    steps = [str(step) for step in first["loc"]]
    value = str(first["input"])
    wrong = Wrong(
        ".".join(steps) or "body",
        value[:QUOTED],
        first.get("ctx", {}),
        reading.properties.get(steps[0], {}) if steps else {},
        list(reading.properties),
    )
    if "\x00" in value:
        return Refusal("%(name)s holds a character that cannot be stored.", name=wrong.name)
    if first["type"] in SENTENCES:
        return SENTENCES[first["type"]](wrong)
    return Refusal(
        "%(name)s does not have the form that the description at /api says.", name=wrong.name
    )
