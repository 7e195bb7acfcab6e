"""Pure decisions of the search: what to look for, and how well something answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians
from os.path import commonprefix

from rapidfuzz.distance import OSA

from app.facilities.rules import BUILDING_CLASSES, FACILITY_CLASSES
from app.hazards.rules import HAZARD_CLASSES
from app.places.rules import PLACE_CLASSES, ROAD_CLASSES
from app.registry.rules import UNIT_CLASSES
from app.search.model import Candidate, Piece, Place

CHINESE = re.compile(r"[㐀-鿿]+")
RUN = re.compile(r"[㐀-鿿]+|[^㐀-鿿\W_]+")
SCRIPT_RUN = re.compile(r"[㐀-鿿]+|\d+|[^㐀-鿿\W\d_]+")
NUMBERED = re.compile(r"^(?P<street>.*\D)(?P<number>\d{1,5})号?$")
MOST_PIECES = 16  # of a long question: the rest would only cost time

# the names of classes, by the kind of target that has them
CLASSES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "unit": UNIT_CLASSES,
    "building": BUILDING_CLASSES,
    "facility": FACILITY_CLASSES,
    "place": PLACE_CLASSES,
    "road": ROAD_CLASSES,
    "hazard": HAZARD_CLASSES,
}

# how people call a role when they look for somebody
ROLE_WORDS = {
    "grid_chief": ("grid chief", "chief", "网格长"),
    "grid_worker": ("grid worker", "worker", "网格员"),
    "area_manager": ("area manager", "manager", "片区负责人", "片区"),
    "authority": ("fire authority", "authority", "fire bureau", "消防部门", "消防"),
    "leader": ("leader", "领导"),
    "admin": ("administrator", "admin", "管理员"),
    "auditor": ("auditor", "审计员", "审计"),
}


@lru_cache(maxsize=20_000)
def normal(text: str) -> str:
    """Small letters, narrow forms, no accents: as `search_text` of the database has it."""
    bare = "".join(
        sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)
    )
    return unicodedata.normalize("NFKC", bare).lower()


@lru_cache(maxsize=20_000)
def compact(text: str) -> str:
    """The letters, digits and characters alone."""
    return "".join(RUN.findall(normal(text)))


def words_of(text: str) -> list[str]:
    """What stands between blanks; each of them must be found."""
    return [word for part in normal(text).split() if (word := compact(part))]


def is_too_short(text: str) -> bool:
    """Two Chinese characters are enough; of letters and digits three, or a whole short number."""
    bare = compact(text)
    return len(bare) < (2 if CHINESE.search(bare) else 3)


# -- what to look for ---------------------------------------------------------------------


def class_pieces(text: str) -> list[Piece]:
    """The classes whose name the question, or a word of it, begins."""
    words = [word for word in {compact(text), *words_of(text)} if not is_too_short(word)]
    meant = {
        key: None
        for classes in CLASSES.values()
        for key, names in classes.items()
        if any(compact(name).startswith(word) for name in names for word in words)
    }
    return [Piece(f"@{key}", "text", 1000 + at) for at, key in enumerate(meant)]


def class_words(kind: str, key: str) -> tuple[str, ...]:
    """The names of a class; nothing for one that only the register knows."""
    return CLASSES.get(kind, {}).get(key, ())


def roles_in(text: str) -> tuple[list[str], str]:
    """The roles that the question names, and what is left of it."""
    bare = normal(text)
    for role, words in ROLE_WORDS.items():
        for word in sorted(words, key=len, reverse=True):
            named = word in bare if CHINESE.search(word) else word in bare.split() or word == bare
            if named:
                return [role], bare.replace(word, " ").strip()
    return [], bare


def place_and_rest(text: str, areas: Iterable[Candidate]) -> tuple[Candidate, str] | None:
    """The grid with whose name the question begins, and what is sought there.

    Names are rarely written to their end: what counts is the longest common beginning, and of
    two grids that share it the wider one.
    """
    best: tuple[int, Candidate, str] | None = None
    whole = compact(text)
    for area in areas:
        for name in _names(area):
            size = len(commonprefix([name, whole]))
            rest = whole[size:]
            if is_too_short(whole[:size]) or is_too_short(rest):
                continue
            if best is None or size > best[0]:
                best = (size, area, rest)
    return None if best is None else best[1:]


# -- how well something answers -----------------------------------------------------------

EXACT, BEGINS, HOLDS, SPREAD, SOUNDS = range(5)


@dataclass(frozen=True)
class Asked:
    """The question, taken apart once for all candidates."""

    whole: str
    words: Sequence[str]
    sounds: int  # slots of each part
    initials: int
    silent: Sequence[str]  # what has no sound
    near: tuple[float, float] | None


def asked_of(
    text: str,
    pieces: Iterable[Piece],
    silent: Sequence[str] = (),
    near: tuple[float, float] | None = None,
) -> Asked:
    slots = {(piece.part, piece.slot) for piece in pieces}
    return Asked(
        compact(text),
        words_of(text),
        sum(part == "sound" for part, _ in slots),
        sum(part == "initials" for part, _ in slots),
        silent,
        near,
    )


def ranked(asked: Asked, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that answer, the best first: how well, then open, then near, then short names."""
    graded = [(tier, one) for one in candidates if (tier := tier_of(asked, one)) is not None]
    return [one for _, one in sorted(graded, key=lambda pair: (pair[0], *_order(asked, pair[1])))]


