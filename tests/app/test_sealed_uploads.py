"""A file of residents on its way: no name, phone or door lies in clear, and nothing lies long."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.db.cluster import find_binaries
from app.db.connection import Database
from app.db.sealing import SealBroken
from app.errors import NotFound
from app.identity.model import SERVICE_PERSON
from app.imports import wizard as imports
from app.imports.sources import Document
from app.imports.uploads import keep_sealed, sealed_folder
from app.settings import Settings
from tests.app.test_import_wizard import Wizard, proposed
from tests.builders import SOUTH, TODAY, WEST
from tests.conftest import Databases

WORDS = ("欧阳不忘", "13987650001", "七座1203室")
CLEAR = [word.encode(coding) for word in WORDS for coding in ("utf-8", "gb18030", "utf-16-le")]
HEADER = "编号,楼栋,人员类别,人数,门牌,姓名,电话,经度,纬度\n"


def row(number: str, persons: str = "2") -> str:
    name, phone, door = WORDS
    return (
        f"{number},一号楼,独居老人,{persons},{door},{name},{phone},{WEST + 0.005},{SOUTH + 0.005}\n"
    )


@pytest.fixture
def name(databases: Databases) -> Iterator[str]:
    """Of a database of its own."""
    name = databases.copy()
    yield name
    databases.drop(name)


@pytest.fixture
def wizard(name: str, databases: Databases, settings: Settings, tmp_path: Path) -> Iterator[Wizard]:
    settings = replace(settings, var=tmp_path, fixed_today=TODAY)
    made = Wizard(Database(databases.app_dsn(name), settings=settings), settings)
    yield made
    made.close()


@pytest.fixture
def in_clear(name: str, wizard: Wizard, databases: Databases) -> Callable[[], list[str]]:
    """Where a word of the file can be read: files among the uploads, and the database."""

    def look() -> list[str]:
        dump = subprocess.run(
            [find_binaries() / "pg_dump", "--inserts", databases.cluster.dsn("gridward", name)],
            capture_output=True,
            check=True,
        ).stdout
        assert b"import_plan" in dump
        places = {str(path): path.read_bytes() for path in files(wizard)} | {"database": dump}
        return [
            place for place, content in places.items() if any(word in content for word in CLEAR)
        ]

    return look


def files(wizard: Wizard) -> list[Path]:
    return [path for path in wizard.settings.uploads.rglob("*") if path.is_file()]


def test_no_step_leaves_a_name_in_clear_and_the_last_leaves_no_file(
    wizard: Wizard, in_clear: Callable[[], list[str]]
) -> None:
    page = wizard.upload(HEADER + row("h1") + row("h2", "many"), "homes.csv", "residents")
    assert WORDS[0] in page and files(wizard) and in_clear() == []
    columns = wizard.post(f"{wizard.plan}/reading")
    assert WORDS[0] in columns and in_clear() == []
    wizard.post(f"{wizard.plan}/columns", **proposed(columns))
    assert in_clear() == []
    page = wizard.post(f"{wizard.plan}/place", crs="EPSG:4326")
    assert "This is not a number." in page or "whole number" in page
    assert in_clear() == []
    assert WORDS[0] in wizard.page(f"{wizard.plan}/failed.csv")
    page = wizard.post(f"{wizard.plan}/write", skip_errors="yes")
    assert "Send the corrected rows" in page and in_clear() == []
    assert {path.name for path in files(wizard)} == {"failed", "written"}

    page = wizard.post(f"{wizard.plan}/discard")
    assert files(wizard) == [] and list(wizard.settings.uploads.iterdir()) == []
    with wizard.database.transaction_as(SERVICE_PERSON) as tx:
        assert tx.value("SELECT count(*) FROM known_households('{h1}')") == 1


def test_what_is_given_up_is_gone_at_once(wizard: Wizard) -> None:
    wizard.upload(HEADER + row("h1"), "homes.csv", "residents")
    wizard.post(f"{wizard.plan}/discard")
    assert list(wizard.settings.uploads.iterdir()) == []
    answer = wizard.client.get(wizard.plan, follow_redirects=True)
    assert answer.status_code == 404 and "its file is no longer here" in answer.text


def test_after_a_day_nothing_of_residents_is_left(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard.upload(HEADER + row("h1"), "homes.csv", "residents")
    homes = wizard.plan
    wizard.upload("id,name\na,Shop\n", "shops.csv", "units")

    def sweep(later: timedelta) -> int:
        with wizard.database.transaction_as(SERVICE_PERSON) as tx:
            return imports.forget_old_files(tx, wizard.settings, datetime.now(UTC) + later)

    assert sweep(timedelta(hours=23)) == 0 and len(files(wizard)) == 4
    assert sweep(timedelta(hours=25)) == 1
    assert "its file is no longer here" in wizard.page(homes)
    assert len(files(wizard)) == 2
    assert sweep(timedelta(days=31)) == 1 and files(wizard) == []


def test_a_file_that_no_import_knows_is_removed_after_a_day(wizard: Wizard) -> None:
    folder = keep_sealed(wizard.settings, Document("homes.csv", b"x"))
    with wizard.database.transaction_as(SERVICE_PERSON) as tx:
        now = datetime.now(UTC)
        imports.forget_old_files(tx, wizard.settings, now + timedelta(hours=23))
        assert folder.upload() == b"x"
        imports.forget_old_files(tx, wizard.settings, now + timedelta(hours=25))
    assert not folder.path.exists()
    with pytest.raises(NotFound, match="no longer here"):
        folder.upload()


def test_a_sealed_file_opens_in_its_place_alone(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    one, other = (keep_sealed(settings, Document("a.csv", text)) for text in (b"one", b"other"))
    assert sealed_folder(settings, one.path.name).upload() == b"one"
    (one.path / "upload").replace(other.path / "upload")
    with pytest.raises(SealBroken):
        other.upload()
    for name in ("", "..", "../keys", "/etc"):
        with pytest.raises(NotFound):
            sealed_folder(settings, name)
