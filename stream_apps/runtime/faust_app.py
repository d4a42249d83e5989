"""Faust, configured for this project. Which tasks it is trusted with: docs/decisions/0002.

Below its public API: what ends its reading ends the process; the consumer reads committed records only, where a topic
is written in transactions, hands on the records of a fetch together, commits up to the newest acknowledged message, and
counts as polling while its event loop runs, since the watchdog ends a stage that hangs.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import faust
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from faust.types.auth import SASLMechanism
from faust.types.transports import SchedulingStrategyT
from mode import Service

from schemas.topics import MAX_MESSAGE_BYTES
from stream_apps.runtime.watchdog import EXIT_CRASHED
from wirecopy import telemetry
from wirecopy.kafka import tls_context
from wirecopy.settings import KafkaSettings, Settings

MAX_POLL_INTERVAL = 600.0
"""Seconds without a poll until the client leaves the group: where the event loop hangs, and the watchdog does too."""
WAITING_DELIVERIES = 16
"""Between the client and a stage. Where so many wait, nothing more is read, and what comes meanwhile comes together."""
CRASHED = "worker failed: it stops at once; what it has not acknowledged will be processed again"

log = telemetry.logger("runtime")


class Delivery(ConsumerMessage):  # type: ignore[misc]  # Faust is published without annotations
    """Records of one partition that follow one another and are acknowledged together: to Faust one message, the last.

    What Faust does for a message takes several times the CPU of all else that a message costs (docs/decisions/0002).
    """

    __slots__ = ("records",)
    use_tracking = False  # by the stream that takes it, since ``_Consumer._to_message`` tracks it already

    def __init__(self, tp: Any, records: Sequence[Any], generation_id: int) -> None:
        last = records[-1]
        super().__init__(
            last.topic, last.partition, last.offset, timestamp=None, timestamp_type=None,
            headers=None, key=None, value=None, checksum=None, tp=tp, generation_id=generation_id,
        )  # fmt: skip
        self.records = records

    @property
    def first_offset(self) -> int:
        offset: int = self.records[0].offset
        return offset


class _ByPartition(SchedulingStrategyT):  # type: ignore[misc]  # as above
    """Keeps the records of each partition together. Those of one fetch are few: ``broker_max_poll_records``."""

    def iterate(self, records: Mapping[Any, Sequence[Any]]) -> Iterator[tuple[Any, Sequence[Any]]]:
        return iter(records.items())


class _ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # as above
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        if self.app.read_committed:
            consumer._isolation_level = "read_committed"  # noqa: SLF001  # read by its `start`; Faust has no setting
        return consumer


class _Consumer(driver.Consumer):  # type: ignore[misc]  # as above
    def _new_consumer_thread(self) -> Any:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        """What ends reading, such as a right that was taken back, ends the process: crash-only.

        Faust would stop in order, which takes more than a minute in which it seems to run.
        """
        try:
            await super()._drain_messages(fetcher)
        except self.consumer_stopped_errors:
            raise
        except Exception:
            log.exception(CRASHED)
            os._exit(EXIT_CRASHED)

    def _to_message(self, tp: Any, records: Sequence[Any]) -> Delivery:
        """Make one message of the records that ``_ByPartition`` kept together.

        It counts as unacknowledged from here on, not only when the stage takes it: what waits for the stage is lag too.
        """
        delivery = Delivery(tp, records, self.app.consumer_generation_id)
        self.track_message(delivery)
        return delivery

    def on_buffer_full(self, tp: Any) -> None:
        """Do nothing: a full queue blocks the reading by itself.

        Faust would leave out the partition, and where it has left out all, look again after a second.
        """

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Ignore missing offsets: see ``_new_offset``."""

    def _new_offset(self, tp: Any) -> int | None:
        """Return the offset to commit: that of the newest acknowledged message, since messages are acknowledged in
        order.

        Faust looks for messages left out in between, and stumbles over offsets that are missing: it counts the message
        behind a gap twice and then commits one message a second, where transactions leave a gap behind every message.
        """
        acked = self._acked[tp]
        if not acked:
            return None
        newest: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1

    @Service.task  # type: ignore[untyped-decorator]  # as above
    async def _count_as_polling(self) -> None:
        """Mark the client as polling; else it leaves the group, and joins again only on a poll.

        Faust does not poll while a full buffer blocks it, nor in a rebalance that waits for the batch under way.
        """
        while not self.should_stop:
            client = self._thread._consumer  # noqa: SLF001  # Faust has no name for it
            if client is not None:
                client._subscription._last_fetch_ended = time.monotonic()  # noqa: SLF001  # as the end of a poll does
            await self.sleep(1.0)


class _Transport(driver.Transport):  # type: ignore[misc]  # as above
    Consumer = _Consumer


class _App(faust.App):  # type: ignore[misc]  # as above
    read_committed = False

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)


class _PartitionAssignor(PartitionAssignor):  # type: ignore[misc]  # as above
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


def faust_app(name: str, settings: Settings, data_dir: Path, *, batch: int, read_committed: bool) -> Any:
    """Make an app that is only a member of the group ``name``: no tables, no web server, no leader.

    A ``Delivery`` of its consumer has at most ``batch`` records.
    """
    options = settings.faust
    app = _App(
        name,
        ConsumerScheduler=_ByPartition,
        PartitionAssignor=_PartitionAssignor,
        broker=[f"kafka://{broker.strip()}" for broker in settings.kafka.bootstrap.split(",")],
        broker_credentials=_credentials(settings.kafka),
        broker_session_timeout=options.session_timeout,
        broker_heartbeat_interval=options.heartbeat_interval,
        broker_commit_interval=options.commit_interval,
        broker_max_poll_interval=MAX_POLL_INTERVAL,
        broker_max_poll_records=batch,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MAX_MESSAGE_BYTES,
        datadir=str(data_dir),
        store="memory://",
        stream_buffer_maxsize=WAITING_DELIVERIES,
        stream_wait_empty=False,
        table_standby_replicas=1,  # there are no tables; with 0, Faust assigns round robin, topic by topic
        topic_allow_declare=False,  # `wirecopy topics apply` does
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.read_committed = read_committed
    return app


def _credentials(kafka: KafkaSettings) -> Any:
    context = tls_context(kafka)
    if kafka.security_protocol == "SSL":
        return faust.SSLCredentials(context)
    if kafka.security_protocol.startswith("SASL"):
        assert kafka.sasl_password is not None, "checked by the settings"
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value(),
            mechanism=SASLMechanism(kafka.sasl_mechanism),
            ssl_context=context,
        )
    return None
