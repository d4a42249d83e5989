"""The engine alone, without Kafka: how many articles a second one core takes with a full window, and how long each.

The window is filled from ``bench.stream``; then further articles of the same stream, and new texts of some of them, are
applied one at a time and published in batches, as the app does. By processor time, so that other work does not count.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from bench import stream_clean
from bench.latency import percentile
from bench.report import Cell, Measured, Table
from bench.site import announce
from bench.stream import DAYS, StreamArticle, stream
from stream_apps.dedup.state import State

MEASURED = 20_000
"""Articles that are timed at most, after those of the window …"""
PART = 0.2
"""… and at most this part of the window."""
REVISED = 1000
"""Of these, articles that get a new text at most."""
BATCH = 64
"""Messages after which the engine publishes."""
CHANGED = 8
"""Shingles that a new text changes."""
ANNOUNCED_EVERY = 50_000
"""Articles between two lines of progress."""

Message = tuple[int, bytes]
"""An offset and a value."""


@dataclass(frozen=True)
class Run:
    """``seconds``: of each message, by itself, sorted. ``whole``: of all of them, publishing too."""

    seconds: Sequence[float]
    whole: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.whole

    def milliseconds(self, share: float) -> float:
        return 1000 * percentile(self.seconds, share)


def measure(articles: int, stories_a_subject: int) -> Measured:
    """With so many articles in the window, of which so many stories share a subject."""
    timed = min(MEASURED, round(PART * articles))
    made = stream(articles + timed, stories_a_subject=stories_a_subject)
    state = State(DAYS, 1)
    clock = Clock(state)
    for number, batch in enumerate(_batches(islice(made, articles), clock.message)):
        clock.run(batch)
        if number * BATCH % ANNOUNCED_EVERY < BATCH:
            announce(f"{number * BATCH:,} articles in the window")
    gc.freeze()  # as the app does once its state has been read
    further = list(made)
    new = clock.time(further, 1)
    revised = clock.time([_revised(one) for one in further[:: max(1, timed // REVISED)]], 2)
    return Measured([table(articles, {"new": new, "revised": revised})], figures(articles, new, revised))


class Clock:
    """Gives messages offsets, applies them to a state, and takes the time."""

    def __init__(self, state: State) -> None:
        self._state, self._offset = state, 0

    def message(self, one: StreamArticle, revision: int = 1) -> Message:
        self._offset += 1
        return self._offset - 1, stream_clean.message(one, revision)

    def run(self, batch: Sequence[Message]) -> list[float]:
        """Seconds of each message, and at the end those of publishing them."""
        moments = [time.process_time()]
        for message in batch:
            refused = self._state.apply([message])
            assert not refused, refused
            moments.append(time.process_time())
        self._state.publish()
        moments.append(time.process_time())
        return [later - earlier for earlier, later in pairwise(moments)]

    def time(self, articles: Sequence[StreamArticle], revision: int) -> Run:
        seconds, publishing = list[float](), 0.0
        for batch in _batches(iter(articles), lambda one: self.message(one, revision)):
            *each, last = self.run(batch)
            seconds += each
            publishing += last
        return Run(sorted(seconds), sum(seconds) + publishing)


def _batches(articles: Iterator[StreamArticle], message: Callable[[StreamArticle], Message]) -> Iterator[list[Message]]:
    while batch := [message(one) for one in islice(articles, BATCH)]:
        yield batch


def _revised(one: StreamArticle) -> StreamArticle:
    """The article with a few words changed."""
    shingles = one.shingles.copy()
    shingles[:CHANGED] = ~shingles[:CHANGED]
    return replace(one, shingles=shingles, digest=np.flip(np.frombuffer(one.digest, np.uint8)).tobytes())


def figures(articles: int, new: Run, revised: Run) -> dict[str, object]:
    return {
        "articles": articles,
        "articles_per_second": round(new.per_second, 1),
        "new": _percentiles(new),
        "revised": _percentiles(revised),
    }


def _percentiles(run: Run) -> dict[str, float]:
    """Milliseconds of a message."""
    return {name: round(run.milliseconds(share), 2) for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))}


def table(articles: int, runs: dict[str, Run]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, len(run.seconds), run.per_second, *_percentiles(run).values())
        for name, run in runs.items()
    ]  # fmt: skip
    note = (
        f"{articles:,} articles in the window. Articles a second of one core, publishing every {BATCH} messages "
        "included; milliseconds of a message by itself, without publishing."
    )
    return Table("engine", ("articles", "count", "articles/s", "p50 ms", "p99 ms", "most ms"), rows, note)
