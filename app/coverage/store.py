"""Statements on coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from app.coverage.model import CoverageQuestion, InspectedQuestion, Turn
from app.db.connection import Transaction
from app.db.statements import Statements

SQL = Statements.beside(__file__)


def list_inspected_by_grid(tx: Transaction, asked: InspectedQuestion, depth: int) -> list[Any]:
    """no, code, name, name_en, units, inspected; only grids inside the reader's territory."""
    return tx.rows(SQL.inspected_by_grid, **asdict(asked), depth=depth)


def count_inspected_within(tx: Transaction, asked: InspectedQuestion) -> Any:
    """units, inspected among what the reader may see."""
    return tx.row(SQL.inspected_within, **asdict(asked))


def count_units_directly_in(tx: Transaction, grid: int, on: date) -> int:
    return int(tx.value(SQL.units_directly_in, grid=grid, on=on))


def list_grids_in_territory(tx: Transaction, grids: Sequence[int]) -> set[int]:
    return {row.no for row in tx.rows(SQL.grids_in_territory, grids=list(grids))}


def count_duties(tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]) -> list[Any]:
    """grid_no, own, due, on_time, late, overdue, open, excluded; only grids with anything, and
    only inside a grid where one is asked for.
    """
    today = asked.on_grids == "today"
    values = _arrays(due) | _owns(asked, due) | {"depth": asked.depth, "as_of": asked.as_of}
    if asked.live or today:
        return tx.rows(SQL.coverage_live, **values, today=today)
    return tx.rows(SQL.coverage_kept, **values, within=asked.within)


def count_never(tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]) -> list[Any]:
    """grid_no, own, never."""
    values = _arrays(due) | _owns(asked, due)
    return tx.rows(
        SQL.never_visited,
        **{key: values[key] for key in ("rules", "sinces", "dues", "owns")},
        depth=asked.depth,
        as_of=asked.as_of,
        today=asked.on_grids == "today",
    )


def count_checked(tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]) -> list[Any]:
    """grid_no, own, confirmed, not_confirmed, unable; without a grid: of all together."""
    return tx.rows(SQL.count_checked, **_of_checked(asked, due))


def list_checked(
    tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn], limit: int, offset: int
) -> list[Any]:
    return tx.rows(SQL.list_checked, **_of_checked(asked, due), limit=limit, offset=offset)


def _of_checked(asked: CoverageQuestion, due: Sequence[Turn]) -> dict[str, Any]:
    return (
        _arrays(due)
        | _owns(asked, due)
        | {
            "depth": asked.depth,
            "as_of": asked.as_of,
            "today": asked.on_grids == "today",
            "within": asked.within,
        }
    )


def list_masked_grids(tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn]) -> set[int]:
    """Grids of the level whose households the reader does not answer for, if any are counted."""
    if all(turn.rule.target_kind != "household" for turn in due):
        return set()
    return {row.no for row in tx.rows(SQL.list_grids_of_others, depth=asked.depth)}


def list_grids_of_level(
    tx: Transaction, depth: int, within: int | None, on: date | None
) -> list[Any]:
    """no, code, name, name_en, by code; as of a day, or of today's edition."""
    return tx.rows(SQL.list_grids_of_level, depth=depth, on=on, within=within)


def list_outlines(tx: Transaction, depth: int, grids: Sequence[int], on: date | None) -> list[Any]:
    """grid_no, path, west, north, east, south; a grid without a polygon has none."""
    return tx.rows(SQL.list_outlines, depth=depth, on=on, grids=list(grids))


def list_duties(
    tx: Transaction,
    asked: CoverageQuestion,
    due: Sequence[Turn],
    state: str | None,
    limit: int,
    offset: int,
) -> list[Any]:
    return tx.rows(
        SQL.list_duties,
        **_arrays(due),
        as_of=asked.as_of,
        today=asked.on_grids == "today",
        within=asked.within,
        depth=asked.depth,
        state=state,
        limit=limit,
        offset=offset,
    )


def list_never(
    tx: Transaction, asked: CoverageQuestion, due: Sequence[Turn], limit: int, offset: int
) -> list[Any]:
    return tx.rows(
        SQL.list_never,
        **_arrays(due),
        as_of=asked.as_of,
        today=asked.on_grids == "today",
        within=asked.within,
        depth=asked.depth,
        limit=limit,
        offset=offset,
    )


def fold_coverage(
    tx: Transaction, begun: Sequence[Turn], months: Sequence[date | None], most: int
) -> int:
    """``months``: with which month each turn is counted; None: by itself."""
    values = _arrays(begun) | {"months": list(months), "most": most}
    return int(tx.value(SQL.fold_coverage, **values))


def _arrays(due: Sequence[Turn]) -> dict[str, list[Any]]:
    return {
        "rules": [turn.rule.no for turn in due],
        "sinces": [turn.period.since for turn in due],
        "dues": [turn.period.due_on for turn in due],
        "graces": [turn.period.grace_until for turn in due],
    }


def _owns(asked: CoverageQuestion, due: Sequence[Turn]) -> dict[str, list[bool]]:
    """Whether the duty is that of the grids of the level itself."""
    return {"owns": [turn.rule.depth == asked.depth for turn in due]}
