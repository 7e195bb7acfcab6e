"""Names of encodings, and text that must or must not be taken for garbled."""

import pytest
from hypothesis import given, strategies as st

from gis.encodings import codec_named, dbf_codec, decoded, refuse_garbled
from gis.errors import WrongEncoding


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF-8", "utf-8"), ("utf8", "utf-8"), ("65001", "utf-8"), ("GB2312", "gb18030"),
        ("GBK", "gb18030"), ("936", "gb18030"), ("CP936", "gb18030"), ("Big5", "big5"),
        ("950", "cp950"), ("ANSI 1252", "cp1252"), (" latin1\n", "iso8859-1"),
        ("", None), ("klingon", None), ("hex", None), ("a\0b", None), ("x" * 10_000, None),
    ],
)  # fmt: skip
def test_names(name: str, codec: str | None) -> None:
    assert codec_named(name) == codec


def test_an_unreliable_language_byte_is_no_declaration() -> None:
    for byte in (0x00, 0x03, 0x57):
        assert dbf_codec(None, bytes(29) + bytes([byte])) is None
    assert dbf_codec(b"\xff\xfe", bytes(29) + b"\x4d") is None
    assert dbf_codec(None, b"") is None


@given(st.text(st.characters(codec="gb2312", min_codepoint=0x4E00), min_size=2))
def test_chinese_is_read_back_and_its_misreadings_are_noticed(text: str) -> None:
    carried = text.encode("gbk").decode("latin-1")
    assert decoded([carried], "gb18030", field="NAME") == [text]
    refuse_garbled([text], field="NAME")
    with pytest.raises(WrongEncoding):
        refuse_garbled([carried], field="NAME")
    with pytest.raises(WrongEncoding):
        refuse_garbled([text.encode().decode("latin-1")], field="NAME")


@pytest.mark.parametrize(
    "name", ["Zürich", "Ærøskøbing", "Škofja Loka", "Ñuñoa", "Île-de-France", "«Été»", "Αθήνα"]
)
def test_real_names_are_not_garbled(name: str) -> None:
    refuse_garbled([name], field="NAME")
