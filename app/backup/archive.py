"""The one file of a backup: a zip of named parts and, at its end, what each must be."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson
from pydantic import TypeAdapter, ValidationError

from app.backup.model import FORMAT, PRODUCT, Manifest, Part
from app.errors import Refusal

MANIFEST = "manifest.json"
DATABASE = "database.dump"
FOLDERS = ("uploads", "photos", "keys")
LARGEST_MANIFEST = 64 * 1024 * 1024
PIECE = 1 << 20


def add_part(archive: zipfile.ZipFile, name: str, source: IO[bytes]) -> Part:
    """Copy a stream into the archive; what it was is answered for the manifest."""
    digest, size = sha256(), 0
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
        while piece := source.read(PIECE):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    return Part(name, size, digest.hexdigest())


def add_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    archive.writestr(
        zipfile.ZipInfo(MANIFEST), orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
    )


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The archive with its manifest, both of a form that this version can read."""
    if not path.is_file():
        raise Refusal("There is no file %(file)s.", file=path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _read_manifest(archive, path)
    except (zipfile.BadZipFile, EOFError) as fault:
        raise Refusal(
            "%(file)s is no backup of Gridward, or it was cut off or damaged on its way; nothing "
            "was changed. Fetch it again from where it was made.",
            file=path.name,
        ) from fault


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    foreign = Refusal(
        "%(file)s is no backup of Gridward: nothing in it says what it holds.", file=path.name
    )
    if MANIFEST not in archive.namelist():
        raise foreign
    if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise foreign
    try:
        said: Any = orjson.loads(archive.read(MANIFEST))
    except orjson.JSONDecodeError:
        raise foreign from None
    if not isinstance(said, dict) or said.get("product") != PRODUCT:
        raise foreign
    if said.get("format") != FORMAT:
        raise Refusal(
            "%(file)s was made by a newer version of Gridward; restore it with that version.",
            file=path.name,
        )
    try:
        return TypeAdapter(Manifest).validate_python(said)
    except ValidationError:
        raise foreign from None


def unpack(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    """Write every part below the folder, each exactly as the manifest says it was.

    Raises
    ------
    Refusal
        A part is missing, too many, not where parts lie, or not what it was.
    """
    there = sorted(name for name in archive.namelist() if name != MANIFEST)
    if there != sorted(part.name for part in manifest.parts) or DATABASE not in there:
        raise Refusal("This backup does not hold the parts that it names; nothing was changed.")
    for part in manifest.parts:
        path = folder / _safe_name(part.name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _extract(archive, part, path):
            raise Refusal(
                "%(part)s in this backup is damaged; nothing was changed. Fetch the file again "
                "from where it was made.",
                part=part.name,
            )


def _safe_name(name: str) -> PurePosixPath:
    """A path that stays below the folder into which it is unpacked."""
    path = PurePosixPath(name)
    inside = path.parts[0] in FOLDERS and len(path.parts) > 1 and ".." not in path.parts
    if name != DATABASE and not inside:
        raise Refusal("%(part)s has no place in a backup; nothing was changed.", part=name[:80])
    return path


def _extract(archive: zipfile.ZipFile, part: Part, path: Path) -> bool:
    """Answers whether the part is whole; no more is written than it may have."""
    digest, left = sha256(), part.bytes
    with archive.open(part.name) as source, open(path, "wb") as target:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                return False
            digest.update(piece)
            target.write(piece)
    return left == 0 and digest.hexdigest() == part.sha256


def digest_of_file(path: Path) -> str:
    with open(path, "rb") as stream:
        digest = sha256()
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
