"""Batches of imports: what was brought in, and how it is taken back."""

from __future__ import annotations

import click

from app.commands.session import COMMIT, JSON, Session, answer, cli, written
from app.imports import actions as imports, wizard


@cli.group("imports")
def batches() -> None:
    """What was imported, and how it is taken back."""


@batches.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@JSON
@click.pass_obj
def list_batches(session: Session, /, limit: int, as_json: bool) -> None:
    """The latest batches."""
    with session.transaction("imports.write") as tx:
        rows = wizard.batches(tx, wizard.LAST_NUMBER, limit)
    document = {
        "batches": [
            {
                "no": row["no"],
                "kind": row["kind"],
                "file": row["file_name"],
                "sha256": row["file_sha256"],
                "crs": row["source_crs"],
                "imported_at": row["imported_at"],
                "imported_by": row["imported_by"],
                "counts": row["counts"],
                "undone_at": row["undone_at"],
            }
            for row in rows
        ]
    }
    answer(
        document,
        as_json,
        lambda: (
            "\n".join(
                f"{row['no']:>6}  {row['imported_at']:%Y-%m-%d %H:%M}  {row['kind']}  "
                f"{row['file_name']}{'  (taken back)' if row['undone_at'] else ''}"
                for row in rows
            )
            or "Nothing was imported yet."
        ),
    )


@batches.command("undo")
@click.argument("number", type=click.IntRange(1, wizard.LAST_NUMBER))
@COMMIT
@JSON
@click.pass_obj
def undo_batch(session: Session, /, number: int, commit: bool, as_json: bool) -> None:
    """Take a whole batch back: its new rows go, its changed rows become what they were."""
    with session.transaction("imports.write", commit) as tx:
        report = imports.undo_batch(tx, number)
    document = report.as_dict() | {"committed": commit}
    answer(
        document,
        as_json,
        lambda: written(
            commit,
            f"batch {number}: {report.removed} removed, {report.restored} restored, "
            f"{report.voided} voided",
        ),
    )
