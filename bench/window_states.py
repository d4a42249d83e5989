"""How the state of each stage is filled for ``bench window``: what a week of articles leaves in it, and nothing else.

The engine is given its messages, for what it keeps follows from them alone. What the other stages would keep is put
where they keep it, so that a million takes minutes. ``STATES`` is what there is to know: a stage that keeps a state has
a function here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bench import stream_clean
from bench.stream import DAYS, StreamArticle
from stream_apps.dedup.state import State as EngineState
from stream_apps.fingerprint.boilerplate import Lesson
from stream_apps.fingerprint.epochs import Epochs, Row, pack
from stream_apps.runtime.state_store import StateStore
from stream_apps.tagging.members import SOLE, Entry
from stream_apps.tagging.story_index import StoryIndex

Stream = Iterator[StreamArticle]

WORDS_OF_A_SENTENCE = 22
TOPIC_WORDS = 20
PUBLISHED = 64
"""Messages after which the engine publishes: what it remembers of what it has told is part of its state."""


@dataclass(frozen=True)
class State:
    """``fill`` returns what it has filled, for it to be kept. It takes ``most`` articles at most."""

    fill: Callable[[Stream], object]
    most: int | None = None


def _fingerprint(made: Stream) -> object:
    epochs, rng = Epochs(StateStore(), DAYS), random.Random(1)
    outlets = epochs._loaded(0)  # noqa: SLF001  # without a message for each
    for one in made:
        topic = frozenset(rng.choices(range(2**16), k=TOPIC_WORDS))
        sentences = frozenset(rng.getrandbits(32) for _ in range(one.tokens // WORDS_OF_A_SENTENCE))
        row = Row(_day(one), 0, one.outlet, Lesson(topic, sentences))
        outlets[one.outlet].taught[row.day].add(bytes.fromhex(one.id), pack(row))
    return epochs


def _engine(made: Stream) -> object:
    state = EngineState(DAYS, 1)
    for one in made:
        refused = state.apply([(one.number, stream_clean.message(one))])
        assert not refused, refused
        if one.number % PUBLISHED == 0:
            state.publish()
    while state.is_busy:
        state.idle()
    return state


def _tagging(made: Stream) -> object:
    """Its texts are on disk; in memory are the stories of each partition, by what their rows begin with."""
    index = StoryIndex()
    for one in made:
        story = f"{one.story:032x}"
        members = index.members(story)
        members.put(Entry(round(one.published * 1_000_000), one.id, SOLE))
        index.put(story, _day(one), members)
    return index


def _day(one: StreamArticle) -> int:
    return datetime.fromtimestamp(one.first_seen, UTC).date().toordinal()


STATES: Mapping[str, State] = {
    "fingerprint": State(_fingerprint),
    "engine": State(_engine),
    "tagging": State(_tagging),
}
"""By what each is called in the table and in JSON."""
