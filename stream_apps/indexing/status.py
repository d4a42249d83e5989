"""The state of the indices, for ``wirecopy index status`` and readiness checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
from stream_apps.indexing.generations import names, rebuild_progress
from stream_apps.indexing.generations.names import Generation
from stream_apps.indexing.generations.rebuild_progress import RebuildProgress
from wirecopy.settings import ElasticsearchSettings


@dataclass(frozen=True)
class IndexStatus:
    """One physical index."""

    name: str
    health: str
    documents: int
    bytes: int
    reads: bool
    writes: bool
    previous: bool = False
    """Whether it answered before, and is the way back."""


@dataclass(frozen=True)
class KindStatus:
    """The indices of one kind, and their problems."""

    kind: IndexKind
    indices: tuple[IndexStatus, ...]
    problems: tuple[str, ...]
    rebuilds: tuple[RebuildProgress, ...] = ()
    """Of generations that are written and do not answer yet, how far they are."""


async def status(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> list[KindStatus]:
    """Return the state of each kind. Raises the client's errors."""
    return [await _kind_status(client, settings, kind) for kind in INDEX_KINDS]


async def _kind_status(client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind) -> KindStatus:
    prefix = settings.index_prefix
    found = await indices.physical_indices(client, prefix, kind)
    rows = await _counts(client, list(found)) if found else {}
    aliases = [alias(prefix, kind) for alias in (names.read_alias, names.write_alias, names.previous_alias)]
    statuses = tuple(_row(name, rows[name], [alias in found[name] for alias in aliases]) for name in found)
    every = names.generations(prefix, found)
    rebuilds = [
        await rebuild_progress.load(client, prefix, g.stem)
        for g in every
        if g.writes and not g.reads and not g.previous
    ]
    meta = await indices.template_meta(client, names.read_alias(prefix, kind))
    wrong = problems(statuses, every, meta, indices.index_template(settings, kind))
    return KindStatus(kind, statuses, tuple(wrong), tuple(noted for noted in rebuilds if noted is not None))


def problems(
    statuses: Sequence[IndexStatus], every: Sequence[Generation], meta: Mapping[str, Any] | None,
    wanted: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Return the reasons why this version cannot write and read this kind."""
    found = []
    if meta is None:
        found.append("no index template")
    elif meta.get("digest") != wanted["_meta"]["digest"]:
        found.append("the index template is of another version")
    answering = [generation for generation in every if generation.reads]
    if not any(generation.writes for generation in answering or every):
        found.append("no index to write to")
    if len(answering) != 1:
        found.append("two generations answer" if answering else "no index to read from")
    for generation in every:
        lacking = [s.name for s in statuses if s.name in generation.indices and generation.reads and not s.reads]
        found += [f"{name} does not answer with the others of its generation" for name in lacking]
    found += [f"{index.name} is red" for index in statuses if index.health == "red"]
    return found


async def _counts(client: AsyncElasticsearch, names: list[str]) -> dict[str, Mapping[str, Any]]:
    health = await client.cluster.health(index=names, level="indices", expand_wildcards="all")
    stats = await client.indices.stats(index=names, metric=["docs", "store"])
    rows: dict[str, Mapping[str, Any]] = {}
    for name in names:
        totals = stats["indices"].get(name, {}).get("primaries", {})
        # `docs.count` would count every nested credit and mention, too.
        counted = await client.count(index=name)
        rows[name] = {
            "health": health["indices"][name]["status"],
            "documents": counted["count"],
            "bytes": totals.get("store", {}).get("size_in_bytes", 0),
        }
    return rows


def _row(name: str, row: Mapping[str, Any], has: Sequence[bool]) -> IndexStatus:
    return IndexStatus(name, row["health"], row["documents"], row["bytes"], *has)
