"""Statements of a publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from app.db.connection import Transaction
from app.db.statements import Statements
from app.grids.rules import Key, Node, Span

Floats: TypeAlias = npt.NDArray[np.float64]
SQL = Statements.beside(__file__)


def lock_locating(tx: Transaction) -> None:
    tx.execute(SQL.lock_locating)


def list_known_numbers(tx: Transaction) -> dict[Key, Span]:
    return {
        (row.depth, row.code): Span(row.no, row.span_end) for row in tx.rows(SQL.list_known_numbers)
    }


def insert_grids(tx: Transaction, spans: Mapping[Key, Span], kind: str = "area") -> None:
    tx.many(
        SQL.insert_grids,
        [
            {"no": span.no, "depth": depth, "code": code, "end": span.end, "kind": kind}
            for (depth, code), span in spans.items()
        ],
        "(%(no)s, %(depth)s, %(code)s, %(end)s, %(kind)s)",
    )


def insert_grid_shapes(
    tx: Transaction, edition: int, keys: Sequence[Key], labels: tuple[Floats, Floats]
) -> int:
    """Shapes and chains of the draft, now with numbers; answers how many shapes.

    ``labels``: longitudes and latitudes, in the order of ``keys``. Establishments come along.
    """
    count = tx.execute(
        SQL.insert_grid_shapes,
        edition=edition,
        depths=[depth for depth, _ in keys],
        codes=[code for _, code in keys],
        lon=labels[0].tolist(),
        lat=labels[1].tolist(),
    )
    insert_establishment_shapes(tx, edition)
    return count


def insert_establishment_shapes(tx: Transaction, edition: int) -> int:
    """Of those that are missing, with the chains of all that have none."""
    count = tx.execute(SQL.insert_establishment_shapes, edition=edition)
    tx.execute(SQL.insert_grid_chains, edition=edition)
    return count


def list_nodes(tx: Transaction, edition: int) -> list[Node]:
    return [
        Node((row.depth, row.code), (row.depth - 1, row.parent_code) if row.depth > 1 else None)
        for row in tx.rows(SQL.list_nodes, edition=edition)
    ]


def list_known_codes(tx: Transaction, depth: int, codes: Sequence[str]) -> dict[str, str | None]:
    """Code → the unit that the grid is, None for one with a shape; codes of no grid are absent."""
    return {
        row.code: row.unit for row in tx.rows(SQL.list_known_codes, depth=depth, codes=list(codes))
    }


def insert_establishments(tx: Transaction, depth: int, codes: Sequence[str]) -> None:
    tx.execute(SQL.insert_establishments, depth=depth, codes=list(codes))


def move_into_establishments(tx: Transaction, depth: int, codes: Sequence[str]) -> None:
    tx.execute(SQL.move_into_establishments, depth=depth, codes=list(codes))


def switch_editions(tx: Transaction, edition: int, day: date, digest: str, warnings: int) -> None:
    tx.execute(SQL.retire_active, day=day)
    tx.execute(SQL.activate, edition=edition, day=day, digest=digest, warnings=warnings)


def insert_edition_level(
    tx: Transaction, edition: int, depth: int, grids: int, min_zoom: int
) -> None:
    tx.execute(
        SQL.insert_edition_level, edition=edition, depth=depth, grids=grids, min_zoom=min_zoom
    )


def insert_tile_shapes(
    tx: Transaction,
    edition: int,
    depth: int,
    zoom: int,
    numbers: Sequence[int],
    shapes: npt.NDArray[np.object_],
) -> None:
    tx.many(
        SQL.insert_tile_shapes,
        [
            {"edition": edition, "depth": depth, "zoom": zoom, "no": number, "wkb": wkb}
            for number, wkb in zip(numbers, shapely.to_wkb(shapes), strict=True)
        ],
        "(%(edition)s, %(depth)s, %(zoom)s, %(no)s, ST_GeomFromWKB(%(wkb)s, 3857))",
    )


def replace_territories(tx: Transaction, territories: Mapping[int, Sequence[Span]]) -> None:
    tx.execute(SQL.delete_territories)
    tx.many(
        SQL.insert_territories,
        [
            {
                "no": number,
                "numbers": "{" + ",".join(f"[{part.no},{part.end})" for part in parts) + "}",
            }
            for number, parts in territories.items()
        ],
        "(%(no)s, %(numbers)s::int4multirange)",
    )


def find_broken_parents(tx: Transaction, edition: int) -> list[Any]:
    return tx.rows(SQL.find_broken_parents, edition=edition)


def list_parents(tx: Transaction, edition: int) -> dict[int, int | None]:
    return {row.grid_no: row.parent_no for row in tx.rows(SQL.list_parents, edition=edition)}


def keep_grid_targets(tx: Transaction) -> None:
    tx.execute(SQL.keep_grid_targets)


def place_from(tx: Transaction, day: date | None) -> None:
    """The day from which targets lie in their new grids; None: today again."""
    tx.execute(SQL.place_from, day=day)
