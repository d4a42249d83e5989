"""The engine's process: one consumer of the group, in batches; the partitions that it is given, and those it follows.

The engine goes beneath Faust: its results, and the offsets that they follow from, are written in one transaction of a
producer whose id is the partition's (docs/decisions/0011). The process that takes over a partition fences off the
former owner: one that was frozen and wakes up can commit nothing. A process without a partition stands by: it follows
the committed position, and so takes over within moments.

Crash-only: an error of Kafka or of our own ends the process at once with exit code 70.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas.topics import CLEAN, DEAD_LETTERS, ENGINE_STATE, EVENTS, MAX_MESSAGE_BYTES, RESOLVED
from stream_apps.dedup import metrics as dedup_metrics
from stream_apps.dedup.engine_assignor import EngineAssignor
from stream_apps.dedup.partition_engine import PartitionEngine
from stream_apps.dedup.partition_shares import Known
from stream_apps.dedup.size_limit import parts
from stream_apps.runtime import metrics, topics_there
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.watchdog import EXIT_CRASHED, Watchdog
from wirecopy import telemetry
from wirecopy.errors import StateError
from wirecopy.kafka import admin_client, async_client_config
from wirecopy.monitoring.health import Check, Health
from wirecopy.monitoring.heartbeat import Heartbeat
from wirecopy.monitoring.monitor import KafkaCheck, Monitor
from wirecopy.monitoring.process_metrics import LAST_PROGRESS, PARTITIONS, PARTITIONS_HELD
from wirecopy.settings import Settings

IDLE = 0.2
"""Seconds between two looks at what a followed engine has committed."""
LONGEST, BUSY = 0.5, 10.0
"""Seconds that a batch may wait under load, and articles a second up to which none does."""
PUT_OFF = 8
"""Batches that may go before what waits: what that changes is published at once, and again with the next message."""
STALLED = 120.0
"""Seconds without a look at the next batch, after which the process ends itself."""
log = telemetry.logger("engine")


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT.

    Raises ``ServerError`` if Kafka does not answer at the start, has not the topics or gives us no right to them,
    ``SettingsError`` if they have not as many partitions as the settings say.
    """
    with admin_client(settings.kafka) as admin:
        found = topics_there.describe(admin, settings.kafka.topic_prefix)
        topics_there.require(found, settings, (CLEAN, RESOLVED, EVENTS, ENGINE_STATE, DEAD_LETTERS))
        topics_there.require_rights(admin, found, settings.kafka, "engine")
    worker = EngineWorker(settings)
    Monitor("engine", worker.health(), worker.sample).start(settings.telemetry)
    try:
        asyncio.run(worker.run())
    except StateError as error:
        log.error("engine stops before it acknowledges anything", detail=str(error))  # noqa: TRY400  # no bug of ours
        os._exit(error.exit_code)
    except Exception:  # whatever it is: what was not committed is worked through again
        log.exception("engine failed: it stops at once; what it has not committed will be processed again")
        os._exit(EXIT_CRASHED)


