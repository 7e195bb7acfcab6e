"""The register of residents as an import knows it: its fields, and how its rows are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.db.connection import Transaction
from app.errors import Refusal
from app.registry.model import Field, Placed, Register
from app.residents import rules, store
from app.residents.keyring import Keyring, keyring_for_writing
from app.residents.model import Household
from app.residents.sealing import content_of, sealed_row
from app.settings import Settings

MOST_PERSONS = 99
RESIDENTS = Register(
    "residents",
    "household",
    (
        Field("building", required=True, aliases=("building", "楼栋", "楼幢", "住宅楼", "楼号")),
        Field(
            "class",
            "choice",
            choices=rules.NEED_CLASSES,
            aliases=("need", "class", "category", "帮扶类别", "人员类别", "类别"),
        ),
        Field("persons", "number", most=MOST_PERSONS, aliases=("persons", "人数", "家庭人口")),
        Field(
            "evacuation",
            "choice",
            choices=rules.EVACUATION,
            aliases=("evacuation", "疏散能力", "自理能力"),
        ),
        Field("door", most=100, person=True, aliases=("door", "flat", "门牌", "单元门牌", "室号")),
        Field("name", most=80, person=True, aliases=("name", "姓名", "户主", "户主姓名")),
        Field("phone", most=40, person=True, aliases=("phone", "mobile", "电话", "手机", "手机号")),
        Field("guardian_name", most=80, person=True, aliases=("guardian", "监护人", "监护人姓名")),
        Field("guardian_phone", most=40, person=True, aliases=("guardian phone", "监护人电话")),
        Field("contact_name", most=80, person=True, aliases=("contact", "紧急联系人", "联系人")),
        Field("contact_phone", most=40, person=True, aliases=("contact phone", "紧急联系人电话")),
        Field(
            "legal_basis", "choice", choices=rules.LEGAL_BASES, aliases=("legal basis", "法律依据")
        ),
        Field("purpose", "choice", choices=rules.PURPOSES, aliases=("purpose", "用途")),
        Field("expires_on", "date", aliases=("keep until", "保存至", "到期日", "有效期至")),
    ),
)
OWN_FIELDS = tuple(field.key for field in RESIDENTS.fields)


class HouseholdWriter:
    """The detail table of households; without settings of its own those of the transaction hold."""

    register = RESIDENTS

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings

    def known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        _refuse_identity_numbers(ids)
        keys = self._keys(tx)
        return {
            id_: (no, content_of(keys, no, content))
            for id_, (no, content) in store.known_households(tx, ids).items()
        }

    def insert(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        if any(row.draft.details for row in rows):
            raise Refusal(
                "The register of residents keeps these fields alone, because each has a purpose: "
                "%(fields)s. Leave the further fields out.",
                fields=", ".join(OWN_FIELDS),
            )
        keys, settings = self._keys(tx), self._settings_of(tx)
        households = [_household(row, settings) for row in rows]
        _refuse_identity_numbers(
            text for one in households for text in one.values.values() if isinstance(text, str)
        )
        store.put_households(tx, [sealed_row(keys, one) for one in households])

    def update(self, tx: Transaction, rows: Sequence[Placed]) -> None:
        self.insert(tx, rows)

    def former(self, tx: Transaction, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Sealed as they are."""
        return list(store.sealed_households(tx, numbers).values())

    def restore(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        store.put_households(tx, rows)

    def delete(self, tx: Transaction, numbers: Sequence[int]) -> None:
        store.remove_households(tx, numbers)

    def _keys(self, tx: Transaction) -> Keyring:
        return keyring_for_writing(self._settings_of(tx), store.keys_in_use(tx))

    def _settings_of(self, tx: Transaction) -> Settings:
        found = self._settings or tx.settings
        if found is None:
            raise ValueError("a household is written only where there is a keys folder")
        return found


def _household(row: Placed, settings: Settings) -> Household:
    draft = row.draft
    given = {key: value for key, value in draft.values.items() if value is not None}
    values = {
        "persons": 1,
        "evacuation": "unknown",
        "legal_basis": "statutory_duty",
        "purpose": "fire_help",
        "expires_on": settings.today() + rules.KEPT_FOR,
        # an import calls a row without a name by its id
        "name": None if draft.name == draft.id else draft.name,
    } | given
    class_key = draft.class_key if draft.class_key in rules.NEED_CLASSES else "none"
    return Household(row.no, draft.id, class_key, draft.content, values)


def _refuse_identity_numbers(texts: Iterable[str]) -> None:
    found = sum(rules.is_identity_number(text) for text in texts)
    if found:
        raise Refusal(
            "%(count)s values look like identity numbers; they are never collected. Take them out "
            "of the file, and give each household a number of its own.",
            count=found,
        )
