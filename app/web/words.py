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


def open_work_names() -> dict[str, str]:
    """What is open in a grid that changes hands, by the key of its counter."""
    return {
        "unit": gettext("Units"),
        "late": gettext("Units not inspected in 90 days"),
        "direct": gettext("Units in no grid below"),
        "building": gettext("Buildings"),
        "facility": gettext("Facilities"),
        "hazard": gettext("Hazards"),
        "household": gettext("Households"),
        "place": gettext("Places"),
        "road": gettext("Roads"),
        "grid": gettext("Grids to inspect"),
    }


def viewing_reasons() -> dict[str, str]:
    """Why an administrator looks as somebody else."""
    return {
        "question": gettext("The person asked for help"),
        "rights": gettext("To check what the role sees"),
        "fault": gettext("To follow a fault that was reported"),
        "audit": gettext("Ordered by the supervisor"),
    }
