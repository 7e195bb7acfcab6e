"""What is wrong with boundaries is said in the reader's language, on each page that lists it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database
from app.grids import actions as grids
from app.identity.model import SERVICE_PERSON
from app.imports.jobs import run_import
from app.imports.sources import Document
from app.imports.uploads import keep_upload
from app.jobs import actions as jobs
from app.jobs.model import Job, Progress
from app.settings import Settings
from tests.builders import SIDE, SOUTH, WEST, add_person, publish_city
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

KEYS = {"kind", "severity", "code", "area_m2", "where", "detail"}
MID, EAST = WEST + SIDE, WEST + 2 * SIDE
# town 2 crosses itself, lies over town 1, and has heights
TOWNS = {
    "1": shapely.box(WEST, SOUTH, MID, SOUTH + SIDE),
    "2": shapely.Polygon(
        [(MID, SOUTH, 5), (EAST, SOUTH + SIDE, 5), (EAST, SOUTH, 5), (WEST, SOUTH + SIDE, 5)]
    ),
}
IN_CHINESE = (
    "第 2 行（“2”）：边界自相交。已修复，面积由 ",
    "1 行的形状带高程（首个为第 2 行）；网格是平面的，高程已舍去。",
    "“1”与“2”重叠 ",
)
IN_ENGLISH = (
    "Row 2 (&#39;2&#39;): Self-intersection. It was repaired, which changed its area from ",
    "1 row has heights (first: row 2); grids are flat, they were dropped.",
    "&#39;1&#39; and &#39;2&#39; overlap by ",
)


def boundaries(folder: Path) -> Path:
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": shapely.geometry.mapping(one)}
        for code, one in TOWNS.items()
    ]
    path = folder / "towns.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module")
def reader(
    databases: Databases, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlaskClient, Database, int]]:
    """An administrator who reads English, and the job that took the file in."""
    name = databases.copy()
    database = Database(databases.app_dsn(name))
    with database.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_person(tx, "operator", "admin", None, PASSWORD)
        no = jobs.ask(tx, "import", arguments(settings, boundaries(tmp_path_factory.mktemp("in"))))

    def handler(given: Database, job: Job, progress: Progress) -> object:
        return run_import(settings, given, job, progress)

    jobs.run(database, {"import": handler}, no, SERVICE_PERSON)
    app = create_app(settings, databases.app_dsn(name))
    yield signed_in_client(app, "operator"), database, no
    app.extensions["gridward_database"].close()
    database.close()
    databases.drop(name)


def arguments(settings: Settings, file: Path) -> dict[str, object]:
    kept = keep_upload(Document(file.name, file.read_bytes()), settings.uploads)
    options = {"level": "town", "edition": "second", "code_field": "code", "repair": "yes"}
    return {"kind": "boundaries", "file": str(kept), "options": options, "commit": True}


def read_in(client: FlaskClient, language: str, address: str) -> str:
    client.post("/language", data={"language": language, "csrf_token": csrf_token(client, "/map")})
    return client.get(address).get_data(as_text=True)


@pytest.mark.parametrize("address", ["/editions?edition=second", "/jobs/{job}"])
def test_faults_are_read_in_the_readers_language(
    reader: tuple[FlaskClient, Database, int], address: str
) -> None:
    client, _, job = reader
    pages = {
        language: read_in(client, language, address.format(job=job))
        for language in ("zh_Hans", "en")
    }
    for language, own, foreign in (
        ("zh_Hans", IN_CHINESE, IN_ENGLISH),
        ("en", IN_ENGLISH, IN_CHINESE),
    ):
        assert not [words for words in own if words not in pages[language]]
        assert not [words for words in foreign if words in pages[language]]


def test_programs_are_told_the_same_six_keys(reader: tuple[FlaskClient, Database, int]) -> None:
    client, _, job = reader
    read_in(client, "zh_Hans", "/map")
    faults = client.get(f"/api/v1/jobs/{job}").get_json()["result"]["faults"]
    assert faults and all(fault.keys() == KEYS for fault in faults)
    assert any(fault["detail"].startswith("Row 2 ('2'): Self-inter") for fault in faults)


def test_what_an_older_release_kept_is_shown_as_it_is(
    reader: tuple[FlaskClient, Database, int],
) -> None:
    client, database, _ = reader
    with database.transaction_as(SERVICE_PERSON) as tx:
        draft = grids.edition_named(tx, "second").no
        tx.execute(
            "INSERT INTO edition_fault (edition_no, depth, kind, severity, detail) "
            "VALUES (%(draft)s, 1, 'gap', 'warning', 'An old sentence, 100 %% of it.')",
            draft=draft,
        )
    page = read_in(client, "zh_Hans", "/editions?edition=second")
    assert "An old sentence, 100 % of it." in page
