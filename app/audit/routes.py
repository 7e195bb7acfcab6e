"""The page of the log, for auditors and administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.audit import actions
from app.audit.model import NEWEST, AuditEvent
from app.audit.parameters import audit_filter
from app.http import integer_parameter, route, settings, transaction
from app.web.audit_words import action_groups, action_names, actor_words, detail_words
from app.web.templating import format_moment

blueprint = Blueprint("audit", __name__)
PAGE = 100


@route(blueprint, "/audit", permission="audit.read")
def show_log() -> ResponseReturnValue:
    wanted = audit_filter()
    before = integer_parameter("before", NEWEST, 1, NEWEST)
    with transaction() as tx:
        found = actions.events(tx, wanted, before, PAGE)
        head = actions.chain_head(tx)
    names = action_names()
    asked: dict[str, Any] = {
        key: value for key, value in request.args.items() if value and key != "before"
    }
    return render_template(
        "audit.html",
        events=[
            (event, names.get(event.action, event.action), actor_words(event), detail_words(event))
            for event in found
        ],
        groups=action_groups(),
        wanted=wanted,
        asked=asked,
        head=head,
        older=url_for("audit.show_log", **asked, before=found[-1].no)
        if len(found) == PAGE
        else None,
        newer=url_for("audit.show_log", **asked) if before != NEWEST else None,
        export_urls={
            kind: url_for("audit.export_log", kind=kind, **asked) for kind in actions.EXPORTS
        },
    )


@route(blueprint, "/export/audit.<kind>", permission="audit.export")
def export_log(kind: str) -> ResponseReturnValue:
    header = [
        gettext("Number"),
        gettext("Time"),
        gettext("Who"),
        gettext("Sign-in name"),
        gettext("What happened"),
        gettext("To what"),
        gettext("Details"),
        "action",
    ]
    names = action_names()

    def row(event: AuditEvent) -> Sequence[Any]:
        return (
            event.no,
            format_moment(event.at, seconds=True),
            actor_words(event),
            event.sign_in,
            names.get(event.action, event.action),
            event.subject,
            "; ".join(f"{label}: {value}" for label, value in detail_words(event)),
            event.action,
        )

    with transaction() as tx:
        content = actions.export(tx, audit_filter(), kind, header, row)
    response = Response(content, mimetype=actions.EXPORTS[kind])
    name = f"audit-{settings().today().isoformat()}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
