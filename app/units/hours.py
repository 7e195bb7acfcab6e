"""Opening hours: what people write, as days and times, and back into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import Refusal

DAY_MINUTES = 24 * 60
MOST_TEXT = 300
EVERY_DAY = range(1, 8)
_DAYS = {
    "monday": 1, "mon": 1, "mo": 1,
    "tuesday": 2, "tues": 2, "tue": 2, "tu": 2,
    "wednesday": 3, "wed": 3, "we": 3,
    "thursday": 4, "thurs": 4, "thu": 4, "th": 4,
    "friday": 5, "fri": 5, "fr": 5,
    "saturday": 6, "sat": 6, "sa": 6,
    "sunday": 7, "sun": 7, "su": 7,
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7,
}  # fmt: skip
_SPANS = {
    "daily": (1, 7), "everyday": (1, 7), "every day": (1, 7), "每天": (1, 7), "每日": (1, 7),
    "weekdays": (1, 5), "工作日": (1, 5),
    "weekends": (6, 7), "weekend": (6, 7), "周末": (6, 7),
}  # fmt: skip
_ROUND_THE_CLOCK = ("24/7", "24小时", "24 hours", "全天")
_CLOSED = ("closed", "休息", "休")
_SHORT_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHORT_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_TOKEN = re.compile(
    rf"(?P<clock>{_either(_ROUND_THE_CLOCK)})"
    rf"|(?P<span>{_either(list(_SPANS))})"
    rf"|(?P<closed>{_either(_CLOSED)})"
    r"|(?P<day>(?:周|星期|礼拜)?[一二三四五六日天]"
    rf"|\b(?:{_either([word for word in _DAYS if word.isascii()])})\b\.?)"
    r"|(?P<time>\d{1,2}(?:[:点时.](?:\d{2})?分?)?\s*(?:am|pm)?)"
    r"|(?P<dash>[-–—~至到]|\bto\b)"
    r"|(?P<gap>[\s,;、/和及]|\band\b)"
)


@dataclass(frozen=True, order=True)
class Opening:
    """One opening: weekday from Monday 1 to Sunday 7, minutes of the day; past midnight ``until``
    is more than a day."""

    day: int
    since: int
    until: int


def parse_hours(text: str) -> tuple[Opening, ...]:
    """The openings of a week, in order; a sentence where the words are not understood.

    Examples
    --------
    >>> len(parse_hours("Mon-Fri 9:00-12:00, 14:00-18:00; Sat 10-16"))
    11
    >>> parse_hours("周日 22:00-02:00")
    (Opening(day=7, since=1320, until=1560),)
    """
    found: set[Opening] = set()
    days: list[int] = []
    timed = pending_dash = False
    tokens = list(_tokens(text))
    position = 0
    while position < len(tokens):
        kind, word = tokens[position]
        if kind in ("day", "span"):
            if timed:  # a new section begins
                days, timed = [], False
            days = _with_days(days, kind, word, pending_dash, text)
            pending_dash = False
        elif kind == "dash":
            pending_dash = True
        elif kind == "closed":
            timed = True
        else:
            since, until, position = _span_of_times(tokens, position, text)
            found |= {Opening(day, since, until) for day in days or EVERY_DAY}
            timed = True
        position += 1
    if pending_dash or (days and not timed) or (text.strip() and not tokens):
        raise _not_understood(text, text.strip())
    return _without_overlaps(found, text)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if len(plain) > MOST_TEXT:
        raise Refusal("Opening hours are at most %(most)s characters.", most=MOST_TEXT)
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise _not_understood(text, plain[at : at + 20])
        if match.lastgroup != "gap":
            yield str(match.lastgroup), match.group(0).strip()
        at = match.end()


def _with_days(days: list[int], kind: str, word: str, to_here: bool, text: str) -> list[int]:
    if kind == "span":
        first, last = _SPANS[word]
        return [*days, *range(first, last + 1)]
    day = _DAYS[re.sub(r"^(周|星期|礼拜)", "", word).rstrip(".")]
    if not to_here:
        return [*days, day]
    if not days:
        raise _not_understood(text, word)
    last = days[-1]
    while last != day:  # Sat-Mon goes round the end of the week
        last = last % 7 + 1
        days = [*days, last]
    return days


def _span_of_times(
    tokens: Sequence[tuple[str, str]], position: int, text: str
) -> tuple[int, int, int]:
    """Since, until, and the place of the last token used."""
    kind, word = tokens[position]
    if kind == "clock":
        return 0, DAY_MINUTES, position
    kinds = [one for one, _ in tokens[position : position + 3]]
    if kinds != ["time", "dash", "time"]:
        raise _not_understood(text, word)
    since, until = _minutes(word), _minutes(tokens[position + 2][1])
    if since in (until, DAY_MINUTES):
        raise Refusal(
            "Opening hours: %(part)s is no span of time; write like 09:00-18:00.",
            part=f"{word}-{tokens[position + 2][1]}"[:40],
        )
    return since, until if until > since else until + DAY_MINUTES, position + 2


def _minutes(word: str) -> int:
    digits = re.findall(r"\d+", word)
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    if word.endswith("pm") and hour < 12:
        hour += 12
    elif word.endswith("am") and hour == 12:
        hour = 0
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        raise Refusal("Opening hours: %(part)s is no time of day.", part=word[:20])
    return hour * 60 + minute


def _without_overlaps(found: set[Opening], text: str) -> tuple[Opening, ...]:
    ordered = sorted(found)
    for one, other in zip(ordered, ordered[1:], strict=False):
        if one.day == other.day and other.since < one.until:
            raise Refusal(
                "Opening hours: two spans of one day overlap in “%(text)s”.", text=text.strip()[:80]
            )
    return tuple(ordered)


def _not_understood(text: str, part: str) -> Refusal:
    return Refusal(
        "Opening hours: “%(part)s” is not understood; write like “Mon-Fri 09:00-18:00; "
        "Sat 10:00-16:00” or “周一至周五 9:00-18:00”.",
        part=part[:40],
    )


def hours_in_words(openings: Sequence[Opening], language: str) -> str:
    """The same openings in one line, days with equal times together; `parse_hours` reads it."""
    times = {
        day: tuple((one.since, one.until) for one in openings if one.day == day)
        for day in EVERY_DAY
    }
    names = _SHORT_EN if language == "en" else _SHORT_ZH
    sections = []
    first = 1
    while first <= 7:
        last = first
        while last < 7 and times[last + 1] == times[first]:
            last += 1
        if times[first]:
            joined = ("-" if language == "en" else "至").join(
                dict.fromkeys((names[first - 1], names[last - 1]))
            )
            spans = ", ".join(f"{_clock(since)}-{_clock(until)}" for since, until in times[first])
            sections.append(f"{joined} {spans}")
        first = last + 1
    return "; ".join(sections)


def _clock(minutes: int) -> str:
    within = minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES
    return f"{within // 60:02d}:{within % 60:02d}"
