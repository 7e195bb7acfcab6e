"""How alike two units are: their code, then name, address and distance. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from app.units.model import UnitPair

REACH_M = 200.0  # farther apart only a common code, or the same name and address, makes a pair
THRESHOLD = 0.84
_FIRM = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|公司|个体工商户"
    r"|\b(incorporated|inc|llc|ltd|limited|corporation|corp|company|co|the)\b)"
)
_SIGNS = re.compile(r"[^\w]+")
_SHORT = {
    "street": "st", "avenue": "ave", "av": "ave", "boulevard": "blvd", "road": "rd",
    "drive": "dr", "lane": "ln", "place": "pl", "court": "ct", "parkway": "pkwy",
    "north": "n", "south": "s", "east": "e", "west": "w", "suite": "ste", "floor": "fl",
}  # fmt: skip


@dataclass(frozen=True)
class Likeness:
    """A unit as it is compared."""

    no: int
    name: str
    address: str | None
    credit_code: str | None

    @cached_property
    def words(self) -> str:
        """The name without signs and forms of firm; whole where nothing would be left."""
        plain = _plain(self.name)
        return _joined(_FIRM.sub(" ", plain)) or _joined(plain)

    @cached_property
    def squeezed(self) -> str:
        return self.words.replace(" ", "")

    @cached_property
    def place(self) -> str:
        words = _joined(_plain(self.address or "")).split()
        return " ".join(_SHORT.get(word, word) for word in words)

    @cached_property
    def name_numbers(self) -> frozenset[str]:
        return frozenset(re.findall(r"\d+|[一二三四五六七八九十](?=店|分店|号|部)", self.words))

    @cached_property
    def place_numbers(self) -> tuple[str, ...]:
        return tuple(number.lstrip("0") for number in re.findall(r"\d+", self.place))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")


def _joined(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", text).split())


def compare(one: Likeness, other: Likeness, distance_m: float | None) -> UnitPair | None:
    """The pair with its score and reasons, or None where nobody would take them for one."""
    same_code = bool(one.credit_code) and one.credit_code == other.credit_code
    if not same_code and _another_house(one, other) and one.words != other.words:
        return None  # most pairs end here: of two houses only the very same name is one unit
    address = _address_likeness(one, other)
    near = 0.5 if distance_m is None else max(0.0, 1 - distance_m / REACH_M)
    weight, rest = (0.75, 0.25 * near) if address is None else (0.6, 0.3 * address + 0.1 * near)
    least = 0.0 if same_code else (THRESHOLD - rest) / weight
    if least > 1:
        return None
    name = _name_likeness(one, other, least)
    score = weight * name + rest
    if same_code:
        score = max(score, 0.9)
    elif one.credit_code and other.credit_code:
        score *= 0.7  # two codes are two holders, however alike the signs over their doors
    if score < THRESHOLD:
        return None
    reasons = [
        *(["code"] if same_code else []),
        *_reason("name", name),
        *_reason("address", address or 0.0),
        *(["near"] if distance_m is not None and distance_m <= REACH_M else []),
    ]
    first, second = sorted((one.no, other.no))
    return UnitPair(first, second, round(min(score, 1.0), 4), tuple(reasons), distance_m)


def _reason(field: str, likeness: float) -> list[str]:
    if likeness >= 0.999:
        return [f"same_{field}"]
    return [f"like_{field}"] if likeness >= 0.75 else []


def _name_likeness(one: Likeness, other: Likeness, least: float) -> float:
    """From 0 to 1; what stays below ``least`` may be 0, which is quicker to find."""
    if one.words == other.words:
        return 1.0
    cut = 100 * least
    alike = max(
        fuzz.ratio(one.squeezed, other.squeezed, score_cutoff=cut),
        fuzz.token_sort_ratio(one.words, other.words, score_cutoff=cut),
        0.9 * fuzz.token_set_ratio(one.words, other.words, score_cutoff=cut),
    )
    # the second branch is not the first one
    numbered = one.name_numbers != other.name_numbers
    return alike / 100 * (0.8 if numbered else 1.0)


def _address_likeness(one: Likeness, other: Likeness) -> float | None:
    if not one.place or not other.place:
        return None
    if one.place == other.place:
        return 1.0
    alike = float(fuzz.token_sort_ratio(one.place, other.place)) / 100
    if _another_house(one, other):
        return alike * 0.5
    return alike * (0.9 if set(one.place_numbers) != set(other.place_numbers) else 1.0)


def _another_house(one: Likeness, other: Likeness) -> bool:
    here, there = one.place_numbers[:1], other.place_numbers[:1]
    return bool(here and there) and here != there


def find_pairs(
    units: Mapping[int, Likeness], near: Iterable[tuple[int, int, float]]
) -> Iterator[UnitPair]:
    """Pairs that may be one unit, each once: of units near each other (number, number, metres),
    with one code, or with the same name and address wherever they lie."""
    seen: set[tuple[int, int]] = set()
    for first, second, distance in near:
        if first in units and second in units:
            seen.add((min(first, second), max(first, second)))
            pair = compare(units[first], units[second], distance)
            if pair:
                yield pair
    for first, second in _same_by_word(list(units.values())):
        if (first, second) not in seen:
            seen.add((first, second))
            pair = compare(units[first], units[second], None)
            if pair:
                yield pair


def _same_by_word(units: Sequence[Likeness]) -> Iterator[tuple[int, int]]:
    """Units that share a code, or both name and address."""
    held: dict[object, list[int]] = {}
    for unit in units:
        if unit.credit_code:
            held.setdefault(unit.credit_code, []).append(unit.no)
        if unit.place:
            held.setdefault((unit.words, unit.place), []).append(unit.no)
    for numbers in held.values():
        for position, one in enumerate(numbers):
            for other in numbers[position + 1 :]:
                yield min(one, other), max(one, other)
