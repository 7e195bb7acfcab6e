"""Boundary files to one level of grids: the only module that reads what it is given.

Each kind of file has its own door (`_open_…`); behind it all go the same way, through
`gis.tables.read_table` and `gis.features.clean_level`.
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from gis.archives import (
    MAX_UNPACKED,
    SHAPEFILE_PARTS,
    gunzipped,
    packed_shapefile,
    shapefiles_in_zip,
)
from gis.crs import SourceCrs, reconcile
from gis.encodings import dbf_codec, declared_codec, decoded_document
from gis.errors import FieldMissing, LayerMissing, UnreadableFile, WrongEncoding
from gis.faults import Fault
from gis.features import Features, clean_level
from gis.shapes import bounds_of
from gis.tables import LayerSource, geopackage_layers, read_table

ACCEPTED = (".geojson", ".json", ".geojson.gz", ".json.gz", ".gpkg", ".shp", ".zip")
GEOPACKAGE_START = b"SQLite format 3\0"
SHAPEFILE_START = (9994).to_bytes(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryOptions:
    """How to read a boundary file.

    Parameters
    ----------
    code_fields : tuple of str
        Joined without separator, as written, into the code of a grid.
    layer : str, optional
        Required where the file has several.
    name_field, name_en_field : str, optional
    parent_fields : tuple of str
        Joined like the code; empty to find parents by overlap.
    crs : SourceCrs, optional
        Required where the file does not say.
    encoding : str, optional
        Of the text of a Shapefile or GeoJSON; wins over what the file says.
    dissolve : bool
        Whether rows with one code are one grid.
    repair : bool
        Whether self-crossing shapes are made valid.
    """

    code_fields: tuple[str, ...]
    layer: str | None = None
    name_field: str | None = None
    name_en_field: str | None = None
    parent_fields: tuple[str, ...] = ()
    crs: SourceCrs | None = None
    encoding: str | None = None
    dissolve: bool = False
    repair: bool = False


@dataclass(frozen=True, slots=True)
class BoundaryLevel:
    """What a file holds: one row per grid, and all that is wrong with it.

    Parameters
    ----------
    frame : GeoDataFrame
        EPSG:4326; columns code, name, name_en, parent (None where empty), rows (the
        file's 1-based row numbers), geometry (MultiPolygon).
    features : int
        Rows in the file.
    faults : list of Fault
    source_crs : str
        Name of the system that the file was read in.
    """

    frame: gpd.GeoDataFrame
    features: int
    faults: list[Fault]
    source_crs: str


def list_layers(path: Path, content: bytes | None = None) -> list[str]:
    """The names of the layers with shapes in a file.

    Parameters
    ----------
    path : Path
        .geojson, .json (also .gz), .gpkg, .shp, or a .zip of Shapefiles.
    content : bytes, optional
        What the file holds, where it is at hand; nothing is read from the path then.

    Returns
    -------
    list of str

    Raises
    ------
    UnreadableFile
    """
    content, suffix = _content_of(path, content)
    if suffix == ".gpkg":
        return geopackage_layers(content)
    if suffix == ".zip":
        return list(shapefiles_in_zip(content))
    return [_stem(path, suffix)]


def read_boundaries(path: Path, options: BoundaryOptions) -> BoundaryLevel:
    """One level of grids from a file.

    Parameters
    ----------
    path : Path
        .geojson, .json (also .gz), .gpkg, .shp, or a .zip of Shapefiles.
    options : BoundaryOptions

    Returns
    -------
    BoundaryLevel
        Faults in rows do not stop the reading; they are listed.

    Raises
    ------
    UnreadableFile
        Absent, broken, too large, of a kind that is not accepted; LayerMissing and
        WrongEncoding are kinds of it.
    FieldMissing
        A named field does not exist; lists those that do.
    UnknownCrs, CrsMismatch
        No system is known, or the file and the declaration disagree.
    BadCoordinate
        A coordinate that is no place in the system; names the row.
    BadValue
        A code that the file holds as a number too long to be exact.
    """
    named = [field for field in (options.name_field, options.name_en_field) if field]
    source = open_layer(path, options.layer, options.encoding)
    table = read_table(source, [*options.code_fields, *named, *options.parent_fields])
    if not options.code_fields:
        raise FieldMissing(
            "No code field is named; the fields are %(fields)s.", fields=list(table.fields)
        )
    crs = reconcile(table.crs, options.crs, bounds_of(table.shapes))
    empty: list[str | None] = [None] * len(table.shapes)
    features = Features(
        codes=table.joined(options.code_fields),
        names=table.texts[options.name_field] if options.name_field else empty,
        names_en=table.texts[options.name_en_field] if options.name_en_field else empty,
        parents=table.joined(options.parent_fields),
        shapes=table.shapes,
    )
    frame, faults = clean_level(features, crs, dissolve=options.dissolve, repair=options.repair)
    return BoundaryLevel(frame, len(table.shapes), faults, crs.name)


def open_layer(
    path: Path,
    layer: str | None = None,
    encoding: str | None = None,
    *,
    content: bytes | None = None,
) -> LayerSource:
    """One layer of a file, for `gis.tables.read_table`.

    Parameters
    ----------
    path : Path
        .geojson, .json (also .gz), .gpkg, .shp, or a .zip of Shapefiles.
    layer, encoding : str, optional
        As in `BoundaryOptions`.
    content : bytes, optional
        As in `list_layers`; a Shapefile has neighbours and is read from its path alone.

    Returns
    -------
    LayerSource

    Raises
    ------
    UnreadableFile
    """
    content, suffix = _content_of(path, content)
    codec = declared_codec(encoding) if encoding else None
    if suffix == ".gpkg":
        return _open_geopackage(content, path, layer, codec)
    if suffix == ".zip":
        shapefiles = shapefiles_in_zip(content)
        return _open_shapefile(shapefiles[_chosen(list(shapefiles), layer, path)], codec)
    _chosen([_stem(path, suffix)], layer, path)
    if suffix == ".shp":
        return _open_shapefile({**_neighbours(path), ".shp": content}, codec)
    return _open_geojson(gunzipped(content) if suffix.endswith(".gz") else content, codec)


def _content_of(path: Path, content: bytes | None) -> tuple[bytes, str]:
    """The bytes of a file, given or read, and its suffix in lower case."""
    suffix = next((suffix for suffix in ACCEPTED if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        raise UnreadableFile(
            "'%(file)s' is not a kind of file that is accepted; give one of %(accepted)s.",
            file=path.name,
            accepted=list(ACCEPTED),
        )
    if content is not None:
        return content, suffix
    try:
        if path.stat().st_size > MAX_UNPACKED:
            raise UnreadableFile("'%(file)s' is larger than 2 GB; split it.", file=path.name)
        return path.read_bytes(), suffix
    except OSError as error:
        raise UnreadableFile(
            "'%(file)s' cannot be read: %(why)s.",
            file=path.name,
            why=error.strerror or "no such file",
            path=str(path),
        ) from error


def _stem(path: Path, suffix: str) -> str:
    return path.name[: -len(suffix)]


def _chosen(layers: list[str], layer: str | None, path: Path) -> str:
    """The layer that is named, or the only one."""
    if layer in layers or (layer is None and len(layers) == 1):
        return layer or layers[0]
    details = {"file": path.name, "layer": layer, "layers": layers, "count": len(layers)}
    if not layers:
        raise LayerMissing("'%(file)s' has no layers with shapes; export it again.", **details)
    if layer:
        raise LayerMissing(
            "'%(file)s' has no layer '%(layer)s'; choose one with --layer: %(layers)s.", **details
        )
    raise LayerMissing(
        "'%(file)s' has %(count)s layers with shapes; choose one with --layer: %(layers)s.",
        **details,
    )


def _open_geojson(content: bytes, codec: str | None) -> LayerSource:
    text = decoded_document(content, codec)
    # Checked before the reader sees it: it would follow references in other text formats.
    if not text.lstrip().startswith("{"):
        raise UnreadableFile("The file is not GeoJSON: it should begin with {; export it again.")
    # The reader ends a text at a null character, which would merge codes unseen.
    if "\0" in text or "\\u0000" in text:
        raise UnreadableFile("The file holds null characters in its text; remove them.")
    return LayerSource(text.encode("utf-8"), "GeoJSON")


def _open_geopackage(
    content: bytes, path: Path, layer: str | None, codec: str | None
) -> LayerSource:
    if codec not in (None, "utf-8"):
        raise WrongEncoding("A GeoPackage is always UTF-8; leave out --encoding.", encoding=codec)
    if not content.startswith(GEOPACKAGE_START):
        raise UnreadableFile("'%(file)s' is not a GeoPackage; export it again.", file=path.name)
    return LayerSource(content, "GPKG", layer=_chosen(geopackage_layers(content), layer, path))


def _open_shapefile(parts: dict[str, bytes], codec: str | None) -> LayerSource:
    for suffix in (".shx", ".dbf"):
        if suffix not in parts:
            raise UnreadableFile(
                "The %(missing)s file of the Shapefile is missing; keep .shp, .shx, .dbf and .prj"
                " together under one name.",
                missing=suffix,
            )
    if not parts[".shp"].startswith(SHAPEFILE_START):
        raise UnreadableFile("The .shp file is not a Shapefile; export it again.")
    return LayerSource(
        packed_shapefile(parts),
        "ESRI Shapefile",
        carried=True,
        codec=codec or dbf_codec(parts.get(".cpg"), parts[".dbf"]),
    )


def _neighbours(path: Path) -> dict[str, bytes]:
    """The other parts of a Shapefile: the same name, suffixes in any case."""
    return {
        each.suffix.lower(): each.read_bytes()
        for each in path.parent.iterdir()
        if each.stem == path.stem and each.suffix.lower() in SHAPEFILE_PARTS
    }
