"""Units that become grids of their own: of the lowest level, without a shape, by membership."""

from __future__ import annotations

from collections.abc import Sequence

from app.audit import actions as audit
from app.db.connection import Transaction
from app.errors import Refusal
from app.grids import actions as grids, rules as grid_rules
from app.grids.model import Level
from app.grids.rules import Node
from app.publishing import actions, store
from app.registry import actions as registry
from app.registry.model import RowError, TargetDraft

LONGEST_CODE = 64


def level_of(tx: Transaction, key: str) -> Level:
    """The named level, which must be the lowest."""
    level, lowest = grids.level_named(tx, key), grids.levels(tx)[-1]
    if level != lowest:
        raise Refusal(
            "Units become grids of the lowest level, which is %(lowest)s, not %(level)s.",
            lowest=lowest.key,
            level=level.key,
        )
    return level


def check(
    tx: Transaction, level: Level, drafts: Sequence[TargetDraft]
) -> tuple[list[TargetDraft], list[RowError]]:
    """Those that can be grids of the level; their ids become codes."""
    taken = store.list_known_codes(tx, level.depth, [draft.id for draft in drafts])
    numbers = registry.locate_points(grids.locator(tx, grids.active_edition(tx).no), drafts)
    chains = grids.chains(tx, grids.active_edition(tx).no, sorted({*numbers} - {0}))
    good: list[TargetDraft] = []
    errors: list[RowError] = []
    for draft, number in zip(drafts, numbers, strict=True):
        where = draft.row, "id", draft.id[:80]
        if len(draft.id) > LONGEST_CODE:
            errors.append(
                RowError(
                    *where,
                    "The code of a grid has at most %(most)s characters.",
                    {"most": LONGEST_CODE},
                )
            )
        elif taken.get(draft.id, draft.id) != draft.id:
            errors.append(RowError(*where, "A grid of this level has this code already."))
        elif len(chains.get(number, ())) < level.depth - 1:
            errors.append(
                RowError(
                    *where,
                    "The place lies in no grid above the level %(level)s; as a grid of its own "
                    "it would belong to nobody.",
                    {"level": level.key},
                )
            )
        else:
            good.append(draft)
    return good, errors


def make(tx: Transaction, level: Level, ids: Sequence[str]) -> int:
    """Turn these units into grids where they are none yet; answers how many were."""
    new = sorted(set(ids) - store.list_known_codes(tx, level.depth, ids).keys())
    if not new:
        return 0
    edition = grids.active_edition(tx)
    nodes = [*store.list_nodes(tx, edition.no), *_nodes(tx, edition.no, level, new)]
    known = store.list_known_numbers(tx)
    spans = grid_rules.number_grids(nodes, known, level.depth)
    store.insert_grids(tx, spans, "establishment")
    store.insert_establishments(tx, level.depth, new)
    store.insert_establishment_shapes(tx, edition.no)
    actions.set_territories(tx, edition.no)
    store.keep_grid_targets(tx)
    store.move_into_establishments(tx, level.depth, new)
    audit.record(tx, "establishments_made", edition.name, level=level.key, grids=len(new))
    return len(new)


def _nodes(tx: Transaction, edition: int, level: Level, ids: Sequence[str]) -> list[Node]:
    """Below the grid of the level above in which each of the units lies."""
    units = registry.targets_of(tx, "unit", ids)
    chains = grids.chains(tx, edition, sorted({unit.grid_no for unit in units.values()}))
    return [
        Node(
            (level.depth, id_), (level.depth - 1, chains[units[id_].grid_no][level.depth - 2].code)
        )
        for id_ in ids
    ]


def settle(tx: Transaction) -> None:
    """After units were taken back: those that were grids are targets of visits no more."""
    store.keep_grid_targets(tx)
