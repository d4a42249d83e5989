"""Features from bytes: those that we wrote come back, and anything else is refused, whatever it is."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clean import Clean
from schemas.features import Features, Roles
from schemas.record import RecordError
from stream_apps.dedup.state import Refused, State

FEATURES = Features(
    id=b"\1" * 16, revision=1, outlet="coast.example", published=1.7e9, first_seen=1_700_000_000_000_000, tokens=9,
    digest=b"\2" * 16, quoted=0, specifics=b"\3\4", shingles=b"\5" * 6, terms=b"\6" * 5, headline="Ferry stops",
    roles=Roles(("PTI",), (), ("ANI", "AP")),
)  # fmt: skip
BLOB = FEATURES.to_bytes()
PUBLISHED, SEEN, OUTLET = 26, 34, 78
"""Where these stand in a blob."""


def put(at: int, value: bytes) -> bytes:
    return BLOB[:at] + value + BLOB[at + len(value) :]


def test_what_was_written_comes_back() -> None:
    assert Features.from_bytes(BLOB) == FEATURES
    assert struct.unpack_from("<dq", BLOB, PUBLISHED) == (FEATURES.published, FEATURES.first_seen)
    assert BLOB[OUTLET:].startswith(b"coast.example")


BROKEN = {
    "cut off": BLOB[:-1],
    "cut off within its head": BLOB[:20],
    "text that is no UTF-8": put(OUTLET, b"\xff"),
    "roles of another number": BLOB.replace(b"PTI||", b"PTIxx"),
    "a time that is no number": put(PUBLISHED, struct.pack("<d", float("nan"))),
    "a time after all times": put(PUBLISHED, struct.pack("<d", 1e18)),
    "first seen after all times": put(SEEN, struct.pack("<q", 2**62)),
    "first seen before 1970": put(SEEN, struct.pack("<q", -1)),
    "another format": b"\x09" + BLOB[1:],
    "nothing": b"",
}


@pytest.mark.parametrize("blob", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused(blob: bytes) -> None:
    with pytest.raises(RecordError):
        Features.from_bytes(blob)


@pytest.mark.parametrize(
    "blob", [blob for blob in BROKEN.values() if blob], ids=[name for name in BROKEN if BROKEN[name]]
)
def test_the_engine_sets_it_aside_and_goes_on(blob: bytes) -> None:
    """Found by fuzzing: text that is no UTF-8 ended the engine, again after every restart."""
    state = State(7, 1)
    (refused,) = state.apply([(0, Clean(blob, b"{}").to_bytes()), (1, Clean(BLOB, b"{}").to_bytes())])
    assert isinstance(refused, Refused)
    assert (refused.offset, refused.reason, state.position) == (0, "schema", 2)


@given(changes=st.lists(st.tuples(st.integers(0, len(BLOB) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_are_read_or_refused_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    blob = bytearray(BLOB)
    for at, value in changes:
        blob[at] = value
    State(7, 1).apply([(0, Clean(bytes(blob), b"{}").to_bytes())])
