"""Seconds from publication by the feed server to being found by a search, at a steady pace.

The wire day is served from this process by the real clock, its entries evenly spaced. A search for those that are
out and not yet found runs every ``LOOK`` seconds. Times of processing in the document that was found say which part
of the wait was the interval between polls, which our own work, and which the refresh of the index.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from elasticsearch import Elasticsearch

from bench.report import Cell, Table
from bench.site import Site, site, tell
from schemas.topics import TAKEN
from wirecopy.local import probes
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
PARTS = ("whole", "until asked for", "until written", "until found")


@dataclass(frozen=True)
class SteadyDay(WireDay):
    """A wire day whose entries and updates come out one after the other, ``rate`` a second after ``lead`` seconds."""

    moments: tuple[datetime, ...] = ()
    rate: float = 1.0
    lead: float = 0.0

    def offset(self, moment: datetime) -> float:
        return self.lead + bisect_left(self.moments, moment) / self.rate


@dataclass(frozen=True)
class Found:
    """One article, in Unix seconds: out, asked for by the producer, written to the index, found by a search."""

    released: float
    fetched: float
    written: float
    found: float

    @property
    def parts(self) -> tuple[float, ...]:
        """Whole, and its three parts in order."""
        moments = (self.released, self.fetched, self.written, self.found)
        return (self.found - self.released, *(later - earlier for earlier, later in pairwise(moments)))


def measure(rate: float, seconds: float, interval: float) -> list[Table]:
    """``rate`` entries a second for so many seconds, feeds polled every ``interval`` s. Raises as ``site`` does."""
    with site() as here:
        here.workers(*TAKEN)
        server = WireDayServer(steady(rate, seconds + WARM_UP), 0).start()
        try:
            here.producer(int(server.base.rpartition(":")[2]), interval)
            tell(f"{rate:g} entries a second for {seconds + WARM_UP:.0f} s")
            found, missing = _search(here, released(server, seconds))
        finally:
            server.close()
    return [table(found, missing, interval, here.settings.elasticsearch.refresh_interval)]


def steady(rate: float, seconds: float) -> SteadyDay:
    """A day with at least as many entries as that takes."""
    scale = 1
    while True:
        day = generate(scale=scale)
        moments = sorted(version.at for item in day.items() for version in item.versions)
        if len(moments) >= rate * seconds:
            return SteadyDay(
                day.seed, day.scale, day.start, day.compress, day.stories, day.outlets, tuple(moments), rate, LEAD
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


def _search(here: Site, expected: Mapping[str, float]) -> tuple[list[Found], int]:
    """Ask for what is out until all is found; those found, and how many were not."""
    alias = f"{here.settings.elasticsearch.index_prefix}-articles"
    waiting, found = dict(expected), list[Found]()
    last = max(expected.values())

    def look(client: Elasticsearch) -> bool:
        now = time.time()
        out = [name for name, moment in waiting.items() if moment <= now]
        for name, fetched, written, at in _hits(client, alias, out):
            found.append(Found(waiting.pop(name), fetched, written, at))
        return not waiting or now > last + DRAIN

    with probes.elasticsearch_client(here.settings.elasticsearch) as client:
        here.wait(lambda: look(client), "all are found", last + 2 * DRAIN - time.time(), LOOK)
    return found, len(waiting)


def _hits(client: Elasticsearch, alias: str, names: Sequence[str]) -> Iterable[tuple[str, float, float, float]]:
    if not names:
        return
    answer = client.search(
        index=alias, query={"ids": {"values": names}}, size=len(names), source_includes=["fetched", "indexed"]
    )
    at = time.time()
    for hit in answer["hits"]["hits"]:
        source = hit["_source"]
        yield hit["_id"], _seconds(source["fetched"]), _seconds(source["indexed"]), at


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def table(found: Sequence[Found], missing: int, interval: float, refresh: str) -> Table:
    """Percentiles of the whole and of its parts."""
    columns = [sorted(column) for column in zip(*(one.parts for one in found), strict=True)]
    rows: list[Sequence[Cell]] = [
        (part, *(round(percentile(values, share), 2) for share in (0.5, 0.95, 0.99, 1.0)), round(_mean(values), 2))
        for part, values in zip(PARTS, columns, strict=True)
    ]
    note = (
        f"Seconds, over {len(found)} articles; {missing} not found within {DRAIN:.0f} s. Feeds are polled every "
        f"{interval:g} s (on average {interval / 2:g} s of *until asked for*), the index refreshes every {refresh} and "
        f"the search looks every {LOOK:g} s (both in *until found*). *Until written* is ours: fetch, parse, Kafka, "
        "dedup, tagging, and the wait of a batch for its turn, to the bulk request."
    )
    return Table("latency", ("part", "p50", "p95", "p99", "most", "mean"), rows, note)


def percentile(ordered: Sequence[float], share: float) -> float:
    """By nearest rank."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
