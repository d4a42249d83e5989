"""Seconds from publication to being written to the index and to being found by a search, at a steady pace.

The wire day is served from this process by the real clock, its entries evenly spaced. A search for those that are
out and not yet found runs every ``LOOK`` seconds. Times of processing in the document that was found, and that of its
message in ``raw``, say which part of the wait was the interval between polls, which our own work, and which the refresh
of the index.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from bench.report import Cell, Measured, Table
from bench.site import APPS, Site, announce, site
from schemas.topics import RAW
from wirecopy.errors import ServerError
from wirecopy.local import probes
from wirecopy.topic_reading import read_topic
from wirecopy.wireday.day import WireDay, generate
from wirecopy.wireday.server import WireDayServer

LOOK = 0.1
"""Seconds between two searches."""
LEAD = 6.0
"""Seconds for the producer to start before the first entry comes out."""
WARM_UP = 15.0
"""Seconds of entries that are not counted: the servers' first ones run cold code."""
DRAIN = 60.0
"""Seconds that the last entries are waited for."""
WRITTEN, FOUND = "published to written", "published to found"


@dataclass(frozen=True)
class SteadyDay(WireDay):
    """A wire day whose entries and updates come out one after the other, ``rate`` a second after ``lead`` seconds."""

    moments: tuple[datetime, ...] = ()
    rate: float = 1.0
    lead: float = 0.0

    def offset(self, moment: datetime) -> float:
        return self.lead + bisect_left(self.moments, moment) / self.rate


@dataclass(frozen=True)
class ArticleTimes:
    """One article, in Unix seconds: out in its feed, asked for by the producer, in ``raw``, written, found."""

    released: float
    fetched: float
    published: float
    written: float
    found: float

    @property
    def parts(self) -> dict[str, float]:
        """Seconds by what they were spent on; the whole first, then its parts in order."""
        return {
            FOUND: self.found - self.released,
            "out to asked for": self.fetched - self.released,
            "asked for to published": self.published - self.fetched,
            WRITTEN: self.written - self.published,
            "written to found": self.found - self.written,
        }


def measure(rates: Sequence[float], seconds: float, interval: float) -> Measured:
    """So many entries a second for so many seconds, feeds polled every ``interval`` s. Raises as ``site`` does."""
    tables, found = [], dict[float, Percentiles]()
    for rate in rates:
        with site() as here:
            articles, missing = _run(here, rate, seconds, interval)
            refresh = here.settings.elasticsearch.refresh_interval
        tables.append(table(rate, articles, missing, interval, refresh))
        found[rate] = percentiles(articles)
    return Measured(tables, figures(found))


Percentiles = Mapping[str, Mapping[str, float]]
"""``p50`` and ``p95`` of ``written`` and ``found``."""


def figures(found: Mapping[float, Percentiles]) -> dict[str, Any]:
    """At the first rate; those at every rate, by the rate, beside it."""
    first = next(iter(found.values()))
    return {**first, "rates": {f"{rate:g}": one for rate, one in found.items()}}


def percentiles(found: Sequence[ArticleTimes]) -> Percentiles:
    return {
        name: {f"p{round(100 * share)}": round(percentile(_column(found, part), share), 3) for share in (0.5, 0.95)}
        for name, part in (("written", WRITTEN), ("found", FOUND))
    }


def _column(found: Sequence[ArticleTimes], part: str) -> list[float]:
    return sorted(one.parts[part] for one in found)


def _run(here: Site, rate: float, seconds: float, interval: float) -> tuple[list[ArticleTimes], int]:
    here.workers(*APPS)
    with serving(here, rate, seconds, interval) as server:
        return _search(here, released(server, seconds))


@contextmanager
def serving(here: Site, rate: float, seconds: float, interval: float) -> Iterator[WireDayServer]:
    """A steady day served from here, and a producer that polls it every ``interval`` seconds."""
    server = WireDayServer(steady(rate, seconds + WARM_UP), 0).start()
    try:
        here.producer(int(server.base.rpartition(":")[2]), interval)
        announce(f"{rate:g} entries a second for {seconds + WARM_UP:.0f} s")
        yield server
    finally:
        server.close()


