"""What every step of an import needs: the plan, and the file's table on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.db.connection import Transaction
from app.imports.actions import register_of
from app.imports.model import Plan
from app.imports.rules import RegisterColumns
from app.imports.sources import Document, Reading
from app.imports.tables import Table, table_of
from app.imports.uploads import SealedFolder
from app.jobs.model import Progress
from app.settings import Settings
from app.spreadsheets import bare_cell

WATCHED_EVERY = 5_000
LONGEST_SAMPLE = 60


@dataclass(frozen=True)
class Work:
    """A step in the making."""

    settings: Settings
    tx: Transaction
    plan: Plan
    folder: SealedFolder
    document: Document
    progress: Progress

    def reading(self, asked: Reading) -> Reading:
        """Whether the register keeps shapes is no choice of the person."""
        register = register_of(self.plan.register)
        return replace(asked, shapes=bool(register and register.shapes))

    def table(self) -> Table:
        """The file's table; walking it tells how far it is, and stops where somebody asks."""
        table = table_of(self.document, self.reading(self.plan.reading))
        rows = BareRows(table.rows) if self.plan.corrects else table.rows
        return replace(table, rows=Watched(rows, table.size, self.progress))


@dataclass(frozen=True)
class BareRows:
    """Rows of a file of ours that comes back, without what kept them from being formulas."""

    rows: Iterable[Sequence[str]]

    def __iter__(self) -> Iterator[Sequence[str]]:
        return ([bare_cell(cell) for cell in row] for row in self.rows)


@dataclass(frozen=True)
class Watched:
    rows: Iterable[Sequence[str]]
    total: int
    progress: Progress

    def __iter__(self) -> Iterator[Sequence[str]]:
        for place, row in enumerate(self.rows):
            if place % WATCHED_EVERY == 0:
                self.progress(min(place, self.total), self.total + 1, "Reading the rows")
            yield row


def register_columns(plan: Plan) -> RegisterColumns:
    chosen = plan.columns
    drawn = chosen.pair == "shape"
    return RegisterColumns(
        id=tuple(chosen.id),
        lon=None if drawn else chosen.lon,
        lat=None if drawn else chosen.lat or chosen.lon,
        crs=plan.crs if chosen.lon else None,
        fields=chosen.fields,
        keep=tuple(chosen.keep),
        pair=None if drawn else chosen.pair,
        grid=chosen.grid,
        same=chosen.same,
        shape=chosen.lon if drawn else None,
    )
