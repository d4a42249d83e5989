"""Removes documents older than ``elasticsearch.retention_days`` from the index. The topics keep the messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from stream_apps.indexing.generations import cluster, plans
from stream_apps.indexing.generations.names import SPLIT_KINDS, Generation
from stream_apps.indexing.generations.plans import DeleteIndices
from wirecopy.errors import SettingsError
from wirecopy.settings import ElasticsearchSettings


@dataclass(frozen=True)
class Removed:
    """The removals of one kind: whole indices, or single documents where it is not split by period."""

    kind: IndexKind
    indices: tuple[str, ...] = ()
    documents: int = 0


async def apply(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, *, dry_run: bool = False, now: datetime | None = None
) -> list[Removed]:
    """Remove expired documents. Raises ``SettingsError`` without retention, and the client's errors."""
    if settings.retention_days is None:
        raise SettingsError("elasticsearch.retention_days is not set: the index keeps everything")
    moment = now or datetime.now(UTC)
    return [await _of_kind(client, settings, kind, moment, dry_run=dry_run) for kind in SPLIT_KINDS]


async def _of_kind(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind, now: datetime, *, dry_run: bool
) -> Removed:
    days = settings.retention_days
    assert days is not None
    gone: list[str] = []
    documents = 0
    for generation in await cluster.generations(client, settings.index_prefix, kind):
        old = plans.too_old(generation, days, now)
        gone += old
        if old and not dry_run:
            await cluster.carry_out(client, [DeleteIndices(tuple(old))])
        if generation.period == "none":
            documents += await _single(client, generation, now - timedelta(days=days), dry_run=dry_run)
    return Removed(kind, tuple(gone), documents)


async def _single(client: AsyncElasticsearch, generation: Generation, before: datetime, *, dry_run: bool) -> int:
    query: dict[str, Any] = {"range": {"first_seen": {"lt": before.isoformat()}}}
    if dry_run:
        return int((await client.count(index=list(generation.indices), query=query))["count"])
    # The answer comes when everything is deleted.
    patient = client.options(request_timeout=3600)
    answer = await patient.delete_by_query(index=list(generation.indices), query=query, conflicts="proceed")
    return int(answer["deleted"])
