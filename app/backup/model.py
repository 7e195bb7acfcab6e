"""What a backup says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
PRODUCT = "gridward"


@dataclass(frozen=True)
class Part:
    """One file inside a backup."""

    name: str  # database.dump, uploads/…, photos/…, keys/…
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Written last, read first."""

    made_at: str
    time_zone: str  # in which the deployment counts its days
    server_version: int  # of PostgreSQL, like 150018
    migrations: Mapping[str, str]  # name → sha256
    counts: Mapping[str, int]  # table → rows
    keys: Mapping[str, str]  # name → fingerprint of every key in use, packed or not
    parts: Sequence[Part]
    format: int = FORMAT
    product: str = PRODUCT

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def named(self, folder: str) -> list[Part]:
        """The parts of one folder."""
        return [part for part in self.parts if part.name.startswith(f"{folder}/")]


@dataclass(frozen=True)
class BackupReport:
    file: str
    bytes: int
    sha256: str
    rows: int
    tables: int
    uploads: int
    photos: int
    keys: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class RestoreReport:
    file: str
    sha256: str
    made_at: str
    time_zone: str
    rows: int
    tables: int
    uploads: int
    photos: int
    keys: int
    keys_missing: Sequence[str]  # in use when the backup was made, and neither in it nor here

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
