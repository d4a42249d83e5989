"""Read a compacted topic to its end: the latest value of every key.

The topics of feeds are partitioned by outlet and keyed by feed, so a feed whose outlet is changed moves to another
partition. A tombstone then counts for its own partition only, and where a crash has left a key in two partitions, the
message that was written last is the one that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from schemas.topics import Topic
from wirecopy.settings import KafkaSettings
from wirecopy.topic_reading import read_topic

Value = TypeVar("Value")
Parse = Callable[[str, bytes], Value | None]
"""Makes a value of a key and the bytes of a message; none, having said so, where it cannot."""


@dataclass(frozen=True)
class Update:
    """One message of a compacted topic; without a value it is a tombstone."""

    key: str
    value: bytes | None
    partition: int
    timestamp: int


@dataclass(frozen=True)
class Contents(Generic[Value]):
    """The contents of a compacted topic: the value of each key, and older ``copies`` in other partitions."""

    values: dict[str, Value]
    copies: list[Value]


def read_compacted(
    settings: KafkaSettings, topic: Topic, parse: Parse[Value], partitions: Iterable[int] | None = None
) -> Contents[Value]:
    """Read the whole topic, or these ``partitions`` of it.

    Raises ``ServerError`` if Kafka cannot be reached, or has no such topic or partition.
    """
    messages = read_topic(settings, topic, partitions)
    return latest((_update(message) for message in messages), parse)


def _update(message: Any) -> Update:
    key = (message.key or b"").decode(errors="replace")
    return Update(key, message.value, message.partition, message.timestamp)


def latest(updates: Iterable[Update], parse: Parse[Value]) -> Contents[Value]:
    """Reduce messages, read partition by partition in order, to the latest of each key. Pure."""
    live: dict[str, dict[int, tuple[int, Value]]] = {}
    for update in updates:
        places = live.setdefault(update.key, {})
        places.pop(update.partition, None)
        if update.value is not None and (value := parse(update.key, update.value)) is not None:
            places[update.partition] = (update.timestamp, value)
    values: dict[str, Value] = {}
    copies: list[Value] = []
    for key, places in live.items():
        # By time, then by partition: the same answer whatever the order in which the partitions were read.
        ordered = [places[partition][1] for partition in sorted(places, key=lambda p: (places[p][0], p))]
        if ordered:
            values[key] = ordered.pop()
            copies += ordered
    return Contents(values, copies)