def steady(rate: float, seconds: float) -> SteadyDay:
    """A day with at least as many entries as that takes."""
    scale = 1
    while True:
        day = generate(scale=scale)
        moments = sorted(version.at for item in day.items() for version in item.versions)
        if len(moments) >= rate * seconds:
            return SteadyDay(
                day.seed, day.scale, day.start, day.compress, day.events, day.outlets, tuple(moments), rate, LEAD
            )
        scale *= 2


def released(server: WireDayServer, seconds: float) -> dict[str, float]:
    """When each article that counts comes out first, in Unix seconds."""
    first: dict[str, float] = {}
    for channel in server.release.channels.values():
        for offset, (item, _) in zip(channel.offsets, channel.entries, strict=True):
            first.setdefault(item.id, offset)
    begin = LEAD + WARM_UP
    return {
        name: server.release.started + offset for name, offset in first.items() if begin <= offset < begin + seconds
    }


def _search(here: Site, expected: Mapping[str, float]) -> tuple[list[ArticleTimes], int]:
    """Ask for what is out until all is found; those found, and how many were not."""
    alias = f"{here.settings.elasticsearch.index_prefix}-articles"
    waiting, hits = dict(expected), dict[str, Hit]()
    last = max(expected.values())

    def look(client: Elasticsearch) -> bool:
        now = time.time()
        out = [name for name, moment in waiting.items() if moment <= now]
        for hit in _hits(client, alias, out):
            del waiting[hit.article]
            hits[hit.article] = hit
        return not waiting or now > last + DRAIN

    with probes.elasticsearch_client(here.settings.elasticsearch) as client:
        here.wait(lambda: look(client), "all are found", last + 2 * DRAIN - time.time(), LOOK)
    published = _published(here)
    found = [ArticleTimes(expected[h.article], h.fetched, published[h.article], h.written, h.at) for h in hits.values()]
    return found, len(waiting)


def _published(here: Site) -> dict[str, float]:
    """When each article was first sent to ``raw``, in Unix seconds."""
    first: dict[str, float] = {}
    for message in read_topic(here.settings.kafka, RAW):
        article, moment = message.key.decode(), message.timestamp / 1000
        first[article] = min(moment, first.get(article, moment))
    return first


@dataclass(frozen=True)
class Hit:
    """What a search returned at a moment, ``at``."""

    article: str
    fetched: float
    written: float
    at: float


def _hits(client: Elasticsearch, alias: str, names: Sequence[str]) -> Iterable[Hit]:
    if not names:
        return
    answer = client.search(
        index=alias, query={"ids": {"values": names}}, size=len(names), source_includes=["fetched", "indexed"]
    )
    at = time.time()
    for hit in answer["hits"]["hits"]:
        source = hit["_source"]
        yield Hit(hit["_id"], _seconds(source["fetched"]), _seconds(source["indexed"]), at)


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def table(rate: float, found: Sequence[ArticleTimes], missing: int, interval: float, refresh: str) -> Table:
    """Percentiles of the whole and of its parts. Raises ``ServerError`` where nothing was found."""
    if not found:
        raise ServerError("no article was found: see the log of each stage")
    rows: list[Sequence[Cell]] = []
    for part in found[0].parts:
        values = _column(found, part)
        rows.append(
            (part, *(round(percentile(values, share), 3) for share in (0.5, 0.95, 0.99, 1.0)), round(_mean(values), 3))
        )
    note = (
        f"Seconds at {rate:g} a second, over {len(found)} articles; {missing} not found within {DRAIN:.0f} s. Feeds "
        f"are polled every {interval:g} s (on average {interval / 2:g} s of *out to asked for*), the index refreshes "
        f"every {refresh} and the search looks every {LOOK:g} s (both in *written to found*). *Published to written* "
        "is the stream apps' work: from the producer's message in `raw` to the bulk request; *published to found* is "
        "the whole, from the feed."
    )
    return Table(f"latency at {rate:g}", ("part", "p50", "p95", "p99", "most", "mean"), rows, note)


def percentile(ordered: Sequence[float], share: float) -> float:
    """By nearest rank."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
