"""Everything that is said is said in Chinese too; README names every setting."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from app.settings import PROJECT

WEB = PROJECT / "app" / "web"
CATALOG = WEB / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "said": None,
    "counted": (1, 2),
    "RowFault": (3,),
    "RowError": (4,),
    "Hint": None,
    "lazy_gettext": None,
    "Refusal": None,
    "NotFound": None,
    "Conflict": None,
    "Forbidden": None,
    "SignInNeeded": None,
    "AccountDuty": None,
    "Busy": None,
    "UnreadableFile": None,
    "LayerMissing": None,
    "WrongEncoding": None,
    "UnknownCrs": None,
    "CrsMismatch": None,
    "FieldMissing": None,
    "BadValue": None,
    "BadCoordinate": None,
}
PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")
Extracted = dict[str, str]  # sentence → where it stands first


def extracted() -> Extracted:
    with open(WEB / "babel.cfg", encoding="utf-8") as stream:
        methods, options = parse_mapping_cfg(stream)  # type: ignore[no-untyped-call]
    found: Extracted = {}
    for package in ("app", "gis"):
        for file, line, message, _, _ in extract_from_dir(
            PROJECT / package, methods, options, keywords=KEYWORDS
        ):
            # of one and of many: the catalogue knows the pair by the sentence for one
            sentence = message[0] if isinstance(message, tuple) else message
            if sentence and sentence not in found:
                found[sentence] = f"{package}/{file}:{line}"
    return found


@pytest.fixture(scope="module")
def sentences() -> Extracted:
    return extracted()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    assert CATALOG.exists(), f"{CATALOG.relative_to(PROJECT)} is missing"
    with open(CATALOG, "rb") as stream:
        return read_po(stream, locale="zh_Hans")


def translation(message: Message | None) -> str:
    if message is None or not message.string or message.fuzzy:
        return ""
    if isinstance(message.string, str):
        return message.string
    return message.string[0] if all(message.string) else ""


def places(text: str) -> list[str]:
    return sorted(found.group(0) for found in PLACE.finditer(text.replace("%%", "")))


def test_sentences_of_pages_and_of_refusals_are_found(sentences: Extracted) -> None:
    assert sum(where.startswith("app/web/templates/") for where in sentences.values()) > 50
    assert "Please sign in." in sentences
    # a sentence over several lines of source is one sentence
    assert any("cannot begin before it, on %(day)s" in sentence for sentence in sentences)


def test_every_sentence_is_translated(sentences: Extracted, catalog: Catalog) -> None:
    missing = [
        f"{where} {sentence}"
        for sentence, where in sentences.items()
        if not translation(catalog.get(sentence))
    ]
    assert not missing, f"{len(missing)} without Chinese:\n" + "\n".join(missing)


def test_translations_keep_the_places(sentences: Extracted, catalog: Catalog) -> None:
    wrong = [
        f"{where} {sentence!r} → {chinese!r}"
        for sentence, where in sentences.items()
        if (chinese := translation(catalog.get(sentence))) and places(sentence) != places(chinese)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_sentence_is_spoiled_by_a_percent_sign(sentences: Extracted) -> None:
    """A sentence with places is filled in by `%`: a percent sign of its own is written twice."""
    spoiled = [
        f"{where} {sentence}"
        for sentence, where in sentences.items()
        if "%(" in sentence and re.search(r"%(?!\(\w+\)[sd])", sentence.replace("%%", ""))
    ]
    assert not spoiled, "\n".join(spoiled)


def setting_names() -> list[str]:
    """The variables that `read_settings` looks up."""
    tree = ast.parse((PROJECT / "app" / "settings.py").read_text(encoding="utf-8"))
    return sorted(
        {
            ast.literal_eval(node.args[0])
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "values.get"
        }
    )


def test_readme_names_every_setting() -> None:
    names = setting_names()
    assert "DATABASE_URL" in names and "GRIDWARD_VAR" in names
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in names if f"`{name}`" not in text and f"{name}=" not in text]
