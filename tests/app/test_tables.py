"""Table files as people really send them: read whole, or refused with a sentence."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from app.errors import Refusal
from app.imports import tables, texts
from app.imports.sources import Reading
from app.imports.tables import Table, read_table

ROWS = "id,name\n1,店\n2,b\n"


def table_of(
    folder: Path, content: str | bytes, name: str = "t.csv", encoding: str | None = None
) -> Table:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, Reading(encoding))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (ROWS.encode(), None),
        (b"\xef\xbb\xbf" + ROWS.encode(), None),
        (b"\xef\xbb\xbf" + ROWS.encode(), "utf-8"),
        (ROWS.replace("\n", "\r\n").encode(), None),
        (ROWS.replace("\n", "\r").encode(), None),
        (ROWS.replace(",", ";").encode(), None),
        (ROWS.replace(",", "\t").encode(), None),
        (ROWS.encode("gbk"), "gbk"),
        (ROWS.encode("big5"), "big5"),
        (ROWS.encode("utf-16"), "utf-16"),
        (" id , name \n1,店\n2,b\n".encode(), None),
    ],
    ids=[
        "plain",
        "bom",
        "bom declared",
        "crlf",
        "cr",
        "semicolon",
        "tab",
        "gbk",
        "big5",
        "utf-16",
        "blanks in the header",
    ],
)
def test_the_same_table_however_it_is_written(
    tmp_path: Path, content: bytes, encoding: str | None
) -> None:
    table = table_of(tmp_path, content, encoding=encoding)
    assert list(table.fields) == ["id", "name"]
    assert list(table.numbered()) == [(2, ["1", "店"]), (3, ["2", "b"])]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.GZ"])
def test_a_packed_table_is_unpacked(tmp_path: Path, name: str) -> None:
    assert table_of(tmp_path, gzip.compress(ROWS.encode()), name).size == 2


def test_rows_keep_their_numbers_across_blank_rows_and_line_breaks(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'id,name\n1,"two\nlines"\n\n2,b\n,\n')
    assert [number for number, _ in table.numbered()] == [2, 4]
    assert table.size == 2


def test_a_semicolon_inside_quotes_does_not_part_the_header(tmp_path: Path) -> None:
    assert list(table_of(tmp_path, '"a;b;c;d",e\n1,2\n').fields) == ["a;b;c;d", "e"]


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert table_of(tmp_path, "id,name\n").size == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "t.csv is empty."),
        (b" \n\n", "t.csv is empty."),
        (b"id,id\n1,2\n", "t.csv names the field id twice in row 1; rename one."),
        (
            b"id,name\n1,\0\n",
            "t.csv holds NUL characters: it is not a text table. Save it as CSV in UTF-8.",
        ),
        (
            b"PK\x03\x04rest",
            "t.csv is no spreadsheet that can be read (broken, or another kind of file). "
            "Save it again as .xlsx or as CSV in UTF-8.",
        ),
        (
            "id,name\n1,a\n2,店\n".encode("gbk"),
            "t.csv is not written in utf-8 (line 3) and does not say in what. It would read as "
            "big5 “2,虛”, gb18030 “2,店”, latin-1 “2,µê”. Name the right one (--encoding).",
        ),
        (
            b'id,name\n1,a\n2,"b\n3,c\n',
            "t.csv cannot be read from row 3 on: unexpected end of data. "
            "Look there for a quote that is not closed, or one inside a text that is not doubled.",
        ),
        (
            b'id,name\n1,"a"b\n',
            "t.csv cannot be read from row 2 on: ',' expected after '\"'. "
            "Look there for a quote that is not closed, or one inside a text that is not doubled.",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        table_of(tmp_path, content)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("encoding", ["klingon", "hex", "undefined", "x" * 10_000])
def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Refusal, match="There is no encoding"):
        table_of(tmp_path, ROWS, encoding=encoding)


@pytest.mark.parametrize("encoding", ["idna", "punycode", "utf-32"])
def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Refusal, match="is not written in"):
        table_of(tmp_path, ROWS, encoding=encoding)


def test_files_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="none.csv cannot be read: No such file or directory"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(Refusal, match="cannot be read: Is a directory"):
        read_table(tmp_path)
    with pytest.raises(Refusal, match="File name too long"):
        read_table(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    "content",
    [
        b"not packed",
        gzip.compress(ROWS.encode())[:20],
        gzip.compress(ROWS.encode())[:12] + b"\xff" * 30,
    ],
    ids=["plain text", "cut off", "garbled"],
)
def test_a_broken_gzip_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refusal, match="it is not a whole gzip file"):
        table_of(tmp_path, content, "t.csv.gz")


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "LARGEST_FILE", 20)
    with pytest.raises(Refusal, match="has more than 200 MB; split it"):
        table_of(tmp_path, "id\n" + "1\n" * 20)


def test_a_device_without_end_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_FILE", 1000)
    with pytest.raises(Refusal, match="zero has more than"):
        read_table(Path("/dev/zero"))


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "LARGEST_UNPACKED", 100_000)
    with pytest.raises(Refusal, match="unpacks to more than 1 GB; split it"):
        table_of(tmp_path, gzip.compress(b"0" * 1_000_000), "t.csv.gz")


def test_a_file_name_in_another_encoding_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode("店.csv".encode("gbk"))
    path.write_text(ROWS, encoding="utf-8")
    table = read_table(path)
    assert table.file_name.encode("utf-8")  # as the database would
    assert table.size == 2


def test_a_missing_field_names_those_that_exist(tmp_path: Path) -> None:
    table = table_of(tmp_path, ROWS)
    assert table.columns(["name", "id"]) == [1, 0]
    with pytest.raises(Refusal) as refused:
        table.columns(["id", "x" * 10_000])
    assert str(refused.value).endswith("Its fields are: id, name.")
    assert len(str(refused.value)) < 300
