"""Set programmes from files, change and end their rules, keep the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Forbidden, NotFound, Refusal
from app.facilities.rules import BUILDING_CLASSES, FACILITY_CLASSES
from app.grids import actions as grids
from app.identity import actions as identity
from app.places.rules import PLACE_CLASSES, ROAD_CLASSES
from app.programmes import rules, store
from app.programmes.calendars import read_years
from app.programmes.files import SHIPPED, read_definition, read_source, read_toml
from app.programmes.model import (
    Calendar,
    CalendarYear,
    Checklist,
    ChecklistChange,
    Definition,
    DutyRule,
    NamedDay,
    Preview,
    Programme,
    Report,
    RuleChange,
    Scheme,
)
from app.programmes.tables import Table
from app.registry.rules import UNIT_CLASSES
from app.residents.rules import NEED_CLASSES

DUE_DAYS_SHOWN = 3

# -- reading ------------------------------------------------------------------------------


def programmes(tx: Transaction) -> list[Programme]:
    """In the order in which they were first set."""
    return store.list_programmes(tx)


def programme(tx: Transaction, key: str) -> Programme:
    found = store.find_programme(tx, key)
    if found is None:
        raise NotFound(
            "There is no programme %(key)s; there are: %(known)s.",
            key=key[:40],
            known=", ".join(one.key for one in store.list_programmes(tx)) or "–",
        )
    return found


def duty_rules(tx: Transaction, programme_key: str | None = None) -> list[DutyRule]:
    """Every row of every rule, also those that have ended or not begun."""
    return store.list_rules(tx, programme_key)


def rule_numbered(tx: Transaction, no: int) -> DutyRule:
    for one in store.list_rules(tx, None):
        if one.no == no:
            return one
    raise NotFound("There is no rule with this number.")


def checklists(tx: Transaction, programme_key: str | None = None) -> list[Checklist]:
    """Every version, the latest of each last."""
    return store.list_checklists(tx, programme_key)


def calendar(tx: Transaction) -> Calendar:
    """All that is known of holidays, for duty periods and deadlines."""
    days = store.list_calendar_days(tx, date(rules.FIRST_YEAR, 1, 1), date(rules.LAST_YEAR, 12, 31))
    return Calendar(
        {one.day: one.working for one in days}, frozenset(store.list_calendar_years(tx))
    )


def shipped(name: str) -> str:
    """The file of a programme that comes with the product, as `set_programme` takes it."""
    return read_source(f"shipped:{name}")


# -- setting a file -----------------------------------------------------------------------


def set_programme(tx: Transaction, source: str, today: date, begins: date | None = None) -> Report:
    """Make the programme what its file says; ``source`` is the file's text.

    What did not change stays. A changed rule ends and begins anew on the day that the file gives
    it, else on ``begins``, else today; one that the file no longer has ends. Other items make
    another version of a checklist.
    """
    refuse_part_of_city(tx)
    definition = read_definition(source, scheme(tx))
    key = definition.programme.key
    store.hold_programme(tx, key)
    before = store.find_programme(tx, key)
    store.put_programme(tx, definition.programme, source)
    report = Report(
        definition.programme,
        _set_rules(tx, definition, today, begins or today),
        _set_checklists(tx, definition, today, begins or today),
        [one.year for one in definition.calendar],
        created=before is None,
    )
    for year in definition.calendar:
        store.put_calendar_year(tx, year)
    audit.record(
        tx,
        "programme_set",
        key,
        rules=[f"{one.key}: {one.words}" for one in report.rules if one.words != "unchanged"],
        checklists=[one.key for one in report.checklists],
        years=list(report.years),
    )
    return report


def refuse_part_of_city(tx: Transaction) -> None:
    """Programmes bind every grid: who answers for a part of the city cannot set them."""
    reader = identity.find_reader(tx)
    if reader is None or not reader.may("programmes.write"):
        raise Forbidden("Your role may not do this.")
    if not reader.whole_city:
        raise Forbidden(
            "Programmes, rules and the calendar hold for the whole city; you answer for a part of "
            "it. Ask the authority of the city or an administrator."
        )


def scheme(tx: Transaction) -> Scheme:
    """What files may name in this city."""
    known: dict[str, set[str]] = {
        "unit": set(UNIT_CLASSES),
        "household": set(NEED_CLASSES),
        "facility": set(FACILITY_CLASSES),
        "building": set(BUILDING_CLASSES),
        "place": set(PLACE_CLASSES),
        "road": set(ROAD_CLASSES),
    }
    for kind, held in store.list_classes(tx):
        known[kind].add(held)
    levels = [level.key for level in grids.levels(tx)]
    return Scheme(levels, {kind: frozenset(held) for kind, held in known.items()})


def _set_rules(
    tx: Transaction, definition: Definition, today: date, begins: date
) -> list[RuleChange]:
    held = _by_key(store.list_rules(tx, definition.programme.key))
    changes = []
    for wanted in definition.rules:
        first = definition.begins.get(wanted.key, begins)
        changes.append(rules.change_of_rule(held.pop(wanted.key, []), wanted, first, today))
    for rows in held.values():  # no longer in the file
        changes.append(rules.change_of_rule(rows, None, max(begins, today), today))
    for change in changes:
        _write(tx, change)
    return changes


def _by_key(found: Sequence[DutyRule]) -> dict[str, list[DutyRule]]:
    rows: dict[str, list[DutyRule]] = {}
    for one in found:
        rows.setdefault(one.key, []).append(one)
    return rows


def _write(tx: Transaction, change: RuleChange) -> int | None:
    """Answers the number of the row that begins."""
    for no in change.leaves:
        store.delete_rule(tx, no)
    for no, day in change.ends.items():
        store.end_rule(tx, no, day)
    return store.insert_rule(tx, change.begins) if change.begins else None


def _set_checklists(
    tx: Transaction, definition: Definition, today: date, begins: date
) -> list[ChecklistChange]:
    latest: dict[str, Checklist] = {}
    for one in store.list_checklists(tx, definition.programme.key):
        latest[one.key] = one
    changes = []
    for wanted in definition.checklists:
        held = latest.pop(wanted.key, None)
        if held and held.withdrawn_on is None and _same_list(held, wanted):
            continue
        first = today if held else begins
        version = held.version + 1 if held else 1
        changes.append(
            ChecklistChange(
                held if held and held.withdrawn_on is None else None,
                replace(wanted, version=version, valid_from=first),
            )
        )
    changes += [
        ChecklistChange(held, None) for held in latest.values() if held.withdrawn_on is None
    ]
    for change in changes:
        if change.withdrawn:
            store.withdraw_checklist(tx, change.withdrawn.no, today)
        if change.begins:
            store.insert_checklist(tx, change.begins)
    return changes


def _same_list(one: Checklist, other: Checklist) -> bool:
    return (one.name_zh, one.name_en, list(one.items)) == (
        other.name_zh,
        other.name_en,
        list(other.items),
    )


# -- one rule -----------------------------------------------------------------------------


def change_rule(tx: Transaction, no: int, wanted: DutyRule, begins: date, today: date) -> int:
    """The rule as wanted from a day on; answers the number of the row that holds then."""
    refuse_part_of_city(tx)
    held = rule_numbered(tx, no)
    store.hold_programme(tx, held.programme_key)
    others = store.list_rules(tx, held.programme_key)
    check_rule(tx, wanted, [one for one in others if one.key != held.key], begins)
    rows = [one for one in others if one.key == held.key]
    change = rules.change_of_rule(rows, wanted, begins, today)
    if change.words == "unchanged":
        raise Refusal("Nothing is different from the rule as it is; change something first.")
    new = _write(tx, change)
    audit.record(
        tx,
        "rule_changed",
        f"{held.programme_key}/{held.key}",
        **{"from": begins},
        **_differences(held, wanted),
    )
    return no if new is None else new


def check_rule(tx: Transaction, wanted: DutyRule, others: Sequence[DutyRule], begins: date) -> None:
    """Refuse a rule that is never due, asks too much a day, or stands there already."""
    rules.check_occurs(wanted.key, wanted)
    for held in store.list_checklists(tx, wanted.programme_key):
        if held.key == wanted.checklist_key and held.withdrawn_on is None:
            rules.check_short(wanted.key, wanted, held)
    for other in others:
        meets = other.valid_until is None or other.valid_until > begins
        if meets and rules.same_duty(wanted, other):
            raise Refusal(
                "The rule “%(other)s” asks for the same: the same targets, level, role and period "
                "at the same time.",
                other=other.name_zh,
            )


def end_rule(tx: Transaction, no: int, on: date, today: date) -> None:
    """From that day on nothing is due by it; what was due before stays."""
    refuse_part_of_city(tx)
    held = rule_numbered(tx, no)
    store.hold_programme(tx, held.programme_key)
    rows = [one for one in store.list_rules(tx, held.programme_key) if one.key == held.key]
    change = rules.change_of_rule(rows, None, on, today)
    if change.words == "unchanged":
        raise Refusal("This rule has ended already.")
    _write(tx, change)
    audit.record(tx, "rule_ended", f"{held.programme_key}/{held.key}", **{"from": on})


def _differences(one: DutyRule, other: DutyRule) -> Mapping[str, str]:
    return {
        name: f"{getattr(one, name)} → {getattr(other, name)}"
        for name in ("role", "period", "grace_days", "percent", "minutes")
        if getattr(one, name) != getattr(other, name)
    }


def count_targets(tx: Transaction, rule: DutyRule, on: date) -> int | None:
    """How many the rule is about today; of households None, since not everybody may count them."""
    if rule.target_kind == "grid":
        depths = {level.key: level.depth for level in grids.levels(tx)}
        wanted = [depths[key] for key in rule.classes if key in depths] or list(depths.values())
        return sum(store.count_grids(tx, depth) for depth in wanted)
    if rule.target_kind == "unit":
        return store.count_units(tx, rule, on)
    return None if rule.target_kind == "household" else store.count_places(tx, rule, on)


def preview(tx: Transaction, rule: DutyRule, begins: date, today: date) -> Preview:
    """What the rule asks for from the day on, with the targets and grids of today."""
    wanted = replace(rule, valid_from=begins, valid_until=None)
    rules.check_occurs(rule.key, wanted)
    targets, shared = count_targets(tx, rule, today), store.count_grids(tx, rule.depth)
    visits = None if targets is None else rules.visits_a_month(rule, targets)
    return Preview(
        begins,
        shared,
        targets,
        visits,
        visits * rule.minutes / 60 / shared if visits is not None and shared else None,
        rules.first_due_days(wanted, begins, calendar(tx), DUE_DAYS_SHOWN),
    )


# -- the calendar -------------------------------------------------------------------------


def calendar_years(tx: Transaction) -> dict[int, str]:
    """Which years are known, with where from."""
    return store.list_calendar_years(tx)


def calendar_days(tx: Transaction, year: int) -> list[NamedDay]:
    return store.list_calendar_days(tx, date(year, 1, 1), date(year, 12, 31))


def set_calendar(tx: Transaction, years: Sequence[CalendarYear]) -> None:
    """Each year becomes what is given; the others stay."""
    refuse_part_of_city(tx)
    for year in years:
        store.put_calendar_year(tx, year)
    audit.record(
        tx,
        "calendar_set",
        ", ".join(str(one.year) for one in years),
        days=sum(len(one.days) for one in years),
    )


def shipped_years() -> dict[int, CalendarYear]:
    """The tables of the State Council that come with the product."""
    found = {}
    for path in sorted(SHIPPED.glob("calendar_*.toml")):
        for year in read_years(Table(path.stem, read_toml(path.read_text(encoding="utf-8")))):
            found[year.year] = year
    return found
