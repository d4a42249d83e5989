"""Fills a new generation from the topics while the old one answers; live writes go to both.

A rebuild is the indexing stage over the same topics from their beginning, which writes the new generation alone.
Versions are those of the records, so that the order of the two writers does not matter. The progress is saved every few
seconds; a killed rebuild goes on from there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from schemas.record import RecordError
from schemas.topics import TAKEN
from stream_apps.indexing import indices
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.entity_names import EntityNames
from stream_apps.indexing.generations import cluster, names, plans, rebuild_progress
from stream_apps.indexing.generations.names import Generation
from stream_apps.indexing.generations.rebuild_progress import RebuildProgress
from stream_apps.indexing.generations.targets import SETTLED, One, version_of
from stream_apps.indexing.generations.topic_replay import TopicReplay, replaying
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import KINDS, IndexingStage
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming
from wirecopy.errors import BadInput, WirecopyError
from wirecopy.rate import TokenBucket
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

NOTED_EVERY: Final = 2.0
"""Seconds between two notes of how far it has come."""

Announce = Callable[[RebuildProgress], None]
_log = logger("rebuild")


class Rebuild:
    """One run of a rebuild of one kind."""

    def __init__(
        self, client: AsyncElasticsearch, settings: Settings, kind: IndexKind, entity_names: EntityNames,
        announce: Announce, *, rate: float | None = None,
    ) -> None:  # fmt: skip
        """``rate``: the maximum of messages a second, to leave capacity of the cluster to others."""
        self._client = client
        self._settings = settings
        self._search = settings.elasticsearch
        self._kind = kind
        self._entity_names = entity_names
        self._announce = announce
        self._bucket = TokenBucket(rate, rate, time.monotonic) if rate else None
        self._noted = float("-inf")

    async def run(self) -> RebuildProgress:
        """Begin or continue a generation until everything in the topics is in it.

        Raises ``ServerError`` and the client's errors; a new start goes on.
        """
        generation, done = await self._generation()
        sink = BulkSink.of(self._client, self._search, asyncio.Event())
        where = Filling(sink, self._search.index_prefix, generation)
        stage = IndexingStage(sink, where, Linger(0.0, 1.0), self._entity_names, self._search.retention_days)
        topics = [topic for topic in TAKEN["indexing"] if KINDS[topic.name] == self._kind]
        looked = time.monotonic()
        with replaying(self._settings.kafka, topics, done) as replay:
            while True:
                done = await self._read_to_end(replay, stage, done)
                if looked - where.changed >= SETTLED:
                    break
                # Stages may have missed messages until all of them had seen the new generation, or its newest index.
                await asyncio.sleep(max(0.0, where.changed + SETTLED - time.monotonic()))
                looked = time.monotonic()
                replay.look_at_ends()
        done = done.ended(datetime.now(UTC))
        await self._note(done)
        return done

    async def _generation(self) -> tuple[Generation, RebuildProgress]:
        prefix, kind, now = self._search.index_prefix, self._kind, datetime.now(UTC)
        every = await cluster.generations(self._client, prefix, kind)
        known = {g.stem: await rebuild_progress.load(self._client, prefix, g.stem) for g in every if g.writes}
        unfinished = [stem for stem, noted in known.items() if noted is not None and noted.finished is None]
        period = indices.period_of(self._search, kind)
        found = plans.being_rebuilt(every, version_of(kind), period, unfinished)
        if found is not None:
            noted = known[found.stem] or await rebuild_progress.begin(self._client, self._search, found.stem, now)
            return found, replace(noted, finished=None)
        made = indices.new_generation(self._search, kind, names.next_number(every), now)
        noted = await rebuild_progress.begin(self._client, self._search, made.stem, now)
        if made.period != "none":
            await indices.put_generation_template(self._client, self._search, made, {"write"})
        await indices.make_index(self._client, self._search, made, {"write"})
        return made, noted

    async def _read_to_end(self, replay: TopicReplay, stage: IndexingStage, done: RebuildProgress) -> RebuildProgress:
        while replay.left:
            messages = replay.poll(self._search.bulk_documents)
            if self._bucket is not None:
                await asyncio.sleep(self._bucket.take(len(messages)))
            refused = await _write(stage, messages)
            read = done.read + len(messages)
            done = replace(
                done, positions=replay.positions, read=read, refused=done.refused + refused, left=replay.left
            )
            if time.monotonic() - self._noted >= NOTED_EVERY:
                await self._note(done)
        return done

    async def _note(self, done: RebuildProgress) -> None:
        await rebuild_progress.save(self._client, self._search, done)
        self._noted = time.monotonic()
        self._announce(done)


class Filling(One):
    """The generation that is filled.

    Drops deletes of missing documents: otherwise each merged story would leave a tombstone in every period.
    """

    def __init__(self, sink: BulkSink, prefix: str, generation: Generation) -> None:
        super().__init__(sink, prefix, generation)
        self._sink = sink
        self.changed = time.monotonic()
        """When there was last an index that the stages have to hear of."""

    async def made(self, missing: Iterable[str]) -> None:
        for name in missing:
            await super().made([name])
            self.changed = time.monotonic()

    async def narrowed(self, operations: Sequence[Operation]) -> list[Operation]:
        last = {operation.id: operation.version for operation in operations if operation.action == "delete"}
        kept = [o for o in operations if o.action == "delete" or o.version > last.get(o.id, -1)]
        wanted: dict[str, list[str]] = {}
        for operation in kept:
            if operation.action == "delete":
                wanted.setdefault(operation.place, []).append(operation.id)
        there = {
            (index, identity)
            for index, ids in wanted.items()
            for identity, document in (await self._sink.documents(index, sorted(set(ids)))).items()
            if document is not None
        }
        return [o for o in kept if o.action == "index" or (o.place, o.id) in there]


async def _write(stage: IndexingStage, messages: Sequence[Incoming]) -> int:
    """Write messages and count the refused ones. Halving finds a message that breaks the writing of its batch."""
    if not messages:
        return 0
    try:
        await stage.prepare(messages)
    except WirecopyError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a message does to the code that reads it
        if len(messages) > 1:
            middle = len(messages) // 2
            return await _write(stage, messages[:middle]) + await _write(stage, messages[middle:])
        _log.warning("refused", topic=messages[0].topic, offset=messages[0].offset, reason=type(error).__name__)
        return 1
    return sum(_is_refused(stage, message) for message in messages)


def _is_refused(stage: IndexingStage, message: Incoming) -> bool:
    try:
        stage.handle(message)
    except (BadInput, RecordError) as error:
        _log.warning("refused", topic=message.topic, offset=message.offset, reason=str(error)[:300])
        return True
    return False
