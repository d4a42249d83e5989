from __future__ import annotations

import json

import pytest

from bench import engine, stream_clean, window
from bench.filling import EPOCH, filled
from bench.stream import DAYS, copies, stream
from bench.stream_process import Order, messages
from schemas.clean import Clean
from schemas.features import Features
from stream_apps.dedup.engine import Engine
from stream_apps.dedup.state import State


@pytest.mark.once
def test_the_engine_is_timed_with_a_full_window() -> None:
    measured = engine.measure(1000, 5)
    figures = json.loads(json.dumps(measured.figures))
    assert figures["articles"] == 1000
    assert figures["articles_per_second"] > 10
    for kind in ("new", "revised", "copy of one story", "revised, of that story"):
        assert 0 < figures[kind]["p50"] <= figures[kind]["p99"] <= figures[kind]["most"]
    assert [row[1] for row in measured.tables[0].rows] == [200, 200, 200, 100]


@pytest.mark.once
def test_every_state_is_filled() -> None:
    sizes = window.measure([1000]).figures["articles"]["1000"]["bytes_per_article"]
    assert list(sizes) == ["fingerprint", "engine", "events", "tagging", "all"]
    assert sizes["all"] == sum(size for name, size in sizes.items() if name != "all")
    assert sizes["engine"] > 1000
    assert sizes["events"] > 100


@pytest.mark.once
def test_a_window_is_filled_as_the_app_fills_it() -> None:
    order = Order(1500)
    with messages(order) as values:
        quick = filled(values)
    app = State(DAYS, EPOCH)
    engine.time_each(app, [stream_clean.message(one) for one in stream(1500)])
    app.replayed(settled=True)
    assert _kept(quick) == _kept(app)
    assert not quick.is_busy


def _kept(state: State) -> list[object]:
    """All that later decisions and records follow from; numbers of stories are given as they come up."""
    here, articles = state.engine, range(1500)
    window, links, stories = here.window, here.graph.links, here.stories
    return [
        state.position,
        [(window.rank(one), window.blob(one), window.offsets[one]) for one in articles],
        [
            {other: (links.overlap(one, other), links.is_joined(one, other)) for other in links.of(one)}
            for one in articles
        ],
        [(stories.id_of(stories.number_of(one)), stories.canonical(one)) for one in articles],
        [None if (code := stories.code_of(one)) is None else here.decisions[code] for one in articles],
        {story.id: (story.numbers, list(story.heads), list(story.published)) for story in stories.known.values()},
        {stories.id_of(one): {stories.id_of(other) for other in here.events.members(one)} for one in _events(here)},
        [state.publisher._published[one] for one in articles],
        {stories.id_of(number): digest for number, digest in state.publisher._summaries._of_several.items()},
        [state.publisher._summaries._of_one[one] for one in articles],
    ]


def _events(here: Engine) -> set[int]:
    numbers = [*range(1500), *here.stories.known]
    return {event for event in map(here.events.event_of, numbers) if event is not None}


def test_messages_come_in_the_order_that_was_asked_for() -> None:
    order = Order(filling=40, new=10, revised=5, copies=6, revised_copies=2)
    with messages(order) as values:
        found = [Features.from_bytes(Clean.from_bytes(value).features) for value in values]
    assert [one.id.hex() for one in found[:50]] == [one.id for one in stream(50)]
    assert [(one.id, one.revision) for one in found[50:55]] == [(one.id, 2) for one in found[40:50:2]]
    assert len({one.id for one in found[55:61]} | {one.id for one in found[:50]}) == 56
    assert [(one.id, one.revision) for one in found[61:]] == [(found[55].id, 2), (found[58].id, 2)]


def test_copies_are_one_story() -> None:
    original = next(stream(1))
    with_copies = [original, *copies(original, 60)]
    state = State(DAYS, EPOCH)
    engine.time_each(state, [stream_clean.message(one) for one in with_copies])
    stories = state.engine.stories
    assert len({stories.number_of(one) for one in range(61)}) == 1
