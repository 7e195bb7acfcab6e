"""The log in words: what happened, by whom, and with which details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import get_locale, gettext, lazy_gettext

from app.audit.model import AuditEvent
from app.residents.rules import FORGET_REASONS, REASONS, words_of
from app.web.words import role_names, viewing_reasons

Words = Mapping[str, Any]
# every action that any room records; a test compares the two
ACTIONS: Sequence[tuple[Any, Words]] = (
    (
        lazy_gettext("Signing in"),
        {
            "sign_in": lazy_gettext("Signed in"),
            "sign_in_failed": lazy_gettext("Failed to sign in"),
            "sign_in_locked": lazy_gettext("Sign-in locked for a while"),
            "sign_in_released": lazy_gettext("Sign-in released"),
            "sign_out": lazy_gettext("Signed out"),
            "session_ended": lazy_gettext("Ended sessions elsewhere"),
            "password_changed": lazy_gettext("Changed the own password"),
            "password_given": lazy_gettext("Gave a new password"),
            "second_factor_set": lazy_gettext("Switched the second factor on"),
            "second_factor_removed": lazy_gettext("Removed a second factor"),
            "recovery_codes_made": lazy_gettext("Made new recovery codes"),
            "recovery_code_used": lazy_gettext("Signed in by a recovery code"),
            "token_created": lazy_gettext("Made a key for programs"),
            "token_revoked": lazy_gettext("Revoked a key for programs"),
        },
    ),
    (
        lazy_gettext("People and rights"),
        {
            "person_added": lazy_gettext("Added a person"),
            "person_renamed": lazy_gettext("Changed a person’s name or organisation"),
            "person_ended": lazy_gettext("Ended a person"),
            "person_reactivated": lazy_gettext("Let a person in again"),
            "assigned": lazy_gettext("Gave a role"),
            "assignment_ended": lazy_gettext("Ended a role"),
            "cover_set": lazy_gettext("Set a deputy"),
            "cover_ended": lazy_gettext("Ended a deputy"),
            "handover_prepared": lazy_gettext("Prepared a hand-over"),
            "handover_signed": lazy_gettext("Signed a hand-over"),
            "handover_confirmed": lazy_gettext("Confirmed a hand-over for somebody absent"),
            "handover_undone": lazy_gettext("Undid a hand-over"),
            "view_as_started": lazy_gettext("Began to look as somebody else"),
            "view_as_ended": lazy_gettext("Stopped looking as somebody else"),
            "required_roles_set": lazy_gettext("Said which roles must be held"),
        },
    ),
    (
        lazy_gettext("Residents’ data"),
        {
            "resident_revealed": lazy_gettext("Looked at a resident’s data"),
            "residents_exported": lazy_gettext("Downloaded residents’ data"),
            "resident_forgotten": lazy_gettext("Deleted a resident’s data"),
            "residents_due": lazy_gettext("Counted residents’ data kept too long"),
            "residents_expired": lazy_gettext("Deleted residents’ data kept too long"),
            "residents_notice_set": lazy_gettext("Changed the notice to residents"),
            "residents_rekeyed": lazy_gettext("Sealed residents’ data with a new key"),
        },
    ),
    (
        lazy_gettext("Grids"),
        {
            "levels_set": lazy_gettext("Set the levels"),
            "boundaries_imported": lazy_gettext("Imported boundaries"),
            "edition_published": lazy_gettext("Published an edition"),
        },
    ),
    (
        lazy_gettext("Programmes"),
        {
            "programme_set": lazy_gettext("Set a programme"),
            "rule_changed": lazy_gettext("Changed a rule"),
            "rule_ended": lazy_gettext("Ended a rule"),
            "calendar_set": lazy_gettext("Set the calendar"),
        },
    ),
    (
        lazy_gettext("Registers"),
        {
            "units_imported": lazy_gettext("Imported units"),
            "buildings_imported": lazy_gettext("Imported buildings"),
            "facilities_imported": lazy_gettext("Imported facilities"),
            "places_imported": lazy_gettext("Imported places"),
            "roads_imported": lazy_gettext("Imported roads"),
            "hazards_imported": lazy_gettext("Imported hazards"),
            "residents_imported": lazy_gettext("Imported residents"),
            "inspections_imported": lazy_gettext("Imported inspections"),
            "establishments_made": lazy_gettext("Made units grids of their own"),
            "batch_undone": lazy_gettext("Undid an import"),
            "unit_edited": lazy_gettext("Changed the facts of a unit"),
            "unit_renamed": lazy_gettext("Renamed a unit"),
            "unit_class_changed": lazy_gettext("Changed the class of a unit"),
            "unit_parent_changed": lazy_gettext("Changed what a unit is a part of"),
            "unit_taken_back": lazy_gettext("Took a change of a unit back"),
            "unit_moved": lazy_gettext("Noted that a unit moved"),
            "unit_closed": lazy_gettext("Noted that a unit closed"),
            "unit_reopened": lazy_gettext("Noted that a unit opened again"),
            "unit_merged": lazy_gettext("Merged two units"),
            "unit_separated": lazy_gettext("Separated two units again"),
            "exclusions_accepted": lazy_gettext("Accepted exclusions"),
            "exclusions_declined": lazy_gettext("Declined exclusions"),
            "sample_drawn": lazy_gettext("Drew a sample of visits to check again"),
            "sample_rule_set": lazy_gettext("Set how many visits are checked again"),
            "check_given": lazy_gettext("Gave a visit to somebody to check again"),
            "duplicates_searched": lazy_gettext("Looked for duplicate units"),
            "pair_different": lazy_gettext("Found two units to be different"),
            "pair_open": lazy_gettext("Took up two alike units again"),
            "leftovers_placed": lazy_gettext("Placed leftovers in the nearest grid"),
            "leftovers_outside": lazy_gettext("Called leftovers outside the city"),
            "leftovers_taken_back": lazy_gettext("Took decisions on leftovers back"),
            "claims_settled": lazy_gettext("Kept located grids against a file"),
            "claims_reopened": lazy_gettext("Took up claims of a file again"),
        },
    ),
    (
        lazy_gettext("Exports"),
        {
            "units_exported": lazy_gettext("Exported units"),
            "hazards_exported": lazy_gettext("Exported hazards"),
            "facilities_exported": lazy_gettext("Exported facilities"),
            "buildings_exported": lazy_gettext("Exported buildings"),
            "places_exported": lazy_gettext("Exported places"),
            "roads_exported": lazy_gettext("Exported roads"),
            "coverage_exported": lazy_gettext("Exported coverage"),
            "duty_coverage_exported": lazy_gettext("Exported coverage of duties"),
            "duties_exported": lazy_gettext("Exported duties"),
            "leftovers_exported": lazy_gettext("Exported what lies in no grid below"),
            "audit_exported": lazy_gettext("Exported the audit log"),
        },
    ),
    (
        lazy_gettext("Upkeep"),
        {
            "backup": lazy_gettext("Made a backup"),
            "restore": lazy_gettext("Restored a backup"),
        },
    ),
)
DETAILS: Words = {
    "accepted_warnings": lazy_gettext("warnings accepted"),
    "address": lazy_gettext("from address"),
    "assignments": lazy_gettext("assignments"),
    "automatic": lazy_gettext("by itself"),
    "batch": lazy_gettext("batch"),
    "bytes": lazy_gettext("bytes"),
    "checklists": lazy_gettext("checklists"),
    "counts": lazy_gettext("counts only"),
    "created": lazy_gettext("created"),
    "days": lazy_gettext("days"),
    "deputy": lazy_gettext("deputy"),
    "edition": lazy_gettext("edition"),
    "errors": lazy_gettext("errors"),
    "everywhere": lazy_gettext("everywhere"),
    "expires": lazy_gettext("expires"),
    "faults": lazy_gettext("faults"),
    "features": lazy_gettext("features"),
    "file": lazy_gettext("file"),
    "file_name": lazy_gettext("file"),
    "first": lazy_gettext("first"),
    "former": lazy_gettext("formerly"),
    "from": lazy_gettext("from day"),
    "grace_days": lazy_gettext("days of grace"),
    "grid": lazy_gettext("grid number"),
    "grids": lazy_gettext("grids"),
    "handover": lazy_gettext("hand-over"),
    "households": lazy_gettext("households"),
    "keeps_scope": lazy_gettext("keeps the own area"),
    "keys": lazy_gettext("with keys"),
    "kind": lazy_gettext("kind"),
    "last": lazy_gettext("last day"),
    "left": lazy_gettext("left"),
    "leftovers": lazy_gettext("leftovers"),
    "level": lazy_gettext("level"),
    "levels": lazy_gettext("levels"),
    "metres": lazy_gettext("at most metres"),
    "minutes": lazy_gettext("minutes"),
    "looked": lazy_gettext("pages looked at"),
    "made_at": lazy_gettext("made at"),
    "moved": lazy_gettext("moved"),
    "name": lazy_gettext("name"),
    "names": lazy_gettext("with names"),
    "note": lazy_gettext("note"),
    "on": lazy_gettext("on day"),
    "only": lazy_gettext("only"),
    "organisation": lazy_gettext("organisation"),
    "other": lazy_gettext("other number"),
    "pairs": lazy_gettext("pairs"),
    "percent": lazy_gettext("percent"),
    "period": lazy_gettext("period"),
    "programme": lazy_gettext("programme"),
    "reason": lazy_gettext("reason"),
    "removed": lazy_gettext("removed"),
    "restored": lazy_gettext("restored"),
    "role": lazy_gettext("role"),
    "roles": lazy_gettext("roles"),
    "rows": lazy_gettext("rows"),
    "rules": lazy_gettext("rules"),
    "second": lazy_gettext("second"),
    "sessions": lazy_gettext("sessions"),
    "sha256": lazy_gettext("check sum"),
    "state": lazy_gettext("state"),
    "to": lazy_gettext("to day"),
    "tokens": lazy_gettext("keys"),
    "unchanged": lazy_gettext("unchanged"),
    "unit": lazy_gettext("unit number"),
    "unlocated": lazy_gettext("without coordinates"),
    "until": lazy_gettext("until"),
    "updated": lazy_gettext("updated"),
    "valid_from": lazy_gettext("from day"),
    "viewing": lazy_gettext("look number"),
    "voided": lazy_gettext("voided"),
    "warnings": lazy_gettext("warnings"),
    "within": lazy_gettext("within"),
    "years": lazy_gettext("years"),
}


def action_names() -> dict[str, str]:
    """Every action with its words."""
    return {action: str(words) for _, group in ACTIONS for action, words in group.items()}


def action_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """The same, to be chosen from."""
    return [
        (str(group), [(action, str(words)) for action, words in actions.items()])
        for group, actions in ACTIONS
    ]


def actor_words(event: AuditEvent) -> str:
    """Who did it: a person, the command line with its system user, or nobody signed in."""
    if event.kind == "service":
        return str(gettext("Command line (%(user)s)", user=event.os_user or "?"))
    if event.person_no is None:
        return str(gettext("nobody signed in"))
    return event.name or gettext("person %(no)s", no=event.person_no)


def detail_words(event: AuditEvent) -> list[tuple[str, str]]:
    """Label and value of each detail; what is empty is left out."""
    return [
        (str(DETAILS.get(key, key)), _value(key, value))
        for key, value in event.detail.items()
        if value not in (None, "", [], {})
    ]


def _reason(key: str) -> str:
    """A reason that was chosen from a list; one that was written is said as it is."""
    language = str(get_locale())
    words = words_of(REASONS | FORGET_REASONS, key, language)
    return viewing_reasons().get(key, words)


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if key == "role":
        return role_names().get(str(value), str(value))
    if key == "only":
        return action_names().get(str(value), str(value))
    if key == "reason":
        return _reason(str(value))
    return str(value)
