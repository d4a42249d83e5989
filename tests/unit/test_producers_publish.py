from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError

from producers.messages import MAX_DEAD_LETTER, DeadLetter, Message, dead_letter_message
from producers.publish import Publisher, partition_of, still_to_send
from schemas.dead_letters import CUT_HEADER
from wirecopy.errors import ServerError
from wirecopy.settings import KafkaSettings

SETTINGS = KafkaSettings()


class Future:
    def __init__(self, exception: Exception | None = None) -> None:
        self.is_done = True
        self.exception = exception

    def succeeded(self) -> bool:
        return self.exception is None


class Broker:
    """Stands in for kafka-python and the broker behind it; ``answer`` decides what becomes of each message."""

    def __init__(self, answer: Callable[[int, bytes], Exception | None]) -> None:
        self.answer = answer
        self.acknowledged: list[bytes] = []
        self.connections = 0
        self.sends = 0
        self.flushes = 0
        self.partitions: list[int | None] = []

    def connect(self, settings: KafkaSettings) -> Any:
        self.connections += 1
        error = self.answer(-self.connections, b"")
        if error is not None:
            raise error
        return self

    def partitions_for(self, topic: str) -> set[int]:
        return set(range(8))

    def send(
        self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]], partition: int | None
    ) -> Future:
        self.sends += 1
        self.partitions.append(partition)
        error = self.answer(self.sends, value)
        if isinstance(error, MessageSizeTooLargeError):
            raise error
        if error is None:
            self.acknowledged.append(value)
        return Future(error)

    def flush(self, timeout: float) -> None:
        self.flushes += 1

    def close(self, timeout: float) -> None:
        """Nothing to close."""


def message(value: bytes, key: bytes | None = None, outlet: bytes | None = None) -> Message:
    return Message("t", value if key is None else key, value, partitioned_by=outlet)


async def test_a_failed_message_is_sent_again_and_no_other() -> None:
    broker = Broker(lambda number, value: KafkaTimeoutError() if number == 2 else None)
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a"), message(b"b"), message(b"c")]) == []
    assert broker.acknowledged == [b"a", b"c", b"b"]
    assert broker.connections == 2


async def test_of_one_key_the_last_message_arrives_last_whatever_failed_before() -> None:
    broker = Broker(lambda number, value: KafkaTimeoutError() if number == 1 else None)
    tombstone, feed, other = message(b"gone", b"k"), message(b"new", b"k"), message(b"other")
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([tombstone, feed, other]) == []
    assert broker.acknowledged == [b"new", b"other", b"gone", b"new"]


def test_what_is_still_to_send_keeps_its_order() -> None:
    messages = [message(bytes([number]), bytes([number % 2])) for number in range(6)]
    ids = [id(each) for each in messages]
    assert still_to_send(messages, set(ids), set()) == []
    assert still_to_send(messages, set(), set(ids)) == []
    assert still_to_send(messages, set(ids) - {ids[2]}, set()) == [messages[2], messages[4]]
    assert still_to_send(messages, {ids[1]}, {ids[0]}) == messages[2:]


async def test_the_outlet_chooses_the_partition_where_there_is_one() -> None:
    broker = Broker(lambda number, value: None)
    messages = [message(b"a", b"1", b"a.example"), message(b"b", b"2", b"a.example"), message(b"c")]
    async with Publisher(SETTINGS, broker.connect) as publisher:
        await publisher.publish(messages)
    assert broker.partitions == [partition_of(b"a.example", 8)] * 2 + [None]


@pytest.mark.parametrize(
    ("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_the_partition_is_that_of_the_java_client(key: bytes, hashed: int) -> None:
    """The hashes stand in Kafka's own UtilsTest."""
    assert partition_of(key, 12) == (hashed & 0x7FFFFFFF) % 12


async def test_publishing_waits_for_kafka_to_come_back() -> None:
    broker = Broker(lambda number, value: KafkaConnectionError() if number in (-1, -2) else None)
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a")]) == []
    assert broker.acknowledged == [b"a"]


async def test_a_message_that_is_too_large_is_returned_and_holds_nothing_up() -> None:
    broker = Broker(lambda number, value: MessageSizeTooLargeError() if value == b"huge" else None)
    huge = message(b"huge")
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a"), huge, message(b"b")]) == [huge]
    assert broker.acknowledged == [b"a", b"b"]


async def test_a_publisher_that_is_closed_reports_nothing_as_acknowledged() -> None:
    broker = Broker(lambda number, value: KafkaTimeoutError())
    publisher = Publisher(SETTINGS, broker.connect, grace=0.1)
    await publisher.__aenter__()
    waiting = asyncio.create_task(publisher.publish([message(b"a")]))
    await asyncio.sleep(0)
    await publisher.__aexit__()
    with pytest.raises(ServerError, match="did not acknowledge"):
        await waiting
    assert broker.acknowledged == []


async def test_messages_of_one_call_share_a_connection_and_keep_their_order() -> None:
    broker = Broker(lambda number, value: None)
    async with Publisher(SETTINGS, broker.connect) as publisher:
        await asyncio.gather(*(publisher.publish([message(bytes([number]))]) for number in range(20)))
    assert broker.acknowledged == [bytes([number]) for number in range(20)]
    assert broker.connections == 1


def test_a_dead_letter_carries_the_reason_and_a_bounded_original() -> None:
    short = dead_letter_message(DeadLetter("f", b"body", "not_a_feed", "why \ud800", "https://a.example/f"), "p")
    headers = dict(short.headers)
    assert (short.topic, short.key, short.value) == ("p.dead-letters.v1", b"f", b"body")
    assert headers["x-dlq-stage"] == b"producer"
    assert headers["x-dlq-reason"] == b"not_a_feed"
    assert headers["x-dlq-topic"] == b"https://a.example/f"
    assert CUT_HEADER not in headers
    long = dead_letter_message(DeadLetter("f", b"x" * 2_000_000, "r", "d", "s"), "p")
    assert len(long.value or b"") == MAX_DEAD_LETTER
    assert dict(long.headers)[CUT_HEADER] == b"2000000"
