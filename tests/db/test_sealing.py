"""What is sealed opens with its key and in its place, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from app.db.sealing import SealBroken, key_id, new_key, read_key, seal, unseal
from app.errors import Refusal

KEYS = st.binary(min_size=32, max_size=32)


@settings(deadline=None)
@given(KEYS, st.binary(max_size=300), st.binary(max_size=60))
def test_what_is_sealed_opens_again(key: bytes, plaintext: bytes, context: bytes) -> None:
    assert unseal(key, seal(key, plaintext, context), context) == plaintext


@settings(deadline=None)
@given(KEYS, st.binary(max_size=40), st.data())
def test_a_changed_bit_is_noticed(key: bytes, plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(key, plaintext, b"household/7/door"))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(SealBroken):
        unseal(key, bytes(sealed), b"household/7/door")


@settings(deadline=None)
@given(KEYS, KEYS, st.binary(max_size=20), st.binary(max_size=20))
def test_another_key_or_place_does_not_open_it(
    key: bytes, other: bytes, place: bytes, elsewhere: bytes
) -> None:
    sealed = seal(key, b"secret", place)
    if other != key:
        with pytest.raises(SealBroken):
            unseal(other, sealed, place)
    if elsewhere != place:
        with pytest.raises(SealBroken):
            unseal(key, sealed, elsewhere)


def test_the_same_value_is_never_sealed_alike() -> None:
    key = read_key(new_key())
    assert len({seal(key, b"the same", b"") for _ in range(50)}) == 50


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(12), b"\x02" + bytes(60)])
def test_what_was_never_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(bytes(32), sealed, b"")


@pytest.mark.parametrize("text", ["", "short", "x" * 44, "ü" * 44, "A" * 40])
def test_a_file_without_a_key_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refusal, match="does not hold a key"):
        read_key(text)


def test_the_key_id_is_short_and_tells_keys_apart() -> None:
    one, two = read_key(new_key()), read_key(new_key())
    assert key_id(one) == key_id(one) != key_id(two)
    assert len(key_id(one)) == 12
