"""A Faust worker for stages.

What Faust is trusted with: group membership, assignment, fetching, committing. What it is not trusted with
(docs/decisions/0002): a message whose agent raises is acknowledged and lost, so nothing raises out of an agent here;
offsets may pass messages in flight, so a batch is acknowledged as a whole and in order, after everything that follows
from it was acknowledged by the brokers; messages can be passed over around a recovery of its tables, so there are
none, and every offset is checked; its web server is never started; its producer takes twenty times the CPU of a batch.

Crash-only: an error of Kafka or of our own ends the process at once with exit code 70. What was not acknowledged is
processed again by whoever gets the partitions.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import faust
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.protocol.consumer.offsets import IsolationLevel

from schemas.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES, Topic
from stream_apps.runtime import gc_tuning, metrics, topics_there
from stream_apps.runtime.batch_runner import BatchRunner, Broker
from stream_apps.runtime.changelog import PartitionReader
from stream_apps.runtime.disk_state_store import DiskStateStore
from stream_apps.runtime.faust_app import CRASHED, Delivery, faust_app
from stream_apps.runtime.folder import own_folder
from stream_apps.runtime.sending import BatchSender, Packed
from stream_apps.runtime.stage_interface import Incoming, Outgoing, StageSpec
from stream_apps.runtime.state_store import Changelog, RowChange, StateStore, StoredRow
from stream_apps.runtime.watchdog import EXIT_CRASHED, Watchdog
from wirecopy import telemetry
from wirecopy.errors import StageFailing, StateError
from wirecopy.kafka import admin_client
from wirecopy.monitoring.health import Check, Health
from wirecopy.monitoring.monitor import KafkaCheck, Monitor
from wirecopy.monitoring.process_metrics import LAST_PROGRESS, PARTITIONS, PARTITIONS_HELD
from wirecopy.settings import Settings

__all__ = ["EXIT_CRASHED", "Worker"]

PROGRESS_LIMIT = 300.0
"""Seconds without progress, while there is work, after which a worker is ended."""
GO_ON_EVERY = 0.1
"""Seconds between two looks at whether a stage has put something off."""

log = telemetry.logger("runtime")


class Worker:
    """A process that runs some stages. ``run`` returns after a signal to stop."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        specs: Sequence[StageSpec],
        batch: int | None = None,
        checks: Sequence[Callable[[], Check]] = (),
    ) -> None:
        """``checks``: further conditions of readiness, each asked every few seconds."""
        self.settings = settings
        self._name = name
        self._kafka = KafkaCheck(settings.kafka)
        self._checks = checks
        self.prefix = settings.kafka.topic_prefix
        self.group = settings.kafka.group(name)
        self.reader = PartitionReader(settings.kafka, self.group, MAX_MESSAGE_BYTES)
        self.sender = BatchSender(settings.kafka)
        self.identities: dict[str, str] = {}
        """Of the topics at the start, by full name."""
        self._specs = specs
        self._batch = batch or settings.faust.batch
        self._folder = own_folder(Path(settings.faust.data_dir).absolute() / self.group)
        self._assigned: frozenset[tuple[str, int]] = frozenset()
        self._joined = False
        """Whether the group has settled with us in it, whatever it gave us."""
        self._read_committed = any(topic.transactional for spec in specs for topic in spec.topics)
        self.app = faust_app(
            self.group, settings, self._folder.path, batch=self._batch, read_committed=self._read_committed
        )
        self._runners = [self._add_stage(spec) for spec in specs]
        self.app.task(self._go_on)
        self.app.on_partitions_revoked.connect(self._on_revoked)
        self.app.on_partitions_assigned.connect(self._on_assigned)
        self.app.on_before_shutdown.connect(self._on_shutdown)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; does not return after an error, but ends the process.

        Raises ``ServerError`` if Kafka does not answer at the start, has not the topics or gives us no right to them,
        ``SettingsError`` if they have not as many partitions as the settings say.
        """
        self._require_topics()
        gc_tuning.settle()
        watchdog = Watchdog([runner.heartbeat for runner in self._runners], self._lag, PROGRESS_LIMIT)
        Monitor(self._name, Health(watchdog.alive, self._look), self._sample).start(self.settings.telemetry)
        worker = _FaustWorker(self.app, watchdog)
        watchdog.start()
        worker.execute_from_commandline()

    async def _go_on(self) -> None:
        """Let the stages do their deferred work while no message comes."""
        while not self.app.should_stop:
            await asyncio.sleep(GO_ON_EVERY)
            for runner in self._runners:
                await _or_die(runner.go_on())

    def _require_topics(self) -> None:
        with admin_client(self.settings.kafka) as admin:
            found = topics_there.describe(admin, self.prefix)
            needed = [DEAD_LETTERS, *(topic for spec in self._specs for topic in _topics(spec))]
            topics_there.require(found, self.settings, needed)
            topics_there.require_rights(admin, found, self.settings.kafka, self._name)
        self.identities = {name: topic.identity for name, topic in found.items()}

    def _add_stage(self, spec: StageSpec) -> BatchRunner:
        rows = self._rows(spec)
        names = {topic.full_name(self.prefix): topic.name for topic in spec.topics}
        runner = BatchRunner(
            spec.build(rows),
            rows,
            _KafkaBroker(self, spec.changelog),
            self._batch,
            may_have_gaps=any(topic.may_have_gaps for topic in spec.topics),
            changelog=spec.changelog,
            row_format=spec.format,
        )

        async def work(stream: Any) -> None:
            async for event in stream.noack().events():
                await _or_die(runner.add(_incoming(event.message, names), event.ack))

        async def run() -> None:
            await _or_die(runner.run())

        work.__name__ = runner.stage.name
        self.app.agent(self._topic(spec.topics), name=runner.stage.name, concurrency=1)(work)
        self.app.task(run)
        return runner

    def _rows(self, spec: StageSpec) -> StateStore:
        if not spec.on_disk:
            return StateStore()
        assert spec.changelog is not None, "rows on disk are those of a changelog"
        return DiskStateStore(self._folder.path, spec.changelog.name, spec.format)

    def _topic(self, topics: Sequence[Topic]) -> Any:
        """A Faust topic that carries bytes as they are."""
        return self.app.topic(
            *(topic.full_name(self.prefix) for topic in topics),
            key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True,
        )  # fmt: skip

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        """Let the current batch end before the partitions go to another worker."""
        if self._assigned:
            log.info("partitions given up", partitions=self._held())
        self._assigned = frozenset()
        self._joined = False
        for runner in self._runners:
            await runner.pause()

    async def _on_assigned(self, _app: Any, assigned: Any, **__: Any) -> None:
        self._assigned = frozenset((place.topic, place.partition) for place in assigned)
        self._joined = True
        log.info("partitions assigned", partitions=self._held())
        self._begin_progress()
        for runner, spec in zip(self._runners, self._specs, strict=True):
            names = {topic.full_name(self.prefix) for topic in spec.topics}
            await _or_die(runner.resume({number for topic, number in self._assigned if topic in names}))

    async def _on_shutdown(self, *_: Any, **__: Any) -> None:
        await self.sender.stop()
        await self.reader.stop()

    # ---- what others are told ---------------------------------------------------------------------------------

    def _look(self) -> list[Check]:
        """Check readiness. Runs in the monitor's thread."""
        restoring = sorted(number for runner in self._runners for number in runner.restoring)
        rows = f"rows of partitions {restoring} are being read" if restoring else "nothing is being read"
        return [
            self._kafka(),
            Check("state", not restoring, rows),
            Check("partitions", self._joined, self._held() if self._joined else "the group is sharing them out"),
            *(check() for check in self._checks),
        ]

    def _held(self) -> str:
        """Describe the assigned partitions for people."""
        names = self._names()
        numbers: dict[str, list[int]] = {}
        for topic, partition in sorted(self._assigned):
            if topic in names:
                numbers.setdefault(names[topic], []).append(partition)
        said = (f"{', '.join(map(str, of_topic))} of {topic}" for topic, of_topic in numbers.items())
        return "; ".join(said) or "none: there are more workers than partitions, or the login may not read the topics"

    def _names(self) -> dict[str, str]:
        return {topic.full_name(self.prefix): topic.name for spec in self._specs for topic in spec.topics}

    def _begin_progress(self) -> None:
        """Start the progress of partitions just taken over; drop that of partitions given up."""
        names, now = self._names(), time.time()
        LAST_PROGRESS.replace({(self._name, names[t], p): now for t, p in self._assigned if t in names})

    def _sample(self) -> None:
        """Set the metrics that are sampled. Runs in the monitor's thread."""
        if not self._joined:
            return
        names = self._names()
        held = [(topic, partition) for topic, partition in self._assigned if topic in names]
        PARTITIONS_HELD.labels(self._name).set(len(held))
        PARTITIONS.labels(self._name).set(len(names) * self.settings.kafka.partitions)
        oldest = self._oldest_unacknowledged()
        lag: dict[tuple[object, ...], float] = {}
        for topic, partition in held:
            end = self._end(topic, partition)
            if end is not None:
                # Not what the client has read: thousands of messages wait in Faust's queue between it and the stage.
                done = oldest.get((topic, partition), self._position(topic, partition))
                lag[self._name, names[topic], partition] = max(0, end - done)
        metrics.LAG.replace(lag)

    def _oldest_unacknowledged(self) -> dict[tuple[str, int], int]:
        """The offset of the oldest message that was read and not acknowledged, by partition. In any thread."""
        oldest: dict[tuple[str, int], int] = {}
        for delivery in self._unacknowledged():
            place = delivery.topic, delivery.partition
            oldest[place] = min(oldest.get(place, delivery.first_offset), delivery.first_offset)
        return oldest

    def _unacknowledged(self) -> list[Delivery]:
        """What was read and not acknowledged, in the queue or in the stage. In any thread.

        Without what was dropped in a rebalance: an agent holds on to the last that it was given until the next one.
        """
        now = self.app.consumer_generation_id
        references = list(self.app.consumer.unacked.data)  # a WeakSet, copied in one step
        return [one for reference in references if (one := reference()) is not None and one.generation_id == now]

    def _end(self, topic: str, partition: int) -> int | None:
        """Up to where there are messages for us, as of the last fetch; none before there was one."""
        state = self._state(topic, partition)
        if state is None:
            return None
        end = state.lso if self._read_committed else state.highwater
        return None if end is None or end < 0 else int(end)

    def _lag(self) -> int:
        """Messages that this worker has fetched and not acknowledged, or could fetch. Asked by the watchdog's thread.

        What the client has read up to is compared, not what is committed: nothing commits the marks of transactions
        at the end of a topic, nor what compaction has left of it.
        """
        if self.app.rebalancing:
            return 1
        waiting = sum(len(delivery.records) for delivery in self._unacknowledged())
        if waiting or not self._assigned:
            return waiting
        with admin_client(self.settings.kafka) as admin:
            places = {TopicPartition(*place): OffsetSpec.LATEST for place in self._assigned}
            ends = admin.list_partition_offsets(places, isolation_level=IsolationLevel.READ_COMMITTED)
        return sum(max(0, end.offset - self._position(*place)) for place, end in ends.items())

    def _position(self, topic: str, partition: int) -> int:
        """Up to where the client has read a partition; 0 before it knows."""
        state = self._state(topic, partition)
        return state.position if state is not None and state.has_valid_position else 0

    def _state(self, topic: str, partition: int) -> Any:
        subscription = self.app.consumer._thread._ensure_consumer()._subscription.subscription  # noqa: SLF001
        if subscription is None or subscription.assignment is None:
            return None
        return subscription.assignment.state_value(TopicPartition(topic, partition))