def nearly(asked: Asked, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that would answer but for a typing error; asked for only where nothing answers."""
    found = [one for one in candidates if _mistyped(asked, one)]
    return sorted(found, key=lambda one: _order(asked, one))


def _order(asked: Asked, one: Candidate) -> tuple[bool, float, int, str, int]:
    return one.closed, _far(asked, one), len(one.name), one.name, one.no


def tier_of(asked: Asked, one: Candidate) -> int | None:
    """How well it answers, 0 the best; None where it only shares some pieces."""
    names = _names(one)
    number = compact(one.id)
    if asked.whole in names or asked.whole == number:
        return EXACT
    if any(name.startswith(asked.whole) for name in (*names, number)):
        return BEGINS
    if any(asked.whole in name for name in (*names, number)):
        return HOLDS
    text = "\n".join(_texts(one))
    if all(_covered(word, text) for word in asked.words):
        return SPREAD
    return SOUNDS if _sounds_so(asked, one, text) else None


def _sounds_so(asked: Asked, one: Candidate, text: str) -> bool:
    if asked.initials and one.shared.get("initials", 0) >= asked.initials:
        return True
    heard = asked.sounds and one.shared.get("sound", 0) >= asked.sounds
    return bool(heard) and all(run in text for run in asked.silent)


def _texts(one: Candidate) -> list[str]:
    """Everything of it that is searched."""
    more = (one.id, one.address or "", one.class_words, one.class_key or "")
    return [*_names(one), *(bare for text in more if (bare := compact(text)))]


def _names(one: Candidate) -> tuple[str, ...]:
    return _parts_of(one.name, one.name_en or "")


@lru_cache(maxsize=20_000)
def _parts_of(name: str, name_en: str) -> tuple[str, ...]:
    """The name, and of a name in two scripts either part."""
    whole = compact(name)
    signs = "".join(CHINESE.findall(whole))
    found = [whole, signs, CHINESE.sub("", whole), compact(name_en)]
    return tuple(part for part in dict.fromkeys(found) if part)


def _covered(word: str, text: str) -> bool:
    """Whether all of it is there.  Chinese may be in up to three parts: it has no blanks."""
    return all(
        run in text or (CHINESE.fullmatch(run) is not None and _in_parts(run, text))
        for run in SCRIPT_RUN.findall(word)
    )


def _in_parts(run: str, text: str) -> bool:
    for _ in range(3):
        size = next((n for n in range(len(run), 1, -1) if run[:n] in text), 0)
        if not size:
            return False
        run = run[size:]
        if len(run) < 2:
            return run in text
    return False


def _mistyped(asked: Asked, one: Candidate) -> bool:
    """Whether every word is there but for one wrong, missing, doubled or exchanged sign."""
    lines = _texts(one)
    return all(
        any(word in line or _nearly_in(word, line) for line in lines) for word in asked.words
    )


def _nearly_in(word: str, line: str) -> bool:
    if len(word) < (3 if CHINESE.search(word) else 5):
        return False
    allowed = 2 if len(word) >= 9 else 1
    return any(
        OSA.distance(word, line[at : at + size], score_cutoff=allowed) <= allowed
        for size in range(len(word) - 1, len(word) + 2)
        for at in range(max(len(line) - size + 1, 1))
    )


def _far(asked: Asked, one: Candidate) -> float:
    """Kilometres from where the reader looks, as the crow flies; 0 where either is unknown."""
    if asked.near is None or one.lon is None or one.lat is None:
        return 0.0
    lon, lat = asked.near
    return round(hypot((one.lon - lon) * cos(radians(lat)), one.lat - lat) * 111.32, 1)


# -- addresses ----------------------------------------------------------------------------


def places(asked: Asked, candidates: Iterable[Candidate]) -> list[Place]:
    """The addresses that hold the whole question; else the nearest known numbers of the street."""
    by_address: dict[str, list[Candidate]] = {}
    for one in candidates:
        if one.address and one.lon is not None:
            by_address.setdefault(compact(one.address), []).append(one)
    exact = [
        address
        for address in by_address
        if all(_is_in_address(word, address) for word in asked.words)
    ]
    if exact:
        order = sorted(exact, key=lambda address: (len(address), _number(address), address))
        return [_place(by_address[address], True) for address in order]
    wanted = NUMBERED.match(asked.whole)
    if wanted is None:
        return []
    street, number = wanted["street"], int(wanted["number"])
    known = [
        (abs(int(found["number"]) - number), address)
        for address in by_address
        if (found := NUMBERED.match(address)) and found["street"].endswith(street)
    ]
    return [_place(by_address[address], False) for _, address in sorted(known)[:3]]


def _is_in_address(word: str, address: str) -> bool:
    """As a part of it, but a number only as a whole one: 1 is not in 12."""
    at = address.find(word)
    while at >= 0:
        before, after = address[at - 1 : at], address[at + len(word) : at + len(word) + 1]
        cut = (before.isdigit() and word[0].isdigit()) or (after.isdigit() and word[-1].isdigit())
        if not cut:
            return True
        at = address.find(word, at + 1)
    return False


def _number(address: str) -> int:
    found = re.search(r"\d{1,9}", address)
    return int(found.group()) if found else 0


def _place(there: Sequence[Candidate], exact: bool) -> Place:
    first = there[0]
    return Place(
        first.address or "",
        sum(one.lon or 0 for one in there) / len(there),
        sum(one.lat or 0 for one in there) / len(there),
        len(there),
        exact,
        first.grid_no,
    )
