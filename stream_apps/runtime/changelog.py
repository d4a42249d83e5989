"""Reading back what a worker needs when it takes over a partition: its rows, and where to go on.

Faust's own tables are not used. When they have recovered, Faust resumes the partitions while a fetch is under way
and drops what that fetch brings: after a restart, whole batches were passed over (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_apps.runtime import metrics
from wirecopy import telemetry
from wirecopy.kafka import async_client_config
from wirecopy.settings import KafkaSettings

log = telemetry.logger("runtime")


class PartitionReader:
    """One consumer outside of the group's assignment, for questions; connects with the first of them."""

    def __init__(self, settings: KafkaSettings, group: str, max_message: int) -> None:
        self._settings = settings
        self._group = group
        self._max_message = max_message
        self._consumer: AIOKafkaConsumer | None = None
        self._free = asyncio.Lock()

    async def rows(self, topic: str, partition: int) -> dict[bytes, bytes]:
        """The last value of every key of one partition of a changelog, up to its end at the time of the call."""
        rows: dict[bytes, bytes] = {}
        place = TopicPartition(topic, partition)
        async with self._free:
            consumer = await self._assigned(place)
            end = (await consumer.end_offsets([place]))[place]
            await consumer.seek_to_beginning(place)
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=1000)).get(place, ()):
                    if record.value is None:
                        rows.pop(record.key, None)
                    else:
                        rows[record.key] = record.value
            consumer.unsubscribe()
        return rows

    async def next_offset(self, topic: str, partition: int) -> int:
        """The offset that the group has committed, or the first of the partition where it has committed none.

        What Kafka has deleted since the commit is lost: all that can be done is to say so, and how much it is.
        """
        place = TopicPartition(topic, partition)
        async with self._free:
            consumer = await self._assigned(place)
            committed = await consumer.committed(place)
            beginning = (await consumer.beginning_offsets([place]))[place]
            consumer.unsubscribe()
        if committed is None or committed >= beginning:
            return int(beginning if committed is None else committed)
        metrics.expired.inc(beginning - committed)
        log.error(
            "messages expired before they were processed: the lag was longer than the topic is kept",
            topic=topic, partition=partition, messages=beginning - committed,
        )  # fmt: skip
        return int(beginning)

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
