"""Which targets of a territory have waited longest for a visit."""

from __future__ import annotations

from typing import Any

from app.coverage import actions as coverage
from app.coverage.neglect import rules, store
from app.coverage.neglect.model import KINDS, GridNeglect, Neglect, NeglectQuestion
from app.db.connection import Transaction
from app.errors import Refusal
from app.residents import actions as residents


def kinds(tx: Transaction) -> list[str]:
    """Households only for those who answer for persons."""
    return [kind for kind in KINDS if kind != "household" or residents.sees_persons(tx)]


def check_kind(tx: Transaction, kind: str) -> None:
    known = kinds(tx)
    if kind not in known:
        raise Refusal(
            "There are no targets %(kind)s here; use one of: %(kinds)s.",
            kind=kind[:40],
            kinds=", ".join(known),
        )


def by_grid(tx: Transaction, asked: NeglectQuestion) -> list[GridNeglect]:
    """Every grid of the level in the reader's territory, also those without a target."""
    check_kind(tx, asked.kind)
    found = store.list_neglect_by_grid(tx, asked)
    return [
        GridNeglect(row.no, row.code, row.name, row.name_en, found.get(row.no, Neglect()))
        for row in coverage.grids_of_level(tx, asked.depth, asked.within)
    ]


def targets(
    tx: Transaction, asked: NeglectQuestion, state: str, limit: int, offset: int
) -> list[Any]:
    """Behind a figure: those never visited first, then the longest ago."""
    check_kind(tx, asked.kind)
    if state not in rules.STATES:
        raise Refusal(
            "There is no state %(state)s; use one of: %(states)s.",
            state=state[:40],
            states=", ".join(rules.STATES),
        )
    return store.list_neglected(tx, asked, state, limit, offset)
