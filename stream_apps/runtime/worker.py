"""A Faust worker for stages: the only module that knows Faust.

What Faust is trusted with: group membership, assignment, fetching, sending, committing. What it is not trusted with
(docs/decisions/0002): a message whose agent raises is acknowledged and lost, so nothing raises out of an agent here;
offsets may pass messages in flight, so a batch is acknowledged as a whole and in order, after everything that follows
from it was acknowledged by the brokers; messages can be passed over around a recovery of its tables, so there are
none, and every offset is checked; its web server is never started.

Crash-only: an error of Kafka or of our own ends the process at once with exit code 70. What was not acknowledged is
processed again by whoever gets the partitions.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust
from faust.assignor.partition_assignor import PartitionAssignor
from faust.types.auth import SASLMechanism

from schemas.topics import MAX_MESSAGE_BYTES, Topic
from stream_apps.runtime import metrics
from stream_apps.runtime.batches import BatchRunner, Broker
from stream_apps.runtime.changelog import PartitionReader
from stream_apps.runtime.messages import Incoming, Outgoing, StageSpec
from stream_apps.runtime.rows import Change, Rows
from stream_apps.runtime.waiting import is_last
from wirecopy import telemetry
from wirecopy.kafka import require_brokers
from wirecopy.settings import KafkaSettings, Settings

EXIT_CRASHED = 70

log = telemetry.logger("runtime")


class Worker:
    """One process that runs some stages. ``run`` returns when it was told to stop."""

    def __init__(self, name: str, settings: Settings, specs: Sequence[StageSpec], batch: int | None = None) -> None:
        self._settings = settings
        self._batch = batch or settings.faust.batch
        self.prefix = settings.kafka.topic_prefix
        group = f"{self.prefix}-{name}"
        self.reader = PartitionReader(settings.kafka, group, MAX_MESSAGE_BYTES)
        self.app = _faust_app(group, settings)
        self._runners = [self._add_stage(spec) for spec in specs]
        self.app.on_partitions_revoked.connect(self._on_revoked)
        self.app.on_partitions_assigned.connect(self._on_assigned)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; does not return after an error, but ends the process.

        Raises ``ServerError`` if Kafka does not answer at the start.
        """
        require_brokers(self._settings.kafka)
        telemetry.serve_metrics(self._settings.telemetry.metrics_port)
        worker = faust.Worker(self.app, loglevel="WARNING", override_logging=False, redirect_stdouts=False, quiet=True)
        worker.spinner = None  # it writes to the terminal, and into logs, even when quiet
        worker.execute_from_commandline()

    def _add_stage(self, spec: StageSpec) -> BatchRunner:
        rows = Rows()
        names = {topic.full_name(self.prefix): topic.name for topic in spec.topics}
        runner = BatchRunner(
            spec.build(rows),
            rows,
            _FaustBroker(self, spec.changelog),
            self._batch,
            may_have_gaps=any(topic.compacted for topic in spec.topics),
        )

        async def work(stream: Any) -> None:
            stream = stream.noack()
            queue = stream.channel.queue
            async for event in stream.events():
                last = await is_last(queue, runner.patience)
                await _or_die(runner.add(_incoming(event, names), event.ack, last=last))

        work.__name__ = runner.stage.name
        self.app.agent(self.topic(*spec.topics), name=runner.stage.name, concurrency=1)(work)
        return runner

    def topic(self, *topics: Topic) -> Any:
        """A Faust topic that carries bytes as they are."""
        return self.app.topic(
            *(topic.full_name(self.prefix) for topic in topics),
            key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True,
        )  # fmt: skip

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        """Let the batch under way end before the partitions are another's."""
        for runner in self._runners:
            await runner.pause()

    async def _on_assigned(self, *_: Any, **__: Any) -> None:
        for runner in self._runners:
            runner.resume()


