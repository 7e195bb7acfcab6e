"""One world for the tests of a file; what they write into it they take back or name apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.db.connection import Database
from app.settings import Settings
from tests.conftest import Databases
from tests.db.world import World, build_world


@pytest.fixture(scope="module")
def world(databases: Databases, settings: Settings) -> Iterator[World]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name), settings=settings)
    yield build_world(name, opened)
    opened.close()
    databases.drop(name)
