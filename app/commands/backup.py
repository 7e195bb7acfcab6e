"""A backup of everything in one file, and the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from app.backup import actions as backups
from app.commands.session import FILE, JSON, Session, answer, cli
from app.errors import Refusal
from app.monitoring import actions as monitoring


@cli.command("backup")
@click.argument("file", type=FILE)
@click.option("--with-keys", is_flag=True, help="Also the keys: then the file opens everything.")
@JSON
@click.pass_obj
def back_up(session: Session, /, file: Path, with_keys: bool, as_json: bool) -> None:
    """Copy database, uploads and photos into one FILE, while the server runs.

    Without --with-keys what is sealed (names, phones, photos) stays closed in it: keep the folder
    of keys at another place.
    """
    with session.transaction("backups.make") as tx:
        report = backups.make_backup(tx, session.settings, file, with_keys)
    answer(
        report.as_dict(),
        as_json,
        lambda: (
            f"{report.file}: {report.rows} rows of {report.tables} tables, {report.uploads} "
            f"uploads, {report.photos} photo files, {report.keys} keys, {report.bytes} bytes, "
            f"sha256 {report.sha256}"
        ),
    )


@cli.command("restore")
@click.argument("file", type=FILE)
@click.option("--replace", "over_data", is_flag=True, help="In place of the data that are here.")
@JSON
@click.pass_obj
def restore(session: Session, /, file: Path, over_data: bool, as_json: bool) -> None:
    """Put a backup back, into an empty deployment or with --replace over another.

    The file is checked before anything is touched. It is run as the database's administrator:
    restore only files that you trust.
    """
    if session.acting:
        raise click.UsageError("A backup brings its own people; leave out --as.")
    report = backups.restore_backup(session.settings, file, over_data)
    if report.keys_missing:
        click.echo(
            f"Of the keys in use when the backup was made these are neither in it nor here: "
            f"{', '.join(report.keys_missing)}. What they sealed stays closed until the files "
            f"are put into {session.settings.keys}.",
            err=True,
        )
    restored = replace(session, settings=replace(session.settings, time_zone=report.time_zone))
    with restored.transaction("metrics.read") as tx:
        backups.note_restore(tx, report)
        found = monitoring.examine(tx)
    answer(
        report.as_dict() | {"sound": found["sound"]},
        as_json,
        lambda: (
            f"{report.file} of {report.made_at}: {report.rows} rows of {report.tables} tables, "
            f"{report.uploads} uploads, {report.photos} photo files, {report.keys} keys are in "
            "place"
        ),
    )
    if not found["sound"]:
        raise Refusal("The data are not sound; run doctor to see what is wrong.")
