"""Write app/db/readings.txt: how Chinese characters sound, from the pypinyin package (MIT).

Run it by hand when that package is renewed; what it writes is kept in the repository, because
counting the readings takes longer than a whole migration.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

TARGET = Path(__file__).parents[1] / "app" / "db" / "readings.txt"
FIRST, LAST = 0x4E00, 0x9FFF  # the common block
# a second reading is kept where words use it: in three of them, and in a tenth of all
LEAST_WORDS, LEAST_SHARE = 3, 0.1
# of surnames and places, which are rare in a dictionary of words
OF_NAMES = {
    "厦": "xia",
    "单": "shan",
    "解": "xie",
    "圩": "xu",
    "仇": "qiu",
    "查": "zha",
    "六": "lu",
    "蚌": "beng",
    "盖": "ge",
    "朴": "piao",
    "尉": "yu",
    "绿": "lu",
    "埔": "bu",
    "盛": "sheng",
    "曾": "zeng",
}


def main() -> None:
    words = _readings_in_words()
    by_syllable: dict[str, str] = defaultdict(str)
    for code, listed in sorted(PINYIN_DICT.items()):
        if FIRST <= code <= LAST:
            character = chr(code)
            for syllable in _kept(character, listed.split(","), words[character]):
                by_syllable[syllable] += character
    lines = [f"{syllable} {characters}\n" for syllable, characters in sorted(by_syllable.items())]
    TARGET.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} syllables written to {TARGET}")


def _readings_in_words() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for word, readings in PHRASES_DICT.items():
        if len(word) == len(readings):
            for character, reading in zip(word, readings, strict=True):
                found[character][to_normal(reading[0])] += 1
    return found


def _kept(character: str, listed: list[str], words: Counter[str]) -> list[str]:
    plain = list(dict.fromkeys(to_normal(reading) for reading in listed))
    often = [
        syllable
        for syllable in plain[1:]
        if words[syllable] >= max(LEAST_WORDS, LEAST_SHARE * words.total())
    ]
    named = [OF_NAMES[character]] if character in OF_NAMES else []
    return list(dict.fromkeys([plain[0], *often, *named]))


if __name__ == "__main__":
    main()
