"""GeoJSON and GeoPackage as tables: the attributes, and the place or shape of each feature."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import Refusal
from app.imports.sources import MOST_ROWS, Document, Reading, Source
from app.registry.model import Hint
from gis.boundaries import open_layer
from gis.footprints import Shapes, text_of_shape
from gis.tables import Floats, read_table, representative_points

SUFFIXES = (".geojson", ".json", ".geojson.gz", ".json.gz", ".gpkg")
X_FIELD, Y_FIELD, SHAPE_FIELD = "point.x", "point.y", "shape.wkt"


def is_layer(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def open_features(document: Document, reading: Reading) -> Source:
    """The features of the named layer, or of the only one.

    Two fields hold the place of each, or one its shape where the register keeps shapes.
    """
    path = Path(document.name)
    layer = open_layer(path, reading.sheet, reading.encoding, content=document.content)
    table = read_table(layer, None)
    if len(table.shapes) > MOST_ROWS:
        raise Refusal(
            "%(file)s has more than %(most)s rows; split it.", file=path.name, most=MOST_ROWS
        )
    if reading.shapes:
        fields = [name for name in table.fields if name != SHAPE_FIELD]
        lines = ShapeLines([table.texts[name] for name in fields], table.shapes)
        return Source(lines, [*fields, SHAPE_FIELD], table.crs)
    x, y, others = representative_points(table.shapes)
    fields = [name for name in table.fields if name not in (X_FIELD, Y_FIELD)]
    notes = [
        Hint(
            "%(count)s features are lines or areas; each was given a point that lies on it.",
            {"count": others},
        )
    ]
    return Source(
        FeatureLines([table.texts[name] for name in fields], x, y),
        [*fields, X_FIELD, Y_FIELD],
        table.crs,
        notes=notes if others else (),
    )


@dataclass(frozen=True)
class FeatureLines:
    columns: Sequence[Sequence[str | None]]
    x: Floats
    y: Floats

    def __iter__(self) -> Iterator[list[str]]:
        rows = zip(*self.columns, strict=True) if self.columns else [()] * len(self.x)
        for row, x, y in zip(rows, self.x.tolist(), self.y.tolist(), strict=True):
            place = ["", ""] if math.isnan(x) or math.isnan(y) else [repr(x), repr(y)]
            yield [*(cell or "" for cell in row), *place]


@dataclass(frozen=True)
class ShapeLines:
    columns: Sequence[Sequence[str | None]]
    shapes: Shapes

    def __iter__(self) -> Iterator[list[str]]:
        rows = zip(*self.columns, strict=True) if self.columns else [()] * len(self.shapes)
        for row, shape in zip(rows, self.shapes, strict=True):
            yield [*(cell or "" for cell in row), text_of_shape(shape)]
