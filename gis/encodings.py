"""Text of unknown origin: in which encoding it can be read, and whether it was misread."""

import codecs
import re
from collections.abc import Iterable, Sequence

from gis.errors import WrongEncoding, quoted

# Every byte is one character of it, so text can be carried through unread and decoded later.
BYTE_FOR_BYTE = "iso8859-1"
CANDIDATES = ("utf-8", "gb18030", "big5", "shift_jis", "iso8859-1")
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030"}  # supersets, same text
# The language byte 29 of a .dbf.  The "ANSI" values are left out: tools write them
# whatever the text is in.
DBF_LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "cp950", 0x78: "cp950", 0x7B: "cp932"}
SAMPLE_BYTES = 120
# Control signs no keyboard writes, or letters and signs in the rhythm of Chinese bytes.
MISREAD = re.compile("[\u0080-\u009f\ufffd]|[\u00a0-\u00ff]{4,}")


def codec_named(name: str) -> str | None:
    """Python's name of an encoding, or None where there is none.

    Parameters
    ----------
    name : str
        As people and .cpg files write it.

    Returns
    -------
    str or None

    Examples
    --------
    >>> [codec_named(name) for name in ("UTF-8", "936", "GBK", "ANSI 1252", "klingon")]
    ['utf-8', 'gb18030', 'gb18030', 'cp1252', None]
    """
    word = name.strip().lower().replace("ansi ", "cp")
    if word.isdecimal():
        word = "utf-8" if word == "65001" else f"cp{word}"
    try:
        "".encode(word)  # unlike codecs.lookup, refuses hex, zlib and the like
    except (LookupError, ValueError):
        return None
    canonical = codecs.lookup(word).name
    return WIDER.get(canonical, canonical)


def declared_codec(name: str) -> str:
    """The encoding that a person declared.

    Raises
    ------
    WrongEncoding
        No encoding has that name.

    Examples
    --------
    >>> declared_codec("gbk")
    'gb18030'
    """
    codec = codec_named(name)
    if codec is None:
        raise WrongEncoding(
            "No encoding is called '%(encoding)s'; try --encoding utf-8, gbk or big5.",
            encoding=name[:200],
        )
    return codec


def dbf_codec(code_page: bytes | None, table: bytes) -> str | None:
    """The encoding that a Shapefile declares for its text.

    Parameters
    ----------
    code_page : bytes or None
        Content of the .cpg file.
    table : bytes
        Content of the .dbf file; its language byte is used without a .cpg.

    Returns
    -------
    str or None
        None where nothing reliable is declared.

    Examples
    --------
    >>> dbf_codec(b"GBK", b""), dbf_codec(None, bytes(29) + b"\\x4d"), dbf_codec(None, bytes(32))
    ('gb18030', 'gb18030', None)
    """
    if code_page is not None:
        return codec_named(code_page.decode("ascii", errors="replace"))
    return DBF_LANGUAGES.get(table[29]) if len(table) > 29 else None


def decoded(carried: Sequence[str | None], codec: str | None, *, field: str) -> list[str | None]:
    """Text that was carried byte for byte, read in its encoding.

    Parameters
    ----------
    carried : sequence of str or None, length n
        One character per byte of the file.
    codec : str or None
        None where the file declares nothing: then only plain ASCII is accepted, since a
        guess between two encodings of Chinese is usually wrong for somebody.
    field : str
        For the sentence.

    Returns
    -------
    list of str or None, length n

    Raises
    ------
    WrongEncoding
        Names the first row, what its text would read in other encodings, and what to do.

    Examples
    --------
    >>> decoded(["1", None, "ÖÐ»ª"], "gb18030", field="NAME")
    ['1', None, '中华']
    >>> decoded(["1", "ÖÐ»ª"], None, field="NAME")
    Traceback (most recent call last):
    ...
    gis.errors.WrongEncoding: Row 2: the text of field 'NAME' is not plain ASCII and the file does \
not say its encoding. It would read as gb18030 '中华', big5 '笢貌', shift_jis 'ﾖﾐｻｪ', \
iso8859-1 'ÖÐ»ª'; declare the right one with --encoding.
    """
    texts: list[str | None] = []
    for row, text in enumerate(carried, start=1):
        if text is None or text.isascii():
            texts.append(text)
            continue
        readable = _decode(text.encode(BYTE_FOR_BYTE), codec) if codec else None
        if readable is None:
            raise _undecodable(text.encode(BYTE_FOR_BYTE), codec, ("row", row), field)
        texts.append(readable)
    return texts


