"""Text of unknown encoding: how the same lines would read in each, for a person to choose."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

UTF_8 = "utf-8"
# codec → how charset_normalizer names it; in the order in which equals are offered
CANDIDATES = {
    UTF_8: {"utf_8"},
    "gb18030": {"gb18030", "gbk", "gb2312"},
    "big5": {"big5", "big5hkscs", "cp950"},
    "utf-16": {"utf_16"},
    "latin-1": {"latin_1", "cp1252"},
}
MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
SAMPLED_BYTES = 256 * 1024
SAMPLED_LINES = 4
LONGEST_SAMPLE = 120
TELLING_BYTES = 32 * 1024  # enough for the detector; more only takes longer


@dataclass(frozen=True)
class Offer:
    """One encoding and what telling lines of the file would be in it."""

    encoding: str
    lines: tuple[str, ...]


def marked_encoding(content: bytes) -> str | None:
    """What the first bytes of a file say of its encoding, where they say anything."""
    return next((name for mark, name in MARKS.items() if content.startswith(mark)), None)


def offers(content: bytes) -> list[Offer]:
    """Every encoding in which the beginning of a file can be read, the likeliest first.

    The lines shown are those with signs beyond ASCII: the others read alike in all.
    """
    sample = _whole_lines(content[:SAMPLED_BYTES])
    telling = b"\n".join(line for line in sample.split(b"\n") if not line.isascii()) or sample
    found = [
        Offer(encoding, lines)
        for encoding in _by_likelihood(sample, telling[:TELLING_BYTES])
        if (lines := _sample_lines(sample, encoding))
    ]
    # what reads the same as a likelier one, to the last sign, is no further choice
    return [
        offer for place, offer in enumerate(found) if offer.lines not in _lines(found[:place])
    ] or [Offer(UTF_8, ())]


def _lines(offered: list[Offer]) -> list[tuple[str, ...]]:
    return [offer.lines for offer in offered]


def _by_likelihood(sample: bytes, telling: bytes) -> list[str]:
    sure = marked_encoding(sample)
    if sure is None and _decodes(sample, UTF_8):
        sure = UTF_8  # other text is UTF-8 by accident only when it is very short
    matches = from_bytes(telling, cp_isolation=[*set().union(*CANDIDATES.values())], threshold=0.9)
    guessed = [
        codec for match in matches for codec, names in CANDIDATES.items() if match.encoding in names
    ]
    return list(dict.fromkeys([*([sure] if sure else []), *guessed, *CANDIDATES]))


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def _sample_lines(sample: bytes, encoding: str) -> tuple[str, ...]:
    if encoding == "utf-16" and marked_encoding(sample) != encoding and b"\x00" not in sample:
        return ()  # any even number of bytes is UTF-16, of signs that nobody wrote
    if encoding != "utf-16" and (b"\x00" in sample or marked_encoding(sample) == "utf-16"):
        return ()
    try:
        text = sample.decode(encoding).removeprefix("\ufeff")
    except UnicodeError:
        return ()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.isascii()] or lines
    return tuple(line[:LONGEST_SAMPLE] for line in told[:SAMPLED_LINES])


def _whole_lines(sample: bytes) -> bytes:
    """Without the line that the end of the sample cuts, perhaps within a sign."""
    if len(sample) < SAMPLED_BYTES:
        return sample
    end = sample.rfind(b"\n")
    # in UTF-16 a line feed has a zero byte before or behind it
    return sample[: end - end % 2] if end > 0 and b"\x00" in sample else sample[: end + 1]
