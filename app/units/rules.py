"""Pure decisions about one unit: its code, its classes, its life, its place in a tree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from app.errors import Refusal
from app.registry.rules import UNIT_CLASSES
from app.units.hours import Opening, hours_in_words, parse_hours
from app.units.model import ClassPeriod, Difference, State

# GB 32100-2015: digits and capitals without I, O, S, V, Z; the weight of a place is 3 to its power
CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_LENGTH = 18
_WEIGHTS = tuple(3**place % 31 for place in range(CODE_LENGTH - 1))

# key → (English, Chinese); a unit without a period is ordinary
IMPORTANCE = {
    "key": ("Key fire-safety unit", "消防安全重点单位"),
    "high_risk": ("High fire-risk unit", "火灾高危单位"),
    "ordinary": ("Ordinary unit", "一般单位"),
}
SCHEMES = ("importance", "kind")
# 九小场所: small places of these kinds, as long as nobody has made them key or high-risk units
NINE_SMALL_KINDS = frozenset(
    (
        "shop",
        "school",
        "clinic",
        "restaurant",
        "hotel",
        "entertainment",
        "internet_cafe",
        "beauty_bath",
        "workshop",
    )
)
DEEPEST_TREE = 8
FIRST_DAY = date(1900, 1, 1)  # of a class that a register brought along
LENGTHS = {"name": 300, "address": 500, "responsible": 80, "manager": 80, "hours_text": 300}


def check_sign(code: str) -> str:
    """The last sign of a unified social credit code, from the first seventeen."""
    total = sum(
        CODE_SIGNS.index(sign) * weight for sign, weight in zip(code[:17], _WEIGHTS, strict=True)
    )
    return CODE_SIGNS[-total % 31]


def checked_credit_code(text: str) -> str:
    """The code in capitals without blanks, or a sentence that says what is wrong with it."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if len(code) != CODE_LENGTH:
        raise Refusal(
            "A unified social credit code has 18 characters; %(code)s has %(length)s.",
            code=code[:40],
            length=len(code),
        )
    strange = next((sign for sign in code if sign not in CODE_SIGNS), None)
    if strange:
        raise Refusal(
            "The unified social credit code %(code)s holds %(sign)s, which no such code has "
            "(I, O, S, V and Z are left out).",
            code=code,
            sign=strange,
        )
    if check_sign(code) != code[-1]:
        raise Refusal(
            "The unified social credit code %(code)s ends in %(given)s; by the check sign it "
            "would be %(right)s. One of its signs is mistyped.",
            code=code,
            given=code[-1],
            right=check_sign(code),
        )
    return code


def class_words(language: str) -> dict[str, dict[str, str]]:
    """Kinds and importance in the reader's language, by the names that pages know them by."""
    place = 0 if language == "en" else 1
    return {
        "class_names": {key: names[place] for key, names in UNIT_CLASSES.items()},
        "importance_names": {key: names[place] for key, names in IMPORTANCE.items()},
    }


def checked_hours(text: str) -> str:
    """Opening hours as they are written, once they are understood."""
    parse_hours(text)
    return text


def hours_words(stored: Sequence[Sequence[int]] | None, language: str) -> str:
    """Stored opening hours in one line."""
    return hours_in_words([Opening(*one) for one in stored or ()], language)


def is_small_place(kind: str, importance: str) -> bool:
    """Whether it counts among the nine kinds of small places."""
    return importance == "ordinary" and kind in NINE_SMALL_KINDS


def check_length(field: str, value: str | None, most: int) -> None:
    if value is not None and len(value) > most:
        raise Refusal(
            "%(name)s is too long: %(length)s characters, at most %(limit)s.",
            name=field,
            length=len(value),
            limit=most,
        )


def check_day(on: date, today: date) -> None:
    if on > today:
        raise Refusal("%(day)s lies in the future; name the day on which it happened.", day=on)


def check_closing(on: date, valid_from: date, closed_until: date | None) -> None:
    """A unit closes after it opened, and after it last opened again."""
    opened = max(valid_from, closed_until or valid_from)
    if on <= opened:
        raise Refusal(
            "It is on record as open since %(opened)s; the day of closing must come later.",
            opened=opened,
        )


def check_reopening(on: date, closed_since: date | None) -> None:
    if closed_since is None:
        raise Refusal("This unit is not closed.")
    if on < closed_since:
        raise Refusal(
            "It was closed on %(closed)s; it cannot open again earlier.", closed=closed_since
        )


def check_class(scheme: str, key: str, kinds: Sequence[str]) -> None:
    """A class of the scheme; of kinds also one that a register brought along."""
    known = IMPORTANCE if scheme == "importance" else kinds
    if scheme not in SCHEMES or key not in known:
        raise Refusal("There is no class %(key)s; choose one of the list.", key=key[:40])


def check_class_period(held: Sequence[ClassPeriod], scheme: str, key: str, on: date) -> None:
    """A class begins after the beginning of the one it follows; what is older stays as it is."""
    latest = max((one for one in held if one.scheme == scheme), key=_begin, default=None)
    if latest is None:
        return
    if latest.class_key == key and latest.valid_until is None:
        raise Refusal("It has this class since %(day)s already.", day=latest.valid_from)
    if on < latest.valid_from:
        raise Refusal(
            "A class from %(day)s on is on record; a new one cannot begin earlier. "
            "Take the later one back first.",
            day=latest.valid_from,
        )


def _begin(period: ClassPeriod) -> date:
    return period.valid_from


def check_parent(unit: int, parent: int, ancestors: Sequence[int], below: int) -> None:
    """No unit is part of itself, however far up; ``below``: levels of units under it."""
    if parent == unit:
        raise Refusal("A unit cannot be a part of itself.")
    if unit in ancestors:
        raise Refusal("The chosen unit is itself a part of this one; that would be a circle.")
    if len(ancestors) + 1 + 1 + below > DEEPEST_TREE:
        raise Refusal("Units are nested at most %(most)s deep.", most=DEEPEST_TREE)


def checked_phone(text: str) -> str:
    """An office's telephone number as people write it; anything else is no number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(r"\+?[0-9][0-9 ()/-]{4,38}", plain):
        raise Refusal(
            "The telephone number %(phone)s is not understood; write like 0555-1234567.",
            phone=text[:40],
        )
    return plain


# what people read of a change, in this order; the place and the classes are put in words
_READ = (
    "name",
    "address",
    "credit_code",
    "responsible",
    "manager",
    "phone",
    "hours_text",
    "parent",
    "valid_until",
)


def differences(former: State, present: State) -> list[Difference]:
    """What a change did, field by field, as it was and as it is."""
    found: list[Difference] = [
        (field, former[field], present[field]) for field in _READ if former[field] != present[field]
    ]
    if former["geom"] != present["geom"]:
        found.append(("place", _place(former), _place(present)))
    for scheme in SCHEMES:
        before, after = _class_now(former, scheme), _class_now(present, scheme)
        if before != after:
            found.append((scheme, before, after))
    return found


def _place(state: State) -> str | None:
    return None if state["lon"] is None else f"{state['lon']:.6f}, {state['lat']:.6f}"


def _class_now(state: State, scheme: str) -> str:
    latest = [one["class"] for one in state["classes"] if one["scheme"] == scheme]
    return latest[-1] if latest else state["class"] if scheme == "kind" else "ordinary"
