"""Programmes, their dated rules and checklists, duty periods and the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as filled_by
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


@dataclass(frozen=True)
class NamedDay:
    """A holiday, or a make-up working day."""

    day: date
    working: bool
    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class CalendarYear:
    """All of a year's days that are not as their weekday says."""

    year: int
    source: str
    days: Sequence[NamedDay]


@dataclass(frozen=True)
class Definition:
    """What a file says of a programme. Numbers and versions are not given yet, and a rule without
    a day of its own in ``begins`` begins on the day on which the file is set."""

    programme: Programme
    checklists: Sequence[Checklist]
    rules: Sequence[DutyRule]
    begins: Mapping[str, date]  # by the rule's key
    calendar: Sequence[CalendarYear]


@dataclass(frozen=True)
class Scheme:
    """What a file may name: the city's levels from the top, and the classes of its registers."""

    levels: Sequence[str]
    classes: Mapping[str, frozenset[str]]  # by the kind of target


@dataclass(frozen=True)
class RuleChange:
    """What becomes of the rows of one rule. ``leaves`` are rows that never began."""

    key: str
    leaves: Sequence[int] = ()
    ends: Mapping[int, date | None] = filled_by(default_factory=dict)  # None: it goes on
    begins: DutyRule | None = None

    @property
    def words(self) -> str:
        """unchanged, new, changed, ended or resumed."""
        if self.begins is not None:
            return "changed" if self.ends or self.leaves else "new"
        if any(day is None for day in self.ends.values()):
            return "resumed"
        return "ended" if self.ends or self.leaves else "unchanged"


@dataclass(frozen=True)
class Preview:
    """What a rule would ask of the city from a day on."""

    begins: date
    grids: int  # that share the work
    targets: int | None  # None: of households, which not everybody may count
    visits_a_month: float | None
    hours_a_grid: float | None  # a month, without the ways between
    due_on: Sequence[date]  # the first few


@dataclass(frozen=True)
class ChecklistChange:
    withdrawn: Checklist | None
    begins: Checklist | None

    @property
    def key(self) -> str:
        held = self.begins or self.withdrawn
        return held.key if held else ""


@dataclass(frozen=True)
class Report:
    """What setting a file did, or would do."""

    programme: Programme
    rules: Sequence[RuleChange]
    checklists: Sequence[ChecklistChange]
    years: Sequence[int]
    created: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "programme": self.programme.key,
            "created": self.created,
            "rules": [
                {
                    "key": one.key,
                    "change": one.words,
                    "from": one.begins.valid_from if one.begins else None,
                    "until": max((day for day in one.ends.values() if day), default=None),
                }
                for one in self.rules
            ],
            "checklists": [
                {
                    "key": one.key,
                    "version": one.begins.version if one.begins else None,
                    "withdrawn": one.withdrawn.version if one.withdrawn else None,
                }
                for one in self.checklists
            ],
            "calendar": list(self.years),
        }
