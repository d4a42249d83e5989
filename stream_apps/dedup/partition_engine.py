"""The engine of one partition of ``clean``: taking over, working, sending in transactions."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from schemas import dead_letters
from schemas.clean import Clean
from schemas.record import RecordError
from schemas.topics import BUSY, CLEAN, ENGINE_STATE, MAX_MESSAGE_BYTES
from stream_apps.dedup import epoch, metrics, snapshot
from stream_apps.dedup.clean_log import CleanLog
from stream_apps.dedup.committed_position import Committed, Position
from stream_apps.dedup.publishing import Publication
from stream_apps.dedup.size_limit import fitting
from stream_apps.dedup.state import State, offsets_of, outgoing
from stream_apps.runtime import gc_tuning
from stream_apps.runtime.dead_lettering import dead_letter
from stream_apps.runtime.metrics import EXPIRED
from stream_apps.runtime.stage_interface import Incoming, Outgoing
from wirecopy import telemetry, tracing
from wirecopy.errors import StateError
from wirecopy.kafka import async_client_config, compression
from wirecopy.settings import Settings

_REPLAY = 500
"""Messages replayed between two looks at the event loop."""
_BATCH_BYTES = 256 * 1024
_RETRY_MS = 5
"""Milliseconds: a broker refuses the first record of a transaction while the marks of the last one are written."""
NO_HEADERS: Mapping[int, Sequence[dead_letters.Header]] = MappingProxyType({})
log = telemetry.logger("engine")


class PartitionEngine:
    """The engine of one partition, active or a standby."""

    def __init__(self, settings: Settings, group: str, number: int) -> None:
        prefix = settings.kafka.topic_prefix
        self._settings = settings
        self._group = group
        self._place = TopicPartition(CLEAN.full_name(prefix), number)
        self._known = Committed(settings.kafka, group, number)
        self._log = CleanLog(settings.kafka, self._place.topic, number)
        self._snapshots = snapshot.Snapshots(snapshot_path(settings, number), settings.dedup.snapshot_every)
        self._producer: AIOKafkaProducer | None = None
        self._state: State | None = None
        self._epoch: epoch.Epoch | None = None

    @property
    def state(self) -> State:
        assert self._state is not None, "taken over or followed"
        return self._state

    @property
    def has_state(self) -> bool:
        """Whether it has state, having taken over or followed."""
        return self._state is not None

    @property
    def is_active(self) -> bool:
        """Whether this process is the writer."""
        return self._producer is not None

    # ---- taking over and following --------------------------------------------------------------------------

    async def take_over(self) -> int:
        """Become the writer, fencing off the former one. Returns the offset to continue from."""
        started = time.monotonic()
        producer = self._producer = AIOKafkaProducer(
            **async_client_config(self._settings.kafka),
            transactional_id=f"{self._group}-{self._place.partition}",
            acks="all",
            compression_type=compression(self._settings.kafka),
            max_request_size=MAX_MESSAGE_BYTES,
            max_batch_size=_BATCH_BYTES,
            retry_backoff_ms=_RETRY_MS,
        )
        await producer.start()
        committed = await self._committed()
        begins = await self._find_epoch()
        if begins:
            committed = Position(await self._log.beginning())
            self._state = None
            assert self._epoch is not None
            await self._begin_epoch(self._epoch)
        await self._catch_up(committed)
        gc_tuning.settle()
        self.state.position, self.state.step = max(committed.offset, self.state.position), committed.step
        log.info(
            "engine ready", partition=self._place.partition, epoch=self.state.epoch, position=committed.offset,
            articles=len(self.state.engine.window), seconds=round(time.monotonic() - started, 2),
        )  # fmt: skip
        return committed.offset

    async def follow(self) -> None:
        """Stand by: catch up with the writer's committed position."""
        if await self._find_epoch():
            return  # nobody has begun yet
        await self._catch_up(await self._committed())

    async def _committed(self) -> Position:
        """Return the committed position, or the beginning of the log."""
        found = await self._known.position()
        beginning = await self._log.beginning()
        if found is None or found.offset >= beginning:
            return found or Position(beginning)
        EXPIRED.inc(beginning - found.offset)
        log.error("messages expired before they were processed: the engine was away for longer than `clean` is kept",
                  partition=self._place.partition, messages=beginning - found.offset)  # fmt: skip
        return Position(beginning, settled=found.settled)

    async def _find_epoch(self) -> bool:
        """Look up the epoch. Returns whether a new one has to begin."""
        rows = await self._known.rows()
        try:
            self._epoch, begins = epoch.current(rows, self._settings.dedup.engines, datetime.now(UTC))
        except RecordError as error:
            raise StateError(
                f"{error} (partition {self._place.partition}): start the version of wirecopy that wrote it, or begin a "
                "new epoch with `wirecopy state rebuild`"
            ) from None
        if self._state is not None and self._state.epoch != self._epoch.number:
            self._state = None
        return begins

    async def _begin_epoch(self, begun: epoch.Epoch) -> None:
        row = Outgoing(ENGINE_STATE, epoch.KEY, begun.to_bytes(), self._place.partition)
        log.info("a new epoch begins: all of `clean` is worked through", epoch=begun.number)
        await self._send_and_commit([row], await self._log.beginning(), 0)

    async def _catch_up(self, committed: Position) -> None:
        """Rebuild the state of a position from a snapshot and the log, without sending anything."""
        assert self._epoch is not None, "looked up before"
        until = committed.offset
        if self._state is None:
            self._state = self._loaded(until)
        state = self._state
        first = await self._log.beginning() if state.position < until else until
        async for batch in self._log.read(max(first, state.position), until):
            for start in range(0, len(batch), _REPLAY):
                state.apply(batch[start : start + _REPLAY])
                state.replayed(settled=committed.settled)
        self._snapshots.take_if_due(state)

    def _loaded(self, until: int) -> State:
        assert self._epoch is not None, "looked up before"
        window_days = self._settings.dedup.window_days
        try:
            found = self._snapshots.load(self._epoch.number, window_days, until)
        except snapshot.ForeignSnapshot as error:
            log.warning("snapshot put aside, the state is worked out from `clean`", detail=str(error))
            found = None
        return found or State(window_days, self._epoch.number)

    # ---- at work --------------------------------------------------------------------------------------------

    async def work(
        self,
        messages: Sequence[tuple[int, bytes]],
        keys: Mapping[int, bytes],
        headers: Mapping[int, Sequence[dead_letters.Header]] = NO_HEADERS,
    ) -> None:
        """Apply messages, or do some queued work, and send the resulting records in one transaction."""
        values = dict(messages)
        places = ((CLEAN.name, self._place.partition, at, headers[at]) for at in headers.keys() & values.keys())
        with tracing.go_on("engine", places) as spans:
            if messages:
                refused = self.state.apply(messages)
                publication = self.state.publish()
            else:
                refused = []
                publication = self.state.idle()
            sent = traced(await self._messages(publication, values), publication, spans)
            for refusal in refused:
                at, partition = refusal.offset, self._place.partition
                message = Incoming(CLEAN.name, partition, at, keys[at], values[at], headers=headers.get(at, ()))
                log.warning("message refused", stage="engine", reason=refusal.reason, detail=refusal.detail)
                sent.append(dead_letter("engine", message, refusal.reason, refusal.detail))
            await self._send_and_commit(sent, self.state.position, self.state.step)
        for relation in decided(publication, {key.decode(errors="replace") for key in keys.values()}):
            metrics.DECISIONS.labels(relation).inc()
        self._snapshots.take_if_due(self.state)

    async def stand_down(self) -> None:
        """Stop writing. The state is as committed; from now on it follows the new writer."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def close(self) -> None:
        """Close. Uncommitted work is left to the next engine."""
        await self.stand_down()
        await self._log.close()
        await self._known.close()
        self._snapshots.finish()

    async def _messages(self, publication: Publication, values: Mapping[int, bytes]) -> list[Outgoing]:
        """Return the messages of a publication; texts of moved articles are fetched from the log."""
        offsets = offsets_of(publication.stories)
        texts = {at: Clean.from_bytes(values[at]).article for at in offsets if at in values}
        texts |= await self._log.articles([at for at in offsets if at not in values])
        articles = [fitting([texts[at] for at in draft.texts if at in texts]) for draft in publication.stories]
        return outgoing(publication, self.state.version, articles)

    async def _send_and_commit(self, messages: Sequence[Outgoing], position: int, step: int) -> None:
        producer, prefix = self._producer, self._settings.kafka.topic_prefix
        assert producer is not None, "taken over"
        async with producer.transaction():
            for message in messages:
                await producer.send(
                    message.topic.full_name(prefix), key=message.key, value=message.value,
                    partition=message.partition, headers=list(message.headers),
                )  # fmt: skip
            await producer.send_offsets_to_transaction(
                {self._place: OffsetAndMetadata(position, self._note(step))}, self._group
            )

    def _note(self, step: int) -> str:
        """Return the metadata committed with the offset: the step, and whether there is more queued work."""
        return f"{step} {BUSY}" if self._state is not None and self._state.is_busy else str(step)


def traced(messages: Sequence[Outgoing], publication: Publication, spans: tracing.Spans) -> list[Outgoing]:
    """Return the messages, stories first; each story has the trace of its first traced article."""
    sent = list(messages)
    for number, draft in enumerate(publication.stories):
        found = (spans.headers(member["article"]) for member in draft.members)
        headers = next((of_article for of_article in found if of_article), None)
        if headers is not None:
            sent[number] = replace(sent[number], headers=headers)
    return sent


def decided(publication: Publication, articles: Collection[str]) -> Iterator[str]:
    """Return the published relation of each article to its canonical one; `none` where there is none."""
    for draft in publication.stories:
        for member in draft.members:
            if member["article"] in articles:
                yield member["place"].get("relation") or "none"


def snapshot_path(settings: Settings, number: int) -> Path:
    """Return the file that holds the snapshots of a partition's engine; its folder is made."""
    folder = settings.faust.data_dir.absolute() / f"{settings.kafka.topic_prefix}-engine"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{number}.snapshot"
