"""The list of a day: what is due or late in the reader's grids, over all programmes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from app.db.connection import Transaction
from app.errors import NotFound
from app.grids import actions as grids
from app.grids.model import Grid
from app.identity import actions as identity
from app.inspections import actions as inspections
from app.inspections.visits import actions as visits, rules as visit_rules
from app.inspections.visits.model import ChecklistVersion, Recorded, Visit
from app.programmes import actions as programmes
from app.programmes.model import Checklist
from app.residents import actions as residents
from app.residents.model import HouseholdFilter
from app.settings import Settings
from app.today import rules, store
from app.today.model import Day, Duty, Stop, Turn

MOST_HOUSEHOLDS = 1_000
MOST_RECORDED = 200
SHOWN_VISITS = 3


def day(
    tx: Transaction,
    settings: Settings,
    order: str,
    language: str,
    place: rules.Place | None = None,
) -> Day:
    """Everything that a visit today would close, one stop for each target.

    ``place``: from where the order begins; without it from the middle of the own grids.
    """
    today = settings.today()
    held, chains = _held(tx, today)
    places = rules.held_places(programmes.duty_rules(tx), held)
    calendar = programmes.calendar(tx)
    turns, troubles = rules.open_turns(places, today, calendar)
    numbers = sorted({grid for grid, _, _ in held})
    middle = store.find_middle(tx, numbers)
    stops = _stops(tx, settings, turns, language)
    return Day(
        on=today,
        grids=[chains[number][-1] for number in numbers if number in chains],
        middle=middle,
        asked=bool(places),
        stops=rules.in_order(stops, order, place or middle, today),
        done=store.list_recorded(tx, today, MOST_RECORDED),
        next_on=rules.next_begin(places, today, calendar),
        troubles=troubles,
    )


def stop(tx: Transaction, settings: Settings, target: int, language: str) -> Stop:
    """One target of the reader's grids with what is due there, which may be nothing."""
    today = settings.today()
    rows = store.list_targets(tx, [target], today)
    if target not in rows or rows[target].name is None:
        raise NotFound("There is no target %(no)s in your area.", no=target)
    held, _ = _held(tx, today)
    turns, _ = rules.open_turns(
        rules.held_places(programmes.duty_rules(tx), held), today, programmes.calendar(tx)
    )
    found = [one for one in _stops(tx, settings, turns, language) if one.row.no == target]
    return (
        found[0] if found else Stop(rows[target], [], _names(tx, settings, rows, language)[target])
    )


def checklists(tx: Transaction, duties: Sequence[Duty]) -> list[Checklist]:
    """The lists that the duties ask for, each once, in the version of today."""
    wanted = {(one.rule.programme_key, one.rule.checklist_key): None for one in duties}
    latest = {
        (one.programme_key, one.key): one
        for one in programmes.checklists(tx)
        if one.withdrawn_on is None
    }
    return [latest[key] for key in wanted if key in latest]


def checklists_of(tx: Transaction, versions: Container[ChecklistVersion]) -> list[Checklist]:
    """The very versions that a visit named."""
    return [
        one
        for one in programmes.checklists(tx)
        if ChecklistVersion(one.programme_key, one.key, one.version) in versions
    ]


def place_of(tx: Transaction, target: int, today: date) -> rules.Place | None:
    row = store.list_targets(tx, [target], today).get(target)
    return (row.lon, row.lat) if row and row.lon is not None else None


def earlier_visits(tx: Transaction, target: int) -> list[Recorded]:
    """The latest ones, as they stand now, with their photos."""
    return visits.recorded_many(
        tx, inspections.inspections_of(tx, target, date.max, "", SHOWN_VISITS)
    )


def check_exception(tx: Transaction, visit: Visit, excused: Container[str], language: str) -> None:
    """What is not as it should be needs a reason, and a photo where the checklist asks for one.

    Asked of a person before a page, who can answer; a visit of a program is taken as it is.
    """
    lists = visits.items(tx, visit.checklists)
    visit_rules.check_answers(lists, visit.answers, visit.photos)
    found = visit_rules.deviations(lists, visit.answers)
    rules.check_reason(visit, found)
    asked = {
        version.item(item.key): item.words(language)
        for version, items in lists.items()
        for item in items
        if item.kind == "photo"
    }
    rules.check_asked_photos(asked, visit, found, excused)


def _held(
    tx: Transaction, today: date
) -> tuple[list[tuple[int, int, str]], Mapping[int, list[Grid]]]:
    """(grid, depth, role) of what the reader does rounds in, and the chain of each grid."""
    own = [row for row in identity.own_grids(tx, today) if row.role in rules.FIELD_ROLES]
    depths = {level.key: level.depth for level in grids.levels(tx)}
    active = grids.find_active(tx)
    chains = grids.chains(tx, active.no, [row.no for row in own]) if active and own else {}
    return [(row.no, depths[row.level], row.role) for row in own], chains


def _stops(tx: Transaction, settings: Settings, turns: Sequence[Turn], language: str) -> list[Stop]:
    today = settings.today()
    missed = _open_targets(
        tx, [(no, turn, turn.before) for no, turn in enumerate(turns) if turn.before], today
    )
    duties: dict[int, list[Duty]] = {}
    for no, target in sorted(
        _open_targets(tx, [(no, turn, turn.period) for no, turn in enumerate(turns)], today)
    ):
        turn = turns[no]
        before = turn.before.due_on if turn.before and (no, target) in missed else None
        duties.setdefault(target, []).append(Duty(turn.rule, turn.period, before))
    rows = store.list_targets(tx, list(duties), today)
    return rules.stops_of(duties, rows, _names(tx, settings, rows, language))


def _open_targets(
    tx: Transaction, asked: Sequence[tuple[int, Turn, Any]], today: date
) -> set[tuple[int, int]]:
    """(turn, target) of those that nobody has visited."""
    wanted = [(no, turn.rule.no, turn.grid_no, period) for no, turn, period in asked]
    return {(row.turn, row.target_no) for row in store.list_open_duties(tx, wanted, today)}


def _names(
    tx: Transaction, settings: Settings, rows: Mapping[int, Any], language: str
) -> dict[int, str]:
    """How a list calls its stops: of a household the building and the masked name."""
    masked = {}
    if any(row.kind == "household" for row in rows.values()):
        keys = residents.keyring(settings)
        masked = {
            one["no"]: one["name"]
            for one in residents.list_households(tx, keys, HouseholdFilter(), "", MOST_HOUSEHOLDS)
        }
    names = {}
    for no, row in rows.items():
        title = row.name_en if language == "en" and row.name_en else row.name
        names[no] = f"{title} · {masked[no]}" if masked.get(no) else title
    return names
