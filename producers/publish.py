"""Publish messages to Kafka. While Kafka is away it waits, logs that, and loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)
from kafka.partitioner import murmur2

from producers import metrics
from producers.messages import Message
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config, compression
from wirecopy.kafka_access import explained, explaining
from wirecopy.kafka_consumer import require_broker
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_MAX_RECORD = 4_000_000
"""Bytes of a request: what the topics allow (``max.message.bytes``), less the frame around a record."""
_FIRST_PAUSE, _MAX_PAUSE = 0.2, 5.0
_SAY_EVERY = 30.0

Connect = Callable[[KafkaSettings], Any]


def connect(settings: KafkaSettings) -> KafkaProducer:
    """Make an idempotent producer: all in-sync replicas acknowledge; batches of 64 KiB or 20 ms."""
    require_broker(settings)
    access = client_config(settings)
    with explaining(settings, access):
        return KafkaProducer(
            **access,
            client_id="wirecopy-producer",
            enable_idempotence=True,
            acks="all",
            linger_ms=20,
            batch_size=64 * 1024,
            compression_type=compression(settings),
            max_request_size=_MAX_RECORD,
            # Short enough that a stop is noticed and a log line says what is wrong; what failed is sent again.
            max_block_ms=5_000,
            request_timeout_ms=10_000,
            delivery_timeout_ms=30_000,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=2_000,
            allow_auto_create_topics=False,
        )


class Publisher:
    """Publishes messages in the order of the calls; calls that come while one is under way share the next flush.

    ``publish`` returns when Kafka has acknowledged. Start and end it with ``async with``; leaving gives up what has not
    been acknowledged within ``grace`` seconds.
    """

    def __init__(self, settings: KafkaSettings, open_producer: Connect = connect, grace: float = 10.0) -> None:
        self._settings = settings
        self._open = open_producer
        self._grace = grace
        self._producer: Any = None
        self._given_up = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")
        self._waiting: list[tuple[Sequence[Message], asyncio.Future[list[Message]]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._log = logger("producer")

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._closing = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), self._grace)
        self._given_up.set()
        await self._task
        await asyncio.to_thread(self._disconnect)
        self._thread.shutdown()

    async def publish(self, messages: Sequence[Message]) -> list[Message]:
        """Publish messages. Returns, once all are acknowledged, those that are too large for Kafka.

        Raises ``ServerError`` if the publisher is closed before the acknowledgement: the messages may or may not be in
        Kafka, so whatever depends on them must not be recorded.
        """
        if not messages:
            return []
        done: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        self._waiting.append((messages, done))
        metrics.WAITING.inc(len(messages))
        self._wake.set()
        try:
            return await done
        finally:
            metrics.WAITING.dec(len(messages))

    async def _work(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            taken, self._waiting = self._waiting, []
            await self._send_together(taken)

    async def _send_together(self, taken: list[tuple[Sequence[Message], asyncio.Future[list[Message]]]]) -> None:
        everything = [message for messages, _ in taken for message in messages]
        loop = asyncio.get_running_loop()
        try:
            refused = await loop.run_in_executor(self._thread, self._send_until_safe, everything)
        except Exception as error:  # noqa: BLE001  # whoever waits for these messages has to learn of it
            for _, done in taken:
                if not done.done():
                    done.set_exception(error)
            return
        for messages, done in taken:
            if not done.done():
                done.set_result([message for message in messages if id(message) in refused])

    # ---- in the thread ----------------------------------------------------------------------------------------

    def _send_until_safe(self, messages: list[Message]) -> frozenset[int]:
        """Send until all are acknowledged. Returns the identities of those that are too large."""
        refused: set[int] = set()
        pause, said, started = _FIRST_PAUSE, 0.0, time.monotonic()
        while messages:
            messages, why = self._round(messages, refused)
            if not messages:
                break
            if self._given_up.is_set():
                raise ServerError(f"Kafka at {self._settings.bootstrap} did not acknowledge before the end: {why}")
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                self._log.warning(
                    "Kafka does not acknowledge; trying again, nothing is lost",
                    messages=len(messages), seconds=round(said - started), why=self._reason(why),
                )  # fmt: skip
            self._disconnect()
            self._given_up.wait(pause)
            pause = min(pause * 2, _MAX_PAUSE)
        if said:
            self._log.info("Kafka acknowledges again", seconds=round(time.monotonic() - started))
        return frozenset(refused)

    def _reason(self, why: Exception | None) -> str:
        if isinstance(why, KafkaError):
            return explained(why, self._settings, client_config(self._settings))[:300]
        return str(why)[:300]

    def _round(self, messages: list[Message], refused: set[int]) -> tuple[list[Message], Exception | None]:
        """Send all and wait for all. Returns those to send again, and the last reason."""
        try:
            producer = self._producer = self._producer or self._open(self._settings)
        except KafkaError as error:
            return messages, error
        sent: list[tuple[Message, Any]] = []
        problem: Exception | None = None
        for message in messages:
            try:
                sent.append((message, self._send(producer, message)))
            except _TOO_LARGE:
                refused.add(id(message))
            except KafkaError as error:
                problem = error
                break
        self._await_all(producer, [future for _, future in sent])
        safe: set[int] = set()
        for message, future in sent:
            if future.succeeded():
                safe.add(id(message))
            elif isinstance(future.exception, _TOO_LARGE):
                refused.add(id(message))
            else:
                problem = future.exception or problem
        return still_to_send(messages, safe, refused), problem

    @staticmethod
    def _send(producer: Any, message: Message) -> Any:
        return producer.send(
            message.topic,
            value=message.value,
            key=message.key,
            headers=list(message.headers),
            partition=_partition(producer, message),
        )

    def _await_all(self, producer: Any, futures: list[Any]) -> None:
        """Wait until each is acknowledged or has failed; end early where we have given up."""
        while not all(future.is_done for future in futures) and not self._given_up.is_set():
            with contextlib.suppress(KafkaError):
                producer.flush(timeout=1.0)

    def _disconnect(self) -> None:
        """Drop a producer that failed: an idempotent one does not recover from a fatal state."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError):
                producer.close(timeout=2)


def still_to_send(messages: list[Message], safe: set[int], refused: set[int]) -> list[Message]:
    """Return the unacknowledged messages in order, with all later ones of the same key.

    A later message of a key may have arrived although an earlier one has not; it has to arrive last, for in a
    compacted topic the last one holds. Both sets hold identities. Pure.
    """
    again: list[Message] = []
    behind: set[tuple[str, bytes]] = set()
    for message in messages:
        key = (message.topic, message.key)
        if id(message) not in refused and (id(message) not in safe or key in behind):
            behind.add(key)
            again.append(message)
    return again


def partition_of(partitioned_by: bytes, partitions: int) -> int:
    """Return the partition that Kafka's own clients choose for this key."""
    return int((murmur2(partitioned_by) & 0x7FFFFFFF) % partitions)


def _partition(producer: Any, message: Message) -> int | None:
    """None leaves it to the client, which goes by the message's key."""
    if message.partitioned_by is None:
        return None
    numbers = producer.partitions_for(message.topic)
    if not numbers:
        raise UnknownTopicOrPartitionError(message.topic)
    return partition_of(message.partitioned_by, len(numbers))
