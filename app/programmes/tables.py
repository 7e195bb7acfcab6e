"""One table of a TOML file, taken apart word by word: what stays over is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any

from app.errors import Refusal
from app.programmes.rules import FIRST_YEAR, LAST_YEAR

KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
MONTH_DAY = re.compile(r"\d\d-\d\d")
LEAP_YEAR = 2000  # a season may begin on 29 February


class Table:
    """Each reader takes its word out; ``close`` refuses those that nobody asked for."""

    def __init__(self, place: str, held: Any) -> None:
        self.place = place
        if not isinstance(held, dict):
            raise Refusal("%(place)s: this must be a table.", place=place)
        self._left = dict(held)
        self._known: list[str] = []

    def _take(self, key: str, needed: bool) -> Any:
        self._known.append(key)
        if needed and key not in self._left:
            raise Refusal("%(place)s: %(key)s is missing.", place=self.place, key=key)
        return self._left.pop(key, None)

    def close(self) -> None:
        for key in self._left:
            raise Refusal(
                "%(place)s: there is no %(key)s here; what may stand here: %(known)s.",
                place=self.place,
                key=str(key)[:40],
                known=", ".join(self._known),
            )

    def has(self, key: str) -> bool:
        return key in self._left

    def table(self, key: str) -> Table:
        return Table(key, self._take(key, needed=True))

    def text(self, key: str, most: int, needed: bool = True) -> str:
        value = self._take(key, needed)
        if value is None:
            return ""
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most or "\x00" in value:
            raise Refusal(
                "%(place)s: %(key)s must be a text of 1 to %(most)s characters.",
                place=self.place,
                key=key,
                most=most,
            )
        return value.strip()

    def one_of(self, key: str, choices: Collection[str]) -> str:
        value = self._take(key, needed=True)
        if not isinstance(value, str) or value not in choices:
            raise self.unknown(key, value, choices)
        return value

    def unknown(self, key: str, value: Any, choices: Collection[str]) -> Refusal:
        return Refusal(
            "%(place)s: %(key)s cannot be %(value)s; use one of: %(choices)s.",
            place=self.place,
            key=key,
            value=str(value)[:60],
            choices=", ".join(choices) or "–",
        )

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int | None:
        value = self._take(key, needed=False)
        if value is None:
            return default
        if type(value) is not int or not least <= value <= most:
            raise Refusal(
                "%(place)s: %(key)s must be a whole number from %(least)s to %(most)s.",
                place=self.place,
                key=key,
                least=least,
                most=most,
            )
        return value

    def number(self, key: str) -> float | None:
        value = self._take(key, needed=False)
        if value is not None and (type(value) not in (int, float) or not isfinite(value)):
            raise Refusal("%(place)s: %(key)s must be a number.", place=self.place, key=key)
        return None if value is None else float(value)

    def flag(self, key: str) -> bool:
        value = self._take(key, needed=False)
        if value is not None and not isinstance(value, bool):
            raise Refusal("%(place)s: %(key)s must be true or false.", place=self.place, key=key)
        return bool(value)

    def day(self, key: str, needed: bool = False) -> date | None:
        value = self._take(key, needed)
        if value is None:
            return None
        a_day = isinstance(value, date) and not isinstance(value, datetime)
        if not a_day or not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise Refusal(
                "%(place)s: %(key)s must be a day like 2026-11-21, without quotes.",
                place=self.place,
                key=key,
            )
        return date(value.year, value.month, value.day)

    def words(self, key: str) -> list[str]:
        value = self._take(key, needed=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refusal(
                "%(place)s: %(key)s must be a list of words in quotes.", place=self.place, key=key
            )
        return list(dict.fromkeys(value))

    def season(self, key: str) -> tuple[str | None, str | None]:
        """Two month-days, like ["11-15", "03-31"]."""
        ends = self.words(key)
        if not ends:
            return None, None
        if len(ends) != 2 or not all(_is_month_day(one) for one in ends):
            raise Refusal(
                '%(place)s: %(key)s must be two days of the year, like ["11-15", "03-31"].',
                place=self.place,
                key=key,
            )
        return ends[0], ends[1]

    def tables(self, key: str) -> Iterator[Table]:
        """A list of tables, numbered from 1 in what is said of them."""
        value = self._take(key, needed=False)
        if value is None:
            return
        if not isinstance(value, list):
            raise Refusal("%(place)s: %(key)s must be a list of tables.", place=self.place, key=key)
        for number, held in enumerate(value, 1):
            yield Table(f"{self.place}.{key}[{number}]", held)

    def named(self, key: str) -> Mapping[str, Table]:
        """Tables by their own keys."""
        value = self._take(key, needed=False)
        found = Table(key, {} if value is None else value)._left
        return {name: Table(f"{key}.{name}", held) for name, held in found.items()}


def checked_key(place: str, key: str) -> str:
    if not KEY.fullmatch(key):
        raise Refusal(
            "%(place)s: a key is small letters, digits and _, begins with a letter and has at "
            "most 32 signs.",
            place=place[:80],
        )
    return key


def _is_month_day(text: str) -> bool:
    if not MONTH_DAY.fullmatch(text):
        return False
    try:
        date(LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        return False
    return True
