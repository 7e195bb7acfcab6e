"""Make a backup while the server runs; put one back where nothing is, or in place of what is."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from app.audit import actions as audit
from app.backup.archive import (
    DATABASE,
    add_manifest,
    add_part,
    digest_of_file,
    opened,
    unpack,
)
from app.backup.model import BackupReport, Manifest, Part, RestoreReport
from app.db import dumps
from app.db.cluster import Account
from app.db.connection import Transaction
from app.db.deployment import Administration, administration, deployment
from app.db.migrate import known_migrations
from app.errors import Conflict, Refusal
from app.settings import Settings

# it opens only the database beside which it lies, and is made anew where a backup is restored
OF_THIS_MACHINE = "app_database_password"
# without them people sign in again; without any other key, what it sealed stays closed
REPLACEABLE = frozenset({"session_key", "demo_password"})


def make_backup(tx: Transaction, settings: Settings, path: Path, with_keys: bool) -> BackupReport:
    """One private file with the database as it is at one instant, the uploads and the photos.

    Files are copied after that instant, so whatever the database speaks of is among them.
    """
    if path.exists():
        raise Conflict("%(file)s is there already; choose another name.", file=path)
    with _whole_file(path) as fresh, administration(settings) as admin:
        manifest = _pack(admin, settings, fresh, with_keys)
        report = BackupReport(
            str(path),
            fresh.stat().st_size,
            digest_of_file(fresh),
            manifest.rows,
            len(manifest.counts),
            len(manifest.named("uploads")),
            len(manifest.named("photos")),
            len(manifest.named("keys")),
        )
    audit.record(
        tx, "backup", path.name, sha256=report.sha256, bytes=report.bytes, keys=report.keys
    )
    return report


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A file of the caller's own eyes only, under its name when it is whole and on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(descriptor)
    fresh = Path(name)
    try:
        yield fresh
        with open(fresh, "rb") as stream:
            os.fsync(stream.fileno())
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)


def _pack(admin: Administration, settings: Settings, file: Path, with_keys: bool) -> Manifest:
    with dumps.frozen_contents(admin) as contents, zipfile.ZipFile(file, "w") as archive:
        with dumps.dump(admin, contents) as stream:
            parts = [add_part(archive, DATABASE, stream)]
        parts += _pack_folder(archive, settings.uploads, "uploads")
        parts += _pack_folder(archive, settings.photos, "photos")
        if with_keys:
            parts += _pack_folder(archive, settings.keys, "keys")
        manifest = Manifest(
            datetime.now(UTC).isoformat(timespec="seconds"),
            settings.time_zone,
            contents.server_version,
            contents.migrations,
            contents.counts,
            _fingerprints(settings),
            parts,
        )
        add_manifest(archive, manifest)
    return manifest


def _pack_folder(archive: zipfile.ZipFile, folder: Path, name: str) -> list[Part]:
    parts = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == OF_THIS_MACHINE:
            continue
        try:
            with open(path, "rb") as stream:
                parts.append(add_part(archive, f"{name}/{path.relative_to(folder)}", stream))
        except FileNotFoundError:
            continue  # an upload goes when its import is written, a photo when it is forgotten
    return parts


def _fingerprints(settings: Settings) -> dict[str, str]:
    """By which a restored deployment knows that it has the same keys; they do not open anything."""
    return {
        path.name: sha256(path.read_bytes().strip()).hexdigest()[:16]
        for path in sorted(settings.keys.glob("*"))
        if path.is_file() and path.name != OF_THIS_MACHINE
    }


def restore_backup(settings: Settings, path: Path, over_data: bool) -> RestoreReport:
    """Put a backup in place.  All of it is checked before anything is touched, and the database
    changes in one transaction.

    Raises
    ------
    Refusal
        The file is no whole backup that this version knows, Gridward is running here, or there
        are data already and ``over_data`` was not said.
    """
    settings.var.mkdir(parents=True, exist_ok=True)
    with opened(path) as (archive, manifest):
        _refuse_foreign(manifest)
        with tempfile.TemporaryDirectory(dir=settings.var, prefix="restore-") as name:
            folder = Path(name)
            unpack(archive, manifest, folder)
            settings = replace(settings, time_zone=manifest.time_zone)
            _put_in_place(settings, manifest, folder, over_data)
    return RestoreReport(
        str(path),
        digest_of_file(path),
        manifest.made_at,
        manifest.time_zone,
        manifest.rows,
        len(manifest.counts),
        len(manifest.named("uploads")),
        len(manifest.named("photos")),
        len(manifest.named("keys")),
        _missing_keys(settings, manifest),
    )


def _refuse_foreign(manifest: Manifest) -> None:
    known = known_migrations()
    unknown = sorted(name for name in manifest.migrations if name not in known)
    if unknown:
        raise Refusal(
            "This backup was made by a newer version of Gridward: this one does not know "
            "%(names)s. Restore it with the newer version.",
            names=", ".join(unknown),
        )
    changed = sorted(name for name, digest in manifest.migrations.items() if known[name] != digest)
    if changed:
        raise Refusal(
            "This backup was made by another build of Gridward: %(names)s differ here.",
            names=", ".join(changed),
        )


def _put_in_place(settings: Settings, manifest: Manifest, folder: Path, over_data: bool) -> None:
    with deployment(settings), administration(settings) as admin:
        if dumps.busy_sessions(admin):
            raise Refusal(
                "Gridward is running on this database; nothing was changed. Stop it, then restore."
            )
        if dumps.holds_data(admin) and not over_data:
            raise Conflict(
                "There are data here already; nothing was changed. --replace puts the backup in "
                "their place: they are lost then."
            )
        dumps.load(admin, folder / DATABASE, manifest.counts)
        _place_files(settings.uploads, folder, "uploads")
        _place_files(settings.photos, folder, "photos")
        _place_keys(settings, folder)
        with deployment(settings):
            pass  # an older backup comes to the present schema; functions and policies are ours


def _place_files(place: Path, folder: Path, name: str) -> None:
    packed = folder / name
    packed.mkdir(exist_ok=True, mode=0o700)
    account = Account.for_servers()
    for path in [packed, *packed.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
        if os.geteuid() == 0:
            os.chown(path, account.uid, account.gid)
    if place.exists():
        place.rename(folder / f"former-{name}")
    packed.rename(place)


def _place_keys(settings: Settings, folder: Path) -> None:
    """A key that was here stays beside the one that came: an older backup may need it."""
    account = Account.for_servers()
    account.own(settings.keys)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for packed in sorted((folder / "keys").glob("*")):
        place = settings.keys / packed.name
        if place.exists() and place.read_bytes() != packed.read_bytes():
            place.rename(place.with_name(f"{place.name}.before-{stamp}"))
        packed.chmod(0o600)
        shutil.move(packed, place)
        if os.geteuid() == 0:
            os.chown(place, account.uid, account.gid)


def _missing_keys(settings: Settings, manifest: Manifest) -> list[str]:
    here = _fingerprints(settings)
    return [
        name
        for name, fingerprint in manifest.keys.items()
        if name not in REPLACEABLE and here.get(name) != fingerprint
    ]


def note_restore(tx: Transaction, report: RestoreReport) -> None:
    """In the restored database's own log."""
    audit.record(
        tx,
        "restore",
        Path(report.file).name,
        sha256=report.sha256,
        made_at=report.made_at,
        keys=report.keys,
    )
