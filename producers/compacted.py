"""Reading a compacted topic: the latest value of every key, the whole topic to its end.

The topics of feeds are partitioned by outlet and keyed by feed, so a feed whose outlet is changed moves to another
partition. A tombstone then counts for its own partition only, and where a crash has left a key in two partitions, the
message that was written last is the one that holds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kafka import TopicPartition
from kafka.errors import KafkaError

from producers.owning.clients import consumer
from schemas.topics import Topic
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client, client_config, quiet_client_logs
from wirecopy.kafka_access import explained
from wirecopy.settings import KafkaSettings

Value = TypeVar("Value")
Parse = Callable[[str, bytes], Value | None]
"""Makes a value of a key and the bytes of a message; none, having said so, where it cannot."""

_STALLED_AFTER = 60.0
_FETCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Update:
    """One message of a compacted topic; without a value it is a tombstone."""

    key: str
    value: bytes | None
    partition: int
    timestamp: int


@dataclass(frozen=True)
class Contents(Generic[Value]):
    """What a compacted topic says: the value of each key, and older ``copies`` that other partitions still hold."""

    values: dict[str, Value]
    copies: list[Value]


def read_compacted(
    settings: KafkaSettings, topic: Topic, parse: Parse[Value], partitions: Iterable[int] | None = None
) -> Contents[Value]:
    """The whole topic, or these ``partitions`` of it.

    Raises ``ServerError`` if Kafka cannot be reached, or has no such topic or partition.
    """
    quiet_client_logs()
    name = topic.full_name(settings.topic_prefix)
    try:
        client = consumer(settings, topic.name, group_id=None, max_partition_fetch_bytes=_FETCH_BYTES)
        with contextlib.closing(client):
            places = _places(name, _partitions_of(settings, name), partitions)
            return latest(_read_to_end(client, name, places), parse)
    except KafkaError as error:
        raise ServerError(explained(error, settings, client_config(settings))) from error


def latest(updates: Iterable[Update], parse: Parse[Value]) -> Contents[Value]:
    """What remains of messages read partition by partition, each in its order. Pure."""
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


def _partitions_of(settings: KafkaSettings, topic: str) -> set[int]:
    """Asked of an admin client: a consumer's ``partitions_for_topic`` has been seen to wait for ever (3.0.12)."""
    with admin_client(settings) as admin:
        if topic not in admin.list_topics():
            raise ServerError(f"there is no topic {topic}: run `wirecopy topics apply`")
        (described,) = admin.describe_topics([topic])
    return {partition["partition_index"] for partition in described["partitions"]}


def _places(topic: str, numbers: set[int], chosen: Iterable[int] | None) -> list[TopicPartition]:
    wanted = numbers if chosen is None else set(chosen)
    if wanted - numbers:
        raise ServerError(f"the topic {topic} has no partition {min(wanted - numbers)}")
    return [TopicPartition(topic, number) for number in sorted(wanted)]


def _read_to_end(client: Any, topic: str, partitions: list[TopicPartition]) -> Iterator[Update]:
    if not partitions:
        return
    client.assign(partitions)
    client.seek_to_beginning(*partitions)
    ends = client.end_offsets(partitions)
    progress = time.monotonic()
    while any(client.position(partition) < end for partition, end in ends.items()):
        batches = client.poll(timeout_ms=500)
        if batches:
            progress = time.monotonic()
        elif time.monotonic() - progress > _STALLED_AFTER:
            raise ServerError(f"reading {topic} has stalled: no message for {_STALLED_AFTER:g} s")
        for messages in batches.values():
            for message in messages:
                key = (message.key or b"").decode(errors="replace")
                yield Update(key, message.value, message.partition, message.timestamp)
