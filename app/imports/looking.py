"""How an uploaded file is read, and what its columns hold."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from app.imports import actions, store
from app.imports.encodings import Offer, offers
from app.imports.guessing import guess, header_digest
from app.imports.layers import is_layer
from app.imports.model import Plan
from app.imports.sources import Document, Reading
from app.imports.tables import Table, chosen_header, open_source
from app.imports.texts import PackedText
from app.imports.work import LONGEST_SAMPLE, Work
from app.imports.workbooks import is_workbook, sheet_names
from gis.boundaries import list_layers

SHOWN_LINES = 12
SAMPLES = 5


def look(work: Work) -> dict[str, Any]:
    """What kind of file it is, what there is to choose, and its first lines."""
    plan = work.plan
    reading, choices = _choices(plan, work.document)
    source = open_source(work.document, work.reading(reading))
    lines = list(islice(source.lines, SHOWN_LINES))
    header = None if source.fields else chosen_header(source, reading, plan.file_name)
    return choices | {
        "reading": asdict(reading),
        "fields": source.fields,
        "header_row": header.row if header else None,
        "header_rows": header.rows if header else 0,
        "lines": [[cell[:LONGEST_SAMPLE] for cell in line] for line in lines],
        "notes": [note.as_page_dict() for note in source.notes],
        "same_file": [
            {"no": row.no, "at": row.imported_at, "by": row.imported_by}
            for row in store.list_batches_of_file(work.tx, plan.register, plan.file_sha256)
        ],
    }


def _choices(plan: Plan, document: Document) -> tuple[Reading, dict[str, Any]]:
    """The reading with what is still open set to the first choice, and all the choices."""
    name, content = document.name, document.content
    if is_layer(name):
        layers = list_layers(Path(name), content)
        chosen = plan.reading.sheet or (layers[0] if layers else None)
        return replace(plan.reading, sheet=chosen), {"kind": "layer", "sheets": layers}
    if is_workbook(content):
        sheets = sheet_names(content, name)
        chosen = plan.reading.sheet or (sheets[0] if sheets else None)
        return replace(plan.reading, sheet=chosen), {"kind": "workbook", "sheets": sheets}
    packed = PackedText(content, name.endswith(".gz"), name)
    offered: list[Offer] = offers(packed.beginning())
    return replace(plan.reading, encoding=plan.reading.encoding or offered[0].encoding), {
        "kind": "text",
        "encodings": [asdict(offer) for offer in offered],
    }


def name_columns(work: Work) -> dict[str, Any]:
    """The columns with samples, and which of them probably hold what."""
    table = work.table()
    fields = list(table.fields)
    samples = _samples(table)
    remembered = store.find_mapping(work.tx, work.plan.register, header_digest(fields))
    register = actions.register_of(work.plan.register)
    chosen = remembered[0] if remembered else guess(register, fields, samples)
    return {
        "fields": fields,
        "samples": samples,
        "rows": table.size,
        "chosen": chosen.as_dict(),
        "remembered": remembered is not None,
        "crs": remembered[1] if remembered else None,
        "notes": [note.as_page_dict() for note in table.notes],
    }


def _samples(table: Table) -> dict[str, list[str]]:
    """The first different values of each column."""
    found: dict[str, dict[str, None]] = {name: {} for name in table.fields if name}
    for row in islice(table.rows, 2_000):
        for name, cell in zip(table.fields, row, strict=False):
            if name and cell.strip() and len(found[name]) < SAMPLES:
                found[name][cell.strip()[:LONGEST_SAMPLE]] = None
    return {name: list(values) for name, values in found.items()}
