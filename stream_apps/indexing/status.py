"""What stands in the cluster: for ``wirecopy index status`` and readiness checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
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


@dataclass(frozen=True)
class KindStatus:
    """The indices of one kind, and what is wrong with them (nothing, where all is well)."""

    kind: IndexKind
    indices: tuple[IndexStatus, ...]
    problems: tuple[str, ...]


async def status(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> list[KindStatus]:
    """The state of each kind. Raises the client's errors."""
    return [await _kind_status(client, settings, kind) for kind in INDEX_KINDS]


async def _kind_status(client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind) -> KindStatus:
    prefix = settings.index_prefix
    found = await indices.physical_indices(client, prefix, kind)
    rows = await _counts(client, list(found)) if found else {}
    read, write = indices.read_alias(prefix, kind), indices.write_alias(prefix, kind)
    statuses = tuple(_row(name, rows[name], read in found[name], write in found[name]) for name in found)
    meta = await indices.template_meta(client, read)
    return KindStatus(kind, statuses, tuple(problems(statuses, meta, indices.index_template(settings, kind))))


def problems(statuses: tuple[IndexStatus, ...], meta: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> list[str]:
    """What stops this kind from being written and read as this version wants."""
    found = []
    if meta is None:
        found.append("no index template")
    elif meta.get("digest") != wanted["_meta"]["digest"]:
        found.append("the index template is of another version")
    if sum(index.writes for index in statuses) != 1:
        found.append("no index to write to" if not any(index.writes for index in statuses) else "two to write to")
    if not any(index.reads for index in statuses):
        found.append("no index to read from")
    found += [f"{index.name} is red" for index in statuses if index.health == "red"]
    return found


async def _counts(client: AsyncElasticsearch, names: list[str]) -> dict[str, Mapping[str, Any]]:
    health = await client.cluster.health(index=names, level="indices", expand_wildcards="all")
    stats = await client.indices.stats(index=names, metric=["docs", "store"])
    rows: dict[str, Mapping[str, Any]] = {}
    for name in names:
        totals = stats["indices"].get(name, {}).get("primaries", {})
        # `docs.count` would count every nested credit and mention as well.
        counted = await client.count(index=name)
        rows[name] = {
            "health": health["indices"][name]["status"],
            "documents": counted["count"],
            "bytes": totals.get("store", {}).get("size_in_bytes", 0),
        }
    return rows


def _row(name: str, row: Mapping[str, Any], reads: bool, writes: bool) -> IndexStatus:
    return IndexStatus(name, row["health"], row["documents"], row["bytes"], reads, writes)
