"""Uploaded files, kept until their job has read them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from app.errors import NotFound, Refusal

SUFFIXES = (".csv", ".csv.gz", ".geojson.gz", ".geojson", ".json", ".gpkg", ".zip")


def keep_upload(file_name: str, content: bytes, folder: Path) -> Path:
    """Store the file under its content's hash, keeping its ending; nothing else of its name."""
    name = Path(file_name.replace("\\", "/")).name
    suffix = next((one for one in SUFFIXES if name.lower().endswith(one)), None)
    if suffix is None:
        raise Refusal(
            "%(name)s has an ending that is not taken; use one of: %(endings)s.",
            name=name[:80] or "?",
            endings=", ".join(SUFFIXES),
        )
    if not content:
        raise Refusal("%(name)s is empty.", name=name[:80])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{sha256(content).hexdigest()[:32]}{suffix}"
    if not path.exists():
        fresh = path.with_suffix(".part")
        fresh.write_bytes(content)
        fresh.rename(path)
    return path


def stored_upload(folder: Path, name: str) -> Path:
    """The file of a job, if it is still there."""
    path = Path(name)
    if path.parent != folder or not path.exists():
        raise NotFound("The uploaded file is no longer here; please upload it again.")
    return path
