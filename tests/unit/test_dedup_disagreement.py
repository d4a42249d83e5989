"""Numbers and names tell two rounds of a template apart, of one day and of two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.dedup.days import DAY, SAME_DAY, on_other_day
from stream_apps.dedup.disagreement import disagree
from stream_apps.text.specifics import specifics

MARKET = "Cumin rose by Rs {} to Rs {} from Rs {} at Unjha. Lots fetched Rs {} to Rs {}; arrivals: {} tonnes, from {}."
TUESDAY = specifics(MARKET.format(50, 4200, 4150, 3570, 4830, 849, 838))
WEDNESDAY = specifics(MARKET.format(50, 4250, 4200, 3612, 4887, 858, 849))
EDITED = specifics("Cumin is dearer at Unjha: Rs 4,200, up by Rs 50 from Rs 4,150. Arrivals came to 849 tonnes.")

SPECIFICS = st.lists(st.integers(0, 2**16 - 1), max_size=30, unique=True).map(
    lambda values: np.array(sorted(values), "<u2").tobytes()
)


@pytest.mark.parametrize(
    ("other", "share", "other_day", "expected"),
    [
        (WEDNESDAY, 0.65, True, True),
        (WEDNESDAY, 0.65, False, False),  # a take of the same day, with new numbers
        (WEDNESDAY, 0.4, True, False),  # too little is shared for a template
        (EDITED, 0.65, True, False),  # a copy that is printed a day late
    ],
)
def test_a_report_of_the_next_day_tells_the_numbers_of_the_day_before(
    other: bytes, share: float, other_day: bool, expected: bool
) -> None:
    assert disagree(TUESDAY, other, share, short=False, other_day=other_day) is expected


@given(SPECIFICS, SPECIFICS, st.floats(0.05, 1), st.booleans(), st.booleans())
def test_both_sides_say_the_same_and_a_day_between_never_makes_copies(
    a: bytes, b: bytes, share: float, short: bool, other_day: bool
) -> None:
    found = disagree(a, b, share, short=short, other_day=other_day)
    assert found == disagree(b, a, share, short=short, other_day=other_day)
    assert found >= disagree(a, b, share, short=short)


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_two_moments_are_of_one_day_from_either_side(one: float, other: float) -> None:
    assert on_other_day(one, other) == on_other_day(other, one)
    if abs(one - other) <= SAME_DAY:
        assert not on_other_day(one, other)
    if abs(one - other) >= DAY:
        assert on_other_day(one, other)
