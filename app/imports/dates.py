"""Days as spreadsheets and people write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

WRITTEN = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
SERIAL = re.compile(r"\d{5}(\.0+)?")
SERIALS = range(20_000, 80_000)  # 1954 to 2119: what a column of days holds as bare numbers
FIRST_SERIAL_DAY = date(1899, 12, 30)  # counts the 29 February 1900 that Excel invented


def read_day(text: str) -> date | None:
    """The day, or None where the text is none.

    Examples
    --------
    >>> [str(read_day(text)) for text in ("2026-03-01", "2026/3/1", "2026年3月1日", "46082")]
    ['2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01']
    >>> read_day("2026-02-30"), read_day("3/1/2026"), read_day("12")
    (None, None, None)
    """
    word = text.strip()
    if SERIAL.fullmatch(word) and int(word.split(".")[0]) in SERIALS:
        return FIRST_SERIAL_DAY + timedelta(days=int(word.split(".")[0]))
    found = WRITTEN.fullmatch(word) or COMPACT.fullmatch(word)
    try:
        if found:
            return date(*map(int, found.groups()))
        return datetime.fromisoformat(word).date()
    except ValueError:
        return None
