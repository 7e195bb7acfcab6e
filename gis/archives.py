"""Compressed uploads, opened without trusting what they say about themselves."""

import gzip
import io
import zipfile
import zlib
from pathlib import PurePosixPath

from gis.errors import UnreadableFile

MAX_UNPACKED = 2 * 1024**3
MAX_RATIO = 200
RATIO_MATTERS_FROM = 1024**2  # a small table of blanks may well shrink a thousandfold
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
ENCRYPTED = 0x1
NAME_IS_UTF8 = 0x800


def gunzipped(content: bytes) -> bytes:
    """The content of a .gz file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    bytes

    Raises
    ------
    UnreadableFile
        Broken, or unpacks to more than 2 GB or 200 times its size.

    Examples
    --------
    >>> gunzipped(gzip.compress(b"{}"))
    b'{}'
    """
    allowed = min(MAX_UNPACKED, max(len(content) * MAX_RATIO, RATIO_MATTERS_FROM))
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(allowed + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile("The .gz file is broken or cut off; compress it again.") from error
    if len(unpacked) > allowed:
        raise _too_large()
    return unpacked


def refuse_bomb(content: bytes) -> None:
    """Look at what a .zip file, or a workbook that is one, says of its members.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    UnreadableFile
        Broken, encrypted, with names that leave the archive, or unpacking to more than
        2 GB or 200 times its size.

    Examples
    --------
    >>> packed = io.BytesIO()
    >>> with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
    ...     archive.writestr("sheet.xml", bytes(50_000_000))
    >>> refuse_bomb(packed.getvalue())
    Traceback (most recent call last):
    ...
    gis.errors.UnreadableFile: The file would unpack to more than 2 GB or 200 times its size; \
send a smaller one, or the file itself without packing.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _checked_members(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFile("The .zip file is broken or cut off; pack it again.") from error


def _checked_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        _refuse_unsafe(member)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise _too_large()
    return members


def shapefiles_in_zip(content: bytes) -> dict[str, dict[str, bytes]]:
    """The Shapefiles of a .zip file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict
        Layer name to its parts, keyed by lower-case suffix ('.shp', '.dbf', …).

    Raises
    ------
    UnreadableFile
        Broken, encrypted, without a Shapefile, with names that leave the archive, or
        unpacking to more than 2 GB or 200 times its size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _grouped(archive, _checked_members(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFile("The .zip file is broken or cut off; pack it again.") from error


def _grouped(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> dict[str, dict[str, bytes]]:
    layers: dict[str, dict[str, bytes]] = {}
    for member in members:
        place = PurePosixPath(_readable_name(member))
        suffix = place.suffix.lower()
        # macOS packs a shadow of each file there, with the same suffix.
        if suffix in SHAPEFILE_PARTS and "__MACOSX" not in place.parts:
            layers.setdefault(str(place.with_suffix("")), {})[suffix] = archive.read(member)
    found = {name: parts for name, parts in layers.items() if ".shp" in parts}
    if not found:
        raise UnreadableFile("The .zip file holds no Shapefile (.shp with .shx and .dbf).")
    stems = [PurePosixPath(name).name for name in found]
    if len(set(stems)) == len(stems):
        return dict(zip(stems, found.values(), strict=True))
    return found


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    name = _readable_name(member).replace("\\", "/")
    drive = len(name) > 1 and name[1] == ":"
    if name.startswith("/") or drive or ".." in PurePosixPath(name).parts:
        raise UnreadableFile(
            "The .zip file holds '%(member)s', a name that leaves the archive;"
            " pack only the files themselves.",
            member=name[:200],
        )
    if member.flag_bits & ENCRYPTED:
        raise UnreadableFile("The .zip file has a password; pack it again without one.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableFile("The .zip file is packed in an unusual way; pack it as plain .zip.")
    bloated = member.file_size > MAX_RATIO * max(member.compress_size, 1)
    if bloated and member.file_size > RATIO_MATTERS_FROM:
        raise _too_large()


def _readable_name(member: zipfile.ZipInfo) -> str:
    """Chinese packers write GBK names without a flag, which zipfile reads as cp437."""
    if member.flag_bits & NAME_IS_UTF8 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _too_large() -> UnreadableFile:
    return UnreadableFile(
        "The file would unpack to more than 2 GB or %(max_ratio)s times its size;"
        " send a smaller one, or the file itself without packing.",
        max_bytes=MAX_UNPACKED,
        max_ratio=MAX_RATIO,
    )


def packed_shapefile(parts: dict[str, bytes]) -> bytes:
    """One Shapefile as an archive of plain names, for a reader that wants one file.

    Parameters
    ----------
    parts : dict
        Suffix to content.  The .cpg is left out: its word may be wrong, and the text is
        decoded by `gis.encodings`.

    Returns
    -------
    bytes
        A .zip file without compression.

    Examples
    --------
    >>> with zipfile.ZipFile(io.BytesIO(packed_shapefile({".shp": b"1", ".cpg": b"x"}))) as packed:
    ...     packed.namelist()
    ['layer.shp']
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix, content in parts.items():
            if suffix != ".cpg":
                archive.writestr(zipfile.ZipInfo(f"layer{suffix}"), content)
    return packed.getvalue()
