"""PostGIS for somebody who is not root and has none: fetched, unpacked, run from a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from app.db import cluster as cluster_module
from app.db.cluster import SUPERUSER, Account, Cluster
from app.settings import PROJECT

pytestmark = pytest.mark.skipif(
    os.environ.get("GRIDWARD_TEST_FETCH") != "1",
    reason="fetches 60 MB from the package sources: set GRIDWARD_TEST_FETCH=1",
)


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gridward-fetch-"))
    Account.for_servers().own(folder)
    yield folder
    shutil.rmtree(folder)


def test_fetched_postgis_makes_a_cluster(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.for_servers()
    command = [str(PROJECT / "scripts/fetch-postgis"), str(var / "postgis")]
    subprocess.run(account.command(command, [PROJECT]), check=True, cwd="/")
    assert (var / "postgis/bin/initdb").stat().st_uid == account.uid
    # as on a machine that has none of its own
    monkeypatch.setattr(cluster_module, "_has_postgis", lambda folder: False)
    with Cluster(var).running() as cluster:
        assert cluster.binaries == var / "postgis/bin"
        connection = psycopg2.connect(cluster.dsn(SUPERUSER))
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION postgis")
            cursor.execute(
                "SELECT ST_AsText(ST_Transform('SRID=4326;POINT(118 31)'::geometry, 3857), 0)"
            )
            assert cursor.fetchone() == ("POINT(13135700 3632749)",)
        connection.close()
    again = subprocess.run(account.command(command, [PROJECT]), capture_output=True, cwd="/")
    assert (again.returncode, again.stderr) == (0, b""), "found again, not fetched again"
