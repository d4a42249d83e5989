"""How the state of each stage is filled for ``bench window``: what a week of articles leaves in it, and nothing else.

The engine is given its messages, for what it keeps follows from them alone. What the other stages would keep is put
where they keep it. ``STATES`` is what there is to know: a stage that keeps a state has a function here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.filling import filled
from bench.stream import DAYS, StreamArticle, stream
from bench.stream_process import Order, messages
from stream_apps.fingerprint.boilerplate import Lesson
from stream_apps.fingerprint.epochs import Epochs, Row, pack
from stream_apps.runtime.state_store import StateStore
from stream_apps.tagging.members import SOLE, Entry
from stream_apps.tagging.story_index import StoryIndex

WORDS_OF_A_SENTENCE = 22
TOPIC_WORDS = 20


@dataclass(frozen=True)
class Filled:
    """A state, to be kept until it has been measured."""

    state: object
    parts: Mapping[str, int] = field(default_factory=dict)
    """Bytes of parts of it that are told by themselves."""


def _fingerprint(articles: int) -> Filled:
    epochs, rng = Epochs(StateStore(), DAYS), random.Random(1)
    outlets = epochs._loaded(0)  # noqa: SLF001  # without a message for each
    for one in stream(articles):
        topic = frozenset(rng.choices(range(2**16), k=TOPIC_WORDS))
        sentences = frozenset(rng.getrandbits(32) for _ in range(one.tokens // WORDS_OF_A_SENTENCE))
        row = Row(_day(one), 0, one.outlet, Lesson(topic, sentences))
        outlets[one.outlet].taught[row.day].add(bytes.fromhex(one.id), pack(row))
    return Filled(epochs)


def _engine(articles: int) -> Filled:
    with messages(Order(articles)) as values:
        state = filled(values)
    return Filled(state, {"events": state.engine.events.nbytes})


def _tagging(articles: int) -> Filled:
    """Its texts are on disk; in memory are the stories of each partition, by what their rows begin with."""
    index = StoryIndex()
    for one in stream(articles):
        story = f"{one.story:032x}"
        members = index.members(story)
        members.put(Entry(round(one.published * 1_000_000), one.id, SOLE))
        index.put(story, _day(one), members)
    return Filled(index)


def _day(one: StreamArticle) -> int:
    return datetime.fromtimestamp(one.first_seen, UTC).date().toordinal()


STATES: Mapping[str, Callable[[int], Filled]] = {"fingerprint": _fingerprint, "engine": _engine, "tagging": _tagging}
"""By what each is called in the table and in JSON: functions of how many articles."""
