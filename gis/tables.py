"""The bytes of one vector layer to texts and shapes, every value as it is written."""

import json
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from gis.encodings import BYTE_FOR_BYTE, decoded, refuse_garbled
from gis.errors import BadValue, FieldMissing, UnreadableFile, WrongEncoding

Shapes: TypeAlias = npt.NDArray[np.object_]
Floats: TypeAlias = npt.NDArray[np.float64]

LARGEST_EXACT = 2**53  # beyond it neighbouring whole numbers share one float


@dataclass(frozen=True, slots=True)
class LayerSource:
    """One layer, ready for the reader.

    Parameters
    ----------
    content : bytes
        GeoJSON in UTF-8, a GeoPackage, or a Shapefile as of `gis.archives`.
    driver : {'GeoJSON', 'GPKG', 'ESRI Shapefile'}
    layer : str, optional
    carried : bool
        Text is taken byte for byte and decoded here with `codec`, because the reader's
        own decoding fails without naming the row.
    codec : str, optional
        None where the file does not say.
    """

    content: bytes
    driver: str
    layer: str | None = None
    carried: bool = False
    codec: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a layer, n of each.

    Parameters
    ----------
    fields : tuple of str
        All that the layer has.
    texts : dict
        Of the fields asked for: n texts, stripped, None where empty.
    shapes : ndarray of geometries or None, shape (n,)
    crs : str or None
        What the file says: a code or WKT.
    """

    fields: tuple[str, ...]
    texts: dict[str, list[str | None]]
    shapes: Shapes
    crs: str | None

    def joined(self, fields: Sequence[str]) -> list[str | None]:
        """The texts of several fields as one; None where one of them is empty.

        Examples
        --------
        >>> table = Table(("a", "b"), {"a": ["01", "02"], "b": ["1", None]}, np.empty(2), None)
        >>> table.joined(("a", "b"))
        ['011', None]
        """
        if not fields:
            return [None] * len(self.shapes)
        parts = zip(*(self.texts[field] for field in fields), strict=True)
        return [None if None in row else "".join(map(str, row)) for row in parts]


def representative_points(shapes: Shapes) -> tuple[Floats, Floats, int]:
    """Where each shape is, in the numbers of its file.

    Parameters
    ----------
    shapes : ndarray of geometries or None, shape (n,)

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        Of a line or an area a point on it; NaN where there is no shape.
    others : int
        How many shapes are no points.

    Examples
    --------
    >>> x, y, others = representative_points(
    ...     np.array([shapely.Point(1, 2), None, shapely.box(0, 0, 2, 2)])
    ... )
    >>> x.tolist(), y.tolist(), others
    ([1.0, nan, 1.0], [2.0, nan, 1.0], 1)
    """
    points = shapely.point_on_surface(shapes)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points[single] = shapes[single]
    given = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return shapely.get_x(points), shapely.get_y(points), int((given & ~single).sum())


def geopackage_layers(content: bytes) -> list[str]:
    """The layers of a GeoPackage that have shapes.

    Raises
    ------
    UnreadableFile
    """
    with _reading("GPKG", content):
        return [str(name) for name, kind in pyogrio.list_layers(content) if kind is not None]


def read_table(source: LayerSource, wanted: Sequence[str] | None) -> Table:
    """The shapes and the named fields of a layer.

    Parameters
    ----------
    source : LayerSource
    wanted : sequence of str or None
        None for every field that it has.

    Returns
    -------
    Table

    Raises
    ------
    UnreadableFile
        Broken, or of another kind than it should be.
    WrongEncoding
        Text that cannot be read; names the row.
    FieldMissing
        Lists the fields that exist.
    BadValue
        A number that the file may have rounded.

    Examples
    --------
    >>> content = b'{"type": "Feature", "properties": {"n": 7.0}, "geometry": null}'
    >>> table = read_table(LayerSource(content, "GeoJSON"), ["n"])
    >>> table.texts, table.crs
    ({'n': ['7']}, 'EPSG:4326')
    """
    encoding = BYTE_FOR_BYTE if source.carried else None
    with _reading(source.driver, source.content):
        info = pyogrio.read_info(source.content, layer=source.layer, encoding=encoding)
        if info["driver"] != source.driver:
            raise UnreadableFile(
                "The file is %(found)s, not %(wanted)s.", found=info["driver"], wanted=source.driver
            )
        written = [str(name) for name in info["fields"]]
        names = _names(written, source)
        wanted = names if wanted is None else wanted
        _require_fields(wanted, names)
        columns = [written[names.index(field)] for field in dict.fromkeys(wanted)]
        meta, _, wkb, arrays = pyogrio.raw.read(
            source.content, layer=source.layer, encoding=encoding, columns=columns
        )
    if wkb is None:
        raise UnreadableFile("The layer has no shapes; export it again with geometry.")
    by_column = dict(zip((str(name) for name in meta["fields"]), arrays, strict=True))
    texts = {}
    for field, column in zip(dict.fromkeys(wanted), columns, strict=True):
        values = by_column[column].tolist()
        if source.carried and by_column[column].dtype == object:
            values = decoded(values, source.codec, field=field)
        texts[field] = _texts(values, field)
    return Table(tuple(names), texts, _shapes(wkb), _crs_text(meta["crs"]))


@contextmanager
def _reading(driver: str, content: bytes) -> Iterator[None]:
    """The reader's complaints as sentences, without the made-up names it gives to bytes."""
    try:
        with warnings.catch_warnings():
            # Each thing it warns of (unclosed rings, odd names) is a fault or harmless here.
            warnings.simplefilter("ignore")
            yield
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            "The text of the %(driver)s file is not UTF-8; export it again as UTF-8.",
            driver=driver,
            encoding="utf-8",
        ) from error
    except (DataSourceError, DataLayerError) as error:
        if driver == "GeoJSON":
            raise _json_problem(content) from error
        raise UnreadableFile(
            "The %(driver)s file is broken or cut off; export it again.", driver=driver
        ) from error


