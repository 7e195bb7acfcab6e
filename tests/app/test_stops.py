"""The form of a stop: reasons, photos without scripts, corrections; what to do next, and in which
order to walk."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from app.today import rules
from app.today.model import Duty, Stop
from app.units import actions as units
from tests.builders import (
    SOUTH,
    WEST,
    add_person,
    add_programme,
    add_rule,
    add_units,
    publish_city,
)
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client
from tests.pictures import photo

ITEMS = [
    {"key": "exit", "kind": "yes_no", "zh": "出口", "en": "Is the exit free?"},
    {"key": "view", "kind": "photo", "zh": "出口照片", "en": "The exit"},
]
ANSWERS = {"checklist": "fire/weekly/1", "yes_no:fire/weekly/exit": "no"}


@dataclass
class Field:
    """A block with two units that are due, and who may go there or may not."""

    clients: dict[str, FlaskClient]
    no: dict[str, int]

    def page(self, path: str, who: str = "chief") -> str:
        answer = self.clients[who].get(path)
        assert answer.status_code == 200, answer.status_code
        return answer.get_data(as_text=True)

    def post(self, path: str, who: str = "chief", **form: object) -> tuple[int, str]:
        client = self.clients[who]
        named = {"id": str(uuid4()), "csrf_token": csrf_token(client, "/map")}
        answer = client.post(path, data=named | form, follow_redirects=True)
        return answer.status_code, answer.get_data(as_text=True)

    def told(self, id_: object, who: str = "chief") -> dict[str, object]:
        found: dict[str, object] = self.clients[who].get(f"/api/v1/inspections/{id_}").get_json()
        return found

    def shown(self, id_: object) -> list[str]:
        return [one["id"] for one in self.told(id_)["photos"]]  # type: ignore[union-attr, index]


@pytest.fixture(scope="module")
def field(
    databases: Databases, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Field]:
    settings = replace(settings, var=tmp_path_factory.mktemp("stops"))
    name = databases.copy()
    opened = Database(databases.app_dsn(name), settings=settings)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.001, SOUTH + 0.001), (WEST + 0.009, SOUTH + 0.009)])
        no = {unit: units.unit_number(tx, unit) for unit in ("u0", "u1")}
        add_programme(tx, "fire", {"weekly": ITEMS})
        add_rule(tx, "fire", "weekly", period="week", checklist_key="weekly")
        people = (("chief", "grid_chief", "block:111"), ("worker", "grid_worker", "block:111"),
                  ("other", "grid_worker", "block:111"), ("far", "grid_chief", "block:112"),
                  ("bureau", "authority", None), ("head", "leader", None))  # fmt: skip
        for person, role, grid in people:
            add_person(tx, person, role, grid, PASSWORD)
    opened.close()
    app = create_app(settings, databases.app_dsn(name))
    yield Field({person: signed_in_client(app, person) for person, _, _ in people}, no)
    databases.drop(name)


def file(content: bytes, name: str = "door.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_photos_go_with_the_form_where_no_script_runs(field: Field) -> None:
    path, id_ = f"/today/{field.no['u0']}", str(uuid4())
    form = {"id": id_, "outcome": "locked", "note": "shut"}
    for _ in range(2):  # sent twice it is the same visit with the same photos
        status, page = field.post(
            path, **form, photo=[file(photo()), file(photo(colour=(1, 90, 9)))]
        )
        assert status == 200 and "recorded as “Locked”" in page
    assert len(field.shown(id_)) == 2
    assert f'src="/photos/{field.shown(id_)[0]}/small"' in field.page(path)


def test_a_refusal_keeps_the_photos_that_could_be_kept(field: Field) -> None:
    path, id_ = f"/today/{field.no['u0']}", str(uuid4())
    form = {"id": id_, "outcome": "refused", "note": "no entry"}
    status, page = field.post(path, **form, photo=[file(b"none", "a.png"), file(photo())])
    assert status == 422 and "a.png is no picture" in page and "no entry" in page
    kept = re.findall(r'name="photos" value="([^"]+)" checked', page)
    assert len(kept) == 1
    assert field.post(path, **form, photos=kept)[0] == 200
    assert field.shown(id_) == kept


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"note": ""}, "Write in the note what was not"),
        ({"outcome": "locked", "note": " "}, "Write in the note what was not"),
        ({}, "asks for a photo where something is not as it should be: The exit"),
        ({"photos": "seven"}, "Reload the page"),
        ({"photos": "3f2b8c1e-5d7a-4a9b-8c61-2f0d9e7b4a15", "no_photo:fire/weekly/view": "on"},
         "Send it first"),
    ],
)  # fmt: skip
def test_what_is_not_normal_asks_for_a_reason_and_a_photo(
    field: Field, changes: dict[str, str], words: str
) -> None:
    form = {"outcome": "done", "note": "blocked"} | ANSWERS | changes
    status, page = field.post(f"/today/{field.no['u1']}", **form)
    assert (status in (404, 422), words in page) == (True, True)


def test_a_photo_answers_the_item_or_it_is_said_that_none_is_possible(field: Field) -> None:
    path, id_ = f"/today/{field.no['u1']}", str(uuid4())
    form = {"outcome": "done", "note": "blocked"} | ANSWERS
    sent = form | {"id": id_, "photo:fire/weekly/view": file(photo())}
    assert field.post(path, **sent)[0] == 200
    assert field.told(id_)["answers"] == {
        "fire/weekly/exit": False,
        "fire/weekly/view": field.shown(id_)[0],
    }
    assert field.post(path, **form, **{"no_photo:fire/weekly/view": "on"})[0] == 200


def test_a_correction_takes_the_place_of_the_visit_with_its_photos(field: Field) -> None:
    path, first = f"/today/{field.no['u1']}", str(uuid4())
    sent = {"id": first, "outcome": "done", "note": "blocked"} | ANSWERS
    field.post(path, "worker", **sent, **{"photo:fire/weekly/view": file(photo())})
    page = field.page(f"/today/visits/{first}", "chief")  # the chief of the grid may
    (kept,) = field.shown(first)
    for words in (
        "blocked",
        f'name="photo:fire/weekly/view" value="{kept}" checked',
        'name="yes_no:fire/weekly/exit" value="no" checked',
        "correct the visit of",
    ):
        assert words in page, words
    second = str(uuid4())
    changed = {"id": second, "outcome": "done", "note": "free again", "checklist": "fire/weekly/1",
               "yes_no:fire/weekly/exit": "yes", "photo:fire/weekly/view": kept}  # fmt: skip
    status, page = field.post(f"/today/visits/{first}", "chief", **changed)
    assert status == 200 and "recorded as “Done”" in page
    told = field.told(second)
    assert (told["supersedes"], told["happened_at"]) == (first, field.told(first)["happened_at"])
    assert told["deviations"] == [] and field.shown(second) == [kept]
    assert field.clients["chief"].get(f"/today/visits/{first}").status_code == 409


@pytest.mark.parametrize(
    ("who", "status"), [("worker", 200), ("chief", 200), ("bureau", 200), ("other", 403),
                        ("far", 404), ("head", 403)]
)  # fmt: skip
def test_who_may_correct(field: Field, who: str, status: int) -> None:
    id_ = str(uuid4())
    field.post(f"/today/{field.no['u0']}", "worker", id=id_, outcome="locked", note="shut")
    assert field.clients[who].get(f"/today/visits/{id_}").status_code == status
    form = {"id": str(uuid4()), "outcome": "refused", "note": "no entry"}
    assert field.post(f"/today/visits/{id_}", who, **form)[0] == status


# -- what to do next --------------------------------------------------------------------------


def stop(no: int, lon: float | None, due: int = 30, tried: str | None = None) -> Stop:
    row = SimpleNamespace(no=no, lon=lon, lat=None if lon is None else SOUTH, tried=tried)
    period = SimpleNamespace(due_on=date(2026, 6, due))
    return Stop(row, [Duty(SimpleNamespace(no=1), period, None)], f"Stop {no}")  # type: ignore[arg-type]


TODAY = date(2026, 6, 20)


def test_the_next_best_stop_is_the_nearest_open_one_else_the_most_late() -> None:
    near, far, tried = stop(1, WEST + 0.01), stop(2, WEST + 0.05), stop(3, WEST, tried="locked")
    late, later, nowhere = stop(4, None, 10), stop(5, None, 2), stop(6, None)
    stops = [far, nowhere, tried, late, near, later]
    assert rules.next_best(stops, (WEST, SOUTH), TODAY) is near
    assert rules.next_best(stops, None, TODAY) is later
    assert rules.next_best([nowhere, late], (WEST, SOUTH), TODAY) is late
    assert rules.next_best([tried], (WEST, SOUTH), TODAY) is None
    assert rules.next_best([], None, TODAY) is None


def test_a_route_is_a_walk_over_the_open_stops_and_the_others_come_after() -> None:
    places = [0.05, 0.01, 0.03, 0.02, 0.04]
    stops = [stop(no, WEST + far) for no, far in enumerate(places)]
    stops += [stop(8, WEST + 0.015, tried="locked"), stop(9, None)]
    walked = rules.in_order(stops, "route", (WEST, SOUTH), TODAY)
    assert [one.row.no for one in walked] == [1, 3, 2, 4, 0, 9, 8]
    assert rules.in_order(stops, "route", None, TODAY)  # without a place: as they are


def test_the_list_begins_where_one_stands(field: Field) -> None:
    client = field.clients["far"]
    assert client.get("/api/v1/today?order=route&lon=118&lat=31").status_code == 200
    answer = client.get("/api/v1/today?lon=118")
    assert (answer.status_code, "only one" in answer.get_json()["detail"]) == (422, True)
    assert client.get("/api/v1/today?lon=500&lat=31").status_code == 422
    assert client.get("/today?order=route&lon=500&lat=31").status_code == 200


def test_a_grid_neither_moves_nor_closes_down() -> None:
    assert rules.outcomes_of("grid") == ("done", "locked", "refused")
    assert {"moved", "closed", "not_found"} <= set(rules.outcomes_of("unit"))
