"""Read ``clean`` outside of the group: to catch up, to follow another engine, to fetch single texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.clean import Clean
from schemas.topics import MAX_MESSAGE_BYTES
from wirecopy.kafka import async_client_config
from wirecopy.settings import KafkaSettings

_NEIGHBOURS = 50
"""Offsets so near to each other are fetched in one go."""


class CleanLog:
    """A consumer outside of the group's assignment, for one partition of ``clean``."""

    def __init__(self, settings: KafkaSettings, topic: str, partition: int) -> None:
        self._place = TopicPartition(topic, partition)
        self._consumer = AIOKafkaConsumer(
            **async_client_config(settings),
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        self._started = False

    async def close(self) -> None:
        if self._started:
            await self._consumer.stop()

    async def beginning(self) -> int:
        """Return the first offset that Kafka still has."""
        consumer = await self._connected()
        return int((await consumer.beginning_offsets([self._place]))[self._place])

    async def read(self, start: int, end: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Yield the messages from ``start`` up to ``end``, in batches."""
        consumer = await self._connected()
        consumer.seek(self._place, start)
        while start < end:
            records = (await consumer.getmany(self._place, timeout_ms=1000)).get(self._place, ())
            batch = [(record.offset, record.value or b"") for record in records if record.offset < end]
            if batch:
                start = batch[-1][0] + 1
                yield batch
            elif records or await consumer.position(self._place) >= end:
                return

    async def articles(self, offsets: Sequence[int]) -> Mapping[int, bytes]:
        """Return the JSON of the articles at these sorted offsets, without those that Kafka has deleted."""
        found: dict[int, bytes] = {}
        beginning = await self.beginning() if offsets else 0
        wanted = [offset for offset in offsets if offset >= beginning]
        while wanted:
            start = wanted[0]
            group = [offset for offset in wanted if offset < start + _NEIGHBOURS]
            async for batch in self.read(start, group[-1] + 1):
                found |= {offset: Clean.from_bytes(value).article for offset, value in batch if offset in group}
            wanted = wanted[len(group) :]
        return found

    async def _connected(self) -> AIOKafkaConsumer:
        if not self._started:
            await self._consumer.start()
            self._consumer.assign([self._place])
            self._started = True
        return self._consumer
