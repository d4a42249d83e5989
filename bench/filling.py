"""An engine with a full window, as soon as one can be had.

What the engine keeps once its queues are empty follows from the texts, however they came in. So a window is filled with
features alone, in large batches, whose records nobody is sent: a test holds the state against that of articles that
came in full, in the batches of the app.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from itertools import islice

from bench.site import announce
from bench.stream import DAYS
from stream_apps.dedup.state import State
from stream_apps.runtime import gc_tuning

BATCH = 1000
"""Messages between two publications: what changes twice within is told once."""
ANNOUNCED_EVERY = 50_000
"""Articles between two lines of progress."""
EPOCH = 1


def filled(values: Iterable[bytes], epoch: int = EPOCH) -> State:
    """The state after these messages, with no queued work."""
    gc_tuning.settle()
    state = State(DAYS, epoch)
    for messages in batches(enumerate(values), BATCH):
        refused = state.apply(messages)
        assert not refused, refused
        state.publisher.publish(most=len(state.engine.window.alive))
        if state.position % ANNOUNCED_EVERY == 0:
            announce(f"{state.position:,} articles in the window")
            gc.freeze()  # they stay: nothing is found by looking through them again and again
    state.replayed(settled=True)
    gc.freeze()
    return state


def batches(messages: Iterator[tuple[int, bytes]], size: int) -> Iterator[list[tuple[int, bytes]]]:
    """Messages, each an offset and a value, so many at a time."""
    while batch := list(islice(messages, size)):
        yield batch
