"""What was found in an uploaded file, sealed beside it and never in the database: rows of a
register may hold data about persons, and go with the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from app.imports.uploads import UPLOAD, SealedFolder

FAILED = "failed"
MOST_FAILED = 100_000
Failed = tuple[list[str], Iterator[dict[str, Any]]]


def keep(folder: SealedFolder, step: str, found: Mapping[str, Any]) -> None:
    folder.keep(step, orjson.dumps(dict(found), option=orjson.OPT_SERIALIZE_NUMPY))


def kept(folder: SealedFolder, step: str) -> dict[str, Any] | None:
    content = folder.content(step)
    return None if content is None else dict(orjson.loads(content))


def keep_failed(
    folder: SealedFolder, fields: Iterable[str], rows: Iterable[Mapping[str, Any]]
) -> None:
    """The rows in error as they are in the file, each with its number and its faults."""
    lines = [orjson.dumps(list(fields))]
    lines += [orjson.dumps(dict(row)) for row in islice(rows, MOST_FAILED)]
    folder.keep(FAILED, b"\n".join(lines))


def failed(folder: SealedFolder) -> Failed | None:
    """The fields of the file and its rows in error."""
    content = folder.content(FAILED)
    if content is None:
        return None
    fields, *lines = content.split(b"\n")
    return orjson.loads(fields), (orjson.loads(line) for line in lines)


def drop_failed(folder: SealedFolder) -> None:
    folder.drop(FAILED)


def drop_written(folder: SealedFolder) -> None:
    """The file, and what earlier steps showed of it; the rows in error stay, to be sent again."""
    folder.drop(UPLOAD, "reading", "columns", "place", "check")
