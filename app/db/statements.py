"""The named statements of a ``queries.sql`` file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.M)


class Statements:
    """Static SQL by name.  Nothing is ever spliced into it; values are bound parameters."""

    def __init__(self, path: Path) -> None:
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        texts = (part.strip() for part in parts[2::2])
        self._sql: dict[str, str] = dict(zip(parts[1::2], texts, strict=True))

    @classmethod
    def beside(cls, module_file: str) -> Statements:
        """The statements of the folder that holds the calling module."""
        return cls(Path(module_file).with_name("queries.sql"))

    def __getattr__(self, name: str) -> str:
        try:
            return self._sql[name]
        except KeyError:
            raise AttributeError(f"no statement named {name}") from None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._sql.items())
