"""The keys that open the register of residents; they stand in the keys folder alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.db.sealing import key_id, new_key, read_key, seal, unseal
from app.errors import Refusal
from app.settings import Settings

KEY_FILE = "residents_key"  # the present key; former ones stay beside it as residents_key.<id>


@dataclass(frozen=True)
class Keyring:
    """Keys by their id; ``present`` seals what is written, None before the first import."""

    keys: Mapping[str, bytes]
    present: str | None

    def seal(self, text: str | None, context: str) -> bytes | None:
        if not text:
            return None
        if self.present is None:
            raise missing_key([])
        return seal(self.keys[self.present], text.encode(), context.encode())

    def unseal(self, sealed: bytes | None, context: str, key: str) -> str | None:
        if sealed is None:
            return None
        if key not in self.keys:
            raise missing_key([key])
        return unseal(self.keys[key], bytes(sealed), context.encode()).decode()


def missing_key(ids: Iterable[str]) -> Refusal:
    return Refusal(
        "The key that opens the register of residents is not in the keys folder (%(keys)s). "
        "Nothing is lost and nothing was changed: put the key files back from the backup and "
        "try again.",
        keys=", ".join(ids) or KEY_FILE,
    )


def read_keyring(settings: Settings) -> Keyring:
    """The keys that are there; none before the first household is written."""
    present = settings.keys / KEY_FILE
    files = [present, *sorted(settings.keys.glob(f"{KEY_FILE}.*"))]
    keys = [read_key(path.read_text()) for path in files if path.is_file()]
    return Keyring(
        {key_id(key): key for key in keys}, key_id(keys[0]) if present.is_file() else None
    )


def keyring_for_writing(settings: Settings, in_use: Iterable[str]) -> Keyring:
    """The keyring with a key to seal with; one is made only where nothing is sealed yet."""
    found = read_keyring(settings)
    absent = sorted(set(in_use) - set(found.keys))
    if absent or (found.present is None and found.keys):
        raise missing_key(absent)
    if found.present is None:
        settings.key(KEY_FILE, new_key)
        found = read_keyring(settings)
    return found


def change_key(settings: Settings) -> Keyring:
    """A new key takes the present one's place; the former stays under its id."""
    present = settings.keys / KEY_FILE
    former = present.with_name(f"{KEY_FILE}.{key_id(read_key(present.read_text()))}")
    if not former.exists():
        os.link(present, former)
    _replace(present, settings.keys / f"{KEY_FILE}.new")
    return read_keyring(settings)


def _replace(path: Path, fresh: Path) -> None:
    """Whole or not at all, with the owner and the rights of the file that was there."""
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(new_key())
    if os.geteuid() == 0:
        owner = path.stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)
    os.replace(fresh, path)
