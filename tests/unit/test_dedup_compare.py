"""The comparison is the same from both sides, and knows what two texts only quote."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.features import Features, pack_shingles
from stream_apps.dedup.compare import ComparedText, Overlap, compare, overlaps_of, sides
from stream_apps.text.shingles import mask, unmask


def text(identity: int, shingles: list[int], quoted: int = 0) -> ComparedText:
    """A text whose 4-grams have these hashes, in this order; three bytes of each are kept. ``quoted`` is a mask."""
    packed = pack_shingles(np.array([number << 8 for number in shingles], np.uint32))
    digest = identity.to_bytes(16, "big")
    return ComparedText.of(
        Features(digest, 1, "o.example", 0.0, 0, len(shingles) + 3, digest, quoted, b"", packed, b"", "")
    )


SHINGLES = st.lists(st.integers(1, 80), min_size=30, max_size=120)


MASKS = st.integers(0, 2**64 - 1)


@settings(max_examples=200, deadline=None)
@given(
    one=SHINGLES, other=SHINGLES, own=st.booleans(), start=st.integers(0, 30), end=st.integers(40, 120),
    marks=st.tuples(MASKS, MASKS),
)  # fmt: skip
def test_both_sides_tell_the_same(
    one: list[int], other: list[int], own: bool, start: int, end: int, marks: tuple[int, int]
) -> None:
    a, b = text(1, one, marks[0]), text(2, [*other[:start], *one[:end], *other[start:]], marks[1])
    there, back = compare(a, b, same_outlet=own), compare(b, a, same_outlet=own)
    assert there == (None if back is None else back.reversed())


@settings(max_examples=100, deadline=None)
@given(one=SHINGLES, others=st.lists(st.tuples(SHINGLES, st.integers(0, 60), MASKS, st.booleans()), max_size=6))
def test_texts_compared_together_are_compared_as_each_by_itself(
    one: list[int], others: list[tuple[list[int], int, int, bool]]
) -> None:
    texts = [
        (text(number, [*own[: start // 2], *one[start:]] or own, marks), same_outlet)
        for number, (own, start, marks, same_outlet) in enumerate(others)
    ]
    a = text(1, one)
    assert overlaps_of(a, texts) == [overlaps_of(a, [other])[0] for other in texts]


STATEMENT = list(range(1000, 1100))
REPORT, COMMENT = [*range(2000, 2120), *STATEMENT], [*STATEMENT, *range(3000, 3160)]


def relation(report_quotes: int, comment_quotes: int) -> str:
    found = compare(text(1, REPORT, report_quotes), text(2, COMMENT, comment_quotes), same_outlet=False)
    assert found is not None
    return found.relation


def test_a_statement_that_one_prints_in_quotation_marks_and_one_without_makes_no_story() -> None:
    second_half = mask(np.arange(len(REPORT)) >= 120)
    assert relation(0, 0) == "derived"
    assert relation(second_half, 0) == "rewrite"
    assert relation(0, mask(np.arange(len(COMMENT)) < 100)) == "rewrite"


def test_copies_that_quote_much_are_copies_still() -> None:
    assert relation(mask(np.arange(len(REPORT)) >= 180), 0) == "derived", (
        "60 of 100 shared words were not said by anyone"
    )


LEAD, BACKGROUND = list(range(4000, 4020)), list(range(5000, 5110))


def two_items_of_an_outlet(own: int) -> tuple[ComparedText, ComparedText]:
    """They share how they begin and their background, and have so many 4-grams of their own."""
    first, second = list(range(6000, 6000 + own)), list(range(8000, 8000 + own + 200))
    return text(1, [*LEAD, *first, *BACKGROUND]), text(2, [*LEAD, *second, *BACKGROUND])


def test_background_that_an_outlet_prints_again_makes_no_story() -> None:
    a, b = two_items_of_an_outlet(own=100)
    across = compare(a, b, same_outlet=False)
    assert across is not None
    assert across.relation == "derived"
    assert compare(a, b, same_outlet=True) is None


def test_an_update_keeps_most_of_what_the_outlet_printed() -> None:
    found = compare(*two_items_of_an_outlet(own=40), same_outlet=True)
    assert found is not None
    assert found.relation == "partial"


@given(st.integers(0, 2**64 - 1), st.integers(64, 5000))
def test_a_mask_laid_along_a_text_and_taken_again_is_the_same(bits: int, length: int) -> None:
    assert mask(unmask(bits, length)) == bits


@settings(max_examples=60, deadline=None)
@given(shingles=SHINGLES)
def test_the_same_text_is_told_as_a_comparison_would_tell_it(shingles: list[int]) -> None:
    a, b = text(1, shingles), text(1, shingles)
    one, two = sides(a, b)
    assert one.found.all()
    assert two.found.all()
    found = len(shingles), mask(one.found), mask(two.found)
    assert overlaps_of(a, [(b, True)]) == [Overlap("exact", 1.0, 1.0, *found)]
