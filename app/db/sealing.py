"""Sealed values: what the database keeps of a secret, readable only with a key outside it.

AES-256-GCM with a fresh nonce for every value.  The context (which table, row and column) is
authenticated with it, so that a sealed value moved to another place does not open there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import Refusal

VERSION = b"\x01"
NONCE = 12  # bytes, as GCM wants them
KEY = 32  # bytes


class SealBroken(Refusal):
    """A sealed value does not open: another key, another place, or changed bytes."""

    status = 500
    code = "seal_broken"


def new_key() -> str:
    """A fresh key in the letters of a key file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY)).decode()


def read_key(text: str) -> bytes:
    """The key that a key file holds."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY:
        raise Refusal(
            "A key file in the keys folder does not hold a key. Put back the file that was "
            "there; without it what was sealed with it stays closed."
        )
    return key


def key_id(key: bytes) -> str:
    """A short name of the key that tells nothing about it; stored beside what it sealed."""
    return hashlib.sha256(b"gridward key id" + key).hexdigest()[:12]


def seal(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Version, nonce, ciphertext and tag in one."""
    nonce = secrets.token_bytes(NONCE)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, VERSION + context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plaintext; SealBroken where key, context or a single bit differs."""
    try:
        if sealed[:1] != VERSION:
            raise InvalidTag
        nonce, rest = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        return AESGCM(key).decrypt(nonce, rest, VERSION + context)
    except (InvalidTag, ValueError):
        raise SealBroken(
            "A sealed value cannot be opened: its key is another one, or its bytes were changed. "
            "Nothing was changed now; ask your administrator for the key of that time."
        ) from None
