from __future__ import annotations

import random

import pytest

from bench import graph
from stream_apps.dedup.events.graph import EventGraph

COUNT = 700


@pytest.mark.parametrize("each", graph.SUBJECTS)
def test_a_graph_is_filled_as_by_putting_in_one_after_the_other(each: int) -> None:
    rng = random.Random(2)
    stories = [graph._story(rng, number, COUNT, each) for number in range(COUNT)]
    quick, slow = graph.filled(stories), EventGraph()
    for story in stories:
        slow.put(*story)
    for number in range(COUNT):
        assert quick.event_of(number) == slow.event_of(number)
        assert quick.members(number) == slow.members(number)
    assert list(quick._rungs[:COUNT]) == list(slow._rungs[:COUNT])
    for number in range(0, COUNT, 7):
        assert quick.remove(number) == slow.remove(number)


@pytest.mark.once
def test_updates_are_timed() -> None:
    measured = graph.measure(1000)
    assert measured.figures["stories"] == 1000
    for figures in measured.figures["subjects"].values():
        assert 0 < figures["p50"] <= figures["p99"] <= figures["most"]
