"""What becomes of a duty, and how duties are counted: the arithmetic that the statements repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from app.coverage.model import (
    Counts,
    Coverage,
    Drawing,
    GridCoverage,
    Obligation,
    Shape,
    Sketch,
    Turn,
)
from app.inspections.checks.model import Tally
from app.inspections.checks.rules import wilson_interval
from app.programmes.model import Calendar, DutyRule
from app.programmes.rules import duty_periods, period_around

# how long a due date of these periods is counted by itself: the last twelve are shown in one view
KEPT_APART: Mapping[str, timedelta] = {"day": timedelta(days=13), "week": timedelta(weeks=13)}
STATES = ("on_time", "late", "overdue", "open", "excluded")
LISTED = ("all", "due", "done", *STATES, "never")
# change in points of the rate → its class; fixed, so that the maps of two months compare
MUCH, SOME = 20, 5
FEW = 5  # fewer households than this are told to nobody who does not answer for them

# each figure's definition, in English and Chinese, wherever the figure stands
DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "due": (
        "Duties whose due date lies in the period, less reviewed exclusions valid on that date.",
        "到期日在本周期内的任务，扣除到期日有效的经复核豁免。",
    ),
    "done": (
        "Due, with a completed visit up to the due date and its days of grace: on time or late.",
        "应完成中，在到期日及宽限期内有有效走访的任务，含按时和逾期完成。",
    ),
    "late": (
        "Done after the due date, within the days of grace.",
        "到期日之后、宽限期之内完成的任务。",
    ),
    "overdue": (
        "Due, and not done when the days of grace were over.",
        "应完成但宽限期满仍未完成的任务。",
    ),
    "open": (
        "Due and not done yet, but still in time.",
        "应完成、尚未完成但仍在期限内的任务。",
    ),
    "never": (
        "Targets due that no completed visit has ever reached; each counts once.",
        "有任务但从来没有过有效走访的对象，每个对象只计一次。",
    ),
    "excluded": (
        "Duties left out of due because two persons agreed to it for a while.",
        "经第二人复核同意、在一段时间内不计入应完成的任务。",
    ),
    "rate": (
        "Done ÷ due, rounded down. Nothing due is no duty, never 100 %.",
        "已完成÷应完成，向下取整；没有应完成的任务即“无任务”，绝不显示为 100%。",
    ),
    "verified": (
        "Of the visits that chance drew and a second person looked at again, the share that was "
        "confirmed, with the bounds between which it lies in 19 of 20 such samples (Wilson). What "
        "nobody could check is left out. Rate × verified is the coverage that can be believed.",
        "随机抽取并由另一人复核的走访中属实的比例，附 20 个同类样本中有 19 个所在的区间"
        "（威尔逊区间）。无法核实的不计入。完成率×核实比例即为可信的覆盖率。",
    ),
    "change": (
        "Points by which the rate rose or fell against the period before; none where either had "
        "no duty.",
        "完成率比上一周期升降的百分点；任一周期无任务则不比较。",
    ),
}


def turns(rules: Iterable[DutyRule], first: date, last: date, calendar: Calendar) -> list[Turn]:
    return [
        Turn(rule, period) for rule in rules for period in duty_periods(rule, first, last, calendar)
    ]


def begun_turns(rules: Iterable[DutyRule], today: date, calendar: Calendar) -> list[Turn]:
    """Every turn that has begun: its due date may still be to come."""
    return [
        turn
        for rule in rules
        for turn in turns([rule], rule.valid_from, period_around(rule.period, today)[1], calendar)
        if turn.period.since <= today
    ]


def counted_with(turn: Turn, today: date) -> date | None:
    """First day of the month with which the turn's counts are kept, or None: by themselves.

    A daily duty of each block would else be more rows than visits. Together they tell no more
    which of them is overdue and which still open, so each waits for the end of its grace; and for
    so long as people look at single days and weeks, which are then counted anew.
    """
    apart = KEPT_APART.get(turn.rule.period)
    if apart is None or max(turn.period.grace_until, turn.period.due_on + apart) >= today:
        return None
    return turn.period.due_on.replace(day=1)


def last_turns(found: Sequence[Turn]) -> list[Turn]:
    """Of each rule the turn that is due last."""
    latest = {turn.rule.no: turn for turn in sorted(found, key=lambda turn: turn.period.due_on)}
    return list(latest.values())


def state_of(one: Obligation, as_of: date) -> str:
    """Excluded is nobody's duty; what is done too late is done; overdue begins after grace."""
    if one.excluded:
        return "excluded"
    if one.done_on is not None and one.done_on <= min(one.grace_until, as_of):
        return "on_time" if one.done_on <= one.due_on else "late"
    return "overdue" if as_of > one.grace_until else "open"


