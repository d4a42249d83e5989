"""An engine that is killed at any moment: what its successor works out from a snapshot and the log leaves no trace."""

from __future__ import annotations

import pickle
import random

import pytest

from stream_apps.dedup.replay import Replay
from tests.unit.dedup_world import copies, deliver, message, of_one_outlet, ordered, prose, result

REPLAYED = 13
"""Messages that a successor applies between two looks at the event loop: another number than a batch has."""


def world(seed: int) -> list[bytes]:
    articles = [*copies(30, seed=seed), *copies(9, seed=seed + 50), *of_one_outlet(18)]
    later = [
        one.model_copy(update={"revision": 2, "text": f"{one.text} {' '.join(prose(number, 30))}"})
        for number, one in enumerate(articles[:20:4])
    ]
    return [message(one) for one in ordered([*articles, *later], "jittered", seed)]


def crash(replay: Replay, snapshot: bytes | None) -> Replay:
    """A successor that has what was committed: the log, what was sent, and perhaps an older snapshot."""
    successor = Replay(7)
    successor.clean, successor.sent = replay.clean, replay.sent
    position, step, settled = replay.state.position, replay.state.step, not replay.state.is_busy
    if snapshot is not None:
        successor.state = pickle.loads(snapshot)
    state = successor.state
    for start in range(state.position, position, REPLAYED):
        end = min(position, start + REPLAYED)
        state.apply(list(enumerate(replay.clean[start:end], start)))
        state.replayed(settled=settled)
    state.position, state.step = position, step
    return successor


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("idle", [False, True])
def test_crashes_leave_no_trace(seed: int, idle: bool) -> None:
    values = world(seed)
    rng = random.Random(seed)
    replay, snapshot, at = Replay(7), None, 0
    while at < len(values):
        size = rng.randrange(1, 16)
        replay.take_batch(values[at : at + size])
        at += size
        if idle and rng.random() < 0.5:
            replay.settle()
        if rng.random() < 0.2:
            snapshot = pickle.dumps(replay.state, protocol=5)
        if rng.random() < 0.4:
            replay = crash(replay, rng.choice([snapshot, None]))
    replay.settle()
    assert result(replay) == result(deliver(values))


@pytest.mark.parametrize("seed", range(3))
def test_what_was_published_by_an_engine_that_had_settled_is_not_published_again(seed: int) -> None:
    replay = Replay(7)
    replay.take(world(seed))
    sent = {topic: len(messages) for topic, messages in replay.sent.items()}
    successor = crash(replay, None)
    successor.settle()
    assert {topic: len(messages) for topic, messages in successor.sent.items()} == sent
