"""The words of the product's fixed lists, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext

from app.errors import Refusal


def translated(said: Mapping[str, Any]) -> str:
    """A sentence that was kept in English with its values; with `many`, of one or several."""
    written, values = said["sentence"], said["values"]
    if said.get("many"):
        counted: str = ngettext(written, said["many"], values["count"], **values)
        return counted
    words: str = gettext(written)
    return words % values if values else words


def fault_in_words(said: Mapping[str, Any] | None, detail: str) -> str:
    """What is wrong with a boundary; what an older release kept is in English alone."""
    if said is None:
        return detail
    words = shape_words()
    values = {name: words.get(value, value) for name, value in said["values"].items()}
    return translated({**said, "values": values})


def shape_words() -> dict[Any, str]:
    """Kinds of shapes, and what the geometry library finds wrong with them."""
    return {
        "Point": gettext("Point"),
        "MultiPoint": gettext("MultiPoint"),
        "LineString": gettext("LineString"),
        "LinearRing": gettext("LinearRing"),
        "MultiLineString": gettext("MultiLineString"),
        "GeometryCollection": gettext("GeometryCollection"),
        "Self-intersection": gettext("Self-intersection"),
        "Ring Self-intersection": gettext("Ring Self-intersection"),
        "Hole lies outside shell": gettext("Hole lies outside shell"),
        "Holes are nested": gettext("Holes are nested"),
        "Nested shells": gettext("Nested shells"),
        "Interior is disconnected": gettext("Interior is disconnected"),
        "Duplicate Rings": gettext("Duplicate Rings"),
        "Too few points in geometry component": gettext("Too few points in geometry component"),
        "Invalid Coordinate": gettext("Invalid Coordinate"),
        "Ring is not closed": gettext("Ring is not closed"),
    }


def refusal_in_words(refusal: Refusal) -> str:
    return translated({"sentence": refusal.sentence, "values": refusal.values})


def role_names() -> dict[str, str]:
    return {
        "grid_chief": gettext("Grid chief"),
        "grid_worker": gettext("Grid worker"),
        "area_manager": gettext("Area manager"),
        "authority": gettext("Fire authority"),
        "leader": gettext("Leader"),
        "admin": gettext("Administrator"),
        "auditor": gettext("Auditor"),
    }


def outcome_names() -> dict[str, str]:
    return {
        "done": gettext("Done"),
        "locked": gettext("Locked"),
        "refused": gettext("Refused"),
        "moved": gettext("Moved away"),
        "closed": gettext("Closed down"),
        "not_found": gettext("Not found"),
        "duplicate": gettext("Duplicate"),
    }


def finding_names() -> dict[str, str]:
    """What a second person found of a visit."""
    return {
        "confirmed": gettext("Confirmed"),
        "not_confirmed": gettext("Not confirmed"),
        "unable": gettext("Could not be checked"),
    }


def reason_phrases() -> dict[str, list[str]]:
    """By outcome, what is most often written of it: one tap instead of typing. Of a visit that was
    done, what became of what was not as it should be."""
    return {
        "done": [
            gettext("Put right on the spot"),
            gettext("Told to put it right within the time set"),
            gettext("Talked to them; not put right yet"),
        ],
        "locked": [
            gettext("Nobody there; door locked"),
            gettext("Resting; not open at the moment"),
            gettext("Knocked; nobody opened"),
        ],
        "refused": [
            gettext("Does not let us in"),
            gettext("Asks us to come another day"),
        ],
        "moved": [
            gettext("Moved; the place is empty"),
            gettext("Moved; somebody else is there now"),
        ],
        "closed": [
            gettext("Out of business"),
            gettext("Being rebuilt"),
        ],
        "not_found": [
            gettext("There is no such address"),
            gettext("Nobody here knows it"),
        ],
        "duplicate": [gettext("The same place is on the list twice")],
    }


def job_state_names() -> dict[str, str]:
    return {
        "queued": gettext("Waiting"),
        "running": gettext("Running"),
        "done": gettext("Done"),
        "refused": gettext("Refused"),
        "failed": gettext("Failed"),
        "cancelled": gettext("Stopped"),
    }


def job_kind_names() -> dict[str, str]:
    return {
        "demo": gettext("Demo city"),
        "publish": gettext("Publish an edition"),
        "import": gettext("Import a file"),
        "duplicates": gettext("Search for duplicates"),
        "import_step": gettext("Import a file"),
    }


def register_names(keys: Iterable[str]) -> dict[str, str]:
    """What files hold; a register without a word here is called by its key."""
    names = {
        "units": gettext("Units"),
        "buildings": gettext("Buildings"),
        "facilities": gettext("Facilities"),
        "places": gettext("Places"),
        "roads": gettext("Roads"),
        "hazards": gettext("Hazards"),
        "residents": gettext("Residents"),
        "inspections": gettext("Inspections"),
    }
    return {key: names.get(key, key) for key in keys}


def import_step_names() -> dict[str, str]:
    return {
        "reading": gettext("How the file is read"),
        "columns": gettext("What the columns hold"),
        "place": gettext("Where the points lie"),
        "check": gettext("What would happen"),
        "written": gettext("Written to the register"),
    }


def open_work_names() -> dict[str, str]:
    """What is open in a grid that changes hands, by the key of its counter."""
    return {
        "unit": gettext("Units"),
        "late": gettext("Units not inspected in 90 days"),
        "direct": gettext("Units in no grid below"),
        "building": gettext("Buildings"),
        "facility": gettext("Facilities"),
        "open_hazard": gettext("Open hazards"),
        "test_overdue": gettext("Facilities with a test overdue"),
        "household": gettext("Households"),
        "place": gettext("Places"),
        "road": gettext("Roads"),
        "grid": gettext("Grids to inspect"),
    }


def viewing_reasons() -> dict[str, str]:
    """Why an administrator looks as somebody else."""
    return {
        "question": gettext("The person asked for help"),
        "rights": gettext("To check what the role sees"),
        "fault": gettext("To follow a fault that was reported"),
        "audit": gettext("Ordered by the supervisor"),
    }


def field_names() -> dict[str, str]:
    """The fields of registers, for lists and histories."""
    return {
        "id": gettext("Number"),
        "name": gettext("Title"),
        "class": gettext("Class"),
        "address": gettext("Address"),
        "state": gettext("State"),
        "floors": gettext("Floors"),
        "length_m": gettext("Length"),
        "area_m2": gettext("Area"),
        "test_due": gettext("Next test due"),
        "found_on": gettext("Found on"),
        "place": gettext("Place as in the file"),
    }
