"""What the indices hold of what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from elasticsearch import Elasticsearch, NotFoundError

from bench.site import APPS, Site, announce
from wirecopy.local import probes, wire_day
from wirecopy.local.process import Child

MAX_TERMS = 10_000
PATIENCE = 900.0
"""Seconds until the wire day is indexed."""
POLL = 5.0
"""Seconds between two polls of each of its feeds."""


class Index:
    """Answers from the indices as searches see them; use it in ``opened``."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client, self._alias, self._stories = client, f"{prefix}-articles", f"{prefix}-stories"

    def holds(self, expected: Collection[str]) -> bool:
        """Whether all of these ids are found. A count of everything, which costs nothing, goes before their own."""
        return self._count(None) >= len(expected) and self.found(expected) == len(expected)

    def found(self, expected: Collection[str]) -> int:
        """How many of these ids."""
        ids = sorted(expected)
        parts = (ids[at : at + MAX_TERMS] for at in range(0, len(ids), MAX_TERMS))
        return sum(self._count(part) for part in parts)

    def largest_story(self) -> int:
        """How many articles the story with the most has; 0 where there is none."""
        count = "articles_count"
        answer = self._client.search(index=self._stories, size=1, sort=[{count: "desc"}], source_includes=[count])
        hits = answer["hits"]["hits"]
        return int(hits[0]["_source"][count]) if hits else 0

    def _count(self, ids: Collection[str] | None) -> int:
        query = {"match_all": {}} if ids is None else {"ids": {"values": ids}}
        try:
            return int(self._client.count(index=self._alias, query=query)["count"])
        except NotFoundError:
            return 0


@contextmanager
def opened(here: Site) -> Iterator[Index]:
    settings = here.settings.elasticsearch
    with probes.elasticsearch_client(settings) as client:
        yield Index(client, settings.index_prefix)


def index_wire_day(here: Site) -> Child:
    """Pass one wire day through a worker of every stage; gives its producer, which goes on polling.

    Raises ``ServerError`` where it is not indexed in time.
    """
    port = here.wire_day(1)
    expected = wire_day.read_wire_day(port).articles
    here.workers(*APPS)
    announce(f"indexing {len(expected)} articles")
    producer = here.producer(port, POLL)
    with opened(here) as index:
        here.wait(lambda: index.holds(expected), "all is indexed", PATIENCE)
    here.settle(PATIENCE, *APPS)
    return producer