class _FaustWorker(faust.Worker):  # type: ignore[misc]  # Faust is published without annotations
    def __init__(self, app: Any, watchdog: Watchdog) -> None:
        super().__init__(app, loglevel="WARNING", override_logging=False, redirect_stdouts=False, quiet=True)
        self.spinner = None  # it writes to the terminal, and into logs, even when quiet
        self._watchdog = watchdog

    def install_signal_handlers(self) -> None:
        super().install_signal_handlers()
        self._watchdog.hears_signals()


class _KafkaBroker(Broker):
    """Sends and reads through its own clients, which all stages of a worker share."""

    def __init__(self, worker: Worker, changelog: Topic | None) -> None:
        self._worker = worker
        self._topic = changelog.full_name(worker.prefix) if changelog else None

    async def send(self, messages: Sequence[Outgoing]) -> None:
        prefix = self._worker.prefix
        if messages:
            await self._worker.sender.send(
                Packed(m.topic.full_name(prefix), m.partition, m.key, m.value, m.headers) for m in messages
            )

    async def store(self, changes: Sequence[RowChange]) -> Mapping[int, int]:
        assert self._topic is not None, "a stage without a changelog must not have state"
        ends = await self._worker.sender.send(Packed(self._topic, c.partition, c.key, c.value) for c in changes)
        return {partition: end for (_, partition), end in ends.items()}

    async def changelog(self, partition: int) -> Changelog:
        if self._topic is None:
            return Changelog("", 0, 0)
        beginning, end = await self._worker.reader.bounds(self._topic, partition)
        return Changelog(self._worker.identities.get(self._topic, ""), beginning, end)

    async def restore(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[StoredRow]]:
        if self._topic is None or start >= end:
            return
        count = 0
        async for rows in self._worker.reader.rows(self._topic, partition, start, end):
            count += len(rows)
            yield rows
        log.info("state restored", topic=self._topic, partition=partition, rows=count)

    async def next_offset(self, topic: str, partition: int) -> int:
        return await self._worker.reader.next_offset(f"{self._worker.prefix}.{topic}.v1", partition)


def _topics(spec: StageSpec) -> tuple[Topic, ...]:
    return spec.topics if spec.changelog is None else (*spec.topics, spec.changelog)


def _incoming(delivery: Delivery, names: Mapping[str, str]) -> list[Incoming]:
    topic = names[delivery.topic]
    return [
        Incoming(
            topic,
            record.partition,
            record.offset,
            record.key or b"",
            record.value or b"",
            record.timestamp,
            tuple((name, value or b"") for name, value in record.headers),
        )
        for record in delivery.records
    ]


async def _or_die(work: Any) -> None:
    """End the process on an error outside of any message, before anything is acknowledged (crash-only)."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except (StateError, StageFailing) as error:
        log.error("worker stops before it acknowledges anything", detail=str(error))  # noqa: TRY400  # no bug of ours
        os._exit(error.exit_code)
    except Exception:
        log.exception(CRASHED)
        os._exit(EXIT_CRASHED)