class _FaustBroker(Broker):
    """Sends through Faust's producer; reads back through a consumer of its own."""

    def __init__(self, worker: Worker, changelog: Topic | None) -> None:
        self._worker = worker
        self._changelog = changelog
        self._topics: dict[str, Any] = {}

    async def send(self, messages: Sequence[Outgoing]) -> None:
        sent = [
            await self._topic(message.topic).send(
                key=message.key, value=message.value, partition=message.partition, headers=dict(message.headers) or None
            )
            for message in messages
        ]
        await asyncio.gather(*sent)

    async def store(self, changes: Sequence[Change]) -> None:
        assert self._changelog is not None, "a stage without a changelog must not have state"
        topic = self._topic(self._changelog)
        sent = [await topic.send(key=change.key, value=change.value, partition=change.partition) for change in changes]
        await asyncio.gather(*sent)

    async def restore(self, partition: int) -> dict[bytes, bytes]:
        if self._changelog is None:
            return {}
        rows = await self._worker.reader.rows(self._changelog.full_name(self._worker.prefix), partition)
        log.info("state restored", topic=self._changelog.name, partition=partition, rows=len(rows))
        return rows

    async def next_offset(self, topic: str, partition: int) -> int:
        return await self._worker.reader.next_offset(f"{self._worker.prefix}.{topic}.v1", partition)

    def _topic(self, topic: Topic) -> Any:
        if topic.name not in self._topics:
            self._topics[topic.name] = self._worker.topic(topic)
        return self._topics[topic.name]


def _incoming(event: Any, names: dict[str, str]) -> Incoming:
    message = event.message
    return Incoming(names[message.topic], message.partition, message.offset, event.key or b"", event.value or b"")


async def _or_die(work: Any) -> None:
    """Crash-only: whatever goes wrong outside of a message ends the process, before anything is acknowledged."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("worker failed: it stops at once; what it has not acknowledged will be processed again")
        os._exit(EXIT_CRASHED)


class _PartitionAssignor(PartitionAssignor):  # type: ignore[misc]  # Faust is published without annotations
    """Gives partition n of all topics that have as many partitions to one worker.

    A stage that takes several topics keeps one state for a partition of all of them. Faust 0.15.3 groups topics by a
    tuple made of the set of their subscribers, whose order differs from topic to topic, and so can assign them apart.
    """

    @classmethod
    def _get_copartitioned_groups(
        cls, topics: set[str], cluster: Any, _subscriptions: Any
    ) -> dict[int, list[set[str]]]:
        groups: defaultdict[int, set[str]] = defaultdict(set)
        for topic in topics:
            groups[len(cluster.partitions_for_topic(topic) or ())].add(topic)
        return {partitions: [together] for partitions, together in groups.items() if partitions}


def _faust_app(name: str, settings: Settings) -> Any:
    options = settings.faust
    metrics.info.info({"app": name})
    data_dir = Path(options.data_dir).absolute() / name
    data_dir.mkdir(parents=True, exist_ok=True)
    return faust.App(
        name,
        PartitionAssignor=_PartitionAssignor,
        broker=[f"kafka://{broker.strip()}" for broker in settings.kafka.bootstrap.split(",")],
        broker_credentials=_credentials(settings.kafka),
        broker_session_timeout=options.session_timeout,
        broker_heartbeat_interval=options.heartbeat_interval,
        broker_commit_interval=options.commit_interval,
        broker_max_poll_interval=24 * 3600.0,  # a sink that waits for its server is not dead
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MAX_MESSAGE_BYTES,
        datadir=str(data_dir),
        producer_acks=-1,
        producer_linger=0,  # batches form by themselves: the messages of a batch are sent together, then awaited
        producer_max_request_size=MAX_MESSAGE_BYTES,
        producer_request_timeout=60.0,
        store="memory://",
        stream_wait_empty=False,
        table_standby_replicas=1,  # there are no tables; with 0, Faust assigns round robin, topic by topic
        topic_allow_declare=False,  # `wirecopy topics apply` does
        topic_disable_leader=True,
        web_enabled=False,
    )


def _credentials(kafka: KafkaSettings) -> Any:
    context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
    if kafka.security_protocol == "SSL":
        return faust.SSLCredentials(context)
    if kafka.security_protocol.startswith("SASL"):
        assert kafka.sasl_password is not None, "checked by the settings"
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value(),
            mechanism=SASLMechanism(kafka.sasl_mechanism),
            ssl_context=context if kafka.security_protocol == "SASL_SSL" else None,
        )
    return None
