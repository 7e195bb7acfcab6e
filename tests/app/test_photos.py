"""Photos: what is kept of them, what is refused in words, who sees them, and that none is lost."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings as bounds, strategies as st
from PIL import Image

from app import create_app
from app.attachments import actions as attachments, jobs, rules
from app.attachments.folder import PhotoFolder, digest_of
from app.attachments.pictures import LONG_SIDE, THUMBNAIL_SIDE, picture_of
from app.db.connection import Database
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.inspections.visits import rules as visit_rules
from app.inspections.visits.model import Visit
from app.monitoring.actions import examine
from app.residents import actions as residents
from app.settings import Settings
from app.units import actions as units
from tests.builders import (
    SOUTH,
    TODAY,
    WEST,
    add_households,
    add_person,
    add_programme,
    add_units,
    publish_city,
)
from tests.conftest import PASSWORD, Databases, csrf_token, signed_in_client
from tests.pictures import MARKS, bomb, photo

NOON = f"{TODAY}T00:05:00+08:00"
ITEMS = [
    {"key": "exit", "kind": "yes_no", "zh": "出口", "en": "Is the exit free?"},
    {"key": "view", "kind": "photo", "zh": "照片", "en": "The exit"},
]
LIST = {"programme": "fire", "key": "weekly", "version": 1}
# as it was stored of this visit before a visit could show photos
DIGEST_WITHOUT_PHOTOS = "af5b170c2fc35852b12dfecac8639ba1"


@dataclass
class Block:
    """A block with two units and a household, the people of it, and a folder of its own."""

    database: Database
    settings: Settings
    clients: dict[str, FlaskClient]
    numbers: dict[str, int]

    def send(self, content: bytes, who: str = "chief", id_: str | None = None, **more: Any) -> Any:
        client = self.clients[who]
        return client.post(
            f"/api/v1/photos?id={id_ or uuid4()}",
            headers={"X-CSRFToken": csrf_token(client, "/map")},
            **{"data": content, "content_type": "image/jpeg"} | more,
        )

    def kept(self, content: bytes | None = None, who: str = "chief") -> str:
        """Send a photo; answers its id."""
        answer = self.send(content or photo(colour=(os.urandom(1)[0], 9, 9)), who)
        assert answer.status_code == 200, answer.get_json()
        return str(answer.get_json()["id"])

    def visit(self, who: str = "chief", **changes: Any) -> tuple[int, dict[str, Any]]:
        body = {
            "id": str(uuid4()),
            "target": {"kind": "unit", "id": "u0"},
            "outcome": "done",
            "happened_at": NOON,
        } | changes
        client = self.clients[who]
        answer = client.post(
            "/api/v1/inspections", json=body, headers={"X-CSRFToken": csrf_token(client, "/map")}
        )
        return answer.status_code, answer.get_json()

    def status(self, who: str, photo_id: str) -> tuple[int, int]:
        get = self.clients[who].get
        return (
            get(f"/photos/{photo_id}").status_code,
            get(f"/photos/{photo_id}/small").status_code,
        )


@pytest.fixture(scope="module")
def block(
    databases: Databases, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Block]:
    settings = replace(settings, var=tmp_path_factory.mktemp("photos"))
    name = databases.copy()
    opened = Database(databases.app_dsn(name), settings=settings)
    with opened.transaction_as(SERVICE_PERSON) as tx:
        publish_city(tx)
        add_units(tx, [(WEST + 0.001, SOUTH + 0.001)] * 2)
        numbers = {unit: units.unit_number(tx, unit) for unit in ("u0", "u1")}
        keys = residents.keys_for_writing(tx, settings)
        numbers |= add_households(tx, {"h1": (WEST + 0.001, SOUTH + 0.001)}, keys)
        add_programme(tx, "fire", {"weekly": ITEMS})
        people = (("chief", "grid_chief", "block:111"), ("worker", "grid_worker", "block:111"),
                  ("manager", "area_manager", "town:1"), ("stranger", "grid_chief", "block:244"),
                  ("head", "leader", None), ("bureau", "authority", None))  # fmt: skip
        for person, role, grid in people:
            add_person(tx, person, role, grid, PASSWORD)
    app = create_app(settings, databases.app_dsn(name))
    clients = {person: signed_in_client(app, person) for person, _, _ in people}
    yield Block(opened, settings, clients, numbers)
    opened.close()
    databases.drop(name)


def files_of(block: Block) -> list[Path]:
    return sorted(path for path in block.settings.photos.rglob("*") if path.is_file())


# -- the picture ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_what_the_camera_wrote_is_left_but_the_time(kind: str) -> None:
    content = photo((2400, 1200), kind=kind)
    assert any(mark in content for mark in MARKS)
    made = picture_of("a", content, UTC)
    for jpeg in (made.jpeg, made.thumbnail):
        assert not [mark for mark in (*MARKS, b"Exif", b"http", b"ICC") if mark in jpeg]
        with Image.open(io.BytesIO(jpeg)) as read:
            assert not read.getexif() and read.mode == "RGB"
            assert set(read.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density",
                                      "progressive", "progression"}  # fmt: skip
    assert (made.width, made.height) == (LONG_SIDE, LONG_SIDE // 2)
    assert made.taken_at == datetime(2026, 6, 30, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_the_camera_was_held(orientation: int) -> None:
    made = picture_of("a", photo((400, 200), orientation), UTC)
    assert (made.width, made.height) == ((400, 200) if orientation < 5 else (200, 400))
    bright = {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (1, 0),
        7: (1, 1),
        8: (0, 1),
    }
    for jpeg in (made.jpeg, made.thumbnail):
        with Image.open(io.BytesIO(jpeg)) as read:
            right, low = bright[orientation]
            corners = {
                (x, y): read.getpixel((x * (read.width - 9) + 4, y * (read.height - 9) + 4))
                for x in (0, 1)
                for y in (0, 1)
            }
        assert [place for place, pixel in corners.items() if pixel[0] > 150] == [(right, low)]


def test_what_is_transparent_grey_or_printed_is_a_plain_picture() -> None:
    for mode in ("RGBA", "LA", "P", "L", "1", "CMYK", "I;16"):
        written = io.BytesIO()
        Image.new(mode, (50, 40)).save(written, "JPEG" if mode == "CMYK" else "PNG")
        made = picture_of("a", written.getvalue(), UTC)
        assert (made.width, made.height) == (50, 40), mode
    clear = io.BytesIO()
    Image.new("RGBA", (50, 40), (0, 0, 0, 0)).save(clear, "PNG")
    with Image.open(io.BytesIO(picture_of("a", clear.getvalue(), UTC).jpeg)) as read:
        assert min(read.getpixel((20, 20))) > 250  # the paper behind it


@pytest.mark.parametrize(
    ("written", "offset", "moment"),
    [
        ("2026:06:30 09:15:00", None, datetime(2026, 6, 30, 9, 15, tzinfo=UTC)),
        ("2026:06:30 09:15:00\0", "+08:00", datetime(2026, 6, 30, 1, 15, tzinfo=UTC)),
        ("2026:06:30 09:15:00", "-03:30", datetime(2026, 6, 30, 12, 45, tzinfo=UTC)),
        ("2026:06:30 09:15:00", "+99:00", datetime(2026, 6, 30, 9, 15, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None, None),
        ("1970:01:01 00:00:00", None, None),
        ("yesterday", "+08:00", None),
        (None, None, None),
        (b"\xff\xfe", 7, None),
    ],
)
def test_the_moment_of_a_camera(written: Any, offset: Any, moment: datetime | None) -> None:
    assert rules.taken_moment(written, offset, UTC) == moment


@given(at=st.integers(0, 1), data=st.data())
@bounds(max_examples=60, deadline=None, database=None)
def test_a_damaged_file_is_refused_or_read_and_never_a_fault(at: int, data: Any) -> None:
    content = bytearray((photo((90, 60)), photo((90, 60), kind="PNG"))[at])
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(1, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        made = picture_of("a", bytes(content), UTC)
    except Refusal:
        return
    assert not [mark for mark in MARKS if mark in made.jpeg]


# -- sending ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "photo is empty"),
        (b"hello, I end in .png", "no picture that can be read"),
        (b"%PDF-1.7" + bytes(99), "no picture that can be read"),
        (b"GIF89a" + bytes(99), "no picture that can be read"),
        (photo()[:4000], "damaged or was cut off"),
        (photo(kind="PNG")[:900], "damaged or was cut off"),
        (bomb(10_000, 4_001), "10000 × 4001 pixels; at most 40 million"),
        (bomb(65_000, 65_000), "65000 × 65000 pixels"),
        (bomb(6_000, 6_000), "damaged or was cut off"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "HEIC photo"),
        (b"\xff\xd8\xff" + bytes((20 << 20) + 1), "at most 20 MB"),
        (b"\xff\xd8\xff" + bytes(22 << 20), "at most 20 MB"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(block: Block, content: bytes, words: str) -> None:
    before = files_of(block)
    answer = block.send(content)
    assert (answer.status_code, words in answer.get_json()["detail"]) == (422, True), answer.data
    assert files_of(block) == before


def test_the_largest_photo_that_is_taken_is_taken() -> None:
    made = picture_of("a", photo((8000, 5000), taken=None), UTC)
    assert (made.width, made.height, made.taken_at) == (LONG_SIDE, 1000, None)
    with Image.open(io.BytesIO(made.thumbnail)) as small:
        assert max(small.size) == THUMBNAIL_SIDE


def test_a_form_names_its_file_in_the_answer(block: Block) -> None:
    files = {"photo": (io.BytesIO(b"none"), "DCIM/门口.png")}
    answer = block.send(b"", data=files, content_type="multipart/form-data")
    assert answer.get_json()["detail"].startswith("门口.png is no picture")
    answer = block.send(b"", data={}, content_type="multipart/form-data")
    assert (answer.status_code, "no file that is called photo" in answer.get_json()["detail"]) == (
        422,
        True,
    )
    files = {"photo": (io.BytesIO(photo()), "door.jpg")}
    answer = block.send(b"", data=files, content_type="multipart/form-data")
    assert answer.status_code == 200


def test_the_same_id_is_the_same_photo_and_other_bytes_are_a_conflict(block: Block) -> None:
    content, id_ = photo(colour=(1, 2, 3)), str(uuid4())
    first = block.send(content, id_=id_)
    assert first.status_code == 200
    files = files_of(block)
    assert block.send(content, id_=id_).get_json() == first.get_json()
    assert files_of(block) == files
    other = block.send(photo(colour=(3, 2, 1)), id_=id_)
    assert (other.status_code, "other content" in other.get_json()["detail"]) == (409, True)
    assert other.get_json()["stored"] == digest_of(content)
    # who does not see it learns no more than that the id is taken
    stranger = block.send(content, "stranger", id_=id_)
    assert (stranger.status_code, "another record" in stranger.get_json()["detail"]) == (409, True)
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        assert tx.value("SELECT count(*) FROM photo") == 0  # the sender's alone until a visit


def test_a_wrong_id_and_a_reader_who_records_nothing_are_refused(block: Block) -> None:
    assert block.send(photo(), id_="seven").status_code == 422
    assert block.send(photo(), "head").status_code == 403


# -- with its visit ---------------------------------------------------------------------------


def test_a_photo_is_seen_where_its_visit_is(block: Block) -> None:
    one, two = block.kept(), block.kept()
    assert block.status("chief", one) == (200, 200)
    for who in ("worker", "manager", "head", "stranger"):
        assert block.status(who, one) == (404, 404)  # it has no visit yet
    status, told = block.visit(photos=[two, one])
    assert status == 200 and [shown["id"] for shown in told["photos"]] == [two, one]
    assert told["photos"][0]["taken_at"] == "2026-06-30T09:15:00+08:00"
    for who, expected in (("worker", 200), ("manager", 200), ("head", 200), ("stranger", 404)):
        assert block.status(who, one) == (expected, expected), who
    answer = block.clients["head"].get(told["photos"][0]["thumbnail"])
    assert answer.mimetype == "image/jpeg" and answer.data[:2] == b"\xff\xd8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = block.clients["head"].get(f"/units/{block.numbers['u0']}").get_data(as_text=True)
    assert f'src="/photos/{two}/small"' in page and "Photo 1 of 2" in page


def test_photos_of_households_are_for_those_who_answer_for_persons(block: Block) -> None:
    id_ = block.kept()
    status, _ = block.visit(target={"kind": "household", "id": "h1"}, photos=[id_])
    assert status == 200
    seen = {who: block.status(who, id_)[0] for who in block.clients}
    assert seen == {"chief": 200, "worker": 200, "manager": 200,
                    "stranger": 404, "head": 404, "bureau": 404}  # fmt: skip


@pytest.mark.parametrize("whose", ["nobody", "worker"])
def test_a_photo_that_is_not_ones_own_is_refused_with_its_visit(block: Block, whose: str) -> None:
    id_ = str(uuid4()) if whose == "nobody" else block.kept(who=whose)
    visit = str(uuid4())
    status, told = block.visit(id=visit, photos=[id_])
    assert (status, "Send it first" in told["detail"]) == (404, True)
    assert block.clients["chief"].get(f"/api/v1/inspections/{visit}").status_code == 404


def test_a_photo_belongs_to_one_visit(block: Block) -> None:
    id_ = block.kept()
    first = block.visit(photos=[id_], id=str(uuid4()))[1]
    status, told = block.visit(photos=[id_])
    assert (status, "belongs to another visit" in told["detail"]) == (409, True)
    # of somebody else's visit it is seen, and not taken either
    status, told = block.visit("worker", photos=[id_])
    assert (status, "belongs to another visit" in told["detail"]) == (409, True)
    # the same again is the same, other photos are other content
    again = {"id": first["id"], "photos": [id_]}
    assert block.visit(**again) == (200, first)
    status, told = block.visit(id=first["id"], photos=[block.kept()])
    assert status == 409 and told["stored"]["photos"] == [id_]
    status, told = block.visit(photos=[block.kept()] * 2)
    assert (status, "named twice" in told["detail"]) == (422, True)
    many = [str(uuid4()) for _ in range(rules.MOST_PHOTOS + 1)]
    assert block.visit(photos=many)[0] == 422


def test_a_correction_shows_the_photos_again_and_others(block: Block) -> None:
    kept, dropped, fresh = block.kept(), block.kept(), block.kept()
    _, first = block.visit(photos=[kept, dropped])
    status, told = block.visit(photos=[fresh, kept], supersedes=first["id"])
    assert status == 200 and [one["id"] for one in told["photos"]] == [fresh, kept]
    status, told = block.visit(photos=[kept])  # of two visits now, and of no third
    assert status == 409
    assert block.status("head", dropped) == (200, 200)  # the corrected event stays as it was
    status, told = block.visit(outcome="voided", supersedes=told.get("id") or first["id"])
    assert status == 409


def test_a_photo_answers_what_asks_for_one(block: Block) -> None:
    id_ = block.kept()
    asked: dict[str, Any] = {"checklists": [LIST], "photos": [id_]}
    status, told = block.visit(**asked, answers={"fire/weekly/view": id_})
    assert status == 200 and told["answers"] == {"fire/weekly/view": id_}
    assert told["deviations"] == []
    for wrong in (str(uuid4()), "yes", True):
        status, told = block.visit(
            checklists=[LIST], photos=[block.kept()], answers={"fire/weekly/view": wrong}
        )
        assert status == 422 and "fire/weekly/view" in told["detail"]


def test_a_visit_without_photos_has_the_digest_that_it_always_had() -> None:
    visit = Visit(
        UUID(int=1), 7, "done", datetime(2026, 6, 30, 9, tzinfo=timezone(timedelta(hours=8)))
    )
    assert visit_rules.digest(visit) == DIGEST_WITHOUT_PHOTOS
    assert visit_rules.digest(replace(visit, photos=[UUID(int=2)])) != DIGEST_WITHOUT_PHOTOS


# -- the files --------------------------------------------------------------------------------


def test_files_are_sealed_and_their_faults_are_found(block: Block) -> None:
    id_ = block.kept()
    block.visit(photos=[id_])
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        found = attachments.photo(tx, UUID(id_))
        assert photo_faults(tx) == []
    big, small = (
        block.settings.photos / name[:2] / name for name in (found.picture, found.thumbnail)
    )
    assert b"JFIF" not in big.read_bytes() and big.stat().st_mode & 0o077 == 0
    sealed = big.read_bytes()
    content = PhotoFolder.of(block.settings).content(found.picture)
    assert content is not None and digest_of(content) == found.picture
    big.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    small.rename(small.with_suffix(".away"))
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        told = photo_faults(tx)
        assert not examine(tx)["sound"]
    assert sorted(told) == sorted([
        f"photo file {found.picture[:12]} was changed, or its key is another one",
        f"photo file {found.thumbnail[:12]} is missing",
    ])  # fmt: skip
    answer = block.clients["chief"].get(f"/photos/{id_}/small")
    assert (answer.status_code, b"missing" in answer.data) == (422, True)
    big.write_bytes(sealed)
    small.with_suffix(".away").rename(small)


def photo_faults(tx: Any) -> list[str]:
    (check,) = [one for one in examine(tx)["checks"] if one["check"] == "photo_files"]
    return list(check["examples"])


def test_what_no_visit_shows_is_forgotten_after_a_month(block: Block) -> None:
    shown, loose = block.kept(), block.kept(photo(colour=(200, 1, 1)))
    block.visit(photos=[shown])
    stray = block.settings.photos / "ab" / "abcd.cut-off"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    jobs.forget_photos(block.settings, SERVICE_PERSON, block.database)
    assert block.status("chief", loose) == (200, 200) and not stray.exists()
    later = datetime.now(UTC) + timedelta(days=rules.LOOSE_DAYS, minutes=1)
    assert attachments.forget_loose(block.settings, block.database, SERVICE_PERSON, later) >= 1
    assert block.status("chief", loose) == (404, 404)
    assert block.status("head", shown) == (200, 200)
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        names = {row.digest for row in tx.rows("SELECT * FROM photo_digests() AS d (digest)")}
    assert {path.name for path in files_of(block)} == names


def test_photos_of_a_household_are_forgotten_with_it(block: Block) -> None:
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        keys = residents.keys_for_writing(tx, block.settings)
        no = add_households(tx, {"h2": (WEST + 0.001, SOUTH + 0.001)}, keys)["h2"]
    id_ = block.kept()
    assert block.visit(target={"kind": "household", "id": "h2"}, photos=[id_])[0] == 200
    with block.database.transaction_as(SERVICE_PERSON) as tx:
        manager = tx.value("SELECT no FROM person WHERE sign_in = 'manager'")
    with block.database.transaction_as(manager) as tx:
        tx.rows("SELECT forget_households(%(no)s::bigint[], %(on)s)", no=[no], on=TODAY)
    jobs.forget_photos(block.settings, SERVICE_PERSON, block.database)
    assert block.status("chief", id_) == (404, 404)
