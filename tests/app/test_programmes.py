"""Programmes from files, dated rules, versions of checklists and the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.db.connection import Database, Transaction
from app.errors import Forbidden, Refusal
from app.identity.model import SERVICE_PERSON
from app.programmes import actions
from app.programmes.calendars import read_csv
from app.programmes.files import read_source, shipped_programmes
from app.programmes.model import DutyRule, Report
from app.programmes.rules import is_working_day
from tests.builders import add_person, publish_city
from tests.conftest import PASSWORD, Databases

TODAY = date(2026, 11, 20)
FIRST = date(2026, 1, 1)
CITY = """
[programme]
key = "care"
name_zh = "关爱"
name_en = "Care"
purpose_zh = "看一看"
purpose_en = "Look"
legal_basis = "第一条"

[classes.shops]
kind = "unit"
classes = ["shop"]

[checklists.short]
name_zh = "短表"
name_en = "Short"
items = [
    { key = "door", kind = "yes_no", zh = "门", en = "Door" },
    { key = "heat", kind = "number", zh = "温度", en = "Heat", unit = "C", least = 0, most = 60.5 },
]

[rules.shops]
name_zh = "商店"
name_en = "Shops"
level = "block"
role = "grid_chief"
class = "shops"
period = "month"
grace = 3
checklist = "short"
minutes = 15
source = "自定"
"""


@pytest.fixture(scope="module")
def untouched(databases: Databases) -> Iterator[Database]:
    """A city of squares: towns, communities and blocks; what a test writes is undone."""
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "city", "authority", None, PASSWORD)
        add_person(tx, "part", "authority", "town:1", PASSWORD)
        add_person(tx, "reader", "leader", None, PASSWORD)
    yield opened
    opened.close()
    databases.drop(name)


def put(tx: Transaction, text: str = CITY, today: date = TODAY, first: date = FIRST) -> Report:
    return actions.set_programme(tx, text, today, first)


def rows(tx: Transaction) -> list[tuple[str, int, date, date | None]]:
    return [
        (one.key, one.grace_days, one.valid_from, one.valid_until)
        for one in actions.duty_rules(tx, "care")
    ]


def changes(report: Report) -> dict[str, str]:
    return {one.key: one.words for one in report.rules}


# -- files --------------------------------------------------------------------------------


def test_a_file_is_kept_as_it_says(tx: Transaction) -> None:
    report = put(tx)
    assert report.created and changes(report) == {"shops": "new"}
    (rule,) = actions.duty_rules(tx, "care")
    assert (rule.depth, rule.role, rule.target_kind, rule.classes) == (
        3,
        "grid_chief",
        "unit",
        ["shop"],
    )
    assert (rule.period, rule.minutes, rule.valid_from) == ("month", 15, FIRST)
    (checklist,) = actions.checklists(tx, "care")
    assert [item.key for item in checklist.items] == ["door", "heat"]
    heat = checklist.items[1]
    assert (heat.unit, heat.least, heat.most) == ("C", 0.0, 60.5)


def test_setting_again_changes_nothing(tx: Transaction) -> None:
    put(tx)
    again = put(tx, first=TODAY)
    assert changes(again) == {"shops": "unchanged"}
    assert (again.checklists, again.created) == ([], False)
    assert rows(tx) == [("shops", 3, FIRST, None)]


def test_a_changed_rule_begins_anew_and_the_past_stays(tx: Transaction) -> None:
    put(tx)
    changed = CITY.replace("grace = 3", "grace = 5\nfrom = 2026-12-01")
    assert changes(put(tx, changed)) == {"shops": "changed"}
    december = date(2026, 12, 1)
    assert rows(tx) == [("shops", 3, FIRST, december), ("shops", 5, december, None)]
    # before it begins it can be changed once more, or taken back
    assert changes(put(tx, changed.replace("= 5", "= 9"))) == {"shops": "changed"}
    assert rows(tx) == [("shops", 3, FIRST, december), ("shops", 9, december, None)]
    assert changes(put(tx)) == {"shops": "resumed"}
    assert rows(tx) == [("shops", 3, FIRST, None)]


def test_what_has_begun_is_never_changed_backwards(tx: Transaction) -> None:
    put(tx)
    with pytest.raises(Refusal, match="was due before 2026-11-20 stays"):
        put(tx, CITY.replace("grace = 3", "grace = 5\nfrom = 2026-11-19"))
    # without a day of its own the change begins today
    report = actions.set_programme(tx, CITY.replace("grace = 3", "grace = 5"), TODAY)
    assert changes(report) == {"shops": "changed"}
    assert rows(tx) == [("shops", 3, FIRST, TODAY), ("shops", 5, TODAY, None)]


def test_two_changes_on_one_day_leave_one_rule(tx: Transaction) -> None:
    put(tx)
    for grace in (5, 7):
        actions.set_programme(tx, CITY.replace("grace = 3", f"grace = {grace}"), TODAY)
    assert rows(tx) == [("shops", 3, FIRST, TODAY), ("shops", 7, TODAY, None)]


def test_a_rule_that_the_file_no_longer_has_ends(tx: Transaction) -> None:
    put(tx)
    without = CITY[: CITY.index("[rules.shops]")]
    assert changes(put(tx, without)) == {"shops": "ended"}
    assert rows(tx) == [("shops", 3, FIRST, TODAY)]
    assert changes(put(tx, without)) == {"shops": "unchanged"}
    # it can come again, but not on a day on which it already was
    with pytest.raises(Refusal, match="2026-11-20 stays"):
        put(tx)
    assert changes(actions.set_programme(tx, CITY, TODAY)) == {"shops": "new"}


def test_other_items_are_another_version(tx: Transaction) -> None:
    put(tx)
    report = put(tx, CITY.replace('zh = "门"', 'zh = "大门"'))
    assert [(one.key, one.begins and one.begins.version) for one in report.checklists] == [
        ("short", 2)
    ]
    held = actions.checklists(tx, "care")
    assert [(one.version, one.valid_from, one.withdrawn_on) for one in held] == [
        (1, FIRST, TODAY),
        (2, TODAY, None),
    ]
    assert held[0].items[0].zh == "门"


WRONG: Mapping[str, tuple[str, str, str]] = {
    "an unknown word": ("grace = 3", "gracce = 3", "rules.shops: there is no gracce here"),
    "an unknown table": ("[programme]", "[rulez]\n[programme]", "there is no rulez here"),
    "a missing word": ('period = "month"', "", "rules.shops: period is missing"),
    "no such level": ('"block"', '"street"', "rules.shops: level cannot be street"),
    "no such role": ('"grid_chief"', '"mayor"', "rules.shops: role cannot be mayor"),
    "no such class": ('["shop"]', '["shoppe"]', "classes.shops: classes cannot be shoppe"),
    "no such set": ('class = "shops"', 'class = "bars"', "rules.shops: class cannot be bars"),
    "no such checklist": ('checklist = "short"', 'checklist = "s"', "checklist cannot be s"),
    "no such period": ('"month"', '"fortnight"', "rules.shops: period cannot be fortnight"),
    "a season without a due date": (
        'period = "month"',
        'period = "month"\nseason = ["03-02", "03-20"]',
        "rules.shops: between 03-02 and 03-20 no such period ends",
    ),
    "a season that is no day": (
        'period = "month"',
        'period = "month"\nseason = ["02-30", "03-20"]',
        "season must be two days of the year",
    ),
    "a quota of nothing": ("grace = 3", "percent = 0\nseed = 1", "more than 0 and at most 100"),
    "a quota of next to nothing": ("grace = 3", "percent = 0.001\nseed = 1", "more than 0"),
    "a quota of too much": ("grace = 3", "percent = 101\nseed = 1", "more than 0 and at most 100"),
    "a quota that is no number": ("grace = 3", "percent = nan\nseed = 1", "must be a number"),
    "a quota without a seed": ("grace = 3", "percent = 30", "needs both percent and seed"),
    "too much grace": ("grace = 3", "grace = 91", "grace must be a whole number from 0 to 90"),
    "a flag for a number": ("grace = 3", "grace = true", "grace must be a whole number"),
    "a day in quotes": ("grace = 3", 'from = "2026-12-01"', "from must be a day like"),
    "an importance of no unit": (
        'kind = "unit"\nclasses = ["shop"]',
        'kind = "facility"\nimportances = ["key"]',
        "classes.shops: importances cannot be key",
    ),
    "two items of one key": ('key = "heat"', 'key = "door"', "the item door stands twice"),
    "limits of a question": (
        'key = "door", kind = "yes_no"',
        'key = "door", kind = "yes_no", least = 1',
        r"checklists.short.items\[1\]: only a number has a unit",
    ),
    "a choice without choices": ('kind = "yes_no"', 'kind = "choice"', "has 1 to 20 choices"),
    "a bad key": ("[rules.shops]", '[rules."Shops!"]', "rules.Shops!: a key is small letters"),
    "a list for a word": ('class = "shops"', 'class = ["shops"]', "class cannot be"),
    "a number for a flag": ("grace = 3", "working_days = 1", "must be true or false"),
    "a limit without end": ("most = 60.5", "most = inf", "most must be a number"),
    "nested without end": ("grace = 3", "grace = " + "[" * 100_000, "not valid TOML"),
    "no TOML": ("[programme]", "[programme", "not valid TOML"),
    "no table": ("[programme]", "rules = 3\n[programme]", "not valid TOML|rules: this must be"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_a_file_is_named_with_its_place(tx: Transaction, case: str) -> None:
    before, after, sentence = WRONG[case]
    assert before in CITY
    with pytest.raises(Refusal, match=sentence):
        put(tx, CITY.replace(before, after, 1))


def test_two_rules_of_the_same_are_refused(tx: Transaction) -> None:
    rule = CITY[CITY.index("[rules.shops]") :].replace("rules.shops", "rules.again")
    with pytest.raises(Refusal, match=r"rules.again asks for the same as rules.shops"):
        put(tx, CITY + rule)
    # other seasons do not meet
    summer = rule.replace('"month"', '"month"\nseason = ["05-01", "08-31"]')
    winter = CITY.replace('"month"', '"month"\nseason = ["11-01", "03-31"]')
    assert changes(put(tx, winter + summer)) == {"shops": "new", "again": "new"}


def test_a_daily_patrol_asks_little(tx: Transaction) -> None:
    items = ", ".join(
        f'{{ key = "k{n}", kind = "yes_no", zh = "问", en = "Ask" }}' for n in range(11)
    )
    long = CITY[: CITY.index("items = [")] + f"items = [{items}]\n"
    long += CITY[CITY.index("[rules.shops]") :]
    assert changes(put(tx, long)) == {"shops": "new"}
    with pytest.raises(Refusal, match="a daily patrol shows at most 10 items"):
        put(tx, long.replace('"month"', '"day"'))


def test_levels_are_found_by_words_in_any_scheme(tx: Transaction) -> None:
    put(tx, CITY.replace('"block"', '"lowest"'))
    assert actions.duty_rules(tx, "care")[0].depth == 3
    for word, depth in (("top", 1), ("middle", 2), ("community", 2)):
        actions.set_programme(tx, CITY.replace('"block"', f'"{word}"'), TODAY)
        assert actions.duty_rules(tx, "care")[-1].depth == depth


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "care.toml"
    path.write_bytes("[programme]\nname_zh = '关爱'".encode("gb18030"))
    with pytest.raises(Refusal, match=r"care.toml is not written in UTF-8 \(byte 24\)"):
        read_source(str(path))
    with pytest.raises(Refusal, match="there are: fire, sanitation, visits"):
        read_source("shipped:water")
    with pytest.raises(Refusal, match="there are: fire"):
        read_source("shipped:calendar_2026")


@pytest.mark.parametrize("name", ["fire", "sanitation", "visits"])
def test_shipped_programmes_fit_every_city(tx: Transaction, name: str) -> None:
    assert name in shipped_programmes()
    report = put(tx, read_source(f"shipped:{name}"))
    assert set(changes(report).values()) == {"new"}
    assert set(changes(put(tx, read_source(f"shipped:{name}"), first=TODAY)).values()) == {
        "unchanged"
    }


def test_the_quota_of_the_fire_programme(tx: Transaction) -> None:
    put(tx, read_source("shipped:fire"))
    quota = next(one for one in actions.duty_rules(tx, "fire") if one.key == "unit_quota")
    assert (quota.percent, quota.seed, quota.classes) == (Decimal("30.00"), 20260101, [])
    blocks = next(one for one in actions.duty_rules(tx, "fire") if one.key == "block_weekly")
    assert (blocks.target_kind, blocks.classes) == ("grid", ["block"])
    assert actions.count_targets(tx, blocks, TODAY) == 32


# -- who may ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "may"), [("city", True), ("part", False), ("reader", False)])
def test_only_the_whole_city_sets_programmes(untouched: Database, name: str, may: bool) -> None:
    with untouched.transaction_as(SERVICE_PERSON) as tx:
        no = tx.value("SELECT no FROM person WHERE sign_in = %(name)s", name=name)
    with untouched.transaction_as(no) as tx:
        if may:
            assert put(tx).created
        else:
            with pytest.raises(Forbidden):
                put(tx)
        tx.undo()


# -- one rule -----------------------------------------------------------------------------


def the_rule(tx: Transaction) -> DutyRule:
    return actions.duty_rules(tx, "care")[-1]


def test_a_rule_is_changed_from_a_day_on(tx: Transaction) -> None:
    put(tx)
    rule, december = the_rule(tx), date(2026, 12, 1)
    weekly = replace(rule, period="week", role="grid_worker")
    no = actions.change_rule(tx, rule.no, weekly, december, TODAY)
    found = actions.duty_rules(tx, "care")
    assert [(one.no, one.period, one.valid_from, one.valid_until) for one in found] == [
        (rule.no, "month", FIRST, december),
        (no, "week", december, None),
    ]
    with pytest.raises(Refusal, match="Nothing is different"):
        actions.change_rule(tx, no, weekly, december, TODAY)
    with pytest.raises(Refusal, match="Take 2026-11-20 or a later day"):
        actions.change_rule(
            tx, rule.no, replace(weekly, minutes=99), TODAY - timedelta(days=1), TODAY
        )
    # back to the old one: the change is taken out and the first row goes on
    assert actions.change_rule(tx, no, rule, december, TODAY) in (no, rule.no)
    assert rows(tx) == [("shops", 3, FIRST, None)]


def test_a_rule_cannot_become_what_another_one_asks_for(tx: Transaction) -> None:
    again = CITY[CITY.index("[rules.shops]") :].replace("rules.shops", "rules.again")
    put(tx, CITY + again.replace('"month"', '"week"'))
    weekly = next(one for one in actions.duty_rules(tx, "care") if one.period == "week")
    with pytest.raises(Refusal, match="“商店” asks for the same"):
        actions.change_rule(tx, weekly.no, replace(weekly, period="month"), TODAY, TODAY)


def test_a_rule_ends_and_stays_ended(tx: Transaction) -> None:
    put(tx)
    rule = the_rule(tx)
    actions.end_rule(tx, rule.no, date(2026, 12, 1), TODAY)
    assert rows(tx) == [("shops", 3, FIRST, date(2026, 12, 1))]
    actions.end_rule(tx, rule.no, TODAY, TODAY)
    with pytest.raises(Refusal, match="has ended already"):
        actions.end_rule(tx, rule.no, TODAY, TODAY)


# -- the calendar -------------------------------------------------------------------------


def test_the_shipped_years_are_those_of_the_state_council(tx: Transaction) -> None:
    shipped = actions.shipped_years()
    assert {year: _counts(held.days) for year, held in shipped.items()} == {
        2025: (28, 5),
        2026: (33, 6),
    }
    actions.set_calendar(tx, list(shipped.values()))
    known = actions.calendar(tx)
    for day, working in (
        (date(2025, 1, 26), True),  # a Sunday before the Spring Festival
        (date(2025, 10, 8), False),
        (date(2025, 10, 9), True),
        (date(2026, 2, 23), False),
        (date(2026, 5, 9), True),
        (date(2026, 9, 26), False),
        (date(2026, 11, 21), False),  # any Saturday
    ):
        assert is_working_day(day, known) is working, day


def _counts(days: Any) -> tuple[int, int]:
    return sum(not one.working for one in days), sum(one.working for one in days)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_calendar_from_a_spreadsheet(tx: Transaction, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "2027.csv"
    path.write_text("day,working,name\n2027-01-01,0,元旦\n2027-01-03,班,元旦调休\n", encoding)
    years = read_csv(path, "市政府办公室")
    actions.set_calendar(tx, years)
    assert actions.calendar_years(tx) == {2027: "市政府办公室"}
    assert [(one.day, one.working, one.name_zh) for one in actions.calendar_days(tx, 2027)] == [
        (date(2027, 1, 1), False, "元旦"),
        (date(2027, 1, 3), True, "元旦调休"),
    ]
    # again, with fewer days: the year becomes what the file says
    actions.set_calendar(tx, [replace(years[0], days=years[0].days[:1])])
    assert len(actions.calendar_days(tx, 2027)) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("day,working\n2027-01-01,0\n", "has no column name"),
        ("day,working,name\n", "holds no day"),
        ("day,working,name\n1/1/2027,0,元旦\n", "2027.csv, 2: 1/1/2027 is no day"),
        ("day,working,name\n2027-01-01,maybe,元旦\n", "working is 1"),
        ("day,working,name\n2027-01-01,0,\n", "name must be a text"),
        ("day,working,name\n2027-01-01,0,a\n2027-01-01,1,b\n", "2027-01-01 stands there twice"),
        ("day,working,name\n2027-01-01\n", "working is 1"),
    ],
)
def test_what_is_wrong_in_a_calendar(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "2027.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(Refusal, match=sentence):
        read_csv(path, "x")
