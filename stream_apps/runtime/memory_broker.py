"""The stages in one process, without servers: for evaluation commands, and for tests of any order of delivery."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage, StageSpec
from stream_apps.runtime.state_store import StateStore


@dataclass
class Delivery:
    """The order of delivery; by default that of a healthy broker."""

    shuffle: random.Random | None = None
    """Picks the partition to read next at random, where given: any interleaving that Kafka allows."""
    repeat: float = 0.0
    """Share of messages delivered a second time, right after the first."""


@dataclass
class MemoryBroker:
    """Topics as queues. ``sent`` keeps every message by topic."""

    partitions: int = 1
    delivery: Delivery = field(default_factory=Delivery)
    stages: dict[str, Stage] = field(default_factory=dict)
    rows: list[StateStore] = field(default_factory=list)
    sent: defaultdict[str, list[Outgoing]] = field(default_factory=lambda: defaultdict(list))
    _queues: dict[tuple[str, int], deque[Incoming]] = field(default_factory=dict)
    _offsets: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def attach(self, specs: Iterable[StageSpec]) -> None:
        """Create these stages, each over its own rows, and subscribe them to their topics."""
        for spec in specs:
            rows = StateStore()
            stage = spec.build(rows)
            self.stages |= {topic.name: stage for topic in spec.topics}
            self.rows.append(rows)

    def send(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            self.sent[message.topic.name].append(message)
            if message.topic.name not in self.stages:
                continue
            partition = self._partition(message)
            place = (message.topic.name, partition)
            incoming = Incoming(message.topic.name, partition, self._offsets[place], message.key, message.value)
            self._offsets[place] += 1
            self._queues.setdefault(place, deque()).append(incoming)

    def run(self) -> None:
        """Deliver until nothing is left."""
        asyncio.run(self.drain())

    async def drain(self) -> None:
        waiting = [place for place, queue in self._queues.items() if queue]
        while waiting:
            shuffle = self.delivery.shuffle
            place = shuffle.choice(waiting) if shuffle else waiting[0]
            message = self._queues[place].popleft()
            await self._deliver(message)
            if shuffle and shuffle.random() < self.delivery.repeat:
                await self._deliver(message)
            waiting = [place for place, queue in self._queues.items() if queue]

    async def _deliver(self, message: Incoming) -> None:
        stage = self.stages[message.topic]
        await stage.prepare([message])
        self.send([*stage.handle(message), *stage.finish()])
        for rows in self.rows:
            rows.commit()

    def _partition(self, message: Outgoing) -> int:
        if message.partition is not None:
            return message.partition
        return zlib.crc32(message.key) % message.topic.partitions(self.partitions)


def latest(messages: Sequence[Outgoing]) -> Mapping[bytes, bytes]:
    """Return the last value of each key, as a compacted topic keeps it."""
    return {message.key: message.value for message in messages}
