"""What touches no grid: decided, honoured by whatever locates anew, and taken back exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.db.connection import Database, Transaction
from app.errors import Refusal
from app.facilities import actions as facilities
from app.hazards import actions as hazards
from app.identity.model import SERVICE_PERSON
from app.imports import actions as imports
from app.imports.actions import FileRequest
from app.imports.rules import RegisterColumns
from app.leftovers import actions
from app.leftovers.model import EVERYTHING, Counts, Decided, Decision, Queued, QueueFilter
from app.monitoring.actions import examine
from app.registry import actions as registry
from app.registry.rules import content_digest
from app.settings import Settings
from app.units import actions as units, merging
from app.units.model import Change
from tests import builders
from tests.builders import SIDE, SOUTH, TODAY, WEST
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client

NEAR = (WEST - 0.001, SOUTH + 0.001)  # some 95 m beside block 111
FAR = (WEST - 0.5, SOUTH + 0.001)
INSIDE = (WEST + 0.001, SOUTH + 0.001)
NEAREST = Decision("nearest")
BACK = Decision("back")
PLACED = QueueFilter("placed")
STORED = (
    "SELECT no, grid_no, encode(ST_AsEWKB(geom), 'hex') AS geom, batch_no FROM target ORDER BY no"
)


@pytest.fixture
def city(tx: Transaction) -> Transaction:
    """Units u0 inside, u1 near, u2 far, u3 nowhere; a facility and a hazard near."""
    builders.publish_city(tx)
    builders.add_units(tx, [INSIDE, NEAR, FAR, (None, None)])
    builders.add_row(tx, facilities.FACILITIES, "f1", NEAR)
    builders.add_row(tx, hazards.HAZARDS, "h1", NEAR, found_on=date(2026, 6, 1), state="open")
    return tx


def rows(tx: Transaction, wanted: QueueFilter = EVERYTHING) -> dict[str, Queued]:
    return {one.row.id: one for one in actions.queue(tx, wanted, 0, 100)}


def block_of(tx: Transaction, unit: str) -> str | None:
    """The code of the grid that a unit's own row carries."""
    found: str | None = tx.value(
        "SELECT g.code FROM unit u JOIN grid g ON g.no = u.grid_no WHERE u.id = %(id)s", id=unit
    )
    return found


def faults(tx: Transaction) -> dict[str, Any]:
    return {one["check"]: one["examples"] for one in examine(tx)["checks"] if one["faults"]}


def test_every_register_waits_with_its_nearest_block(city: Transaction) -> None:
    found = rows(city)
    assert list(found) == ["u1", "u2", "u3", "f1", "h1"]
    assert [found[name].key for name in ("u1", "f1", "h1")] == ["units", "facilities", "hazards"]
    assert found["u1"].nearest[-1].reference == "block:111"
    assert 90 < (found["u1"].distance_m or 0) < 100
    assert found["u3"].nearest == [] and found["u3"].distance_m is None
    assert actions.counts(city) == Counts(leftover=4, unlocated=1)
    assert list(rows(city, QueueFilter("unlocated"))) == ["u3"]
    assert list(rows(city, QueueFilter(register="hazards"))) == ["h1"]
    batch = found["f1"].row.batch_no
    assert list(rows(city, QueueFilter(batch=batch))) == ["f1"]
    after = actions.queue(city, EVERYTHING, found["u2"].row.no, 2)
    assert [one.row.id for one in after] == ["u3", "f1"]
    for wrong in (QueueFilter("lost"), QueueFilter(register="residents")):
        with pytest.raises(Refusal, match="use one of"):
            actions.queue(city, wrong, 0, 1)