class EngineWorker:
    """The engines of one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kafka = KafkaCheck(settings.kafka)
        self._topic = CLEAN.full_name(settings.kafka.topic_prefix)
        self._group = settings.kafka.group("engine")
        self._engines: dict[int, PartitionEngine] = {}
        self._stopping = asyncio.Event()
        self._consumer: AIOKafkaConsumer | None = None
        self._ready = False
        """Whether the partitions that are ours were taken over, or, of one that stands by, all are followed."""
        self._heartbeat = Heartbeat()
        self._heartbeat.busy = True  # there is always something to do: where nothing comes, to look around
        self._watchdog = Watchdog([self._heartbeat], lambda: 0, STALLED)
        self._linger = Linger(LONGEST, BUSY)
        self._batches = 0
        """Since what waits was last worked on."""

    async def run(self) -> None:
        """Work until a signal to stop."""
        self._listen_to_signals()
        self._watchdog.start()
        faust = self._settings.faust
        consumer = AIOKafkaConsumer(
            **async_client_config(self._settings.kafka),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            max_poll_records=faust.batch,
            session_timeout_ms=round(faust.session_timeout * 1000),
            heartbeat_interval_ms=round(faust.heartbeat_interval * 1000),
            partition_assignment_strategy=[EngineAssignor(self._known)],
        )
        consumer.subscribe([self._topic])
        await consumer.start()
        self._consumer = consumer
        try:
            while not self._stopping.is_set():
                await self._turn(consumer)
                self._heartbeat.beat()
        finally:
            await self._close(consumer)

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Process one batch, or do periodic work where there is none."""
        assigned = consumer.assignment()
        await self._stand_down({place.partition for place in assigned})
        for place in sorted(assigned):
            if not self._engine(place.partition).is_active:
                self._ready = False
                consumer.seek(place, await self._engine(place.partition).take_over())
                LAST_PROGRESS.labels("engine", CLEAN.name, place.partition).set_to_current_time()
        active = [place for place in assigned if self._engine(place.partition).is_active]
        busy = any(self._engine(place.partition).state.is_busy for place in active)
        records: dict[TopicPartition, list[ConsumerRecord]] = {}
        if not busy or self._batches < PUT_OFF:
            records = await self._fetch(consumer, self._linger.seconds(0) if busy else IDLE)
        self._batches = self._batches + 1 if records else 0
        for place in active:
            await self._work(place, records.get(place, []))
        if not active:
            await self._follow(consumer)
        self._ready = True

    async def _fetch(
        self,
        consumer: AIOKafkaConsumer,
        timeout: float,  # noqa: ASYNC109  # of the first look only
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Fetch the next batch; under load wait a moment for more, since a story is published once a batch."""
        records: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=round(timeout * 1000))
        count = sum(map(len, records.values()))
        while 0 < count < self._settings.faust.batch and (patience := self._linger.seconds(count)) > 0:
            more = await consumer.getmany(timeout_ms=round(patience * 1000))
            if not more:
                break
            for place, some in more.items():
                records.setdefault(place, []).extend(some)
            count = sum(map(len, records.values()))
        self._linger.handled(count)
        return records

    async def _work(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        engine = self._engine(place.partition)
        if not records and not engine.state.is_busy:
            return
        messages = [(record.offset, record.value or b"") for record in records]
        keys = {record.offset: record.key or b"" for record in records}
        headers = {record.offset: record.headers for record in records if record.headers}
        with metrics.BATCH_SECONDS.labels("engine").time():
            for part in parts(messages) if messages else ([],):
                await engine.work(part, keys, headers)
        metrics.MESSAGES.labels("engine").inc(len(records))
        LAST_PROGRESS.labels("engine", CLEAN.name, place.partition).set_to_current_time()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        """Stand by for every partition."""
        for partition in sorted(consumer.partitions_for_topic(self._topic) or ()):
            if not self._stopping.is_set():
                await self._engine(partition).follow()

    async def _stand_down(self, assigned: set[int]) -> None:
        """Follow partitions that another engine owns now. Those kept through a rebalance continue.

        If another engine had a partition in the meantime, it has fenced us off: the next transaction fails.
        """
        for partition, engine in self._engines.items():
            if engine.is_active and partition not in assigned:
                await engine.stand_down()

    def _engine(self, partition: int) -> PartitionEngine:
        if partition not in self._engines:
            self._engines[partition] = PartitionEngine(self._settings, self._group, partition)
        return self._engines[partition]

    def _known(self) -> dict[int, Known]:
        """What this process tells the group when it joins."""
        with_state = {number: one for number, one in self._engines.items() if one.has_state}
        return {number: Known(one.is_active, one.state.position) for number, one in with_state.items()}

    async def _close(self, consumer: AIOKafkaConsumer) -> None:
        for engine in self._engines.values():
            await engine.close()
        await consumer.stop()

    # ---- what others are told ---------------------------------------------------------------------------------

    def health(self) -> Health:
        return Health(self._watchdog.alive, self._checks)

    def _checks(self) -> list[Check]:
        return [
            self._kafka(),
            Check("state", self._ready, "as far as what is committed" if self._ready else "being worked out"),
            Check("partitions", bool(self._engines), self._roles()),
        ]

    def _roles(self) -> str:
        roles = {number: "decides" if one.is_active else "stands by" for number, one in sorted(self._engines.items())}
        return ", ".join(f"{role} for {number} of {CLEAN.name}" for number, role in roles.items()) or "none yet"

    def sample(self) -> None:
        """Set the sampled metrics. Runs in the monitor's thread: reads plain values only."""
        engines = {number: one for number, one in list(self._engines.items()) if one.has_state}
        dedup_metrics.ACTIVE.replace({(number,): float(one.is_active) for number, one in engines.items()})
        dedup_metrics.WINDOW.replace({(number,): len(one.state.engine.window) for number, one in engines.items()})
        active = {number: one for number, one in engines.items() if one.is_active}
        PARTITIONS_HELD.labels("engine").set(len(active))
        PARTITIONS.labels("engine").set(self._settings.dedup.engines)
        ends = {number: self._end(number) for number in active}
        metrics.LAG.replace(
            {
                ("engine", CLEAN.name, number): max(0, end - active[number].state.position)
                for number, end in ends.items()
                if end is not None
            }
        )

    def _end(self, number: int) -> int | None:
        place = TopicPartition(self._topic, number)
        if self._consumer is None or place not in self._consumer.assignment():
            return None
        end: int | None = self._consumer.highwater(place)
        return end

    # ---- ending ---------------------------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        self._stopping.set()
        self._watchdog.stop_requested()