def count(obligations: Iterable[Obligation], as_of: date) -> Counts:
    """Of one rule, grid and period; ``never`` is asked of the targets, not of their duties."""
    found = dict.fromkeys(STATES, 0)
    for one in obligations:
        found[state_of(one, as_of)] += 1
    return Counts(due=sum(found.values()) - found["excluded"], **found)


def is_masked(counts: Counts, depth: int, of_persons: bool) -> bool:
    """Whether a row of a household programme would say too much: only large parts of the city are
    told to those who do not answer for the persons in it.
    """
    return of_persons and (depth > 1 or 0 < counts.due + counts.excluded < FEW)


def with_total(rows: Sequence[GridCoverage]) -> Coverage:
    """The sum of all rows; untold where one of them is, since it could be subtracted."""
    total = sum((row.counts for row in rows), Counts())
    masked = any(row.masked for row in rows)
    told = [
        GridCoverage(row.no, row.code, row.name, row.name_en, row.scope, Counts(), True)
        if row.masked
        else row
        for row in rows
    ]
    return Coverage(told, Counts() if masked else total, masked)


def with_verified(
    found: Coverage, tallies: Mapping[tuple[int, str], Tally], whole: Tally, of_persons: Set[int]
) -> Coverage:
    """Each row with what was found of its visits; few visits of households are told to nobody who
    does not answer for them, nor is the total that they could be subtracted from.
    """
    told, hidden = [], found.masked
    for row in found.rows:
        tally = tallies.get((row.no, row.scope), Tally())
        if row.masked or (row.no in of_persons and 0 < tally.n + tally.unable < FEW):
            tally, hidden = Tally(), True
        told.append(replace(row, verified=tally))
    return replace(found, rows=told, verified=Tally() if hidden else whole)


def believable(counts: Counts, verified: Tally) -> tuple[float, float, float] | None:
    """The claimed rate times the share that was confirmed, with its bounds; None: not known."""
    if counts.rate is None or not verified.n:
        return None
    low, high = wilson_interval(verified.confirmed, verified.n)
    share = verified.confirmed / verified.n
    return counts.rate * share, counts.rate * low, counts.rate * high


def together(rows: Iterable[GridCoverage]) -> dict[int, Counts]:
    """Each grid's own duties and those below it as one."""
    found: dict[int, Counts] = {}
    for row in rows:
        found[row.no] = found.get(row.no, Counts()) + row.counts
    return found


def change(now: Counts, before: Counts) -> float | None:
    """Points by which the rate rose; None where either had no duty, or may not be told."""
    if not now.due or not before.due:
        return None
    # in whole numbers as far as it goes: five points must not become 4.999…
    return 100 * (now.done * before.due - before.done * now.due) / (now.due * before.due)


def changes(now: Coverage, before: Coverage) -> Mapping[tuple[int, str], float | None]:
    """By grid and scope; a grid that was not there before has none."""
    earlier = {(row.no, row.scope): row.counts for row in before.rows}
    return {
        key: change(row.counts, earlier.get(key, Counts()))
        for row in now.rows
        for key in [(row.no, row.scope)]
    }


def changes_together(now: Coverage, before: Coverage) -> Mapping[int, float | None]:
    earlier = together(before.rows)
    return {
        no: change(counts, earlier.get(no, Counts())) for no, counts in together(now.rows).items()
    }


def change_class(points: float | None) -> str:
    """One of five fixed classes, or none."""
    if points is None:
        return "none"
    if abs(points) < SOME:
        return "same"
    return ("better" if points > 0 else "worse") + ("-much" if abs(points) >= MUCH else "")


def sketch(outlines: Sequence[Any]) -> Sketch:
    """With a margin of one part in fifty around all shapes."""
    west, north = min(one.west for one in outlines), min(one.north for one in outlines)
    east, south = max(one.east for one in outlines), max(one.south for one in outlines)
    margin = max(east - west, south - north) / 50
    return Sketch(
        (west - margin, north - margin, east - west + 2 * margin, south - north + 2 * margin),
        {one.grid_no: one.path for one in outlines},
    )


def drawing(drawn: Sketch, rows: Sequence[GridCoverage]) -> Drawing:
    counts = together(rows)
    first = {row.no: row for row in reversed(rows)}
    return Drawing(
        drawn.box,
        [Shape(first[no], path, counts[no]) for no, path in sorted(drawn.paths.items())],
    )
