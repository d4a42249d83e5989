"""Each stage by itself, on real servers: its topics are filled first, then one process works them off.

The stages run one after the other over the same wire day, so that what one of them wrote is what the next one finds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench import memory, watch
from bench.report import Table
from bench.site import Site, announce, site
from schemas.feed_records import RawEntry
from schemas.topics import RAW, TAKEN
from wirecopy.local import wire_day
from wirecopy.topic_reading import read_topic

PATIENCE = 1800.0
"""Seconds that a stage may take."""
FIRST_LOOK, LATER_LOOKS = 0.02, 0.25
"""Seconds between two looks at a worker: often until it has begun, then so that it is left alone."""


SLOW = 5.0
"""Seconds between polls: the first of each feed brings everything."""


@dataclass(frozen=True)
class Run:
    """One stage's work. The rate is taken from the end of the first batch seen to the end of the last one."""

    name: str
    articles: int
    messages: int
    seconds: float
    counted: int
    """Messages within these seconds."""
    by_stage: Mapping[str, int] = field(default_factory=dict)
    memory: tuple[tuple[str, int], ...] = ()

    @property
    def messages_per_second(self) -> float:
        return self.counted / self.seconds if self.seconds else 0.0

    @property
    def articles_per_second(self) -> float:
        return self.messages_per_second * self.articles / self.messages


def measure(scale: int) -> list[Table]:
    """The producer, then each app, over a wire day ``scale`` times as large. Raises as ``site`` does."""
    with site() as here:
        runs = [_producer(here, scale)]
        articles = runs[0].articles
        for app in TAKEN:
            announce(f"{app} alone over {articles} articles")
            runs.append(_alone(here, app, articles))
    rows = [
        (r.name, r.articles, r.messages, round(r.seconds, 2), r.articles_per_second, r.messages_per_second)
        for r in runs
    ]
    columns = ("stage", "articles", "messages", "seconds", "articles/s", "messages/s")
    note = (
        "One process a stage (tagging: and one model process), its topics full before it starts. The seconds run from "
        "the end of its first batch to the end of its last, start-up left out; the producer's from its first request "
        "to the last acknowledgement."
    )
    inside = [(r.name, stage, count, count / articles) for r in runs for stage, count in r.by_stage.items()]
    peaks = [(name, peak) for run in runs for name, peak in run.memory]
    return [
        Table("stages", columns, rows, note),
        Table("messages", ("process", "stage", "messages", "messages an article"), inside),
        Table("memory", ("process", "peak MiB"), peaks),
    ]


def _producer(here: Site, scale: int) -> Run:
    """From the first request for a feed to the acknowledgement of the last entry."""
    port = here.wire_day(scale)
    expected = len(wire_day.read_wire_day(port).articles)
    announce(f"producer alone over {expected} articles")
    child = here.producer(port, SLOW)
    here.wait(lambda: here.written(RAW) >= expected, "all is published", PATIENCE, FIRST_LOOK)
    ended = time.time()
    peaks = tuple(memory.tree("producer", child.pid))
    here.stop(child)
    entries = read_raw(here)
    began = min(entry.fetched for entry in entries).timestamp()
    return Run("producer", expected, len(entries), ended - began, len(entries), memory=peaks)


def read_raw(here: Site) -> list[RawEntry]:
    """Every entry that was published."""
    return [RawEntry.from_bytes(message.value) for message in read_topic(here.settings.kafka, RAW)]


def _alone(here: Site, app: str, articles: int) -> Run:
    """Start one worker on full topics and wait until it has committed all of them."""
    child = here.worker(app)
    first = _first_batch(here, app)
    here.wait(lambda: here.behind(app) == 0, f"{app} caught up", PATIENCE, LATER_LOOKS)
    last = _progress(here, app)
    peaks = tuple(memory.tree(app, child.pid))
    here.stop(child)
    return Run(app, articles, last.total, last.last - first.last, last.total - first.total, last.messages, peaks)


def _first_batch(here: Site, app: str) -> watch.Progress:
    found: list[watch.Progress] = []

    def has_begun() -> bool:
        seen = watch.progress(here.metrics[app])
        if seen is not None and seen.total:
            found.append(seen)
        return bool(found)

    here.wait(has_begun, f"{app} has begun", PATIENCE, FIRST_LOOK)
    return found[0]


def _progress(here: Site, app: str) -> watch.Progress:
    found = watch.progress(here.metrics[app])
    assert found is not None, f"{app} has just been seen"
    return found
