"""Keep a photo, show it, and forget what nobody shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from app.attachments import rules, store
from app.attachments.folder import PhotoFolder, digest_of
from app.attachments.model import Photo
from app.attachments.pictures import picture_of
from app.db.connection import Database, Transaction
from app.errors import NotFound, Refusal
from app.settings import Settings


def keep(tx: Transaction, settings: Settings, id_: UUID, name: str, content: bytes) -> Photo:
    """Store a photo that no visit shows yet; the same id with the same bytes answers the first.

    Raises
    ------
    Refusal
        It is no picture that is taken.
    Conflict
        The id is stored with other bytes.
    """
    original = digest_of(content)
    known = store.find_photo(tx, id_)
    if known is None:
        made = picture_of(name, content, settings.zone)
        store.hold_files(tx)
        folder = PhotoFolder.of(settings)
        photo = Photo(
            id=id_,
            original=original,
            picture=folder.keep(made.jpeg),
            thumbnail=folder.keep(made.thumbnail),
            width=made.width,
            height=made.height,
            taken_at=made.taken_at,
        )
        store.insert_photo(tx, photo)
        known = store.find_photo(tx, id_)
    rules.check_same(known, id_, original)
    assert known is not None
    return known


def photo(tx: Transaction, id_: UUID) -> Photo:
    """A photo of a visit in the reader's territory, or one that the reader sent and none shows."""
    found = store.find_photo(tx, id_)
    if found is None:
        raise NotFound("There is no photo %(id)s in your area.", id=id_)
    return found


def content(settings: Settings, digest: str) -> bytes:
    found = PhotoFolder.of(settings).content(digest)
    if found is None:
        raise Refusal("The file of this photo is missing. Tell your administrator.")
    return found


def faults(tx: Transaction) -> Iterator[str]:
    """What is wrong with the files of the photos that the database speaks of."""
    digests = store.list_digests(tx)
    if digests:
        assert tx.settings is not None
        yield from PhotoFolder.of(tx.settings).faults(digests)


def forget_loose(settings: Settings, database: Database, person: int, now: datetime) -> int:
    """Photos that were sent long ago and that no visit shows; answers how many.

    Their files go in a transaction of its own, in which nobody writes one: a photo that came
    meanwhile with the same bytes keeps them.
    """
    with database.transaction_as(person) as tx:
        gone = store.forget_photos(tx, now - timedelta(days=rules.LOOSE_DAYS))
    if settings.photos.exists():
        with database.transaction_as(person) as tx:
            store.sweep_alone(tx)
            folder, known = PhotoFolder.of(settings), set(store.list_digests(tx))
            for name in folder.digests():
                if name not in known:
                    folder.drop(name)
    return gone