def test_placing_up_to_a_distance_and_taking_it_back_exactly(city: Transaction) -> None:
    before = [tuple(row) for row in city.rows(STORED)]
    assert actions.decide(city, EVERYTHING, None, Decision("nearest", 500, "by eye")) == Decided(
        3, 2
    )
    assert (block_of(city, "u1"), block_of(city, "u2")) == ("111", None)
    assert actions.counts(city) == Counts(leftover=1, unlocated=1, placed=3)
    assert actions.located(city) == 4
    assert faults(city) == {}
    placed = rows(city, PLACED)
    assert placed["u1"].grid[-1].code == "111" and placed["u1"].row.reason == "by eye"
    noted = city.row("SELECT detail FROM audit_event WHERE action = 'leftovers_placed'")
    assert noted is not None and (noted.detail["rows"], noted.detail["left"]) == (3, 2)
    assert actions.decide(city, PLACED, None, BACK) == Decided(3, 0)
    assert [tuple(row) for row in city.rows(STORED)] == before
    assert actions.counts(city) == Counts(leftover=4, unlocated=1)
    events = city.rows("SELECT kind, grid_no FROM placement_event WHERE target_no = %(no)s "
                       "ORDER BY no", no=placed["u1"].row.no)  # fmt: skip
    assert [(row.kind, row.grid_no > 0) for row in events] == [
        ("placed", True),
        ("taken_back", False),
    ]


def test_outside_by_decision_waits_no_longer(city: Transaction) -> None:
    far = rows(city)["u2"].row.no
    assert actions.decide(city, EVERYTHING, [far], Decision("outside")) == Decided(1, 0)
    assert "u2" not in rows(city) and list(rows(city, QueueFilter("outside"))) == ["u2"]
    assert actions.counts(city) == Counts(leftover=3, unlocated=1, outside=1)
    # placed after all, and then called outside once more
    assert actions.decide(city, QueueFilter("outside"), [far], NEAREST) == Decided(1, 0)
    assert block_of(city, "u2") == "111"
    assert actions.decide(city, PLACED, [far], Decision("outside")) == Decided(1, 0)
    assert block_of(city, "u2") is None and faults(city) == {}
    assert actions.decide(city, QueueFilter("outside"), [far], BACK) == Decided(1, 0)
    assert "u2" in rows(city)


def test_what_a_decision_does_not_fit_is_left(city: Transaction) -> None:
    found = rows(city)
    nowhere = found["u3"].row.no
    assert actions.decide(city, EVERYTHING, [nowhere, 10**9], NEAREST) == Decided(0, 2)
    for numbers, decision, words in (
        ([], NEAREST, "Nothing is ticked"),
        ([nowhere], Decision("guess"), "Choose what"),
    ):
        with pytest.raises(Refusal, match=words):
            actions.decide(city, EVERYTHING, numbers, decision)


def test_a_new_edition_honours_the_decision(city: Transaction) -> None:
    actions.decide(city, EVERYTHING, [rows(city)["u1"].row.no], NEAREST)
    builders.publish_city(city, name="second", valid_from=date(2026, 1, 1))
    assert block_of(city, "u1") == "111" and faults(city) == {}
    published = city.row("SELECT detail FROM audit_event WHERE subject = 'second'")
    assert published is not None and published.detail["moved"] == 0
    # the grid that it was placed in is gone: it waits again
    shapes = builders.square_city()
    shapes["block"] = [shape for shape in shapes["block"] if shape.code != "111"]
    builders.publish_city(city, name="third", shapes=shapes, valid_from=date(2026, 2, 1))
    assert block_of(city, "u1") is None and "u1" in rows(city) and faults(city) == {}
    # drawn a little further west the city holds the place by itself
    wider = builders.square_city(west=WEST - 0.01)
    builders.publish_city(city, name="fourth", shapes=wider, valid_from=date(2026, 3, 1))
    assert block_of(city, "u1") == "111" and "u1" not in rows(city) and faults(city) == {}


def test_other_coordinates_end_it_and_undoing_them_brings_it_back(city: Transaction) -> None:
    actions.decide(city, EVERYTHING, [rows(city)["u1"].row.no], NEAREST)

    def bring(name: str, place: tuple[float, float]) -> None:
        draft = replace(builders.unit_draft("u1", *place, name=name), content=content_digest(name))
        registry.import_targets(city, registry.UNITS, [draft], [], 1, builders.batch("units"))

    bring("New name", NEAR)
    assert block_of(city, "u1") == "111" and faults(city) == {}
    bring("Elsewhere", FAR)
    assert block_of(city, "u1") is None and rows(city)["u1"].row.state == "leftover"
    imports.undo_batch(city, int(city.value("SELECT max(no) FROM import_batch")))
    assert block_of(city, "u1") == "111" and faults(city) == {}
    bring("Inside", (WEST + SIDE + 0.001, SOUTH + 0.001))
    assert block_of(city, "u1") == "211" and list(rows(city, PLACED)) == []


