"""Lists as files never carry a formula, and come back as they were."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import given, strategies as st

from app.spreadsheets import bare_cell, csv_bytes, safe_cell, xlsx_bytes

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_both_kinds_of_file(text: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_bytes(["a"], [[text]]).decode("utf-8-sig"), newline="")))
    assert rows[1] == ["'" + text]
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes("t", ["a"], [[text]]))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type == "s" and str(cell.value).startswith("'")


@pytest.mark.parametrize("text", ["-87.65", "+8613800", "118.01", "店", "a=b", "'quoted'", "'", ""])
def test_other_text_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text(max_size=20) | st.sampled_from(FORMULAS))
def test_what_was_made_safe_comes_back_as_it_was(text: str) -> None:
    assert bare_cell(safe_cell(text)) == text or text.startswith("'")
