"""The items of a checklist, as files write them and as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.errors import Refusal
from app.programmes.model import Choice, Item
from app.programmes.tables import Table, checked_key

KINDS = ("yes_no", "number", "choice", "text", "photo")
MOST_ITEMS, MOST_CHOICES = 60, 20
LONGEST_QUESTION, LONGEST_HELP, LONGEST_WORD = 200, 300, 60


def checked_items(table: Table, before: Sequence[Item]) -> list[Item]:
    """Those taken over from other lists, then the table's own."""
    items = list(before)
    for one in table.tables("items"):
        item = _item(one)
        if any(item.key == other.key for other in items):
            raise Refusal(
                "%(place)s: the item %(key)s stands twice in this checklist.",
                place=one.place,
                key=item.key,
            )
        items.append(item)
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refusal(
            "%(place)s: a checklist has 1 to %(most)s items, not %(count)s.",
            place=table.place,
            most=MOST_ITEMS,
            count=len(items),
        )
    return items


def _item(table: Table) -> Item:
    kind = table.one_of("kind", KINDS)
    least, most = table.number("least"), table.number("most")
    choices = [_choice(one) for one in table.tables("choices")]
    item = Item(
        key=checked_key(table.place, table.text("key", 32)),
        kind=kind,
        zh=table.text("zh", LONGEST_QUESTION),
        en=table.text("en", LONGEST_QUESTION),
        help_zh=table.text("help_zh", LONGEST_HELP, needed=False),
        help_en=table.text("help_en", LONGEST_HELP, needed=False),
        article=table.text("article", LONGEST_QUESTION, needed=False),
        unit=table.text("unit", LONGEST_WORD, needed=False),
        least=least,
        most=most,
        choices=choices,
        picture=table.text("picture", LONGEST_WORD, needed=False),
    )
    table.close()
    _check_kind(table.place, item)
    return item


def _check_kind(place: str, item: Item) -> None:
    limits = (item.least, item.most)
    if item.kind != "number" and (item.unit or limits != (None, None)):
        raise Refusal("%(place)s: only a number has a unit and limits.", place=place)
    if item.least is not None and item.most is not None and item.least > item.most:
        raise Refusal("%(place)s: least lies above most.", place=place)
    keys = [one.key for one in item.choices]
    if (item.kind == "choice") != bool(keys) or len(keys) > MOST_CHOICES:
        raise Refusal(
            "%(place)s: an item of kind choice has 1 to %(most)s choices, any other none.",
            place=place,
            most=MOST_CHOICES,
        )
    if len(set(keys)) < len(keys):
        raise Refusal("%(place)s: two choices have the same key.", place=place)


def _choice(table: Table) -> Choice:
    found = Choice(
        checked_key(table.place, table.text("key", 32)),
        table.text("zh", LONGEST_WORD),
        table.text("en", LONGEST_WORD),
        table.flag("normal"),
    )
    table.close()
    return found


def stored_items(items: Sequence[Item]) -> list[Mapping[str, Any]]:
    """Without what is empty."""
    return [
        {key: value for key, value in asdict(item).items() if value not in ("", None, [])}
        for item in items
    ]
