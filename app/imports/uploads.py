"""Uploaded files, kept until an import of them is written.

Files of registers may tell of persons: they lie sealed, each to its place, with all that was
found in them.  Boundaries lie as they came.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.db.sealing import new_key, read_key, seal, unseal
from app.errors import NotFound, Refusal
from app.imports.sources import Document
from app.settings import Settings

SUFFIXES = (
    ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".xls", ".ods",
    ".geojson.gz", ".geojson", ".json.gz", ".json", ".gpkg", ".zip",
)  # fmt: skip
LONGEST_NAME = 80
KEY_FILE = "uploads_key"
UPLOAD = "upload"  # the file itself, in a sealed folder
STRAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class SealedFolder:
    """The folder of one import; what lies in it is opened by the key of the deployment alone."""

    path: Path
    key: bytes = field(repr=False)

    def keep(self, name: str, content: bytes) -> None:
        fresh = self.path / f"{name}.part"
        fresh.write_bytes(seal(self.key, content, self._place_of(name)))
        fresh.replace(self.path / name)  # whole or not at all

    def content(self, name: str) -> bytes | None:
        try:
            sealed = (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        return unseal(self.key, sealed, self._place_of(name))

    def upload(self) -> bytes:
        content = self.content(UPLOAD)
        if content is None:
            raise _gone()
        return content

    def drop(self, *names: str) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def remove(self) -> None:
        _remove(self.path)

    def _place_of(self, name: str) -> bytes:
        return f"{self.path.name}/{name}".encode()


def keep_sealed(settings: Settings, document: Document) -> SealedFolder:
    """A fresh folder that holds the file."""
    folder = sealed_folder(settings, _fresh_folder(settings.uploads).name)
    folder.keep(UPLOAD, document.content)
    return folder


def sealed_folder(settings: Settings, name: str) -> SealedFolder:
    """The folder of an import by its name, whether or not anything is left of it."""
    if not re.fullmatch(r"\w+", name):  # never a way out of the folder
        raise _gone()
    return SealedFolder(settings.uploads / name, read_key(settings.key(KEY_FILE, new_key)))


def drop_strays(settings: Settings, known: Collection[str], now: datetime) -> None:
    """Remove sealed folders that no import knows, a day after they were made: what is left where
    a server ended between keeping a file and noting its import."""
    for path in settings.uploads.glob(f"*/{UPLOAD}"):
        folder = path.parent
        kept_for = now.timestamp() - path.stat().st_mtime
        if folder.name not in known and kept_for > STRAY_SECONDS:
            _remove(folder)


def checked_upload(file_name: str, content: bytes) -> Document:
    """A file under its own name without any path, if it is one that can be read at all."""
    name = Path(file_name.replace("\\", "/")).name
    name = "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:]
    if not name.lower().endswith(SUFFIXES):
        raise Refusal(
            "%(name)s has an ending that is not taken; use one of: %(endings)s.",
            name=name or "?",
            endings=", ".join(SUFFIXES),
        )
    if not content:
        raise Refusal("%(name)s is empty.", name=name)
    return Document(name.lower(), content)


def keep_upload(document: Document, folder: Path) -> Path:
    """Store the file in a fresh folder of its own, under its own name."""
    path = _fresh_folder(folder) / document.name
    path.write_bytes(document.content)
    return path


def stored_upload(folder: Path, name: str) -> Path:
    """The file of a job, if it is still there."""
    path = Path(name)
    if path.parent.parent != folder or not path.exists():
        raise _gone()
    return path


def drop_upload(path: Path) -> None:
    """Forget a file whose content is in the database now; files do not pile up on disk."""
    _remove(path.parent)


def _fresh_folder(uploads: Path) -> Path:
    uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(dir=uploads))


def _remove(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()


def _gone() -> NotFound:
    return NotFound("The uploaded file is no longer here; please upload it again.")
