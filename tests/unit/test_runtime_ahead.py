"""Results that wait for the batch of their message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.runtime.ahead import Ahead
from stream_apps.runtime.stage_interface import Incoming

places = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2), st.integers(0, 9))


def message(place: tuple[str, int, int]) -> Incoming:
    return Incoming(*place, b"", b"")


@given(st.lists(places, unique=True), st.lists(places, unique=True))
def test_a_result_is_had_once_and_what_was_passed_over_is_dropped(
    arrived: list[tuple[str, int, int]], batch: list[tuple[str, int, int]]
) -> None:
    ahead = Ahead[tuple[str, int, int]]()
    for place in arrived:
        ahead.put(message(place), place)
    wanted = sorted(batch)
    assert [message(place) in ahead for place in wanted] == [place in arrived for place in wanted]
    assert [ahead.take(message(place)) for place in wanted] == [place if place in arrived else None for place in wanted]
    ahead.drop_before(message(place) for place in wanted)
    newest = {place[:2]: place[2] for place in wanted}
    left = {place for place in arrived if place not in wanted and place[2] > newest.get(place[:2], -1)}
    assert {place for place in arrived if message(place) in ahead} == left
    assert len(ahead) == len(left)
    ahead.clear()
    assert len(ahead) == 0
