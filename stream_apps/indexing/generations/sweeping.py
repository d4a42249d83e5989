"""Removes orphaned documents.

After Kafka's data was lost under a full index, articles come again and make stories with other ids: the old stories
stay, and no article names them; so do events that no story names. And in an index split by period, an article whose
``first_seen`` was lost with its state is in two indices.

Documents that are being written are safe: a sweep looks only at those written at least ``older_than`` ago, everything
in the topics at its beginning has been indexed, and a delete fails for a document that was written again meanwhile.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from stream_apps.indexing.generations import cluster
from stream_apps.indexing.generations.names import Generation

PAGE: Final = 1000
Reason = Literal["orphan", "twice"]


@dataclass(frozen=True)
class Standing:
    """One document as it was read."""

    index: str
    id: str
    version: int
    seq_no: int
    primary_term: int
    indexed: str

    @property
    def delete(self) -> dict[str, Any]:
        """Return the delete of this very document, which Elasticsearch refuses once it was written again."""
        meta = {"_index": self.index, "_id": self.id, "if_seq_no": self.seq_no, "if_primary_term": self.primary_term}
        return {"delete": meta | {"require_alias": False}}


@dataclass(frozen=True)
class Swept:
    """The documents of one kind that were removed, or in a dry run would be; ``kept`` were written again meanwhile."""

    kind: IndexKind
    looked_at: int
    orphans: int
    twice: int
    kept: int = 0


NAMED_BY: Final[dict[IndexKind, tuple[IndexKind, str]]] = {
    "stories": ("articles", "story"),
    "events": ("stories", "event.id"),
}
"""For each kind, the kind that refers to it and the field that holds its id."""
SWEPT: Final[tuple[IndexKind, ...]] = ("articles", "stories", "events")
"""In this order: an event of stories that are swept goes with them."""


def twice(page: Iterable[Standing]) -> list[Standing]:
    """Return superseded documents: another of the same id has a higher version, or the same in a later period. Pure."""
    older: list[Standing] = []
    for _, group in itertools.groupby(page, key=lambda found: found.id):
        older += sorted(group, key=lambda found: (found.version, found.index))[:-1]
    return older


def orphans(page: Iterable[Standing], named: Collection[str], before: str) -> list[Standing]:
    """Return the documents that nothing names, and that were written before a time. Pure."""
    return [found for found in page if found.id not in named and found.indexed < before]


async def sweep(
    client: AsyncElasticsearch, prefix: str, begun: datetime, older_than: timedelta, *, dry_run: bool = False
) -> list[Swept]:
    """Remove orphaned documents from the generations that answer.

    ``begun``: everything sent to the topics before this time has been indexed. Raises the client's errors.
    """
    before = (begun - older_than).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    swept: list[Swept] = []
    for kind in SWEPT:
        answering = [g for g in await cluster.generations(client, prefix, kind) if g.reads]
        swept += [await _sweep(client, prefix, generation, before, dry_run=dry_run) for generation in answering]
    return swept


async def _sweep(
    client: AsyncElasticsearch, prefix: str, generation: Generation, before: str, *, dry_run: bool
) -> Swept:
    kind = generation.kind
    looked_at, gone, kept = 0, {"orphan": 0, "twice": 0}, 0
    if kind in NAMED_BY:
        await client.indices.refresh(index=f"{prefix}-{NAMED_BY[kind][0]}")
    await client.indices.refresh(index=list(generation.indices))
    if kind not in NAMED_BY and len(generation.indices) == 1:
        return Swept(kind, 0, 0, 0)
    async for page in _pages(client, generation.indices):
        looked_at += len(page)
        doomed = {"twice": twice(page), "orphan": []}
        if kind in NAMED_BY:
            named = await _named(client, prefix, *NAMED_BY[kind], {found.id for found in page})
            doomed["orphan"] = [o for o in orphans(page, named, before) if o not in doomed["twice"]]
        for reason, found in doomed.items():
            again = 0 if dry_run else await _delete(client, found)
            gone[reason] += len(found) - again
            kept += again
    return Swept(kind, looked_at, gone["orphan"], gone["twice"], kept)


async def _pages(client: AsyncElasticsearch, indices: Sequence[str]) -> AsyncIterator[list[Standing]]:
    """Yield all documents by id in pages; those of one id are in one page."""
    after: Sequence[Any] | None = None
    rest: list[Standing] = []
    while True:
        answer = await client.search(
            index=list(indices), size=PAGE, sort=[{"id": "asc"}, {"_index": "asc"}], search_after=after,
            source_includes=["indexed"], version=True, seq_no_primary_term=True, track_total_hits=False,
        )  # fmt: skip
        hits = answer["hits"]["hits"]
        found = [*rest, *map(_standing, hits)]
        if len(hits) < PAGE:
            if found:
                yield found
            return
        after = hits[-1]["sort"]
        rest = [one for one in found if one.id == found[-1].id]
        yield found[: len(found) - len(rest)]


async def _named(client: AsyncElasticsearch, prefix: str, by: IndexKind, field: str, ids: Collection[str]) -> set[str]:
    """Return the ids that some document names."""
    named: set[str] = set()
    for part in _parts(sorted(ids), PAGE):
        answer = await client.search(
            index=f"{prefix}-{by}", size=0, query={"terms": {field: part}}, track_total_hits=False,
            aggregations={"named": {"terms": {"field": field, "include": part, "size": len(part)}}},
        )  # fmt: skip
        named.update(str(bucket["key"]) for bucket in answer["aggregations"]["named"]["buckets"])
    return named


async def _delete(client: AsyncElasticsearch, doomed: Sequence[Standing]) -> int:
    """Delete documents. Returns how many were written again meanwhile."""
    again = 0
    for part in _parts(doomed, PAGE):
        answer = await client.bulk(operations=[found.delete for found in part], filter_path="items.*.status")
        again += sum(item["delete"]["status"] not in (200, 404) for item in answer["items"])
    return again


def _parts(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])


def _standing(hit: Mapping[str, Any]) -> Standing:
    indexed = hit.get("_source", {}).get("indexed", "")
    return Standing(hit["_index"], hit["_id"], hit["_version"], hit["_seq_no"], hit["_primary_term"], indexed)
