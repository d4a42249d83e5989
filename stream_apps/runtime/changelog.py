"""Read what a worker needs to take over a partition: its rows, and the offset to continue from.

Faust's own tables are not used. When they have recovered, Faust resumes the partitions while a fetch is under way
and drops the fetched messages: after a restart, whole batches were skipped (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_apps.runtime import metrics
from stream_apps.runtime.state_store import StoredRow
from wirecopy import telemetry
from wirecopy.kafka import async_client_config
from wirecopy.settings import KafkaSettings

log = telemetry.logger("runtime")


class PartitionReader:
    """A consumer outside of the group's assignment, for queries; it connects on the first one."""

    def __init__(self, settings: KafkaSettings, group: str, max_message: int) -> None:
        self._settings = settings
        self._group = group
        self._max_message = max_message
        self._consumer: AIOKafkaConsumer | None = None
        self._free = asyncio.Lock()

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Return the first offset that a partition still has, and the next one to be written."""
        place = TopicPartition(topic, partition)
        async with self._free:
            consumer = await self._assigned(place)
            beginning = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            consumer.unsubscribe()
        return int(beginning), int(end)

    async def rows(self, topic: str, partition: int, start: int, end: int) -> AsyncIterator[Sequence[StoredRow]]:
        """Yield the rows of a changelog's partition from ``start`` up to ``end``, some at a time."""
        place = TopicPartition(topic, partition)
        async with self._free:
            consumer = await self._assigned(place)
            consumer.seek(place, start)
            while await consumer.position(place) < end:
                records = (await consumer.getmany(place, timeout_ms=1000)).get(place, ())
                if records:
                    yield [StoredRow(record.key, record.value, record.offset) for record in records]
            consumer.unsubscribe()

    async def next_offset(self, topic: str, partition: int) -> int:
        """Return the committed offset of the group, or the partition's first where it has committed none.

        Messages that Kafka has deleted since the commit are lost; their number is logged.
        """
        place = TopicPartition(topic, partition)
        async with self._free:
            consumer = await self._assigned(place)
            committed = await consumer.committed(place)
            beginning = (await consumer.beginning_offsets([place]))[place]
            consumer.unsubscribe()
        if committed is None or committed >= beginning:
            return int(beginning if committed is None else committed)
        metrics.EXPIRED.inc(beginning - committed)
        log.error(
            "messages expired before they were processed: the lag was longer than the topic is kept",
            topic=topic, partition=partition, messages=beginning - committed,
        )  # fmt: skip
        return int(beginning)

    async def stop(self) -> None:
        """Close the connections; the next query opens them again."""
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None

    async def _assigned(self, place: TopicPartition) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **async_client_config(self._settings),
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=self._max_message,
            )
            await self._consumer.start()
        self._consumer.assign([place])
        return self._consumer
