"""Seconds until the engine is ready again after ``kill -9``, with so many articles in its state.

Its topic is filled from ``bench.stream`` and worked off, the process killed, and a new one started as a supervisor
does. One more article waits for it: it is ready when it has processed that one, so the time has everything in it, from
the new process's first line of code over the dead member's session, which the broker lets expire, to the state being
read and what was not in it yet being done again. No second engine stands by.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bench import stream_clean
from bench.raw import sending
from bench.report import Measured, Table
from bench.site import Site, announce, site
from bench.stream import DAYS, START, StreamArticle, stream
from schemas.topics import CLEAN
from wirecopy.local.process import Child

ENGINE = "engine"
"""The app whose process is killed."""
RATE = 50
"""Articles a second that the engine does at the least, on a busy machine."""
READY = 1800.0
"""Seconds that it may take to be ready."""
LOOK = 0.1
AHEAD = 20_000
"""Articles that are sent ahead of the engine: the broker's disk need not hold a million more than it has done."""


@dataclass(frozen=True)
class Restored:
    """Seconds from the start of the new process until it was ready."""

    articles: int
    seconds: float


def measure(articles: int) -> Measured:
    """With so many articles. Raises as ``site`` does."""
    with site() as here:
        engine = here.workers(ENGINE)[ENGINE]
        announce(f"filling the state with {articles:,} articles")
        fill(here, articles)
        restored = _restored(here, engine, articles)
    return Measured([table(restored)], figures(restored))


def fill(here: Site, articles: int) -> None:
    """Leave the state of so many articles, durable, in the engine that runs here, and return when it lags no more.

    The engine alone runs, and nothing has been sent yet. The articles are of the last week, as the fingerprint stage
    would have passed them on.
    """
    waiting = iter(recent(articles))
    while batch := list(islice(waiting, AHEAD)):
        send(here, batch)
        here.settle(60 + AHEAD / RATE, ENGINE, every=1.0)


def _restored(here: Site, engine: Child, articles: int) -> Restored:
    """Kill, start, wait."""
    assert engine.process is not None
    announce(f"{engine.name} is killed")
    here.children.remove(engine)  # or its end would be taken for a crash
    os.kill(engine.pid, signal.SIGKILL)
    engine.process.wait()
    send(here, [probe(articles)])
    started = time.monotonic()
    here.start(engine)
    here.wait(lambda: here.behind(ENGINE) == 0, f"{engine.name} is ready", READY, LOOK)
    return Restored(articles, time.monotonic() - started)


def send(here: Site, articles: Iterable[StreamArticle]) -> None:
    """To the first engine."""
    topic = CLEAN.full_name(here.settings.kafka.topic_prefix)
    with sending(here.settings.kafka) as producer:
        for one in articles:
            producer.send(topic, key=one.id.encode(), value=stream_clean.message(one), partition=0)
        producer.flush()


def recent(articles: int) -> Iterator[StreamArticle]:
    """A stream of articles, the last one seen now."""
    shift = time.time() - DAYS * 86_400 - START
    return (_moved(one, shift) for one in stream(articles))


def probe(articles: int) -> StreamArticle:
    """One that was not sent before, seen now."""
    one = next(stream(1))
    return replace(one, id=f"{articles:032x}", first_seen=time.time(), published=time.time())


def _moved(one: StreamArticle, seconds: float) -> StreamArticle:
    return replace(one, first_seen=one.first_seen + seconds, published=one.published + seconds)


def figures(restored: Restored) -> dict[str, float]:
    return {"articles": restored.articles, "seconds": round(restored.seconds, 2)}


def table(restored: Restored) -> Table:
    note = (
        f"From the start of a new process of `{ENGINE}` after `kill -9` until it has processed an article that was "
        "waiting, the broker's session of the dead one included; no second engine stands by."
    )
    return Table("restore", ("articles", "seconds"), [(restored.articles, round(restored.seconds, 2))], note)
