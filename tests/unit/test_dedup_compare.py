"""The comparison is the same from both sides, also where two 4-grams of a text have one hash."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.features import Features, pack_shingles
from stream_apps.dedup.compare import ComparedText, compare


def text(identity: int, shingles: list[int]) -> ComparedText:
    """A text whose 4-grams have these hashes, in this order; three bytes of each are kept."""
    packed = pack_shingles(np.array([number << 8 for number in shingles], np.uint32))
    digest = identity.to_bytes(16, "big")
    return ComparedText.of(Features(digest, 1, "o.example", 0.0, 0, len(shingles) + 3, digest, 0, b"", packed, b"", ""))


SHINGLES = st.lists(st.integers(1, 80), min_size=30, max_size=120)


@settings(max_examples=200, deadline=None)
@given(one=SHINGLES, other=SHINGLES, own=st.booleans(), start=st.integers(0, 30), end=st.integers(40, 120))
def test_both_sides_tell_the_same(one: list[int], other: list[int], own: bool, start: int, end: int) -> None:
    a, b = text(1, one), text(2, [*other[:start], *one[:end], *other[start:]])
    there, back = compare(a, b, same_outlet=own), compare(b, a, same_outlet=own)
    assert there == (None if back is None else back.reversed())
