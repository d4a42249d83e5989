"""The progress of a rebuild, in a small document for each generation, so that a killed rebuild goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from stream_apps.indexing.client import describe
from wirecopy.settings import ElasticsearchSettings

Positions = Mapping[str, Mapping[str, int]]
"""By topic and partition, the offset of the next message."""


@dataclass(frozen=True)
class RebuildProgress:
    """The messages read into a generation so far."""

    stem: str
    begun: str
    """When, as ISO 8601."""
    positions: Positions = field(default_factory=dict)
    read: int = 0
    refused: int = 0
    """Messages that could not be indexed: they are, or would be, dead letters."""
    left: int | None = None
    """Messages still to be read, when this was written."""
    finished: str | None = None

    def at(self, topic: str, partition: int) -> int | None:
        return self.positions.get(topic, {}).get(str(partition))

    def ended(self, now: datetime) -> RebuildProgress:
        return replace(self, left=0, finished=now.isoformat(timespec="seconds"))


def index_of(prefix: str) -> str:
    return f"{prefix}-rebuilds"


async def load(client: AsyncElasticsearch, prefix: str, stem: str) -> RebuildProgress | None:
    """Load the progress; None where no rebuild has begun the generation. Raises the client's errors."""
    try:
        answer = await client.get(index=index_of(prefix), id=stem)
    except NotFoundError:
        return None
    return RebuildProgress(**_known(answer["_source"]))


async def save(client: AsyncElasticsearch, settings: ElasticsearchSettings, progress: RebuildProgress) -> None:
    """Save the progress. Raises the client's errors."""
    name = index_of(settings.index_prefix)
    try:
        await client.index(index=name, id=progress.stem, document=asdict(progress), require_alias=False)
    except NotFoundError:
        await _make(client, settings, name)
        await client.index(index=name, id=progress.stem, document=asdict(progress))


async def begin(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, stem: str, now: datetime
) -> RebuildProgress:
    """Save and return the progress of a new generation. Raises the client's errors."""
    await _make(client, settings, index_of(settings.index_prefix))
    progress = RebuildProgress(stem, now.isoformat(timespec="seconds"))
    await save(client, settings, progress)
    return progress


async def forget(client: AsyncElasticsearch, prefix: str, stem: str) -> None:
    await client.options(ignore_status=404).delete(index=index_of(prefix), id=stem)


async def _make(client: AsyncElasticsearch, settings: ElasticsearchSettings, name: str) -> None:
    """Create the index, whose documents are only stored, never searched."""
    shape = {"number_of_shards": 1, "number_of_replicas": settings.replicas}
    try:
        await client.indices.create(index=name, settings=shape, mappings={"enabled": False})
    except ApiError as error:
        if describe(error).split(":", 1)[0] != "resource_already_exists_exception":
            raise


def _known(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: source[name] for name in RebuildProgress.__dataclass_fields__ if name in source}
