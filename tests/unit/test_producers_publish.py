from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError

from producers.messages import CUT_HEADER, MAX_DEAD_LETTER, DeadLetter, Message, dead_letter_message
from producers.publish import Publisher
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

    def connect(self, settings: KafkaSettings) -> Any:
        self.connections += 1
        error = self.answer(-self.connections, b"")
        if error is not None:
            raise error
        return self

    def send(self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Future:
        self.sends += 1
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


def message(value: bytes) -> Message:
    return Message("t", b"k", value)


async def test_a_failed_message_is_sent_again_and_no_other() -> None:
    broker = Broker(lambda number, value: KafkaTimeoutError() if number == 2 else None)
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a"), message(b"b"), message(b"c")]) == []
    assert broker.acknowledged == [b"a", b"c", b"b"]
    assert broker.connections == 2


async def test_it_waits_for_kafka_to_come_back() -> None:
    broker = Broker(lambda number, value: KafkaConnectionError() if number in (-1, -2) else None)
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a")]) == []
    assert broker.acknowledged == [b"a"]


async def test_what_is_too_large_is_told_and_holds_nothing_up() -> None:
    broker = Broker(lambda number, value: MessageSizeTooLargeError() if value == b"huge" else None)
    huge = message(b"huge")
    async with Publisher(SETTINGS, broker.connect) as publisher:
        assert await publisher.publish([message(b"a"), huge, message(b"b")]) == [huge]
    assert broker.acknowledged == [b"a", b"b"]


async def test_leaving_does_not_pretend_that_it_was_acknowledged() -> None:
    broker = Broker(lambda number, value: KafkaTimeoutError())
    publisher = Publisher(SETTINGS, broker.connect, grace=0.1)
    await publisher.__aenter__()
    waiting = asyncio.create_task(publisher.publish([message(b"a")]))
    await asyncio.sleep(0)
    await publisher.__aexit__()
    with pytest.raises(ServerError, match="did not acknowledge"):
        await waiting
    assert broker.acknowledged == []


async def test_messages_given_together_share_a_connection_and_keep_their_order() -> None:
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
