"""Batches: what an import brought, its rows in error, and how it is taken back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import NotFound, Refusal
from app.http import integer_parameter, route, settings, transaction
from app.imports import actions, wizard
from app.spreadsheets import csv_bytes, xlsx_bytes
from app.web.words import refusal_in_words, register_names, translated

blueprint = Blueprint("batches", __name__)
PAGE = 50
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@route(blueprint, "/imports/batches", permission="imports.write")
def list_batches() -> ResponseReturnValue:
    before = integer_parameter("before", wizard.LAST_NUMBER, 1, wizard.LAST_NUMBER)
    with transaction() as tx:
        rows = wizard.batches(tx, before, PAGE)
    return render_template(
        "batches.html",
        batches=rows,
        registers=register_names([*actions.KINDS, *{row["kind"] for row in rows}]),
        next_url=url_for("batches.list_batches", before=rows[-1]["no"])
        if len(rows) == PAGE
        else None,
    )


@route(blueprint, "/imports/batches/<int(max=2147483647):no>", permission="imports.write")
def show_batch(no: int) -> ResponseReturnValue:
    with transaction() as tx:
        batch = wizard.batch(tx, no)
    return _batch_page(batch)


def _batch_page(batch: dict[str, Any], fault: Refusal | None = None) -> ResponseReturnValue:
    plan = batch["plan"]
    failed = plan is not None and wizard.failed_rows(settings(), plan) is not None
    page = render_template(
        "batch.html",
        batch=batch,
        failed=failed,
        fault=refusal_in_words(fault) if fault else None,
        register_name=register_names([batch["kind"]])[batch["kind"]],
    )
    return (page, fault.status) if fault else page


@route(
    blueprint,
    "/imports/batches/<int(max=2147483647):no>/undo",
    permission="imports.write",
    methods=["POST"],
)
def undo_batch(no: int) -> ResponseReturnValue:
    try:
        with transaction() as tx:
            actions.undo_batch(tx, no)
    except NotFound:
        raise
    except Refusal as refusal:
        with transaction() as tx:
            return _batch_page(wizard.batch(tx, no), refusal)
    return redirect(url_for("batches.show_batch", no=no))


@route(
    blueprint, "/imports/plans/<int(max=2147483647):no>/failed.<kind>", permission="imports.write"
)
def failed_rows(no: int, kind: str) -> ResponseReturnValue:
    """The rows in error as they are in the file, with what is wrong with each."""
    if kind not in TYPES:
        raise NotFound("Rows in error are given as %(kinds)s.", kinds=", ".join(TYPES))
    with transaction() as tx:
        plan = wizard.find(tx, no)
    found = wizard.failed_rows(settings(), plan)
    if found is None:
        raise NotFound("There are no rows in error here.")
    fields, rows = found
    header = [*fields, gettext("Row of the file"), gettext("What is wrong")]
    cells = [
        [
            *(row["cells"] + [""] * len(fields))[: len(fields)],
            row["row"],
            "; ".join(translated(error) for error in row["errors"]),
        ]
        for row in rows
    ]
    content = csv_bytes(header, cells) if kind == "csv" else xlsx_bytes("rows", header, cells)
    response = Response(content, mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="import-{no}-rows.{kind}"'
    return response
