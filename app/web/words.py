"""The words of the product's fixed lists, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext


def role_names() -> dict[str, str]:
    return {
        "grid_chief": gettext("Grid chief"),
        "grid_worker": gettext("Grid worker"),
        "area_manager": gettext("Area manager"),
        "authority": gettext("Fire authority"),
        "leader": gettext("Leader"),
        "admin": gettext("Administrator"),
        "auditor": gettext("Auditor"),
    }


def outcome_names() -> dict[str, str]:
    return {
        "done": gettext("Done"),
        "locked": gettext("Locked"),
        "refused": gettext("Refused"),
        "moved": gettext("Moved away"),
        "closed": gettext("Closed down"),
        "not_found": gettext("Not found"),
        "duplicate": gettext("Duplicate"),
    }


def job_state_names() -> dict[str, str]:
    return {
        "queued": gettext("Waiting"),
        "running": gettext("Running"),
        "done": gettext("Done"),
        "refused": gettext("Refused"),
        "failed": gettext("Failed"),
        "cancelled": gettext("Stopped"),
    }


def job_kind_names() -> dict[str, str]:
    return {
        "demo": gettext("Demo city"),
        "publish": gettext("Publish an edition"),
        "import": gettext("Import a file"),
    }