def test_a_batch_with_decided_rows_can_be_undone(city: Transaction) -> None:
    found = rows(city)["f1"].row
    actions.decide(city, EVERYTHING, [found.no], NEAREST)
    assert imports.undo_batch(city, found.batch_no).removed == 1
    assert city.value("SELECT count(*) FROM placement") == 0


def test_what_was_merged_follows(city: Transaction) -> None:
    builders.add_units(city, [NEAR], prefix="twin")
    keep, gone = (units.unit_number(city, name) for name in ("u1", "twin0"))
    change = Change(keep, units.unit(city, keep, TODAY).version, TODAY, None)
    merging.merge(city, change, gone, units.unit(city, gone, TODAY).version, TODAY)
    assert "twin0" not in rows(city)
    actions.decide(city, EVERYTHING, [keep], NEAREST)
    assert (block_of(city, "u1"), block_of(city, "twin0")) == ("111", "111")
    builders.publish_city(city, name="second", valid_from=date(2026, 1, 1))
    assert block_of(city, "twin0") == "111" and faults(city) == {}


# -- claims of files ------------------------------------------------------------------------


def claim(tx: Transaction, folder: Path, *lines: str) -> None:
    path = folder / "claims.csv"
    path.write_text("\n".join(["id,name,lon,lat,block", *lines]), encoding="utf-8")
    columns = RegisterColumns(
        ("id",), "lon", "lat", "EPSG:4326", {"name": "name"}, (), None, "block"
    )
    imports.import_register(tx, FileRequest(path, commit=True), "units", columns, TODAY)


def open_claims(tx: Transaction, settled: bool = False) -> dict[str, str]:
    return {one.row.id: one.row.claimed for one in actions.conflicts(tx, settled)}


def test_a_claim_stands_until_both_agree_or_somebody_settles_it(
    tx: Transaction, tmp_path: Path
) -> None:
    builders.publish_city(tx)
    here = f"{INSIDE[0]},{INSIDE[1]}"
    there = f"{WEST + SIDE / 4 + 0.001},{SOUTH + 0.001}"  # block 112
    lines = [f"a,A,{here},112", f"b,B,{here},格111", f"c,C,{here},Grid 999", f"d,D,{here},"]
    claim(tx, tmp_path, *lines)
    assert open_claims(tx) == {"a": "112", "c": "Grid 999"}
    other = next(one.row.no for one in actions.conflicts(tx, False) if one.row.id == "c")
    assert actions.settle(tx, [other]) == 1
    assert open_claims(tx) == {"a": "112"} and open_claims(tx, True) == {"c": "Grid 999"}
    claim(tx, tmp_path, *lines)  # the same file once more settles and opens nothing
    assert open_claims(tx) == {"a": "112"}
    assert actions.reopen(tx, [other]) == 1 and "c" in open_claims(tx)
    actions.settle(tx, [other])
    claim(tx, tmp_path, f"a,A,{there},112", f"c,C,{here},113")
    assert open_claims(tx) == {"c": "113"}  # another word opens it again
    imports.undo_batch(tx, int(tx.value("SELECT max(no) FROM import_batch")))
    assert "c" not in open_claims(tx)
    with pytest.raises(Refusal, match="Nothing is ticked"):
        actions.settle(tx, [])


def test_a_settled_claim_opens_when_the_located_grid_changes(
    tx: Transaction, tmp_path: Path
) -> None:
    builders.publish_city(tx)
    claim(tx, tmp_path, f"a,A,{INSIDE[0]},{INSIDE[1]},244")
    actions.settle(tx, [units.unit_number(tx, "a")])
    assert open_claims(tx) == {}
    wider = builders.square_city(west=WEST - SIDE / 4)
    builders.publish_city(tx, name="second", shapes=wider, valid_from=date(2026, 1, 1))
    assert block_of(tx, "a") == "112" and open_claims(tx) == {"a": "244"}


# -- in no grid of the deepest level --------------------------------------------------------


