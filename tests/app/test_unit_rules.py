"""Credit codes, opening hours and the days of a unit's life, without a database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from app.errors import Refusal
from app.units import rules
from app.units.hours import Opening, hours_in_words, parse_hours
from app.units.model import ClassPeriod

bodies = st.text(alphabet=rules.CODE_SIGNS, min_size=17, max_size=17)
KNOWN = "91350100M000100Y43"  # the example that GB 32100-2015 is usually explained with


def test_a_known_code_holds_however_it_is_written() -> None:
    assert rules.checked_credit_code(KNOWN) == KNOWN
    assert rules.checked_credit_code(" ９1350100 m000-100y43 ") == KNOWN


@given(bodies, st.integers(0, 16), st.sampled_from(rules.CODE_SIGNS))
def test_every_single_slip_is_found(body: str, place: int, other: str) -> None:
    code = body + rules.check_sign(body)
    assert rules.checked_credit_code(code) == code
    if other != code[place]:
        with pytest.raises(Refusal, match="mistyped"):
            rules.checked_credit_code(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    ("code", "words"),
    [("9135", "has 4"), ("O1350100M000100Y43", "holds O"), (KNOWN[:-1] + "5", "it would be 3")],
)
def test_a_wrong_code_is_told_why(code: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        rules.checked_credit_code(code)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Opening, ...]:
    """Days with one or two openings apart, the last perhaps past midnight."""
    found = []
    for day in draw(st.sets(st.integers(1, 7))):
        first = draw(st.integers(0, 600))
        until = draw(st.integers(first + 1, 719))
        found.append(Opening(day, first, until))
        if draw(st.booleans()):
            since = draw(st.integers(720, 1439))
            found.append(Opening(day, since, draw(st.integers(since + 1, since + 1439))))
    return tuple(sorted(found))


@given(weeks(), st.sampled_from(["en", "zh_Hans"]))
@settings(max_examples=60)
def test_hours_in_words_are_read_back(week: tuple[Opening, ...], language: str) -> None:
    assert parse_hours(hours_in_words(week, language)) == week


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mon-Fri 9:00-18:00; Sat 10am-4pm", "Mon-Fri 09:00-18:00; Sat 10:00-16:00"),
        ("周一至周五 9点—17点30分；周六 休息", "Mon-Fri 09:00-17:30"),
        ("周一、三、五 9:00-18:00", "Mon 09:00-18:00; Wed 09:00-18:00; Fri 09:00-18:00"),
        ("每天 10:00-02:00", "Mon-Sun 10:00-02:00"),
        ("24小时", "Mon-Sun 00:00-24:00"),
        ("Sat-Mon 08:00-09:00", "Mon 08:00-09:00; Sat-Sun 08:00-09:00"),
        ("9-12, 14-18", "Mon-Sun 09:00-12:00, 14:00-18:00"),
    ],
)
def test_hours_as_people_write_them(text: str, words: str) -> None:
    assert hours_in_words(parse_hours(text), "en") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("by arrangement", "“by arrangement”"),
        ("周一至", "not understood"),
        ("Mon", "not understood"),
        ("25:00-26:00", "no time of day"),
        ("09:75-10:00", "no time of day"),
        ("09:00-09:00", "no span"),
        ("09:00-12:00, 11:00-13:00", "overlap"),
        ("9" * 400, "at most 300"),
    ],
)
def test_hours_that_are_not_understood_are_told_why(text: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        parse_hours(text)


def test_a_unit_closes_after_it_opened_and_opens_after_it_closed() -> None:
    with pytest.raises(Refusal, match="must come later"):
        rules.check_closing(date(2026, 3, 1), date(1900, 1, 1), date(2026, 3, 1))
    rules.check_closing(date(2026, 3, 2), date(1900, 1, 1), date(2026, 3, 1))
    with pytest.raises(Refusal, match="not closed"):
        rules.check_reopening(date(2026, 3, 1), None)
    with pytest.raises(Refusal, match="cannot open again earlier"):
        rules.check_reopening(date(2026, 3, 1), date(2026, 3, 2))


def test_classes_follow_each_other() -> None:
    held = [ClassPeriod("importance", "key", date(2026, 3, 1), None, None)]
    with pytest.raises(Refusal, match="already"):
        rules.check_class_period(held, "importance", "key", date(2026, 4, 1))
    with pytest.raises(Refusal, match="cannot begin earlier"):
        rules.check_class_period(held, "importance", "ordinary", date(2026, 2, 1))
    rules.check_class_period(held, "importance", "ordinary", date(2026, 4, 1))
    rules.check_class_period(held, "kind", "shop", date(2020, 1, 1))
    with pytest.raises(Refusal, match="no class"):
        rules.check_class("importance", "shop", ["shop"])


def test_small_places_are_the_nine_kinds_that_nobody_raised() -> None:
    assert len(rules.NINE_SMALL_KINDS) == 9
    assert rules.is_small_place("restaurant", "ordinary")
    assert not rules.is_small_place("restaurant", "key")
    assert not rules.is_small_place("warehouse", "ordinary")


def test_no_unit_is_part_of_itself() -> None:
    with pytest.raises(Refusal, match="part of itself"):
        rules.check_parent(1, 1, [], 0)
    with pytest.raises(Refusal, match="circle"):
        rules.check_parent(1, 2, [3, 1], 0)
    with pytest.raises(Refusal, match="at most 8 deep"):
        rules.check_parent(1, 2, [3, 4, 5, 6], 3)
    rules.check_parent(1, 2, [3, 4, 5, 6], 2)
