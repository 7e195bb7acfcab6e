"""Boundaries from the browser: read dry in the worker, shown, then written."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import create_app, job_handlers
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.imports.uploads import checked_upload, keep_upload
from app.jobs import actions as jobs
from app.settings import Settings
from tests import builders
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

FIELDS = {
    "level": "town",
    "code_field": "code",
    "name_field": "code",
    "edition": "second",
}


class City:
    """A small published city with an administrator at the browser and a worker at hand."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        with database.transaction_as(SERVICE_PERSON) as tx:
            builders.publish_city(tx, 2)
            builders.add_person(tx, "operator", "admin", None, PASSWORD)
        self.app = create_app(settings, database.dsn)
        self.client: FlaskClient = signed_in_client(self.app, "operator")

    def close(self) -> None:
        """Connections are few: the next city needs them."""
        self.app.extensions["gridward_database"].close()
        self.database.close()

    def send(self, content: str, name: str = "towns.geojson", **fields: str) -> str:
        """Upload, let the worker run, answer the address of the job's page."""
        answer = self.client.post(
            "/imports",
            data={
                **FIELDS,
                **fields,
                "file": (io.BytesIO(content.encode()), name),
                "csrf_token": csrf_token(self.client, "/imports"),
            },
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)
        self.work()
        return answer.headers["Location"]

    def work(self) -> None:
        with self.database.transaction_as(SERVICE_PERSON) as tx:
            waiting = jobs.recover(tx)
        for number in waiting:
            jobs.run(self.database, job_handlers(self.settings), number, SERVICE_PERSON)

    def page(self, address: str) -> str:
        return self.client.get(address).get_data(as_text=True)


@pytest.fixture
def city(databases: Databases, settings: Settings) -> Iterator[City]:
    name = databases.copy()
    made = City(Database(databases.app_dsn(name)), settings)
    yield made
    made.close()
    databases.drop(name)


def collection(codes: str) -> str:
    """A triangle for each code, side by side."""
    return (
        '{"type":"FeatureCollection","features":['
        + ",".join(
            f'{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon",'
            f'"coordinates":[[[{x},31],[{x + 1},31],[{x + 1},32],[{x},31]]]}}}}'
            for x, code in enumerate(codes, start=118)
        )
        + "]}"
    )


def test_boundaries_are_read_dry_until_they_are_confirmed(city: City) -> None:
    job = city.send(collection("12"))
    assert "Write it" in city.page(job) and "second" not in city.page("/editions")
    answer = city.client.post(
        job.replace("/jobs/", "/imports/") + "/commit",
        data={"csrf_token": csrf_token(city.client, "/imports")},
    )
    assert answer.status_code == 302
    city.work()
    assert "second" in city.page("/editions")
    assert list(city.settings.uploads.rglob("towns.geojson")) == []


def test_a_refused_file_says_why_in_the_readers_language(city: City) -> None:
    job = city.send(collection("12"), code_field="")
    assert "Fill in code field" in city.page(job)
    city.client.post(
        "/language", data={"language": "zh_Hans", "csrf_token": csrf_token(city.client, "/imports")}
    )
    assert "Fill in" not in city.page(job)


def test_an_upload_keeps_its_name_and_nothing_of_a_path(settings: Settings) -> None:
    path = keep_upload(checked_upload("../../etc/pass wd\n.CSV", b"id\n1\n"), settings.uploads)
    assert path.parent.parent == settings.uploads and path.name == "pass wd.csv"
    again = keep_upload(checked_upload("pass wd.csv", b"id\n2\n"), settings.uploads)
    assert path.read_bytes() == b"id\n1\n" and again.read_bytes() == b"id\n2\n"
    for name in ("shell.php", "noending", "", "../.."):
        with pytest.raises(Exception, match="ending that is not taken"):
            checked_upload(name, b"x")


def test_refused_boundaries_leave_no_draft(city: City) -> None:
    assert "code used twice" in city.page(city.send(collection("11"), commit="yes"))
    assert "second" not in city.page("/editions")
