"""What can go wrong in words, and the one place that catches everything else."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Self

log = logging.getLogger("gridward")


class Refusal(Exception):
    """Something asked for that is not done, with a sentence for the person who asked.

    The sentence is English with ``%(name)s`` places; pages translate it before filling them in.
    """

    status = 422
    code = "refused"

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence = sentence
        self.values = values
        self.members: Mapping[str, Any] = {}

    def showing(self, **members: Any) -> Self:
        """With further facts for programs, beside the sentence."""
        self.members = members
        return self


class NotFound(Refusal):
    status = 404
    code = "not_found"


class Forbidden(Refusal):
    status = 403
    code = "forbidden"


class AccountDuty(Refusal):
    """What the account owes first: `owed` names it, as `accounts.rules` does."""

    status = 403
    code = "account_duty"

    def __init__(self, sentence: str, owed: str) -> None:
        super().__init__(sentence)
        self.owed = owed


class SignInNeeded(Refusal):
    status = 401
    code = "sign_in_needed"


class Conflict(Refusal):
    status = 409
    code = "conflict"


class Busy(Refusal):
    status = 503
    code = "busy"


class Cancelled(Refusal):
    status = 409
    code = "cancelled"


def catch_everything(work: Callable[[], object]) -> str | None:
    """Run ``work``; answer None, or the number of the incident under which it was logged.

    The only broad handler of the application: used where a fault must not take the process
    down with it.  The exception's own text goes to the log and never to a person.
    """
    try:
        work()
    except Refusal:
        raise
    except Exception:  # noqa: BLE001
        return log_incident()
    return None


def log_incident() -> str:
    """Log the exception being handled under a fresh number and return the number."""
    incident = secrets.token_hex(4)
    log.exception("incident %s", incident)
    return incident
