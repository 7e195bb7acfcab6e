"""What is a person's is sealed to the very place where it stands, and opened there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.residents import rules
from app.residents.keyring import Keyring
from app.residents.model import Household, Opened, Person

# where each person of a household stands: the place is part of what their values are sealed with
POSITIONS = {"resident": 1, "guardian": 2, "contact": 3}


def sealed_row(keys: Keyring, household: Household) -> dict[str, Any]:
    """The row as the database takes it: what is a person's is sealed to this very place."""
    no, values = household.target_no, household.values
    residents = []
    for role, position in POSITIONS.items():
        prefix = "" if role == "resident" else f"{role}_"
        name, phone = values.get(f"{prefix}name"), values.get(f"{prefix}phone")
        if name or phone:
            residents.append(
                {
                    "position": position,
                    "role": role,
                    "name": _hex(keys.seal(name, f"resident/{no}/{position}/name")),
                    "phone": _hex(keys.seal(phone, f"resident/{no}/{position}/phone")),
                }
            )
    return {
        "target_no": no,
        "id": household.id,
        "building": values["building"],
        "class": household.class_key,
        "persons": values["persons"],
        "evacuation": values["evacuation"],
        "legal_basis": values["legal_basis"],
        "purpose": values["purpose"],
        "expires_on": values["expires_on"],
        "door": _hex(keys.seal(values.get("door"), f"household/{no}/door")),
        "key_id": keys.present,
        "content": sealed_content(keys, household),
        "residents": residents,
    }


def _hex(sealed: bytes | None) -> str | None:
    return None if sealed is None else sealed.hex()


def opened_row(keys: Keyring, row: Any, residents: Sequence[Any]) -> Opened:
    return Opened(
        keys.unseal(row.door_sealed, f"household/{row.no}/door", row.key_id),
        [
            Person(
                one.role,
                keys.unseal(one.name_sealed, f"resident/{row.no}/{one.position}/name", row.key_id),
                keys.unseal(
                    one.phone_sealed, f"resident/{row.no}/{one.position}/phone", row.key_id
                ),
            )
            for one in residents
        ],
    )


def masked(opened: Opened) -> Opened:
    return Opened(
        "***" if opened.door else None,
        [
            Person(one.role, rules.mask_name(one.name), rules.mask_phone(one.phone))
            for one in opened.persons
        ],
    )


def resealed_row(keys: Keyring, row: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the present key."""
    no, key = row["target_no"], row["key_id"]

    def again(sealed: str | None, context: str) -> str | None:
        clear = keys.unseal(None if sealed is None else bytes.fromhex(sealed), context, key)
        return _hex(keys.seal(clear, context))

    return dict(row) | {
        "key_id": keys.present,
        "content": _content(keys, no, content_of(keys, no, row["content"])),
        "door": again(row["door"], f"household/{no}/door"),
        "residents": [
            one
            | {
                field: again(one[field], f"resident/{no}/{one['position']}/{field}")
                for field in ("name", "phone")
            }
            for one in row["residents"]
        ],
    }


def sealed_content(keys: Keyring, household: Household) -> str:
    """The digest of the imported row: in clear it would tell who guesses the row that it is so."""
    return _content(keys, household.target_no, household.content)


def _content(keys: Keyring, no: int, digest: str) -> str:
    return f"{keys.present}:{_hex(keys.seal(digest, f'household/{no}/content'))}"


def content_of(keys: Keyring, no: int, sealed: str) -> str:
    key, _, text = sealed.partition(":")
    return keys.unseal(bytes.fromhex(text), f"household/{no}/content", key) or ""
