"""Statements on plans of imports, remembered mappings and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from app.db.connection import Transaction
from app.db.statements import Statements
from app.imports.model import Choice, Plan
from app.imports.sources import Reading

SQL = Statements.beside(__file__)


def _plan(row: Any) -> Plan:
    values = row._asdict()
    return Plan(
        **values | {"reading": Reading(**values["reading"]), "columns": Choice(**values["columns"])}
    )


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(value)).decode()


def insert_plan(tx: Transaction, plan: Plan) -> int:
    return int(
        tx.value(
            SQL.insert_plan,
            register=plan.register,
            path=plan.path,
            file_name=plan.file_name,
            file_sha256=plan.file_sha256,
            reading=_json(asdict(plan.reading)),
            columns=_json(plan.columns.as_dict()),
            crs=plan.crs,
            step=plan.step,
            corrects=plan.corrects,
        )
    )


def find_plan(tx: Transaction, no: int) -> Plan | None:
    row = tx.row(SQL.find_plan, no=no)
    return _plan(row) if row else None


def find_plan_of_batch(tx: Transaction, batch: int) -> Plan | None:
    row = tx.row(SQL.find_plan_of_batch, batch=batch)
    return _plan(row) if row else None


def list_open_plans(tx: Transaction) -> list[Plan]:
    return [_plan(row) for row in tx.rows(SQL.list_open_plans)]


def list_plans_with_files(tx: Transaction) -> list[Any]:
    """no, register, path, created_at of everybody's."""
    return tx.rows(SQL.list_plans_with_files)


def update_plan(tx: Transaction, plan: Plan) -> None:
    tx.execute(
        SQL.update_plan,
        no=plan.no,
        path=plan.path,
        reading=_json(asdict(plan.reading)),
        columns=_json(plan.columns.as_dict()),
        crs=plan.crs,
        step=plan.step,
        job_no=plan.job_no,
        job_step=plan.job_step,
        batch_no=plan.batch_no,
    )


def remember_mapping(
    tx: Transaction, register: str, digest: str, columns: Choice, crs: str | None
) -> None:
    tx.execute(
        SQL.remember_mapping,
        register=register,
        digest=digest,
        columns=_json(columns.as_dict()),
        crs=crs,
    )


def find_mapping(tx: Transaction, register: str, digest: str) -> tuple[Choice, str | None] | None:
    row = tx.row(SQL.find_mapping, register=register, digest=digest)
    return (Choice(**row.columns), row.crs) if row else None


def list_batches_of_file(tx: Transaction, kind: str, sha256: str) -> list[Any]:
    return tx.rows(SQL.list_batches_of_file, kind=kind, sha256=sha256)


def list_batches(tx: Transaction, before: int, limit: int) -> list[Any]:
    return tx.rows(SQL.list_batches, before=before, limit=limit)


def find_batch(tx: Transaction, no: int) -> Any | None:
    return tx.row(SQL.find_batch, no=no)


def count_rows_of_batch(tx: Transaction, no: int) -> Any:
    """targets, visits."""
    return tx.row(SQL.count_rows_of_batch, no=no)


def find_batch_of_this_transaction(tx: Transaction) -> int | None:
    number: int | None = tx.value(SQL.find_batch_of_this_transaction)
    return number


def replace_claims(tx: Transaction, numbers: Sequence[int], claims: Mapping[int, str]) -> None:
    """Of these targets the claims that stand: target → the grid that the file names."""
    tx.execute(SQL.delete_other_claims, numbers=list(numbers), claiming=list(claims))
    tx.many(
        SQL.put_claims,
        [{"no": no, "claimed": claimed} for no, claimed in claims.items()],
        "(%(no)s::bigint, %(claimed)s::text)",
    )


def delete_claims_of_batch(tx: Transaction, batch: int) -> None:
    tx.execute(SQL.delete_claims_of_batch, batch=batch)
