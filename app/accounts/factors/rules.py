"""One-time codes of the second factor (RFC 6238) and the codes for a lost phone."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DRIFT = 1  # steps that a phone's clock may be off, to either side
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "Gridward"


def plain(typed: str) -> str:
    """What was typed, without the spaces, hyphens, capitals and wide digits of its writing."""
    return "".join(
        sign for sign in unicodedata.normalize("NFKC", typed[:100]).lower() if sign.isalnum()
    )


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, if none of it or of a later one was taken yet.

    >>> from datetime import UTC
    >>> matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082",
    ...               datetime.fromtimestamp(59, UTC), 0)
    1
    """
    present = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > last_step and hmac.compare_digest(
            codes.generate_otp(step).encode(), code.encode()
        ):
            return step
    return None


def address_of(secret: str, sign_in: str) -> str:
    """What the picture tells an authenticator: whose secret, and for what."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=sign_in, issuer_name=ISSUER))


def in_groups(secret: str) -> str:
    """To be typed where no camera is."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