def _json_problem(content: bytes) -> UnreadableFile:
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return UnreadableFile(
            "The GeoJSON file is not valid JSON at line %(line)s, column %(column)s (%(why)s);"
            " export it again.",
            line=error.lineno,
            column=error.colno,
            why=error.msg,
        )
    except RecursionError:
        return UnreadableFile("The GeoJSON file is nested too deeply; export it again.")
    return UnreadableFile("The GeoJSON file holds no GeoJSON features; export it again.")


def _require_fields(wanted: Sequence[str], names: Sequence[str]) -> None:
    for field in wanted:
        if field not in names:
            details = {"field": field[:200], "fields": list(names)}
            if names:
                raise FieldMissing(
                    "The file has no field '%(field)s'; the fields are %(fields)s.", **details
                )
            raise FieldMissing(
                "The file has no field '%(field)s'; it has no fields at all.", **details
            )


def _names(written: list[str], source: LayerSource) -> list[str]:
    if not source.carried:
        return written
    return [name or "" for name in decoded(written, source.codec, field="names of the fields")]


def _shapes(wkb: Shapes) -> Shapes:
    with np.errstate(invalid="ignore"):  # unreadable rings become None, a fault of their row
        return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)


def _crs_text(crs: str | None) -> str | None:
    # GeoPackage has two rows that stand for "not known"; local engineering grids have
    # no place on earth either.
    if crs is None or crs.startswith(("ENGCRS", "LOCAL_CS")) or "Undefined" in crs:
        return None
    return crs


def _texts(values: list[object], field: str) -> list[str | None]:
    """Values as texts: whole numbers without a fraction, blanks as None."""
    texts = [_text(value, row, field) for row, value in enumerate(values, start=1)]
    refuse_garbled(texts, field=field)
    return texts


def _text(value: object, row: int, field: str) -> str | None:
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer():
            if abs(value) >= LARGEST_EXACT:
                raise BadValue(
                    "Row %(row)s: field '%(field)s' holds a number too long to be exact;"
                    " save it as text.",
                    row=row,
                    field=field[:200],
                )
            return str(int(value))
    return None if value is None else str(value).strip() or None
