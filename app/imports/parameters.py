"""What the forms of the wizard say, as values."""

from __future__ import annotations

from flask import request

from app.errors import Refusal
from app.imports.model import Choice
from app.imports.sources import Document, Reading
from app.imports.uploads import checked_upload

PAIRS = ("lat_lon", "lon_lat", "shape")


def uploaded_file() -> Document:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refusal("Choose a file first.")
    return checked_upload(upload.filename, upload.read())


def text_of(name: str, most: int = 2000) -> str:
    return request.form.get(name, "").strip()[:most]


def reading_of_form() -> Reading:
    row = request.form.get("header_row", "").strip()
    if row and not (row.isdecimal() and 1 <= int(row) <= 1000):
        raise Refusal("The row of the names is a whole number from 1 to 1000.")
    return Reading(
        text_of("encoding") or None,
        text_of("sheet") or None,
        int(row) if row else None,
        2 if request.form.get("header_rows") == "2" else 1,
    )


def _of_fields(prefix: str) -> dict[str, str]:
    """What the form says of each field of a register under names that begin so."""
    return {
        key.removeprefix(prefix): value
        for key, value in request.form.items()
        if key.startswith(prefix) and value
    }


def choice_of_form() -> Choice:
    form = request.form
    pair = form.get("pair") if form.get("pair") in PAIRS else None
    return Choice(
        id=tuple(dict.fromkeys(name for name in form.getlist("id") if name)),
        fields=_of_fields("field-"),
        same=_of_fields("same-"),
        lon=(form.get("place") if pair else form.get("lon")) or None,
        lat=None if pair else form.get("lat") or None,
        pair=pair if form.get("place") else None,
        grid=form.get("grid") or None,
        keep=tuple(form.getlist("keep")),
        outcomes=text_of("outcomes", 500),
    )
