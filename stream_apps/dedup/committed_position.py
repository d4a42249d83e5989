"""The committed position of the engines' group, and the rows of ``engine-state``, read outside of the assignment."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import BUSY, CLEAN, ENGINE_STATE
from wirecopy.kafka import async_client_config
from wirecopy.settings import KafkaSettings


@dataclass(frozen=True)
class Position:
    """The position that an engine commits."""

    offset: int
    """Of the next message of ``clean``."""
    step: int = 0
    """How often something was published since the last message."""
    settled: bool = True
    """Whether all that waited was worked off and published."""


class Committed:
    """A consumer that reads for the group without joining it, for one partition."""

    def __init__(self, settings: KafkaSettings, group: str, partition: int) -> None:
        self._clean = TopicPartition(CLEAN.full_name(settings.topic_prefix), partition)
        self._state = TopicPartition(ENGINE_STATE.full_name(settings.topic_prefix), partition)
        self._consumer = AIOKafkaConsumer(
            **async_client_config(settings),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        self._started = False

    async def close(self) -> None:
        if self._started:
            await self._consumer.stop()

    async def position(self) -> Position | None:
        """Return the engine's position; None where nothing is committed."""
        consumer = await self._connected()
        # The public method leaves out the metadata, which holds the step.
        found = await consumer._coordinator.fetch_committed_offsets([self._clean])  # noqa: SLF001
        committed = found.get(self._clean)
        if committed is None or committed.offset < 0:
            return None
        step, *more = (committed.metadata or "0").split()
        return Position(committed.offset, int(step), settled=BUSY not in more)

    async def rows(self) -> dict[bytes, bytes]:
        """Return the rows of the partition of ``engine-state``."""
        consumer = await self._connected()
        end = (await consumer.end_offsets([self._state]))[self._state]
        await consumer.seek_to_beginning(self._state)
        rows: dict[bytes, bytes] = {}
        while await consumer.position(self._state) < end:
            for record in (await consumer.getmany(self._state, timeout_ms=200)).get(self._state, ()):
                rows[record.key] = record.value
        return rows

    async def _connected(self) -> AIOKafkaConsumer:
        if not self._started:
            await self._consumer.start()
            self._consumer.assign([self._state])
            self._started = True
        return self._consumer
