"""Everything that the log says is said in words: each action and each detail that is recorded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from app.settings import PROJECT
from app.web.audit_words import ACTIONS, DETAILS


def recorded() -> Iterator[tuple[str, str | None, list[str]]]:
    """Where, action (None where it is put together), names of the details."""
    for path in sorted((PROJECT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                action = node.args[1]
                yield (
                    f"{path.relative_to(PROJECT)}:{node.lineno}",
                    action.value if isinstance(action, ast.Constant) else None,
                    [keyword.arg for keyword in node.keywords if keyword.arg],
                )


def test_every_action_and_detail_has_words() -> None:
    known = {action for _, group in ACTIONS for action in group}
    calls = list(recorded())
    assert len(calls) > 20
    missing = [f"{where}: {action}" for where, action, _ in calls if action and action not in known]
    missing += [
        f"{where}: {detail}="
        for where, _, details in calls
        for detail in details
        if detail not in DETAILS
    ]
    assert not missing, "say them in app/web/audit_words.py:\n" + "\n".join(missing)
