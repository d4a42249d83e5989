"""Seconds until the engine is ready again after ``kill -9``, with so many articles in its state.

The state is filled, the process that decides what is a copy killed, and started anew as a supervisor does. One more
article waits for it: it is ready when it has processed that one, so the time has everything in it, from the new
process's first line of code over the dead member's session, which the broker lets expire, to the state being read.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import raw, story_copies
from bench.report import Measured, Table
from bench.site import APPS, Site, site, tell
from schemas.records import RawEntry
from wirecopy.local.process import Child

ENGINE = "engine" if "engine" in APPS else "dedup"
"""The app whose process is killed."""
SECONDS_AN_ARTICLE = 1.0
"""That filling may take, on a busy machine."""
READY = 1800.0
"""Seconds that it may take to be ready."""
LOOK = 0.1
COPIES = 3
"""Of each text: two in three are copies."""
WINDOW = timedelta(days=6)
"""Over which the articles were first seen."""


@dataclass(frozen=True)
class Restored:
    """Seconds from the start of the new process until it was ready."""

    articles: int
    seconds: float


def measure(articles: int) -> Measured:
    """With so many articles. Raises as ``site`` does."""
    with site() as here:
        children = here.workers(*APPS)
        tell(f"filling the state with {articles:,} articles")
        fill(here, articles)
        restored = _restored(here, children[ENGINE], articles)
    return Measured([table(restored)], figures(restored))


def fill(here: Site, articles: int) -> None:
    """Leave the state of so many articles, durable, in the engine that runs here, and return when it lags no more.

    All apps run; nothing has been sent yet. What the way there is does not matter for what is measured, as long as the
    engine would be left with the same state by the feeds: here the articles go through ``raw`` and all stages, at their
    pace. An engine that can be given ``clean`` records or rows is filled faster from ``bench.stream``.
    """
    with raw.feeding(here.settings.kafka) as feeder:
        feeder.send(entries(articles))
    here.settle(600 + SECONDS_AN_ARTICLE * articles, *APPS, every=1.0)


def _restored(here: Site, engine: Child, articles: int) -> Restored:
    """Kill, start, wait."""
    assert engine.process is not None
    tell(f"{engine.name} is killed")
    here.children.remove(engine)  # or its end would be taken for a crash
    os.kill(engine.pid, signal.SIGKILL)
    engine.process.wait()
    with raw.feeding(here.settings.kafka) as feeder:
        feeder.send([probe()])
    _upstream(here)
    started = time.monotonic()
    here.start(engine)
    here.wait(lambda: here.behind(ENGINE) == 0, f"{engine.name} is ready", READY, LOOK)
    return Restored(articles, time.monotonic() - started)


def _upstream(here: Site) -> None:
    """Until what comes before the engine has passed the last article on to it."""
    before = APPS[: APPS.index(ENGINE)]
    if before:
        here.settle(READY, *before)


def figures(restored: Restored) -> dict[str, float]:
    return {"articles": restored.articles, "seconds": round(restored.seconds, 2)}


def table(restored: Restored) -> Table:
    note = (
        f"From the start of a new process of `{ENGINE}` after `kill -9` until it has processed an article that was "
        "waiting, the broker's session of the dead one included."
    )
    return Table("restore", ("articles", "seconds"), [(restored.articles, round(restored.seconds, 2))], note)


def entries(articles: int) -> Iterator[RawEntry]:
    """So many invented articles, ``COPIES`` of each text, as the feeds would have brought them over a week."""
    begin = datetime.now(UTC) - WINDOW
    for number in range(articles):
        text, copy = divmod(number, COPIES)
        yield _entry(text, copy, begin + WINDOW * number / articles)


def probe() -> RawEntry:
    """One that was never sent before."""
    return _entry(-1, 0, datetime.now(UTC))


def _entry(text: int, copy: int, seen: datetime) -> RawEntry:
    one = story_copies.copy(copy + 1, seed=text)
    return raw.entry(one.outlet, f"text-{text}", one.headline, one.paragraphs, seen, byline=one.byline)
