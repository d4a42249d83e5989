"""The engine alone, without Kafka: how many articles a second one core takes with a full window, and how long each.

The window is filled from ``bench.stream``; then further articles of the same stream, and new texts of some of them, are
applied one at a time and published in batches, as the app does; at last many copies of one article, and new texts of
some of those. By processor time, so that other work does not count; the articles are made by another process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from bench.filling import batches, filled
from bench.latency import percentile
from bench.report import Cell, Measured, Table
from bench.stream_process import Order, messages
from stream_apps.dedup.state import State

MEASURED = 20_000
"""Articles that are timed at most, after those of the window …"""
PART = 0.2
"""… and at most this part of the window."""
REVISED = 1000
"""Of these, articles that get a new text at most."""
COPIES = 3000
"""Copies of one article at most …"""
REVISED_COPIES = 100
"""… and of these, copies that get a new text at most."""
BATCH = 64
"""Messages after which the engine publishes."""

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
    copies = min(COPIES, timed)
    revised, revised_copies = min(REVISED, timed), min(REVISED_COPIES, copies)
    order = Order(articles, timed, revised, copies, revised_copies, stories_a_subject)
    parts = {"new": timed, "revised": revised, "copy of one story": copies, "revised, of that story": revised_copies}
    with messages(order) as values:
        state = filled(islice(values, articles))
        runs = {kind: time_each(state, list(islice(values, count))) for kind, count in parts.items()}
    return Measured([table(articles, runs)], figures(articles, runs))


def time_each(state: State, values: Sequence[bytes]) -> Run:
    """Apply messages one at a time and publish after each batch, as the app does."""
    seconds, publishing = list[float](), 0.0
    for batch in batches(enumerate(values, state.position), BATCH):
        *each, last = _run(state, batch)
        seconds += each
        publishing += last
    return Run(sorted(seconds), sum(seconds) + publishing)


def _run(state: State, batch: Sequence[Message]) -> list[float]:
    """Seconds of each message, and at the end those of publishing them."""
    moments = [time.process_time()]
    for message in batch:
        refused = state.apply([message])
        assert not refused, refused
        moments.append(time.process_time())
    state.publish()
    moments.append(time.process_time())
    return [later - earlier for earlier, later in pairwise(moments)]


def figures(articles: int, runs: Mapping[str, Run]) -> dict[str, object]:
    percentiles = {kind: _percentiles(run) for kind, run in runs.items()}
    return {"articles": articles, "articles_per_second": round(runs["new"].per_second, 1), **percentiles}


def _percentiles(run: Run) -> dict[str, float]:
    """Milliseconds of a message."""
    return {name: round(run.milliseconds(share), 2) for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))}


def table(articles: int, runs: Mapping[str, Run]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, len(run.seconds), run.per_second, *_percentiles(run).values())
        for name, run in runs.items()
    ]  # fmt: skip
    note = (
        f"{articles:,} articles in the window. Articles a second of one core, publishing every {BATCH} messages "
        "included; milliseconds of a message by itself, without publishing."
    )
    return Table("engine", ("articles", "count", "articles/s", "p50 ms", "p99 ms", "most ms"), rows, note)
