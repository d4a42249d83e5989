"""How far a rebuild has come: one small document for each generation, so that a rebuild that was killed goes on."""

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
class Progress:
    """What has been read into a generation."""

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

    def ended(self, now: datetime) -> Progress:
        return replace(self, left=0, finished=now.isoformat(timespec="seconds"))


def index_of(prefix: str) -> str:
    return f"{prefix}-rebuilds"


async def load(client: AsyncElasticsearch, prefix: str, stem: str) -> Progress | None:
    """None where the generation was not begun by a rebuild. Raises the client's errors."""
    try:
        answer = await client.get(index=index_of(prefix), id=stem)
    except NotFoundError:
        return None
    return Progress(**_known(answer["_source"]))


async def save(client: AsyncElasticsearch, settings: ElasticsearchSettings, progress: Progress) -> None:
    """Raises the client's errors."""
    name = index_of(settings.index_prefix)
    try:
        await client.index(index=name, id=progress.stem, document=asdict(progress), require_alias=False)
    except NotFoundError:
        await _make(client, settings, name)
        await client.index(index=name, id=progress.stem, document=asdict(progress))


async def begin(client: AsyncElasticsearch, settings: ElasticsearchSettings, stem: str, now: datetime) -> Progress:
    """Nothing has been read into this generation yet. Raises the client's errors."""
    await _make(client, settings, index_of(settings.index_prefix))
    progress = Progress(stem, now.isoformat(timespec="seconds"))
    await save(client, settings, progress)
    return progress


async def forget(client: AsyncElasticsearch, prefix: str, stem: str) -> None:
    await client.options(ignore_status=404).delete(index=index_of(prefix), id=stem)


async def _make(client: AsyncElasticsearch, settings: ElasticsearchSettings, name: str) -> None:
    """Its documents are only kept, never looked for."""
    shape = {"number_of_shards": 1, "number_of_replicas": settings.replicas}
    try:
        await client.indices.create(index=name, settings=shape, mappings={"enabled": False})
    except ApiError as error:
        if describe(error).split(":", 1)[0] != "resource_already_exists_exception":
            raise


def _known(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: source[name] for name in Progress.__dataclass_fields__ if name in source}