def decoded_document(content: bytes, codec: str | None) -> str:
    """A whole text file, UTF-8 unless declared otherwise.

    Raises
    ------
    WrongEncoding
        Names the line and the encodings to try.

    Examples
    --------
    >>> decoded_document("中华".encode("gbk"), "gb18030")
    '中华'
    """
    try:
        return content.decode(codec or "utf-8-sig").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        start = content.rfind(b'"', 0, error.start) + 1
        sample = content[start : content.find(b'"', error.start)][:SAMPLE_BYTES]
        raise _undecodable(sample, codec or "utf-8", ("line", line), None) from error


def refuse_garbled(texts: Iterable[str | None], *, field: str) -> None:
    """Refuse text that was evidently read in a wrong encoding before it came here.

    Parameters
    ----------
    texts : iterable of str or None
    field : str
        For the sentence.

    Raises
    ------
    WrongEncoding
        A replacement character, or runs of accented letters and signs as they come from
        Chinese or UTF-8 bytes read as Latin.

    Examples
    --------
    >>> refuse_garbled(["Zürich", "中华街道"], field="NAME")
    >>> refuse_garbled(["ÖÐ»ª½ÖµÀ"], field="NAME")
    Traceback (most recent call last):
    ...
    gis.errors.WrongEncoding: Row 1: the text 'ÖÐ»ª½ÖµÀ' of field 'NAME' was read in a wrong \
encoding; save the file again as UTF-8, or declare --encoding utf-8, gbk or big5.
    """
    for row, text in enumerate(texts, start=1):
        if text is None or text.isascii():
            continue
        if MISREAD.search(text) or _is_misread_utf8(text):
            raise WrongEncoding(
                "Row %(row)s: the text '%(text)s' of field '%(field)s' was read in a wrong"
                " encoding; save the file again as UTF-8, or declare --encoding utf-8, gbk or"
                " big5.",
                row=row,
                text=text,
                field=field,
            )


def _is_misread_utf8(text: str) -> bool:
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _decode(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


def _undecodable(
    sample: bytes, codec: str | None, place: tuple[str, int], field: str | None
) -> WrongEncoding:
    """``place`` is the kind of place, row or line, and its number."""
    kind, number = place
    readings = [
        f"{candidate} {quoted(text)}"
        for candidate in CANDIDATES
        if candidate != codec and (text := _decode(sample, candidate)) and text.isprintable()
    ]
    details = {kind: number, "field": field, "encoding": codec, "readings": readings}
    if not readings:
        return (
            WrongEncoding(
                "Line %(line)s: the text cannot be read; declare the right encoding with"
                " --encoding: utf-8, gbk or big5.",
                **details,
            )
            if kind == "line"
            else WrongEncoding(
                "Row %(row)s: the text of field '%(field)s' cannot be read; declare the right"
                " encoding with --encoding: utf-8, gbk or big5.",
                **details,
            )
        )
    if kind == "line":
        return WrongEncoding(
            "Line %(line)s: the text is not %(encoding)s. It would read as %(readings)s; declare"
            " the right one with --encoding.",
            **details,
        )
    if codec:
        return WrongEncoding(
            "Row %(row)s: the text of field '%(field)s' is not %(encoding)s. It would read as"
            " %(readings)s; declare the right one with --encoding.",
            **details,
        )
    return WrongEncoding(
        "Row %(row)s: the text of field '%(field)s' is not plain ASCII and the file does not say"
        " its encoding. It would read as %(readings)s; declare the right one with --encoding.",
        **details,
    )
