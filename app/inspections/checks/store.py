"""Statements on samples of visits and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from app.db.connection import Transaction
from app.db.statements import Statements
from app.inspections.checks.model import Candidate, Claim, Finding, Listed, Sample, SampleRule
from app.inspections.checks.rules import NEAREST

SQL = Statements.beside(__file__)


def list_rules(tx: Transaction) -> dict[str, SampleRule]:
    """By programme; of those for which somebody set one."""
    return {
        row.programme_key: SampleRule(row.percent, row.visits, row.days)
        for row in tx.rows(SQL.list_rules)
    }


def insert_rule(tx: Transaction, programme: str, rule: SampleRule) -> None:
    tx.execute(SQL.insert_rule, programme=programme, **asdict(rule))


def hold_draws(tx: Transaction, programme: str) -> None:
    """Until the transaction ends."""
    tx.rows(SQL.hold_draws, programme=programme)


def list_claims(
    tx: Transaction, programme: str, first: date, last: date, within: int | None
) -> list[Claim]:
    rows = tx.rows(SQL.list_claims, programme=programme, first=first, last=last, within=within)
    return [Claim(UUID(row.inspection_id), *row[1:]) for row in rows]


def has_automatic(tx: Transaction, programme: str, period: str) -> bool:
    return bool(tx.value(SQL.has_automatic, programme=programme, period=period))


def insert_sample(tx: Transaction, sample: Sample, listed: Sequence[Listed]) -> int:
    """The sample with its list as it is now; answers its number."""
    number = int(tx.value(SQL.insert_sample, **asdict(sample)))
    tx.rows(
        SQL.freeze_sample,
        sample=number,
        visits=[str(one.claim.id) for one in listed],
        drawn=[one.drawn for one in listed],
    )
    return number


def list_candidates(tx: Transaction, grids: Sequence[int], on: date) -> list[Candidate]:
    rows = tx.rows(SQL.list_candidates, grids=sorted(set(grids)), roles=list(NEAREST), on=on)
    return [Candidate(*row) for row in rows]


def insert_assignments(
    tx: Transaction, sample: int, given: Sequence[tuple[Claim, int]], on: date
) -> None:
    """Each visit with who is to look at it."""
    tx.many(
        SQL.insert_assignments,
        [
            {
                "id": str(uuid4()),
                "sample": sample,
                "visit": str(claim.id),
                "target": claim.target,
                "recorder": claim.recorder,
                "checker": checker,
                "on": on,
                "person": tx.person,
            }
            for claim, checker in given
        ],
        "(%(id)s::uuid, %(sample)s, %(visit)s::uuid, %(target)s, %(recorder)s, 'assigned', "
        "%(checker)s, %(on)s, %(person)s)",
    )


def insert_finding(tx: Transaction, item: Any, finding: Finding, on: date) -> bool:
    """Whether it was new; False: the id is known, or another finding was first."""
    return (
        tx.execute(
            SQL.insert_finding,
            id=str(finding.id),
            sample=item.sample_no,
            visit=item.inspection_id,
            target=item.target_no,
            recorder=item.recorder_no,
            result=finding.result,
            how=finding.how,
            note=finding.note,
            on=on,
            supersedes=finding.supersedes,
        )
        == 1
    )


def find_event(tx: Transaction, id_: UUID) -> Any | None:
    return tx.row(SQL.find_event, id=str(id_))


def list_samples(tx: Transaction, before: int, limit: int, sample: int | None = None) -> list[Any]:
    return tx.rows(SQL.list_samples, before=before, limit=limit, sample=sample)


def count_items(tx: Transaction, samples: Sequence[int]) -> list[Any]:
    """sample_no, expires_on, result, visits."""
    return tx.rows(SQL.count_items, samples=list(samples))


def list_items(
    tx: Transaction,
    on: date,
    limit: int,
    sample: int | None = None,
    visit: UUID | None = None,
    waiting: bool = False,
    own: bool = False,
) -> list[Any]:
    return tx.rows(
        SQL.list_items,
        on=on,
        limit=limit,
        sample=sample,
        visit=visit and str(visit),
        waiting=waiting,
        own=own,
    )


def count_waiting(tx: Transaction, on: date) -> int:
    return int(tx.value(SQL.count_waiting, on=on))


def list_frozen(tx: Transaction, sample: int, after: int, limit: int) -> list[Any]:
    """rank, inspection_id, drawn, grid_no, code, happened_on, name."""
    return tx.rows(SQL.list_frozen, sample=sample, after=after, limit=limit)
