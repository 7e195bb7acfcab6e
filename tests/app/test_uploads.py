"""A file from the browser: read dry in the worker, shown, then written; both languages."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import create_app, job_handlers
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.imports.uploads import keep_upload
from app.jobs import actions as jobs
from app.settings import Settings
from gis.coordinates import wgs84_to_gcj02
from tests import builders
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

HEADER = "id,name,lon,lat\n"
FIELDS = {
    "kind": "units",
    "id_field": "id",
    "name_field": "name",
    "lon_field": "lon",
    "lat_field": "lat",
    "crs": "EPSG:4326",
}


class City:
    """A small published city with an administrator at the browser and a worker at hand."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        with database.transaction_as(SERVICE_PERSON) as tx:
            builders.publish_city(tx, 2)
            builders.add_person(tx, "operator", "admin", None, PASSWORD)
        self.client: FlaskClient = signed_in_client(create_app(settings, database.dsn), "operator")

    def send(self, content: str, name: str = "shops.csv", **fields: str) -> str:
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

    def units(self) -> list[str]:
        return [unit["id"] for unit in self.client.get("/api/v1/units").get_json()["units"]]


@pytest.fixture
def city(databases: Databases, settings: Settings) -> Iterator[City]:
    name = databases.copy()
    database = Database(databases.app_dsn(name))
    yield City(database, settings)
    database.close()


def test_a_dry_run_writes_nothing_until_it_is_confirmed(city: City) -> None:
    job = city.send(HEADER + "a,Shop,118.01,31.01\nb,Far,110.0,30.0\n")
    assert "Write it" in city.page(job) and city.units() == []
    answer = city.client.post(
        job.replace("/jobs/", "/imports/") + "/commit",
        data={"csrf_token": csrf_token(city.client, "/imports")},
    )
    assert answer.status_code == 302
    city.work()
    assert city.units() == ["a", "b"]
    assert list(city.settings.uploads.rglob("shops.csv")) == []
    assert "Write it" not in city.page(answer.headers["Location"])


def test_rows_in_error_are_named_in_the_readers_language(city: City) -> None:
    job = city.send(HEADER + "a,Shop,118.01,31.01\nb,Bad,here,31.0\n")
    assert "This is not a number." in city.page(job)
    city.client.post(
        "/language", data={"language": "zh_Hans", "csrf_token": csrf_token(city.client, "/imports")}
    )
    assert "这不是数字。" in city.page(job)


def test_a_refused_file_says_why_in_the_readers_language(city: City) -> None:
    job = city.send(HEADER + "a,Shop,118.01,31.01\n", id_field="number")
    assert "shops.csv has no field number" in city.page(job)
    city.client.post(
        "/language", data={"language": "zh_Hans", "csrf_token": csrf_token(city.client, "/imports")}
    )
    assert "has no field" not in city.page(job)


def test_swapped_and_shifted_coordinates_are_noticed(city: City) -> None:
    # just inside the eastern border; read as WGS 84 the shift carries them out of the city
    east = builders.WEST + 2 * builders.SIDE - 0.0001
    lon, lat = wgs84_to_gcj02([east] * 4, [builders.SOUTH + 0.04] * 4)
    shifted = HEADER + "".join(
        f"{n},Shop,{x},{y}\n" for n, (x, y) in enumerate(zip(lon, lat, strict=True))
    )
    assert "read as gcj02 only 0 would" in city.page(city.send(shifted))
    assert "touch no grid" not in city.page(city.send(shifted, crs="gcj02"))


def test_an_upload_keeps_its_name_and_nothing_of_a_path(settings: Settings) -> None:
    path = keep_upload("../../etc/pass wd\n.CSV", b"id\n1\n", settings.uploads)
    assert path.parent.parent == settings.uploads and path.name == "pass wd.csv"
    again = keep_upload("pass wd.csv", b"id\n2\n", settings.uploads)
    assert path.read_bytes() == b"id\n1\n" and again.read_bytes() == b"id\n2\n"
    for name in ("shell.php", "noending", "", "../.."):
        with pytest.raises(Exception, match="ending that is not taken"):
            keep_upload(name, b"x", settings.uploads)


def test_refused_boundaries_leave_no_draft(city: City) -> None:
    collection = (
        '{"type":"FeatureCollection","features":['
        + ",".join(
            '{"type":"Feature","properties":{"code":"1"},"geometry":{"type":"Polygon",'
            f'"coordinates":[[[{x},31],[{x + 1},31],[{x + 1},32],[{x},31]]]}}}}'
            for x in (118, 119)
        )
        + "]}"
    )
    job = city.send(
        collection,
        "towns.geojson",
        kind="boundaries",
        level="town",
        code_field="code",
        name_field="code",
        edition="second",
        commit="yes",
    )
    assert "code used twice" in city.page(job)
    assert "second" not in city.page("/editions")
