"""Programmes, their dated rules and checklists, duty periods and the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Programme:
    """A line of work."""

    key: str
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    legal_basis: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh

    def purpose(self, language: str) -> str:
        return self.purpose_en if language == "en" else self.purpose_zh


@dataclass(frozen=True)
class Choice:
    """One answer that an item offers; a normal one needs no word."""

    key: str
    zh: str
    en: str
    normal: bool

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Item:
    """One question of a checklist. ``least`` and ``most`` are the limits of a number, inclusive."""

    key: str
    kind: str  # yes_no, number, choice, text, photo
    zh: str
    en: str
    help_zh: str = ""
    help_en: str = ""
    article: str = ""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: Sequence[Choice] = ()
    picture: str = ""

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def help(self, language: str) -> str:
        return self.help_en if language == "en" else self.help_zh

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Item:
        """As the database keeps it."""
        choices = [Choice(**one) for one in stored.get("choices", ())]
        return cls(**{**stored, "choices": choices})


@dataclass(frozen=True)
class Checklist:
    """One version; other items are another version."""

    no: int
    programme_key: str
    key: str
    version: int
    name_zh: str
    name_en: str
    items: Sequence[Item]
    valid_from: date
    withdrawn_on: date | None  # exclusive

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class DutyRule:
    """Who must look at what, how often, from which day on."""

    no: int
    programme_key: str
    key: str
    name_zh: str
    name_en: str
    depth: int  # whose duty it is: that level's
    role: str
    target_kind: str
    classes: Sequence[str]  # of the register, or level keys; none: all
    importances: Sequence[str]  # of units; none: all
    period: str  # day, week, month, quarter, half, year
    working_days: bool
    season_from: str | None  # month-day like 11-15; may lie after season_until: over the new year
    season_until: str | None  # and on that day
    grace_days: int
    percent: Decimal | None  # a quota
    seed: int | None
    checklist_key: str | None
    minutes: int  # one visit
    source: str
    valid_from: date
    valid_until: date | None  # exclusive; a due date on it is no longer due

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class DutyPeriod:
    """One turn of a rule: from when a visit counts, by when it is due, until when it is late."""

    since: date
    due_on: date
    grace_until: date  # and on that day


@dataclass(frozen=True)
class Calendar:
    """Days that are not as their weekday says (True: working), and the years that are known."""

    days: Mapping[date, bool]
    years: frozenset[int]