def test_what_lies_in_no_block_is_counted_by_grid(tx: Transaction) -> None:
    shapes = builders.square_city()
    shapes["block"] = [shape for shape in shapes["block"] if shape.code != "111"]
    builders.publish_city(tx, shapes=shapes)
    builders.add_units(tx, [INSIDE, (WEST + SIDE / 4 + 0.001, SOUTH + 0.001)])
    builders.add_row(tx, facilities.FACILITIES, "=f1", INSIDE)
    found = actions.above_deepest(tx)
    assert [(chain[-1].code, row.units, row.facilities) for chain, row in found] == [("11", 1, 1)]
    text = actions.export_above_deepest(tx, "community:11", "csv").decode("utf-8-sig")
    assert "unit,u0," in text and "facility,'=f1," in text and "u1" not in text
    assert "community:11" in text


# -- the pages ------------------------------------------------------------------------------


@dataclass
class Desk:
    admin: FlaskClient
    leader: FlaskClient
    no: dict[str, int]

    def post(self, path: str, **form: Any) -> Any:
        token = csrf_token(self.admin, "/leftovers")
        return self.admin.post(path, data=form | {"csrf_token": token}, follow_redirects=True)


@pytest.fixture(scope="module")
def desk(databases: Databases, settings: Settings) -> Iterator[Desk]:
    name = databases.copy()
    opened = Database(databases.app_dsn(name))
    with opened.transaction_as(SERVICE_PERSON) as tx:
        builders.publish_city(tx)
        builders.add_units(tx, [INSIDE, NEAR, FAR, (None, None)])
        builders.add_person(tx, "operator", "admin", None, PASSWORD)
        builders.add_person(tx, "head", "leader", None, PASSWORD)
        no = {f"u{place}": units.unit_number(tx, f"u{place}") for place in range(4)}
        tx.execute(
            "INSERT INTO placement_claim (target_no, claimed) VALUES (%(no)s, '<b>9</b>')",
            no=no["u0"],
        )
    app = create_app(settings, databases.app_dsn(name))
    yield Desk(signed_in_client(app, "operator"), signed_in_client(app, "head"), no)
    opened.close()
    databases.drop(name)


def test_the_desk_decides_and_takes_back(desk: Desk) -> None:
    refused = desk.post("/leftovers/decide", decision="nearest", reason="kept words")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422 and "Nothing is ticked" in page and "kept words" in page
    wrong = desk.post("/leftovers/decide", decision="nearest", which="all", most_m="-5",
                      target=[desk.no["u2"]])  # fmt: skip
    page = wrong.get_data(as_text=True)
    assert "write whole metres" in page and f'value="{desk.no["u2"]}" checked' in page
    done = desk.post("/leftovers/decide", decision="nearest", which="all", most_m="300")
    page = done.get_data(as_text=True)
    assert "1 row was decided." in page and "2 rows were left as they were" in page
    placed = desk.leader.get("/leftovers?state=placed").get_data(as_text=True)
    assert "Unit u1" in placed and "Operator" in placed and 'name="decision"' not in placed
    back = desk.post("/leftovers/decide?state=placed", decision="back", target=[desk.no["u1"]])
    assert "Nothing is decided so." in back.get_data(as_text=True)


def test_the_desk_settles_claims(desk: Desk) -> None:
    page = desk.leader.get("/leftovers/conflicts").get_data(as_text=True)
    assert "&lt;b&gt;9&lt;/b&gt;" in page and "Grid 111" in page and 'name="decision"' not in page
    answer = desk.post("/leftovers/conflicts/settle", decision="settle", target=[desk.no["u0"]])
    assert "No file says otherwise." in answer.get_data(as_text=True)
    kept = desk.post("/leftovers/conflicts/settle?state=settled", decision="settle")
    assert kept.status_code == 422 and "Nothing is ticked" in kept.get_data(as_text=True)


def test_the_page_of_no_block_when_there_is_nothing(desk: Desk) -> None:
    page = desk.leader.get("/leftovers/no-block").get_data(as_text=True)
    assert "Everything that lies in a grid" in page
    assert '"leftovers": true' in desk.leader.get("/map").get_data(as_text=True)  # the panel's link
    assert desk.leader.get("/export/no-block.xlsx").data[:2] == b"PK"
    assert desk.leader.get("/export/no-block.pdf").status_code == 404
