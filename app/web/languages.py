"""The languages of the interface and how one is chosen for a request."""

from __future__ import annotations

from flask import g, request, session

LANGUAGES = {"zh_Hans": "简体中文", "en": "English"}
DEFAULT = "zh_Hans"


def choose_locale() -> str:
    """The reader's own choice, then the session's, then the browser's; Chinese otherwise."""
    reader = g.get("reader")
    chosen = session.get("language") or (reader.language if reader else None)
    if chosen in LANGUAGES:
        return str(chosen)
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en", "en-US", "en-GB"])
    return "en" if best and best.startswith("en") else DEFAULT


def html_language(locale: str) -> str:
    """As the `lang` attribute writes it."""
    return "zh-Hans" if locale == "zh_Hans" else locale
