"""What was found in an uploaded file, kept beside it and never in the database: rows of a
register may hold data about persons, and go with the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

FAILED = "failed.jsonl"
MOST_FAILED = 100_000


def keep(folder: Path, step: str, found: Mapping[str, Any]) -> None:
    path = folder / f"{step}.json"
    fresh = path.with_suffix(".part")
    fresh.write_bytes(orjson.dumps(dict(found), option=orjson.OPT_SERIALIZE_NUMPY))
    fresh.replace(path)  # whole or not at all


def kept(folder: Path, step: str) -> dict[str, Any] | None:
    path = folder / f"{step}.json"
    return dict(orjson.loads(path.read_bytes())) if path.exists() else None


def keep_failed(folder: Path, fields: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows in error as they are in the file, each with its number and its faults."""
    with (folder / FAILED).open("wb") as stream:
        stream.write(orjson.dumps(list(fields)) + b"\n")
        for place, row in enumerate(rows):
            if place == MOST_FAILED:
                break
            stream.write(orjson.dumps(dict(row)) + b"\n")


def failed(folder: Path) -> tuple[list[str], Iterator[dict[str, Any]]] | None:
    """The fields of the file and its rows in error."""
    path = folder / FAILED
    if not path.exists():
        return None
    with path.open("rb") as stream:
        fields: list[str] = orjson.loads(stream.readline())
    return fields, _rows(path)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        stream.readline()
        for line in stream:
            yield orjson.loads(line)


def drop_failed(folder: Path) -> None:
    (folder / FAILED).unlink(missing_ok=True)


def drop_samples(folder: Path) -> None:
    """What earlier steps showed of the rows; the rows in error stay, to be sent again."""
    for step in ("reading", "columns", "place", "check"):
        (folder / f"{step}.json").unlink(missing_ok=True)


def drop_all(folder: Path) -> None:
    for path in [*folder.glob("*.json"), *folder.glob("*.part"), *folder.glob(FAILED)]:
        path.unlink()
