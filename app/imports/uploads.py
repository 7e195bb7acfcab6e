"""Uploaded files, kept until an import of them is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.errors import NotFound, Refusal

SUFFIXES = (
    ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".xls", ".ods",
    ".geojson.gz", ".geojson", ".json.gz", ".json", ".gpkg", ".zip",
)  # fmt: skip
LONGEST_NAME = 80


def keep_upload(file_name: str, content: bytes, folder: Path) -> Path:
    """Store the file in a fresh folder of its own, under its own name without any path."""
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
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = Path(tempfile.mkdtemp(dir=folder)) / name.lower()
    path.write_bytes(content)
    return path


def stored_upload(folder: Path, name: str) -> Path:
    """The file of a job, if it is still there."""
    path = Path(name)
    if path.parent.parent != folder or not path.exists():
        raise NotFound("The uploaded file is no longer here; please upload it again.")
    return path


def drop_upload(path: Path) -> None:
    """Forget a file whose content is in the database now; registers do not pile up on disk."""
    path.unlink(missing_ok=True)
    path.parent.rmdir()
