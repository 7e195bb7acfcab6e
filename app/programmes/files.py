"""What a programme's TOML file says, or a sentence that names the table and key that is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.errors import Refusal
from app.programmes.calendars import read_years
from app.programmes.checklists import checked_items
from app.programmes.model import (
    CalendarYear,
    Checklist,
    Definition,
    DutyRule,
    Item,
    Programme,
    Scheme,
)
from app.programmes.rules import (
    PERIODS,
    check_occurs,
    check_short,
    checked_percent,
    same_duty,
)
from app.programmes.tables import Table, checked_key

SHIPPED = Path(__file__).parent / "shipped"
LARGEST = 1024 * 1024
ROLES = ("grid_chief", "grid_worker", "area_manager", "authority")
TARGET_KINDS = ("unit", "household", "facility", "building", "place", "road", "grid")
IMPORTANCES = ("key", "high_risk", "ordinary")
LONGEST_NAME, LONGEST_RULE_NAME, LONGEST_TEXT, LONGEST_SOURCE = 80, 120, 500, 300
LONGEST_GRACE, LONGEST_VISIT, LARGEST_SEED = 90, 480, 2**31 - 1

Set = tuple[str, Sequence[str], Sequence[str]]  # kind, classes, importances


def shipped_programmes() -> list[str]:
    """What `shipped:…` may name."""
    return sorted(
        path.stem for path in SHIPPED.glob("*.toml") if not path.stem.startswith("calendar_")
    )


def read_source(name: str) -> str:
    """The text of a file, or of `shipped:fire` and the like."""
    path = Path(name)
    if name.startswith("shipped:"):
        if (wanted := name.removeprefix("shipped:")) not in shipped_programmes():
            raise Refusal(
                "No programme %(name)s is shipped; there are: %(known)s.",
                name=wanted[:40],
                known=", ".join(shipped_programmes()),
            )
        path = SHIPPED / f"{wanted}.toml"
    content = path.read_bytes()
    if len(content) > LARGEST:
        raise Refusal("%(name)s is larger than 1 MB; a programme never is.", name=path.name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Refusal(
            "%(name)s is not written in UTF-8 (byte %(place)s); save it as UTF-8.",
            name=path.name,
            place=fault.start + 1,
        ) from fault


def read_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise Refusal("The file is not valid TOML: %(why)s.", why=str(fault)[:200]) from fault
    except RecursionError as fault:
        raise Refusal("The file is not valid TOML: %(why)s.", why="[[[[ …") from fault


def read_definition(text: str, scheme: Scheme) -> Definition:
    """The programme of a file; levels and classes must be those of this city."""
    if not scheme.levels:
        raise Refusal(
            "This city has no levels yet. Set them first, like: "
            "levels set town=街道/Town block=小区/Block --commit"
        )
    root = Table("file", read_toml(text))
    programme = _programme(root)
    sets = {
        checked_key(table.place, key): _set(table, scheme)
        for key, table in root.named("classes").items()
    }
    checklists = _checklists(programme.key, root.named("checklists"))
    rules: list[DutyRule] = []
    begins: dict[str, date] = {}
    for key, table in root.named("rules").items():
        given = table.day("from")
        if given:
            begins[key] = given
        rules.append(_rule(programme.key, key, table, sets, scheme, checklists))
    years: Sequence[CalendarYear] = read_years(root)
    root.close()
    _refuse_twins(rules)
    return Definition(programme, list(checklists.values()), rules, begins, years)


def _programme(root: Table) -> Programme:
    table = root.table("programme")
    programme = Programme(
        checked_key(f"{table.place}.key", table.text("key", 32)),
        table.text("name_zh", LONGEST_NAME),
        table.text("name_en", LONGEST_NAME),
        table.text("purpose_zh", LONGEST_TEXT),
        table.text("purpose_en", LONGEST_TEXT),
        table.text("legal_basis", LONGEST_TEXT),
    )
    table.close()
    return programme


def _set(table: Table, scheme: Scheme) -> Set:
    kind = table.one_of("kind", TARGET_KINDS)
    known = scheme.classes.get(kind, frozenset())
    classes = table.words("classes")
    if kind == "grid":
        classes = [scheme.levels[depth_named(table, one, scheme) - 1] for one in classes]
    for one in classes:
        if kind != "grid" and one not in known:
            raise table.unknown("classes", one, sorted(known))
    importances = table.words("importances")
    for one in importances:
        if one not in IMPORTANCES or kind != "unit":
            raise table.unknown("importances", one, IMPORTANCES if kind == "unit" else ())
    table.close()
    return kind, classes, importances


def depth_named(table: Table, word: str, scheme: Scheme) -> int:
    """The depth of a level by its key, or by top, middle (half way down) or lowest."""
    count = len(scheme.levels)
    words = {"top": 1, "middle": (count + 1) // 2, "lowest": count}
    depths = words | {key: depth for depth, key in enumerate(scheme.levels, 1)}
    if word not in depths:
        raise table.unknown("level", word, list(dict.fromkeys((*scheme.levels, *words))))
    return depths[word]


def _checklists(programme: str, tables: Mapping[str, Table]) -> dict[str, Checklist]:
    found: dict[str, Checklist] = {}
    for key, table in tables.items():
        name_zh, name_en = table.text("name_zh", LONGEST_NAME), table.text("name_en", LONGEST_NAME)
        items: list[Item] = []
        for other in table.words("includes"):
            if other not in found:  # only what stands above it: no circles
                raise table.unknown("includes", other, list(found))
            items += found[other].items
        items = checked_items(table, items)
        table.close()
        found[checked_key(table.place, key)] = Checklist(
            0, programme, key, 0, name_zh, name_en, items, date.min, None
        )
    return found


def _rule(
    programme: str,
    key: str,
    table: Table,
    sets: Mapping[str, Set],
    scheme: Scheme,
    checklists: Mapping[str, Checklist],
) -> DutyRule:
    kind, classes, importances = sets[table.one_of("class", sets)]
    season_from, season_until = table.season("season")
    percent, seed = _quota(table)
    checklist = table.one_of("checklist", checklists) if table.has("checklist") else None
    rule = DutyRule(
        no=0,
        programme_key=programme,
        key=checked_key(table.place, key),
        name_zh=table.text("name_zh", LONGEST_RULE_NAME),
        name_en=table.text("name_en", LONGEST_RULE_NAME),
        depth=depth_named(table, table.text("level", 64), scheme),
        role=table.one_of("role", ROLES),
        target_kind=kind,
        classes=list(classes),
        importances=list(importances),
        period=table.one_of("period", PERIODS),
        working_days=table.flag("working_days"),
        season_from=season_from,
        season_until=season_until,
        grace_days=table.integer("grace", 0, LONGEST_GRACE) or 0,
        percent=percent,
        seed=seed,
        checklist_key=checklist,
        minutes=table.integer("minutes", 1, LONGEST_VISIT) or 10,
        source=table.text("source", LONGEST_SOURCE),
        valid_from=date.min,
        valid_until=None,
    )
    table.close()
    check_occurs(table.place, rule)
    check_short(table.place, rule, checklists.get(checklist or ""))
    return rule


def _quota(table: Table) -> tuple[Decimal | None, int | None]:
    percent = table.number("percent")
    seed = table.integer("seed", 0, LARGEST_SEED)
    if percent is None and seed is None:
        return None, None
    if percent is None or seed is None:
        raise Refusal(
            "%(place)s: a quota needs both percent and seed; the seed makes its draw repeatable.",
            place=table.place,
        )
    return checked_percent(table.place, percent), seed


def _refuse_twins(rules: Sequence[DutyRule]) -> None:
    for position, one in enumerate(rules):
        for other in rules[:position]:
            if same_duty(one, other):
                raise Refusal(
                    "rules.%(one)s asks for the same as rules.%(other)s: the same targets, level, "
                    "role and period at the same time. Leave one of them out.",
                    one=one.key,
                    other=other.key,
                )
