from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clusters import adjusted_rand
from bench.open.score import components

SORTED = st.dictionaries(st.integers(0, 20).map(str), st.integers(0, 4), max_size=20)


def test_the_worked_example_of_two_partitions_of_six() -> None:
    ours = dict(zip("abcdef", (0, 0, 0, 1, 1, 1), strict=True))
    theirs = dict(zip("abcdef", (0, 0, 1, 1, 2, 2), strict=True))
    # Pairs together in both: 2 of 15; in ours 6, in theirs 3: (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15).
    assert adjusted_rand(ours, theirs) == pytest.approx(0.8 / 3.3)


@given(SORTED, SORTED)
def test_it_is_symmetric_and_at_most_one(ours: dict[str, int], theirs: dict[str, int]) -> None:
    value = adjusted_rand(ours, theirs)
    assert value == pytest.approx(adjusted_rand(theirs, ours))
    assert value <= 1 + 1e-9


@given(SORTED)
def test_other_names_for_the_groups_change_nothing(ours: dict[str, int]) -> None:
    assert adjusted_rand(ours, {name: f"group {group}" for name, group in ours.items()}) == 1


def test_everything_in_one_group_says_nothing() -> None:
    assert adjusted_rand(dict.fromkeys("abcd", 0), dict(zip("abcd", (0, 0, 1, 1), strict=True))) == 0


def test_only_what_both_sort_counts() -> None:
    assert adjusted_rand({"a": 1, "b": 1, "c": 2, "x": 1}, {"a": 5, "b": 5, "c": 6, "y": 5}) == 1


def test_components_are_named_after_their_smallest_member() -> None:
    assert components("abcde", [("d", "c"), ("b", "d")]) == {"a": "a", "b": "b", "c": "b", "d": "b", "e": "e"}
