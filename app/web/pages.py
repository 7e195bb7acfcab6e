"""Pages that belong to no feature, and what every template may use."""

from __future__ import annotations

from flask import g, render_template


def error_page(status: int, sentence: str) -> str:
    """A page that says what happened and where to go on."""
    return render_template(
        "error.html", status=status, sentence=sentence, signed_in=g.get("reader") is not None
    )
