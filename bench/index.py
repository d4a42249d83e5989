"""What the index holds of the articles that were sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from elasticsearch import Elasticsearch, NotFoundError

from bench.site import Site
from wirecopy.local import probes

MAX_TERMS = 10_000


class Index:
    """Answers from the index of articles that searches see; use it in ``articles``."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client, self._alias = client, alias

    def holds(self, expected: Collection[str]) -> bool:
        """Whether all of these ids are found. A count of everything, which costs nothing, goes before their own."""
        return self._count(None) >= len(expected) and self.found(expected) == len(expected)

    def found(self, expected: Collection[str]) -> int:
        """How many of these ids."""
        ids = sorted(expected)
        parts = (ids[at : at + MAX_TERMS] for at in range(0, len(ids), MAX_TERMS))
        return sum(self._count(part) for part in parts)

    def _count(self, ids: Collection[str] | None) -> int:
        query = {"match_all": {}} if ids is None else {"ids": {"values": ids}}
        try:
            return int(self._client.count(index=self._alias, query=query)["count"])
        except NotFoundError:
            return 0


@contextmanager
def articles(here: Site) -> Iterator[Index]:
    settings = here.settings.elasticsearch
    with probes.elasticsearch_client(settings) as client:
        yield Index(client, f"{settings.index_prefix}-articles")
