"""Compares a new generation with the old one: the number of documents, and a sample of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from stream_apps.indexing.documents import PROCESSING_TIMES
from stream_apps.indexing.generations.names import Generation

SAMPLE: Final = 500
MOST_FEWER: Final = 0.001
"""Share of the documents by which the new one may have fewer: some are on their way."""
LOOKS: Final = 6
"""Times that a document is looked for: live writes reach one generation moments before the other."""
MOST_NAMED: Final = 10

Found = Mapping[str, tuple[int, Mapping[str, Any]]]
"""Version and document, by id."""


@dataclass(frozen=True)
class Sample:
    """The outcome for a sample of the old generation's documents, by id."""

    looked_at: int = 0
    newer: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    """Of the same version, and yet not the same."""

    @property
    def doubtful(self) -> tuple[str, ...]:
        return (*self.missing, *self.older, *self.different)


@dataclass(frozen=True)
class Comparison:
    """The comparison of two generations of one kind."""

    kind: IndexKind
    old: str
    new: str
    old_documents: int
    new_documents: int
    sample: Sample

    @property
    def problems(self) -> list[str]:
        """Return the reasons against a swap. The new one may have fewer dead letters: their topic keeps 90 days."""
        found = []
        fewer = self.old_documents - self.new_documents
        if _too_few(self.old_documents, self.new_documents) and self.kind != "dead-letters":
            found.append(f"{fewer} of {self.old_documents} documents are not in {self.new}")
        kinds = (("not in it", self.sample.missing if self.kind != "dead-letters" else ()),
                 ("older there", self.sample.older), ("different there", self.sample.different))  # fmt: skip
        for what, ids in kinds:
            if ids:
                named = ", ".join(ids[:MOST_NAMED])
                found.append(f"of {self.sample.looked_at} documents {len(ids)} are {what}: {named}")
        return found


def judged(old: Found, new: Found, *, alike: bool) -> Sample:
    """Judge a sample. Pure. ``alike``: both have the same mapping version, so equal records are equal documents."""
    newer, missing, older, different = [], [], [], []
    for identity, (version, document) in old.items():
        if identity not in new:
            missing.append(identity)
        elif new[identity][0] > version:
            newer.append(identity)
        elif new[identity][0] < version:
            older.append(identity)
        elif alike and _lasting(document) != _lasting(new[identity][1]):
            different.append(identity)
    return Sample(len(old), tuple(newer), tuple(missing), tuple(older), tuple(different))


async def compare(
    client: AsyncElasticsearch, old: Generation, new: Generation,
    size: int = SAMPLE, pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Comparison:  # fmt: skip
    """Count both, and compare a random sample of the old one's documents. Raises the client's errors."""
    alike = old.version == new.version
    counts = await _counts(client, old, new)
    draw: dict[str, Any] = {"function_score": {"query": {"match_all": {}}, "random_score": {}}}
    drawn = await _documents(client, old.indices, draw, size)
    sample = judged(drawn, await _by_id(client, new.indices, list(drawn)), alike=alike)
    for _ in range(LOOKS):
        if not sample.doubtful and not _too_few(*counts):
            break
        await pause(0.5)
        # Live writes change the counts between two requests: a missing document is missing each time.
        counts = min(counts, await _counts(client, old, new), key=lambda pair: pair[0] - pair[1])
        # A document that has left the old one meanwhile was merged into another story. A document found equal stays so,
        # since live writes make others doubtful for a moment.
        doubtful = await _by_id(client, old.indices, sample.doubtful)
        again = judged(doubtful, await _by_id(client, new.indices, list(doubtful)), alike=alike)
        sample = replace(again, looked_at=sample.looked_at, newer=(*sample.newer, *again.newer))
    return Comparison(new.kind, old.stem, new.stem, counts[0], counts[1], sample)


def _too_few(old: int, new: int) -> bool:
    return old - new > old * MOST_FEWER + 1


async def _counts(client: AsyncElasticsearch, old: Generation, new: Generation) -> tuple[int, int]:
    await client.indices.refresh(index=[*old.indices, *new.indices])
    first, second = await asyncio.gather(*(client.count(index=list(made.indices)) for made in (old, new)))
    return int(first["count"]), int(second["count"])


async def _by_id(
    client: AsyncElasticsearch, indices: Sequence[str], ids: Sequence[str]
) -> dict[str, tuple[int, Mapping[str, Any]]]:
    return await _documents(client, indices, {"ids": {"values": list(ids)}}, len(ids)) if ids else {}


async def _documents(
    client: AsyncElasticsearch, indices: Sequence[str], query: Mapping[str, Any], size: int
) -> dict[str, tuple[int, Mapping[str, Any]]]:
    answer = await client.search(index=list(indices), query=query, size=size, version=True)
    return {hit["_id"]: (hit["_version"], hit["_source"]) for hit in answer["hits"]["hits"]}


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without the fields that differ between two writes."""
    return {name: value for name, value in document.items() if name not in PROCESSING_TIMES - {"first_seen", "changed"}}
