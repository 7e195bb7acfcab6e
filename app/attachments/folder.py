"""The files of photos: sealed, each under the digest of its bytes, never changed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from app.db.sealing import SealBroken, new_key, read_key, seal, unseal
from app.settings import Settings

KEY_FILE = "photos_key"


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


@dataclass(frozen=True)
class PhotoFolder:
    """Opened by the key of the deployment alone: photos may show people in their homes."""

    path: Path
    key: bytes = field(repr=False)

    @staticmethod
    def of(settings: Settings) -> PhotoFolder:
        return PhotoFolder(settings.photos, read_key(settings.key(KEY_FILE, new_key)))

    def keep(self, content: bytes) -> str:
        """Write the file, whole or not at all; answers its digest."""
        digest = digest_of(content)
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = place.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(seal(self.key, content, digest.encode()))
            stream.flush()
            os.fsync(stream.fileno())  # the database is about to speak of it
        fresh.replace(place)
        return digest

    def content(self, digest: str) -> bytes | None:
        """None: the file is not there."""
        try:
            sealed = self._place(digest).read_bytes()
        except FileNotFoundError:
            return None
        return unseal(self.key, sealed, digest.encode())

    def faults(self, digests: Iterable[str]) -> Iterator[str]:
        """What is missing, and what is not what it was."""
        for digest in digests:
            try:
                content = self.content(digest)
            except SealBroken:
                yield f"photo file {digest[:12]} was changed, or its key is another one"
                continue
            if content is None:
                yield f"photo file {digest[:12]} is missing"
            elif digest_of(content) != digest:
                yield f"photo file {digest[:12]} is not what it was"

    def digests(self) -> list[str]:
        """Of all files that are there, whole or left over from a write that was cut off."""
        return [path.name for path in self.path.glob("??/*") if path.is_file()]

    def drop(self, name: str) -> None:
        (self.path / name[:2] / name).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self.path / digest[:2] / digest
